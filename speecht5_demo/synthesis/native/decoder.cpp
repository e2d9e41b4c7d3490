// The decoder loop: every step of a batch of utterances without leaving C++.
//
// One function runs steps until an utterance ends. All state of a run belongs to the caller, weights are read only, so
// runs in different threads do not meet. Rows are computed independently, in one fixed order of operations: a batch
// equals its utterances one by one to the last bit.
#include <algorithm>
#include <chrono>

#include "linear.hpp"

#include "attention.hpp"

constexpr int CHUNK = 128;  // steps in a chunk of the cache

struct Shape {
  int layers, heads, size, prenet_layers, prenet_units, mel_bins, reduction, activation, threads, half;
  float eps;
};

// One utterance of a batch.
struct Row {
  void* const* keys;         // a chunk each: [layer][head][CHUNK / 16][size][16], 16-bit floats where shape.half
  void* const* values;       // a chunk each: [layer][head][CHUNK][size]
  const void* cross_keys;    // [layer][head][padded / 16][size][16]
  const void* cross_values;  // [layer][head][padded][size]
  const float* spoken;       // [hidden]: what the speaker adds
  const float* masks;        // [steps of this run][prenet layer][units]
  float* frames;             // [steps from 0][reduction][mel bins]
  float* last;               // [mel bins]: the frame before
  int padded, tokens;        // of the text; padded is tokens rounded up to 16
  int min_steps, max_steps;
  float threshold;
  int ended;                 // set when the stop head fired
};

enum { QKV, OUT, CROSS_Q, CROSS_OUT, UP, DOWN, PARTS };

struct Decoder {
  Shape shape;
  std::vector<const Linear*> linears;  // prenet layers, prenet.last, head, then PARTS a layer
  std::vector<const float*> norms;     // gain and shift of three norms a layer
  const float* positions;              // [step][hidden]
};

namespace {

struct Scratch {
  int rows, hidden, inner;
  Buffer<float> a, b, h, qkv, mixed, wide, y;
  Activations q;

  Scratch(const Decoder& d, int rows_)
      : rows(rows_),
        hidden(d.shape.heads * d.shape.size),
        inner(width(d)),
        a(buffer<float>(static_cast<size_t>(rows) * inner)),
        b(buffer<float>(static_cast<size_t>(rows) * inner)),
        h(buffer<float>(static_cast<size_t>(rows) * hidden)),
        qkv(buffer<float>(static_cast<size_t>(rows) * 3 * hidden)),
        mixed(buffer<float>(static_cast<size_t>(rows) * hidden)),
        wide(buffer<float>(static_cast<size_t>(rows) * inner)),
        y(buffer<float>(static_cast<size_t>(rows) * inner)),
        q(rows, inner) {}

  static int width(const Decoder& d) {
    int most = 64;
    for (const Linear* l : d.linears) most = std::max({most, l->inputs, l->outputs});
    return (most + 63) / 64 * 64;
  }
};

class Run {
 public:
  Run(const Decoder& d, Row* rows, int count)
      : d_(d), rows_(rows), count_(count), s_(d, count), team_(d.shape.threads), attend_(d.shape.half ? attend_for<Half>(d.shape.size) : attend_for<float>(d.shape.size)) {}

  // Seconds of the first thread in attention, waiting for the others included.
  double attention_s() const { return attention_.count(); }

  int go(int first, int until) {
    reached_ = first;
    team_.run([&](int id) { work(id, first, until); });
    return reached_;
  }

 private:
  const Decoder& d_;
  Row* rows_;
  int count_;
  Scratch s_;
  Team team_;
  Attend attend_;
  std::chrono::duration<double> attention_{0.0};
  int reached_ = 0;
  bool stop_ = false;

  void linear(int id, const Linear& l, const float* x, int x_stride, float* out, int out_stride, int activation) {
    apply_by(team_, id, l, x, x_stride, s_.q, count_, out, out_stride, activation);
  }

  void norm(int id, const float* gain, const float* shift) {
    int begin, end;
    Team::part(count_, id, team_.size(), begin, end);
    for (int r = begin; r < end; ++r) {
      float* h = s_.h.get() + static_cast<size_t>(r) * s_.hidden;
      add_norm(s_.y.get() + static_cast<size_t>(r) * s_.hidden, h, gain, shift, d_.shape.eps, s_.hidden, h);
    }
    team_.wait();
  }

