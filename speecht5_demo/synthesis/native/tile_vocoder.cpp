// HiFi-GAN by the tile unit: mel frames to samples without leaving C++.
//
// A transposed convolution is a convolution whose outputs hold `rate` rows side by side, so all of the network is one
// kind of step. Between two convolutions a value is written once, as the next one reads it; only what is added later is
// kept in float32. Stages run a segment at a time, for the memory near the processor.
#include "simd.hpp"

#if WITH_TILES
#include <vector>

#include "threads.hpp"
#include "tile_convolution.hpp"

struct TileVocoderShape {
  int stages, blocks, steps, segment;
  float slope, last_slope;
};

// In the order they run: before, then for each stage its upsampler and its blocks' (first, second) pairs, then after.
struct TileVocoder {
  TileVocoderShape shape;
  std::vector<const Convolution*> convolutions;
  std::vector<int> rates;
};

namespace {

constexpr int SLACK = 2 * STRIP;  // rows a kernel may read beyond the last

// Rows that a convolution reads, with padding around them; what is not written is unspecified.
struct Padded {
  Buffer<uint8_t> memory;

  // Channels that do not fill a row are followed by zeros, which weights of zero need not make of anything.
  Padded(int rows, int channels) {
    int width = row_bytes(channels, BF16);
    size_t bytes = static_cast<size_t>(rows + 2 * GUARD + SLACK) * width;
    memory = 2 * channels == width ? raw<uint8_t>(bytes) : buffer<uint8_t>(bytes);
  }

  uint8_t* row0(const Inputs& as) const { return memory.get() + static_cast<size_t>(GUARD) * as.width; }

  // What lies outside the utterance reads as zero, as far as a convolution reaches.
  void pad(const Inputs& as, int count, int reach) const {
    int zero = as.precision == U8 ? as.zero : 0;
    size_t bytes = static_cast<size_t>(reach) * as.width;
    std::memset(row0(as) - bytes, zero, bytes);
    std::memset(row0(as) + static_cast<size_t>(count) * as.width, zero, bytes);
  }
};

// What a stage keeps of a segment of `rows` rows.
struct Workspace {
  Padded heard, one, two;
  Buffer<float> x, branch, total;

  Workspace(int rows, int channels)
      : heard(rows, channels),
        one(rows, channels),
        two(rows, channels),
        x(raw<float>(static_cast<size_t>(rows) * channels)),
        branch(raw<float>(static_cast<size_t>(rows) * channels)),
        total(raw<float>(static_cast<size_t>(rows) * channels)) {}
};

class TileSpeaking {
 public:
  TileSpeaking(const TileVocoder& v, int threads) : v_(v), team_(threads) {}

  void go(const float* mel, int frames, float* samples) {
    const Convolution& before = *v_.convolutions.front();
    Padded rows(frames, before.inputs);
    rows.pad(before.reads, frames, before.reach());
    read(mel, frames, before, rows);
    int count = frames;
    size_t next = 1;
    {
      const Inputs& as = v_.convolutions[next]->reads;
      Padded made(count, before.outputs);
      made.pad(as, count, v_.convolutions[next]->reach());
      Finish finish;
      finish.next = made.row0(as);
      finish.as = as;
      finish.slope = v_.shape.slope;
      finish.channels = before.outputs;
      all(before, rows.row0(before.reads), 0, count, finish);
      rows = std::move(made);
    }
    for (int stage = 0; stage < v_.shape.stages; ++stage) {
      const Convolution* const* convolutions = v_.convolutions.data() + next;
      next += 1 + 2 * v_.shape.blocks * v_.shape.steps;
      const Inputs& as = v_.convolutions[next]->reads;
      int rate = v_.rates[stage], channels = convolutions[0]->outputs / rate;
      Padded made(count * rate, channels);
      made.pad(as, count * rate, v_.convolutions[next]->reach());
      const int most = std::min(count, (v_.shape.segment + 2 * stage_reach(convolutions)) / rate + 2) * rate;
      const Workspace space(most, channels);
      for (int first = 0; first < count * rate; first += v_.shape.segment)
        segment(convolutions, rate, rows, count, first, std::min(count * rate, first + v_.shape.segment), space, made, as,
                stage + 1 == v_.shape.stages ? v_.shape.last_slope : v_.shape.slope);
      rows = std::move(made);
      count *= rate;
    }
    last(*v_.convolutions[next], rows, count, samples);
  }

 private:
  const TileVocoder& v_;
  Team team_;

  // Mel frames as the first convolution reads them; its channels beyond the last stay zero.
  void read(const float* mel, int frames, const Convolution& before, const Padded& rows) const {
    Finish finish;
    finish.as = before.reads;
    for (int t = 0; t < frames; ++t)
      for (int k = 0; k < before.inputs; k += LANES)
        finish.write(rows.row0(before.reads) + static_cast<size_t>(t) * before.reads.width, k,
                     _mm512_loadu_ps(mel + static_cast<size_t>(t) * before.inputs + k));
  }

  void all(const Convolution& c, const uint8_t* in, int first, int last, const Finish& finish) {
    int strips = (last - first + STRIP - 1) / STRIP;
    team_.run([&](int id) {
      int begin, end;
      Team::part(strips, id, team_.size(), begin, end);
      if (begin < end) convolve(c, in, first + begin * STRIP, std::min(last, first + end * STRIP), finish);
    });
  }

