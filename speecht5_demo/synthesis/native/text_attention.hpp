// Attention within a text, of every token to every other, with what their distance adds; in float32.
#pragma once
#include <cmath>

#include "functions.hpp"
#include "products.hpp"

// Vectors of the distances within a text of `count` tokens, a column each: that of token i to token j in column
// count - 1 - (i - j).
struct Distances {
  int stride;
  Buffer<float> columns;  // [size][stride]

  // `table`: [2 * farthest][size], from -farthest on.
  Distances(const float* table, int farthest, int size, int count)
      : stride(whole(2 * count, LANES) + 2 * LANES), columns(buffer<float>(static_cast<size_t>(size) * stride)) {
    for (int c = 0; c < 2 * count - 1; ++c) {
      int distance = std::min(std::max(count - 1 - c, -farthest), farthest - 1);
      const float* from = table + static_cast<size_t>(distance + farthest) * size;
      for (int k = 0; k < size; ++k) columns[static_cast<size_t>(k) * stride + c] = from[k];
    }
  }
};

// One thread's memory for texts of up to `most` tokens.
class TextAttention {
 public:
  TextAttention(int most, int size)
      : size_(size),
        queries_(buffer<float>(static_cast<size_t>(whole(most, TALL)) * size)),
        keys_(buffer<float>(static_cast<size_t>(size) * whole(most, LANES))),
        values_(buffer<float>(static_cast<size_t>(most) * size)),
        scores_(buffer<float>(static_cast<size_t>(TALL) * whole(most, LANES))),
        far_(buffer<float>(static_cast<size_t>(TALL) * (whole(most, LANES) + 2 * LANES))),
        mixed_(buffer<float>(static_cast<size_t>(TALL) * size)) {}

  // One head of a text. `query`, `key` and `value` lie `stride` apart from token to token, `out` does `out_stride`.
  void head(const float* query, const float* key, const float* value, int stride, int count, const Distances& distances,
            float* out, int out_stride) {
    const int padded = whole(count, LANES), wide = padded + 2 * LANES;
    gather(query, key, value, stride, count, padded);
    for (int first = 0; first < count; first += TALL) {
      // Columns of distances that these rows look at, from a whole vector on.
      const int begin = std::max(0, count - first - TALL) / LANES * LANES;
      const float* rows = queries_.get() + static_cast<size_t>(first) * size_;
      product(rows, size_, keys_.get(), padded, size_, padded, scores_.get(), padded);
      product(rows, size_, distances.columns.get() + begin, distances.stride, size_,
              std::min(wide, distances.stride - begin), far_.get(), wide);
      float share[TALL];
      const int tall = std::min(TALL, count - first);
      for (int r = 0; r < tall; ++r)
        share[r] = weigh(scores_.get() + r * padded, far_.get() + r * wide + count - 1 - (first + r) - begin, count);
      product(scores_.get(), padded, values_.get(), size_, count, size_, mixed_.get(), size_);
      for (int r = 0; r < tall; ++r)
        for (int i = 0; i < size_; i += LANES)
          store(out + static_cast<size_t>(first + r) * out_stride + i, load(mixed_.get() + r * size_ + i) * every(share[r]));
    }
  }

 private:
  int size_;
  Buffer<float> queries_, keys_, values_, scores_, far_, mixed_;

  // Queries scaled, keys as columns, values in one piece.
  void gather(const float* query, const float* key, const float* value, int stride, int count, int padded) {
    const float scale = 1.0f / std::sqrt(static_cast<float>(size_));
    for (int t = 0; t < count; ++t) {
      const size_t at = static_cast<size_t>(t) * stride, to = static_cast<size_t>(t) * size_;
      for (int i = 0; i < size_; ++i) queries_[to + i] = query[at + i] * scale;
      for (int i = 0; i < size_; ++i) keys_[static_cast<size_t>(i) * padded + t] = key[at + i];
      std::memcpy(values_.get() + to, value + at, size_ * sizeof(float));
    }
  }

  // Scores of one token to what they weigh, up to the factor that is returned.
  static float weigh(float* scores, const float* far, int count) {
    Vec most = every(-1e30f), sum = every(0.0f);
    for (int j = 0; j < count; j += LANES) {
      const Vec score = first_of(load(scores + j) + load(far + j), count - j, -1e30f);
      store(scores + j, score);
      most = larger(most, score);
    }
    const Vec top = every(most_of(most));
    for (int j = 0; j < count; j += LANES) {
      const Vec e = first_of(exp_(load(scores + j) - top), count - j, 0.0f);
      store(scores + j, e);
      sum += e;
    }
    return 1.0f / sum_of(sum);
  }
};