  void prenet(int id, int step, int offset) {
    const Shape& shape = d_.shape;
    const float* x = s_.a.get();
    int stride = shape.mel_bins, begin, end;
    Team::part(count_, id, team_.size(), begin, end);
    for (int r = begin; r < end; ++r)
      std::memcpy(s_.a.get() + static_cast<size_t>(r) * stride, rows_[r].last, stride * sizeof(float));
    team_.wait();
    for (int layer = 0; layer < shape.prenet_layers; ++layer) {
      float* out = layer % 2 ? s_.a.get() : s_.b.get();
      linear(id, *d_.linears[layer], x, stride, out, shape.prenet_units, RELU);
      for (int r = begin; r < end; ++r) {
        const float* mask = rows_[r].masks + (static_cast<size_t>(offset) * shape.prenet_layers + layer) * shape.prenet_units;
        for (int i = 0; i < shape.prenet_units; ++i) out[static_cast<size_t>(r) * shape.prenet_units + i] *= mask[i];
      }
      team_.wait();
      x = out;
      stride = shape.prenet_units;
    }
    linear(id, *d_.linears[shape.prenet_layers], x, stride, s_.h.get(), s_.hidden, NONE);
    const float* position = d_.positions + static_cast<size_t>(step) * s_.hidden;
    for (int r = begin; r < end; ++r)
      for (int i = 0; i < s_.hidden; i += LANES) {
        float* h = s_.h.get() + static_cast<size_t>(r) * s_.hidden + i;
        store(h, activate(load(h) + load(rows_[r].spoken + i) + load(position + i), RELU));
      }
    team_.wait();
  }

  // Where a head of a layer begins among keys or values that have space for `length` steps each.
  size_t place_of(int layer, int head, int length) const {
    return (static_cast<size_t>(layer) * d_.shape.heads + head) * length * d_.shape.size;
  }

  // Where the keys of job `job` begin, one head of one utterance; those of the last job where there is none.
  const void* keys_of(int job, int layer, bool cross) const {
    job = std::min(job, count_ * d_.shape.heads - 1);
    const Row& row = rows_[job / d_.shape.heads];
    size_t place = place_of(layer, job % d_.shape.heads, cross ? row.padded : CHUNK);
    const void* keys = cross ? row.cross_keys : row.keys[0];
    return static_cast<const char*>(keys) + place * (d_.shape.half ? sizeof(Half) : sizeof(float));
  }

  void self_attention(int id, int layer, int step, float* scores) {
    const Shape& shape = d_.shape;
    int begin, end, size = shape.size, within = step % CHUNK;
    Team::part(count_ * shape.heads, id, team_.size(), begin, end);
    for (int job = begin; job < end; ++job) {
      int r = job / shape.heads, head = job % shape.heads;
      const float* q = s_.qkv.get() + static_cast<size_t>(r) * 3 * s_.hidden + head * size;
      size_t place = place_of(layer, head, CHUNK);
      auto keep = shape.half ? remember<Half> : remember<float>;
      keep(q + s_.hidden, q + 2 * s_.hidden, size, within, rows_[r].keys[step / CHUNK], rows_[r].values[step / CHUNK], place);
      attend_(q, rows_[r].keys, rows_[r].values, place, CHUNK, step + 1, keys_of(job + 1, layer, false), scores,
              s_.mixed.get() + static_cast<size_t>(r) * s_.hidden + head * size);
    }
    team_.wait();
  }

  void cross_attention(int id, int layer, float* scores) {
    const Shape& shape = d_.shape;
    int begin, end, size = shape.size;
    Team::part(count_ * shape.heads, id, team_.size(), begin, end);
    for (int job = begin; job < end; ++job) {
      int r = job / shape.heads, head = job % shape.heads;
      const Row& row = rows_[r];
      size_t place = place_of(layer, head, row.padded);
      attend_(s_.qkv.get() + static_cast<size_t>(r) * s_.hidden + head * size, &row.cross_keys, &row.cross_values, place,
              row.padded, row.tokens, keys_of(job + 1, layer, true), scores,
              s_.mixed.get() + static_cast<size_t>(r) * s_.hidden + head * size);
    }
    team_.wait();
  }