  // Rows `first` to `last` that a stage makes of the rows before it.
  void segment(const Convolution* const* convolutions, int rate, const Padded& rows, int count, int first, int last,
               const Workspace& space, const Padded& made, const Inputs& as, float slope) {
    const TileVocoderShape& shape = v_.shape;
    const Convolution& up = *convolutions[0];
    int reach = stage_reach(convolutions), opens = 0;
    for (int block = 0; block < shape.blocks; ++block)
      opens = std::max(opens, convolution_of(convolutions, block, 0, 0)->reach());
    // Rows at the stage's input that this segment depends on; what is made of them begins at row `origin`.
    int from = std::max(0, first - reach) / rate, until = std::min(count, (last + reach + rate - 1) / rate);
    int origin = from * rate, size = (until - from) * rate, channels = up.outputs / rate;
    const Inputs& opening = convolutions[1]->reads;
    const Padded &heard = space.heard, &one = space.one, &two = space.two;
    float *x = space.x.get(), *branch = space.branch.get(), *total = space.total.get();

    heard.pad(opening, size, opens);
    Finish finish;
    finish.store = x;
    finish.plane = size;
    finish.next = heard.row0(opening);
    finish.as = opening;
    finish.slope = shape.slope;
    finish.channels = channels;
    all(up, rows.row0(up.reads) + static_cast<size_t>(from) * up.reads.width, 0, until - from, finish);

    for (int block = 0; block < shape.blocks; ++block) {
      int rest = block_reach(convolutions, block);
      for (int step = 0; step < shape.steps; ++step) {
        const Convolution& a = *convolution_of(convolutions, block, step, 0);
        const Convolution& b = *convolution_of(convolutions, block, step, 1);
        bool closing = step + 1 == shape.steps;
        const Padded& source = step ? two : heard;
        rest -= a.reach();
        Finish inner;
        inner.next = one.row0(b.reads);
        inner.as = b.reads;
        inner.slope = shape.slope;
        inner.channels = channels;
        one.pad(b.reads, size, b.reach());
        all(a, source.row0(a.reads), std::max(0, first - origin - rest), std::min(size, last - origin + rest), inner);
        rest -= b.reach();
        Finish outer;
        outer.add = step ? branch : x;
        outer.plane = size;
        outer.channels = channels;
        if (closing) {
          bool final_block = block + 1 == shape.blocks;
          outer.total = block ? total : nullptr;
          outer.store = final_block ? nullptr : total;
          if (final_block) {
            outer.factor = 1.0f / static_cast<float>(shape.blocks);
            outer.next = made.row0(as) + static_cast<int64_t>(origin) * as.width;
            outer.as = as;
            outer.slope = slope;
          }
        } else {
          const Convolution& following = *convolution_of(convolutions, block, step + 1, 0);
          const Inputs& then = following.reads;
          two.pad(then, size, following.reach());
          outer.store = branch;
          outer.next = two.row0(then);
          outer.as = then;
          outer.slope = shape.slope;
        }
        all(b, one.row0(b.reads), std::max(0, first - origin - rest), std::min(size, last - origin + rest), outer);
      }
    }
  }

  void last(const Convolution& after, const Padded& rows, int count, float* samples) {
    Finish finish;
    finish.store = samples;
    finish.plane = count;
    finish.channels = after.outputs;
    all(after, rows.row0(after.reads), 0, count, finish);
  }

  const Convolution* convolution_of(const Convolution* const* stage, int block, int step, int second) const {
    return stage[1 + (block * v_.shape.steps + step) * 2 + second];
  }

  int stage_reach(const Convolution* const* stage) const {
    int reach = 0;
    for (int block = 0; block < v_.shape.blocks; ++block) reach = std::max(reach, block_reach(stage, block));
    return reach;
  }

  int block_reach(const Convolution* const* stage, int block) const {
    int reach = 0;
    for (int step = 0; step < v_.shape.steps; ++step)
      reach += convolution_of(stage, block, step, 0)->reach() + convolution_of(stage, block, step, 1)->reach();
    return reach;
  }
};

}  // namespace

extern "C" {

void* convolution_new(int precision, int outputs, int inputs, int kernel, int dilation, const void* weights,
                      const float* scales, const float* biases, float in_scale, int zero) {
  return new Convolution(precision, outputs, inputs, kernel, dilation, weights, scales, biases, in_scale, zero);
}

void convolution_free(void* convolution) { delete static_cast<Convolution*>(convolution); }

void* tile_vocoder_new(const TileVocoderShape* shape, const void* const* convolutions, const int* rates) {
  auto* v = new TileVocoder{*shape, {}, {rates, rates + shape->stages}};
  int count = 2 + shape->stages * (1 + 2 * shape->blocks * shape->steps);
  for (int i = 0; i < count; ++i) v->convolutions.push_back(static_cast<const Convolution*>(convolutions[i]));
  return v;
}

void tile_vocoder_free(void* vocoder) { delete static_cast<TileVocoder*>(vocoder); }

// float32 [frames][bins], normalised, to float32 [samples][16], of which the first of each row is before the tanh.
void tile_vocoder_run(const void* vocoder, const float* mel, int frames, float* samples, int threads) {
  TileSpeaking(*static_cast<const TileVocoder*>(vocoder), threads).go(mel, frames, samples);
}

}  // extern "C"
#endif

extern "C" int has_tiles() { return WITH_TILES; }
