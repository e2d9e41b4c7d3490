// The text encoder: all layers of several texts without leaving C++.
//
// Linear layers take the rows of all texts at once, so that a weight is read once; attention stays within a text. A row is
// computed in one fixed order of operations: a text's encoding does not depend on what it is batched with.
#include "linear.hpp"

#include "text_attention.hpp"

struct EncoderShape {
  int layers, heads, size, activation, farthest;
  float eps;
};

enum { QKV, OUT, UP, DOWN, ENCODER_PARTS };

struct Encoder {
  EncoderShape shape;
  std::vector<const Linear*> linears;  // ENCODER_PARTS a layer
  std::vector<const float*> norms;     // gain and shift of two norms a layer
  const float* relative;               // [2 * farthest][size]
};

namespace {

class Encoding {
 public:
  // `hidden` is [tokens of all texts][heads * size], and becomes the encoding.
  Encoding(const Encoder& e, float* hidden, const int* counts, int texts, int threads)
      : e_(e), width_(e.shape.heads * e.shape.size), hidden_(hidden), team_(threads) {
    for (int text = 0; text < texts; ++text) {
      begins_.push_back(rows_);
      counts_.push_back(counts[text]);
      rows_ += counts[text];
      distances_.emplace_back(e.relative, e.shape.farthest, e.shape.size, counts[text]);
    }
    inner_ = e.linears[UP]->outputs;
    qkv_ = raw<float>(static_cast<size_t>(rows_) * 3 * width_);
    mixed_ = raw<float>(static_cast<size_t>(rows_) * width_);
    made_ = raw<float>(static_cast<size_t>(rows_) * width_);
    wide_ = raw<float>(static_cast<size_t>(rows_) * inner_);
  }

  void go() {
    Activations q(rows_, std::max(inner_, width_));
    team_.run([&](int id) {
      Tiles tiles;
      TextAttention attention(*std::max_element(counts_.begin(), counts_.end()), e_.shape.size);
      for (int layer = 0; layer < e_.shape.layers; ++layer) {
        const Linear* const* l = e_.linears.data() + layer * ENCODER_PARTS;
        apply_by(team_, id, *l[QKV], hidden_, width_, q, rows_, qkv_.get(), 3 * width_, NONE);
        attend(id, attention);
        apply_by(team_, id, *l[OUT], mixed_.get(), width_, q, rows_, made_.get(), width_, NONE);
        norm(id, layer * 4);
        apply_by(team_, id, *l[UP], hidden_, width_, q, rows_, wide_.get(), inner_, e_.shape.activation);
        apply_by(team_, id, *l[DOWN], wide_.get(), inner_, q, rows_, made_.get(), width_, NONE);
        norm(id, layer * 4 + 2);
      }
    });
  }

 private:
  const Encoder& e_;
  int width_, inner_, rows_ = 0;
  float* hidden_;
  Team team_;
  std::vector<int> begins_, counts_;
  std::vector<Distances> distances_;
  Buffer<float> qkv_, mixed_, made_, wide_;

  void attend(int id, TextAttention& attention) {
    const int heads = e_.shape.heads, size = e_.shape.size;
    int begin, end;
    Team::part(static_cast<int>(counts_.size()) * heads, id, team_.size(), begin, end);
    for (int job = begin; job < end; ++job) {
      const int text = job / heads, head = job % heads;
      const float* query = qkv_.get() + static_cast<size_t>(begins_[text]) * 3 * width_ + head * size;
      attention.head(query, query + width_, query + 2 * width_, 3 * width_, counts_[text], distances_[text],
                     mixed_.get() + static_cast<size_t>(begins_[text]) * width_ + head * size, width_);
    }
    team_.wait();
  }

  void norm(int id, int which) {
    int begin, end;
    Team::part(rows_, id, team_.size(), begin, end);
    for (int r = begin; r < end; ++r) {
      float* h = hidden_ + static_cast<size_t>(r) * width_;
      add_norm(made_.get() + static_cast<size_t>(r) * width_, h, e_.norms[which], e_.norms[which + 1], e_.shape.eps, width_, h);
    }
    team_.wait();
  }
};

}  // namespace

extern "C" {

void* encoder_new(const EncoderShape* shape, const void* const* linears, const float* const* norms, const float* relative) {
  auto* e = new Encoder{*shape, {}, {norms, norms + shape->layers * 4}, relative};
  for (int i = 0; i < shape->layers * ENCODER_PARTS; ++i) e->linears.push_back(static_cast<const Linear*>(linears[i]));
  return e;
}

void encoder_free(void* encoder) { delete static_cast<Encoder*>(encoder); }

// float32 [tokens of all texts][hidden] to the same, encoded; `counts` are tokens of each text.
void encoder_run(const void* encoder, float* hidden, const int* counts, int texts, int threads) {
  Encoding(*static_cast<const Encoder*>(encoder), hidden, counts, texts, threads).go();
}

}  // extern "C"
