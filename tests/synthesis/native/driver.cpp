// Runs every kernel of the library on numbers that any machine makes alike, and writes what comes out as raw float32.
//
// Linked with the library of one instruction set, also of a foreign one under an emulator: two outputs are compared to the bit.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <tuple>
#include <vector>

#if defined(__x86_64__)
#include <unistd.h>
#endif

struct Shape {
  int layers, heads, size, prenet_layers, prenet_units, mel_bins, reduction, activation, threads, half;
  float eps;
};
struct Row {
  void* const* keys;
  void* const* values;
  const void *cross_keys, *cross_values;
  const float *spoken, *masks;
  float *frames, *last;
  int room, tokens, min_steps, max_steps;
  float threshold;
  int ended;
};
struct EncoderShape {
  int layers, heads, size, activation, farthest;
  float eps;
};
struct VocoderShape {
  int stages, blocks, steps, segment;
  float slope, last_slope;
};
extern "C" {
void* linear_new(int, int, int, const void*, const float*, const float*);
void linear_apply(const void*, const float*, int, float*, int, int);
void* decoder_new(const Shape*, const void* const*, const float* const*, const float*);
int decoder_run(const void*, Row*, int, int, int, int, double*);
void* encoder_new(const EncoderShape*, const void* const*, const float* const*, const float*);
void encoder_run(const void*, float*, const int*, int, int);
void* postnet_new(int, const int*, const int*, const float* const*, const float* const*);
void postnet_run(const void*, const float*, int, int, int, float*, int);
void* filter_new(int, int, int, int, int, const float*, const float*);
void filter_apply(const void*, const float*, int, float*, int);
void* vocoder_new(const VocoderShape*, const void* const*, const int*, int, int, const float*, float);
void vocoder_run(const void*, const float*, int, int, int, float*, int);
}

static uint32_t state = 1;
static uint32_t any() { return state = state * 1664525u + 1013904223u; }
static float real() { return static_cast<float>(any() >> 8) / 8388608.0f - 1.0f; }
static std::vector<float> reals(size_t count, float scale = 1.0f) {
  std::vector<float> made(count);
  for (float& value : made) value = real() * scale;
  return made;
}
static std::vector<std::vector<float>> kept;  // what the library only points at
static const float* keep(std::vector<float> values) {
  kept.push_back(std::move(values));
  return kept.back().data();
}
static void tell(const std::vector<float>& values) { std::fwrite(values.data(), 4, values.size(), stdout); }

enum { FP32, INT8, INT4, FIXED };

static void* linear(int storage, int outputs, int inputs, bool extreme = false) {
  const float unit = 1.0f / std::sqrt(static_cast<float>(inputs));
  const std::vector<float> bias = reals(outputs);
  if (storage == FP32 || storage == FIXED) return linear_new(storage, outputs, inputs, reals(static_cast<size_t>(outputs) * inputs, unit).data(), nullptr, bias.data());
  const int groups = storage == INT4 ? inputs / 32 : 1;
  std::vector<uint8_t> bytes(static_cast<size_t>(outputs) * inputs / (storage == INT4 ? 2 : 1));
  for (auto& byte : bytes) byte = static_cast<uint8_t>(extreme ? (any() >> 16 & 1 ? 127 : 128) : any() >> 24);
  std::vector<float> scales(static_cast<size_t>(outputs) * groups, unit / (storage == INT4 ? 8.0f : 128.0f));
  return linear_new(storage, outputs, inputs, bytes.data(), scales.data(), bias.data());
}

static void linears() {
  for (int storage : {FP32, INT8, INT4, FIXED})
    for (auto [outputs, inputs] : {std::pair{64, 32}, {162, 256}, {100, 128}, {768, 96}})
      for (int rows : {1, 2, 3, 7, 19}) {
        void* layer = linear(storage, outputs, inputs, rows == 3);
        std::vector<float> x = reals(static_cast<size_t>(rows) * inputs), made(static_cast<size_t>(rows) * outputs);
        if (rows == 3)
          for (float& value : x) value = value > 0.0f ? 1.0f : -1.0f;
        linear_apply(layer, x.data(), rows, made.data(), rows == 7 ? 2 : 0, 1);
        tell(made);
      }
}

static void encoder(int storage) {
  const int width = 64, farthest = 20, counts[] = {37, 1, 16}, rows = 54;
  std::vector<const void*> layers;
  std::vector<const float*> norms;
  for (int i = 0; i < 2; ++i) {
    for (auto [outputs, inputs] : {std::pair{3 * width, width}, {width, width}, {128, width}, {width, 128}}) layers.push_back(linear(storage, outputs, inputs));
    for (int j = 0; j < 4; ++j) norms.push_back(keep(reals(width)));
  }
  const EncoderShape shape{2, 2, 32, 2, farthest, 1e-5f};
  void* made = encoder_new(&shape, layers.data(), norms.data(), keep(reals(2 * farthest * 32)));
  std::vector<float> hidden = reals(rows * width);
  encoder_run(made, hidden.data(), counts, 3, 1);
  tell(hidden);
}

