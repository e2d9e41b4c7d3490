// HiFi-GAN in float32: mel frames to samples without leaving C++.
//
// A transposed convolution is a filter whose outputs hold `rate` rows side by side. Stages run a segment at a time, for the
// memory near the processor. Only what the samples asked for depend on is computed: a late stage sees fewer frames around
// them than an early one.
#include "filter.hpp"
#include "functions.hpp"

struct VocoderShape {
  int stages, blocks, steps, segment;
  float slope, last_slope;
};

// In the order they run: before, then for each stage its upsampler and its blocks' (first, second) pairs.
struct Vocoder {
  VocoderShape shape;
  std::vector<const Filter*> filters;
  std::vector<int> rates;
  int last_inputs, last_taps;
  Buffer<float> last_weights;  // [tap][input] of the one output
  float last_bias;
};

namespace {

// Rows of channels with a margin of zeros. Memory that is never touched is never there.
struct Rows {
  std::unique_ptr<float[], Free> memory;
  int channels = 0;

  Rows() = default;
  Rows(int rows, int channels_)
      : memory(static_cast<float*>(std::calloc(static_cast<size_t>(rows + 2 * MARGIN) * channels_, sizeof(float)))),
        channels(channels_) {}
  float* row(int r) const { return memory.get() + static_cast<int64_t>(r + MARGIN) * channels; }
};

struct Stage {
  const Filter* up;
  const Filter* const* blocks;
  int rate, channels, reach;
  int count, first, last;  // rows of the whole, and of them those that are made
  Rows made;
};

class Speaking {
 public:
  Speaking(const Vocoder& v, const float* mel, int frames, int first, int last, float* samples, int threads)
      : v_(v), frames_(frames), samples_(samples), team_(threads) {
    const Filter& before = *v.filters[0];
    heard_ = Rows(frames, before.inputs());
    std::memcpy(heard_.row(0), mel, static_cast<size_t>(frames) * before.inputs() * sizeof(float));
    before_ = Rows(frames, before.outputs());
    scratch_ = before.scratch();
    int count = frames;
    size_t next = 1;
    for (int rate : v.rates) {
      Stage stage{v.filters[next], &v.filters[next + 1], rate, v.filters[next]->outputs() / rate, 0, count *= rate, 0, 0, {}};
      for (int block = 0; block < v.shape.blocks; ++block) {
        int reach = 0;
        for (int i = 0; i < 2 * v.shape.steps; ++i) {
          const Filter& filter = *stage.blocks[block * 2 * v.shape.steps + i];
          reach += filter.reach();
          scratch_ = std::max(scratch_, filter.scratch());
        }
        stage.reach = std::max(stage.reach, reach);
      }
      scratch_ = std::max(scratch_, stage.up->scratch());
      next += 1 + 2 * v.shape.blocks * v.shape.steps;
      stages_.push_back(std::move(stage));
    }
    size_t capacity = 0;
    const int hop = count / std::max(1, frames);
    first_ = first * hop, last_ = last * hop;
    int from = first_ - v.last_taps / 2, until = last_ + v.last_taps / 2;
    for (size_t i = stages_.size(); i-- > 0;) {
      Stage& stage = stages_[i];
      stage.first = std::max(0, from);
      stage.last = std::min(stage.count, until);
      stage.made = Rows(stage.count, stage.channels);
      from = (stage.first - stage.reach) / stage.rate - 1 - stage.up->reach();
      until = (stage.last + stage.reach) / stage.rate + 1 + stage.up->reach();
      const int rows = std::min(stage.count, v.shape.segment + 2 * (stage.reach + stage.rate));
      capacity = std::max(capacity, static_cast<size_t>(rows + 2 * MARGIN) * stage.channels);
    }
    for (Buffer<float>* work : {&x_, &inner_, &branch_, &total_}) *work = buffer<float>(capacity);
  }

  void go() {
    team_.run([&](int id) { work(id); });
  }

 private:
  const Vocoder& v_;
  int frames_, first_ = 0, last_ = 0;
  float* samples_;
  Team team_;
  Rows heard_, before_;
  Buffer<float> x_, inner_, branch_, total_;  // of a segment
  size_t scratch_ = 0;
  std::vector<Stage> stages_;

  void work(int id) {
    const Buffer<float> scratch = raw<float>(scratch_);
    Target to{before_.row(0)};
    to.slope = v_.shape.slope;
    to.last = frames_;
    v_.filters[0]->apply(id, team_.size(), heard_.row(0), frames_, 1.0f, to, scratch.get());
    team_.wait();
    const Rows* from = &before_;
    for (Stage& stage : stages_) {
      for (int first = stage.first; first < stage.last; first += v_.shape.segment)
        segment(id, stage, *from, first, std::min(stage.last, first + v_.shape.segment), &stage == &stages_.back(), scratch.get());
      from = &stage.made;
    }
    const int count = last_ - first_;
    int begin, end;
    Team::part((count + LANES - 1) / LANES, id, team_.size(), begin, end);
    for (int group = begin * LANES; group < end * LANES; group += LANES) {
      float made[LANES] = {};
      const int now = std::min(LANES, count - group);
      for (int i = 0; i < now; ++i) made[i] = sample(from->row(first_ + group + i - v_.last_taps / 2));
      store(made, tanh_(load(made)));
      std::memcpy(samples_ + group, made, now * sizeof(float));
    }
  }