  template <typename Work>
  void timed(int id, Work attention) {
    auto begin = std::chrono::steady_clock::now();
    attention();
    if (id == 0) attention_ += std::chrono::steady_clock::now() - begin;
  }

  // Frames and stop probabilities of a step, by the first thread.
  void finish(int step) {
    const Shape& shape = d_.shape;
    int values = shape.reduction * shape.mel_bins;
    for (int r = 0; r < count_; ++r) {
      Row& row = rows_[r];
      const float* made = s_.y.get() + static_cast<size_t>(r) * (values + shape.reduction);
      std::memcpy(row.frames + static_cast<size_t>(step) * values, made, values * sizeof(float));
      std::memcpy(row.last, made + values - shape.mel_bins, shape.mel_bins * sizeof(float));
      float stop = 0.0f;
      for (int i = 0; i < shape.reduction; ++i) stop += 1.0f / (1.0f + std::exp(-made[values + i]));
      row.ended = step + 1 < row.max_steps && step + 1 >= row.min_steps && stop >= row.threshold;
      stop_ = stop_ || row.ended || step + 1 >= row.max_steps;
    }
    reached_ = step + 1;
  }

  void work(int id, int first, int until) {
    Tiles tiles;
    const Shape& shape = d_.shape;
    int most = until;
    for (int r = 0; r < count_; ++r) most = std::max(most, rows_[r].padded);
    Buffer<float> scores = buffer<float>(most + 2 * LANES);
    int hidden = s_.hidden;
    for (int step = first; step < until; ++step) {
      prenet(id, step, step - first);
      for (int layer = 0; layer < shape.layers; ++layer) {
        const Linear* const* l = d_.linears.data() + shape.prenet_layers + 2 + layer * PARTS;
        const float* const* n = d_.norms.data() + layer * 6;
        linear(id, *l[QKV], s_.h.get(), hidden, s_.qkv.get(), 3 * hidden, NONE);
        timed(id, [&] { self_attention(id, layer, step, scores.get()); });
        linear(id, *l[OUT], s_.mixed.get(), hidden, s_.y.get(), hidden, NONE);
        norm(id, n[0], n[1]);
        linear(id, *l[CROSS_Q], s_.h.get(), hidden, s_.qkv.get(), hidden, NONE);
        timed(id, [&] { cross_attention(id, layer, scores.get()); });
        linear(id, *l[CROSS_OUT], s_.mixed.get(), hidden, s_.y.get(), hidden, NONE);
        norm(id, n[2], n[3]);
        linear(id, *l[UP], s_.h.get(), hidden, s_.wide.get(), l[UP]->outputs, shape.activation);
        linear(id, *l[DOWN], s_.wide.get(), l[UP]->outputs, s_.y.get(), hidden, NONE);
        norm(id, n[4], n[5]);
      }
      const Linear& head = *d_.linears[shape.prenet_layers + 1];
      linear(id, head, s_.h.get(), hidden, s_.y.get(), head.outputs, NONE);
      if (id == 0) finish(step);
      team_.wait();
      if (stop_) return;
    }
  }
};

}  // namespace

extern "C" {

void* decoder_new(const Shape* shape, const void* const* linears, const float* const* norms, const float* positions) {
  auto* d = new Decoder{*shape, {}, {}, positions};
  int count = shape->prenet_layers + 2 + shape->layers * PARTS;
  for (int i = 0; i < count; ++i) d->linears.push_back(static_cast<const Linear*>(linears[i]));
  d->norms.assign(norms, norms + shape->layers * 6);
  return d;
}

void decoder_free(void* decoder) { delete static_cast<Decoder*>(decoder); }

// Steps `first` to `until` of every row; returns earlier, with the step reached, when a row ends.
// Adds the seconds in attention to `attention_s`.
int decoder_run(const void* decoder, Row* rows, int count, int first, int until, int threads, double* attention_s) {
  Decoder d = *static_cast<const Decoder*>(decoder);
  d.shape.threads = threads;
  Run run(d, rows, count);
  int reached = run.go(first, until);
  *attention_s += run.attention_s();
  return reached;
}

}  // extern "C"
