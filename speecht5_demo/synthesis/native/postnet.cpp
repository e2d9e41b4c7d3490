// The postnet: convolutions over frames, with a tanh between them, in float32.
//
// The rows that a frame's taps read lie in one piece, so a convolution is a product. Each sum is formed in one fixed order: a frame
// comes out the same in any part of an utterance, to the last bit.
#include <algorithm>
#include <vector>

#include "functions.hpp"
#include "products.hpp"
#include "threads.hpp"

namespace {

constexpr int PANEL_WIDTH = BROAD * LANES;  // outputs whose weights lie side by side

struct Layer {
  int inputs, outputs, kernel, panels;
  Buffer<float> weights, bias;  // [panel][tap][input][PANEL_WIDTH]

  // from: [output][input][tap]
  Layer(int inputs_, int outputs_, int kernel_, const float* from, const float* biases)
      : inputs(inputs_), outputs(outputs_), kernel(kernel_), panels((outputs_ + PANEL_WIDTH - 1) / PANEL_WIDTH) {
    weights = buffer<float>(panels * panel_size());
    bias = buffer<float>(static_cast<size_t>(panels) * PANEL_WIDTH);
    std::memcpy(bias.get(), biases, outputs * sizeof(float));
    for (int n = 0; n < outputs; ++n)
      for (int k = 0; k < inputs; ++k)
        for (int tap = 0; tap < kernel; ++tap)
          weights[n / PANEL_WIDTH * panel_size() + (static_cast<size_t>(tap) * inputs + k) * PANEL_WIDTH + n % PANEL_WIDTH] =
              from[(static_cast<size_t>(n) * inputs + k) * kernel + tap];
  }

  int reach() const { return kernel / 2; }
  size_t panel_size() const { return static_cast<size_t>(kernel) * inputs * PANEL_WIDTH; }

  // Rows `begin` to `end`, all of which taps may read beyond; row 0 of `in` and `out` is frame 0.
  void apply(const float* in, int begin, int end, float* out, bool last) const {
    alignas(64) float sums[TALL * PANEL_WIDTH];
    for (int panel = 0; panel < panels; ++panel)
      for (int first = begin; first < end; first += TALL) {
        const float* from = in + static_cast<int64_t>(first - reach()) * inputs;
        product_block<BROAD>(from, inputs, weights.get() + panel * panel_size(), PANEL_WIDTH, kernel * inputs, sums, PANEL_WIDTH);
        for (int r = 0; r < std::min(TALL, end - first); ++r)
          for (int n = panel * PANEL_WIDTH, j = 0; j < PANEL_WIDTH && n + j < outputs; j += LANES) {
            const Vec made = load(sums + r * PANEL_WIDTH + j) + load(bias.get() + n + j);
            store(out + static_cast<int64_t>(first + r) * outputs + n + j, last ? made : tanh_(made));
          }
      }
  }
};

struct Postnet {
  std::vector<Layer> layers;
};

// Frames that a layer reads: zero beyond the utterance, as far as a layer reaches and a product reads too much.
struct Frames {
  int margin;
  size_t width;
  Buffer<float> memory;

  Frames(int count, int width_, int reach)
      : margin(reach), width(width_), memory(buffer<float>((static_cast<size_t>(count) + 2 * reach + TALL) * width_)) {}

  float* row0() const { return memory.get() + margin * width; }
};

}  // namespace

extern "C" {

// widths: of the frames before each layer, and after the last. weights: [output][input][tap] a layer.
void* postnet_new(int layers, const int* widths, const int* kernels, const float* const* weights, const float* const* biases) {
  auto* postnet = new Postnet;
  for (int i = 0; i < layers; ++i) postnet->layers.emplace_back(widths[i], widths[i + 1], kernels[i], weights[i], biases[i]);
  return postnet;
}

void postnet_free(void* postnet) { delete static_cast<Postnet*>(postnet); }

// Refined frames `first` to `last` of `count`: float32 [bins] a row. `frames` begin and end with the utterance, or at least as far
// from those asked for as the layers reach together.
void postnet_run(const void* postnet, const float* frames, int count, int first, int last, float* out, int threads) {
  const auto& layers = static_cast<const Postnet*>(postnet)->layers;
  Team team(threads);
  const int bins = layers.front().inputs;
  int rest = 0;
  for (const Layer& layer : layers) rest += layer.reach();
  Frames heard(count, bins, layers.front().reach());
  std::memcpy(heard.row0(), frames, static_cast<size_t>(count) * bins * sizeof(float));
  for (size_t i = 0; i < layers.size(); ++i) {
    const Layer& layer = layers[i];
    const bool closing = i + 1 == layers.size();
    Frames made(count, layer.outputs, closing ? 0 : layers[i + 1].reach());
    rest -= layer.reach();
    const int from = std::max(0, first - rest), until = std::min(count, last + rest), strips = (until - from + TALL - 1) / TALL;
    team.run([&](int id) {
      int begin, end;
      Team::part(strips, id, team.size(), begin, end);
      layer.apply(heard.row0(), from + begin * TALL, std::min(until, from + end * TALL), made.row0(), closing);
    });
    heard = std::move(made);
  }
  const float* correction = heard.row0() + static_cast<size_t>(first) * bins;
  const float* before = frames + static_cast<size_t>(first) * bins;
  for (int i = 0; i < (last - first) * bins; ++i) out[i] = before[i] + correction[i];
}

}  // extern "C"