  // Rows `first` to `last` that a stage makes of the rows before it.
  void segment(int id, const Stage& stage, const Rows& from, int first, int last, bool final_stage, float* scratch) {
    const VocoderShape& shape = v_.shape;
    const int rate = stage.rate, channels = stage.channels, threads = team_.size();
    const int low = std::max(0, first - stage.reach) / rate * rate;
    const int high = std::min(stage.count, whole(last + stage.reach, rate)), rows = high - low;
    const size_t margin = static_cast<size_t>(MARGIN) * channels;
    float *x = x_.get() + margin, *inner = inner_.get() + margin, *branch = branch_.get() + margin, *total = total_.get() + margin;
    if (id == 0)
      for (float* work : {x, inner, branch}) {
        std::memset(work - margin, 0, margin * sizeof(float));
        std::memset(work + static_cast<size_t>(rows) * channels, 0, margin * sizeof(float));
      }
    Target to{x};
    to.last = rows / rate;
    stage.up->apply(id, threads, from.row(low / rate), rows / rate, 1.0f, to, scratch);
    team_.wait();
    // Each filter makes what those after it in its block will read, and no more.
    auto apply = [&](const Filter& filter, const float* in, float slope, Target to, int reach) {
      const int from = std::max(0, first - low - reach), until = std::min(rows, last - low + reach);
      const size_t skipped = static_cast<size_t>(from) * channels;
      to.out += skipped;
      if (to.residual) to.residual += skipped;
      if (to.total) to.total += skipped;
      to.last = until - from;
      filter.apply(id, threads, in + skipped, until - from, slope, to, scratch);
      team_.wait();
    };
    for (int block = 0; block < shape.blocks; ++block) {
      const Filter* const* filters = stage.blocks + block * 2 * shape.steps;
      int reach = 0;
      for (int i = 0; i < 2 * shape.steps; ++i) reach += filters[i]->reach();
      for (int step = 0; step < shape.steps; ++step, filters += 2) {
        const float* source = step ? branch : x;
        Target within{inner};
        within.slope = shape.slope;
        apply(*filters[0], source, shape.slope, within, reach -= filters[0]->reach());
        Target beyond{branch, source};
        if (step + 1 == shape.steps) {
          beyond.total = block ? total : nullptr;
          beyond.out = total;
          if (block + 1 == shape.blocks) {
            beyond.out = stage.made.row(low);
            beyond.factor = 1.0f / static_cast<float>(shape.blocks);
            beyond.slope = final_stage ? shape.last_slope : shape.slope;
          }
        }
        apply(*filters[1], inner, 1.0f, beyond, reach -= filters[1]->reach());
      }
    }
  }

  float sample(const float* rows) const {
    Vec sum = every(0.0f);
    for (int i = 0; i < v_.last_taps * v_.last_inputs; i += LANES) sum = load(rows + i) * load(v_.last_weights.get() + i) + sum;
    return sum_of(sum) + v_.last_bias;
  }
};

}  // namespace

extern "C" {

// last: weights [input][tap] and the bias of the convolution that makes samples.
void* vocoder_new(const VocoderShape* shape, const void* const* filters, const int* rates, int last_inputs,
                        int last_taps, const float* last, float last_bias) {
  auto* v = new Vocoder{*shape, {}, {rates, rates + shape->stages}, last_inputs, last_taps, raw<float>(static_cast<size_t>(last_inputs) * last_taps), last_bias};
  const int count = 1 + shape->stages * (1 + 2 * shape->blocks * shape->steps);
  for (int i = 0; i < count; ++i) v->filters.push_back(static_cast<const Filter*>(filters[i]));
  for (int i = 0; i < last_inputs; ++i)
    for (int tap = 0; tap < last_taps; ++tap) v->last_weights[static_cast<size_t>(tap) * last_inputs + i] = last[static_cast<size_t>(i) * last_taps + tap];
  return v;
}

void vocoder_free(void* vocoder) { delete static_cast<Vocoder*>(vocoder); }

// float32 [frames][bins], normalised, to the samples of frames `first` to `last`.
void vocoder_run(const void* vocoder, const float* mel, int frames, int first, int last, float* samples, int threads) {
  Speaking(*static_cast<const Vocoder*>(vocoder), mel, frames, first, last, samples, threads).go();
}

}  // extern "C"