static void decoder(int storage, bool half) {
  constexpr int WIDTH = 64, STEPS = 150, TOKENS = 21, ROOM = 32, BINS = 16, UNITS = 32;
  std::vector<const void*> layers{linear(FP32, UNITS, BINS), linear(FP32, UNITS, UNITS), linear(FP32, WIDTH, UNITS), linear(FP32, 2 * BINS + 2, WIDTH)};
  std::vector<const float*> norms;
  for (auto [outputs, inputs] : {std::pair{3 * WIDTH, WIDTH}, {WIDTH, WIDTH}, {WIDTH, WIDTH}, {WIDTH, WIDTH}, {128, WIDTH}, {WIDTH, 128}})
    layers.push_back(linear(storage, outputs, inputs));
  for (int i = 0; i < 6; ++i) norms.push_back(keep(reals(WIDTH)));
  const Shape shape{1, 2, 32, 2, UNITS, BINS, 2, 2, 1, half, 1e-5f};
  void* made = decoder_new(&shape, layers.data(), norms.data(), keep(reals(STEPS * WIDTH)));
  std::vector<std::vector<float>> memory;
  std::vector<std::vector<void*>> chunks;
  std::vector<Row> rows;
  std::vector<std::vector<float>> frames;
  for (int r = 0; r < 3; ++r) {
    std::vector<void*> keys, values;
    for (int chunk = 0; chunk < 2; ++chunk)
      for (auto* side : {&keys, &values}) {
        memory.emplace_back(2 * 128 * 32);
        side->push_back(memory.back().data());
      }
    chunks.push_back(keys);
    chunks.push_back(values);
    frames.emplace_back(STEPS * 2 * BINS);
    std::vector<float> cross[2];
    for (auto& side : cross) {
      side = reals(2 * ROOM * 32);
      if (half)  // 16-bit floats of small numbers, by their bits
        for (size_t i = 0; i < side.size(); ++i) reinterpret_cast<uint16_t*>(side.data())[i] = static_cast<uint16_t>(0x3000 + (any() >> 22) + (any() >> 31 << 15));
    }
    Row row{};
    row.cross_keys = keep(cross[0]);
    row.cross_values = keep(cross[1]);
    row.spoken = keep(reals(WIDTH));
    row.masks = keep(reals(STEPS * 2 * UNITS));
    row.last = const_cast<float*>(keep(std::vector<float>(BINS)));
    row.room = ROOM, row.tokens = TOKENS, row.max_steps = STEPS, row.threshold = 9.0f;
    rows.push_back(row);
  }
  for (int r = 0; r < 3; ++r) {
    rows[r].keys = chunks[2 * r].data();
    rows[r].values = chunks[2 * r + 1].data();
    rows[r].frames = frames[r].data();
  }
  double seconds = 0.0;
  decoder_run(made, rows.data(), 3, 0, STEPS, 1, &seconds);
  for (auto& each : frames) tell(each);
}

static void postnet() {
  const int widths[] = {16, 48, 16}, kernels[] = {5, 5}, count = 41;
  const float* weights[] = {keep(reals(48 * 16 * 5, 0.1f)), keep(reals(16 * 48 * 5, 0.1f))};
  const float* biases[] = {keep(reals(48)), keep(reals(16))};
  void* made = postnet_new(2, widths, kernels, weights, biases);
  std::vector<float> frames = reals(count * 16), out(count * 16);
  postnet_run(made, frames.data(), count, 0, count, out.data(), 1);
  tell(out);
}

// Weights before biases, whatever order this compiler gives arguments in.
static void* filter(int outputs, int inputs, int taps, int dilation, float scale, bool exact = true) {
  const std::vector<float> weights = reals(static_cast<size_t>(outputs) * inputs * taps, scale), biases = reals(outputs, 0.1f);
  return filter_new(outputs, inputs, taps, dilation, exact, weights.data(), biases.data());
}

static void filters() {
  for (int taps : {1, 3, 5, 7, 11})
    for (int dilation : {1, 3, 5})
      for (auto [channels, rows, exact] : {std::tuple{32, 301, true}, {48, 1, true}, {64, 50, true}, {32, 50, false}}) {
        void* each = filter(channels, channels, taps, dilation, 0.1f, exact);
        std::vector<float> in(static_cast<size_t>(rows + 320) * channels), out(static_cast<size_t>(rows) * channels);
        for (int i = 0; i < rows * channels; ++i) in[160 * channels + i] = real();
        filter_apply(each, in.data() + 160 * channels, rows, out.data(), 1);
        tell(out);
      }
}

static void vocoder() {
  constexpr int BINS = 16, FRAMES = 33;
  std::vector<const void*> all{filter(64, BINS, 7, 1, 0.1f)};
  int width = 64;
  for (int stage = 0; stage < 2; ++stage, width /= 2) {
    const int made = width / 2;
    all.push_back(filter(4 * made, width, 3, 1, 0.1f));
    for (int taps : {3, 7, 11})
      for (int dilation : {1, 3, 5})
        for (int d : {dilation, 1}) all.push_back(filter(made, made, taps, d, 0.05f));
  }
  const VocoderShape shape{2, 3, 3, 200, 0.1f, 0.01f};
  const int rates[] = {4, 4};
  void* made = vocoder_new(&shape, all.data(), rates, width, 7, reals(width * 7, 0.1f).data(), 0.1f);
  const std::vector<float> mel = reals(BINS * FRAMES);
  std::vector<float> samples(FRAMES * 16), part(9 * 16);
  vocoder_run(made, mel.data(), FRAMES, 0, FRAMES, samples.data(), 1);
  vocoder_run(made, mel.data(), FRAMES, 20, 29, part.data(), 2);
  tell(samples);
  tell(part);
}

int main() {
#if defined(__x86_64__)
  syscall(158, 0x1023, 18);  // leave to use the tile unit, where there is one
#endif
  kept.reserve(1000);
  linears();
  for (int storage : {FP32, INT8, INT4}) encoder(storage);
  decoder(FP32, false);
  decoder(FIXED, false);
  decoder(INT8, true);
  postnet();
  filters();
  vocoder();
}
