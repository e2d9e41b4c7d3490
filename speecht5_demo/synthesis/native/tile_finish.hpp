// What is done with the sums of a convolution; part of tile_convolution.hpp.
#pragma once

// What is done with each sum of a convolution.
struct Finish {
  const float* add = nullptr;    // added, [channels / 16][plane][16]
  const float* total = nullptr;  // added as well
  float factor = 1.0f;           // then multiplied
  float* store = nullptr;        // then stored, laid out as what is added
  int plane = 0;                 // rows of these three
  uint8_t* next = nullptr;       // then through a leaky ReLU, as the next convolution reads it
  Inputs as{};
  float slope = 1.0f;
  int channels = 0;              // of a row that is made: fewer than outputs where one row becomes several

  // 16 channels from `channel` on of a row that the next convolution reads.
  void write(uint8_t* row, int channel, Vec v) const {
    v = _mm512_max_ps(v, _mm512_mul_ps(v, _mm512_set1_ps(slope)));
    if (as.precision == U8) {
      __m512i q = _mm512_cvtps_epi32(_mm512_mul_ps(v, _mm512_set1_ps(as.inverse)));
      q = _mm512_max_epi32(_mm512_add_epi32(q, _mm512_set1_epi32(as.zero)), _mm512_setzero_si512());
      _mm_storeu_si128(reinterpret_cast<__m128i*>(row + channel), _mm512_cvtusepi32_epi8(q));
    } else {
      __m512i bits = _mm512_castps_si512(v);
      __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
      bits = _mm512_srli_epi32(_mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(row + 2 * channel), _mm512_cvtepi32_epi16(bits));
    }
  }
};

// 16 outputs of every row: what is the same for all rows is worked out once.
class Column {
 public:
  Column(const Convolution& c, const Finish& finish, int n) : finish_(finish), real_(n < c.outputs) {
    if (!real_) return;
    scale_ = _mm512_load_ps(c.scale.get() + n);
    bias_ = _mm512_load_ps(c.bias.get() + n);
    rows_ = c.outputs / finish.channels;
    row_ = n / finish.channels;
    channel_ = n % finish.channels;
  }

  // Where 16 channels of row `row` lie among what is added or stored.
  size_t at(int row) const {
    return (static_cast<size_t>(channel_ / LANES) * finish_.plane + static_cast<size_t>(row) * rows_ + row_) * LANES;
  }

  void put(int row, Vec sum) const {
    if (!real_) return;
    Vec v = _mm512_fmadd_ps(sum, scale_, bias_);
    if (finish_.add) v = _mm512_add_ps(v, _mm512_loadu_ps(finish_.add + at(row)));
    if (finish_.total) v = _mm512_add_ps(v, _mm512_loadu_ps(finish_.total + at(row)));
    if (finish_.factor != 1.0f) v = _mm512_mul_ps(v, _mm512_set1_ps(finish_.factor));
    if (finish_.store) _mm512_storeu_ps(finish_.store + at(row), v);
    if (finish_.next) finish_.write(finish_.next + (static_cast<int64_t>(row) * rows_ + row_) * finish_.as.width, channel_, v);
  }

 private:
  const Finish finish_;  // a copy: nothing that is written can change it
  bool real_;
  int rows_ = 1, row_ = 0, channel_ = 0;
  Vec scale_ = _mm512_setzero_ps(), bias_ = _mm512_setzero_ps();
};

enum { ADD = 1, TOTAL = 2, FACTOR = 4, STORE = 8, NEXT = 16, ANY = 32 };

// What a `Finish` asks for; ANY where 32 outputs do not lie side by side.
inline int uses(const Convolution& c, const Finish& f) {
  if (c.outputs % PAIR || f.channels % PAIR) return ANY;
  return (f.add ? ADD : 0) | (f.total ? TOTAL : 0) | (f.factor != 1.0f ? FACTOR : 0) | (f.store ? STORE : 0) |
         (f.next ? NEXT : 0);
}

inline Vec sums_at(const int* from) { return _mm512_cvtepi32_ps(_mm512_load_si512(from)); }
inline Vec sums_at(const float* from) { return _mm512_load_ps(from); }

// 32 outputs of every row, by code that does what `USES` says and asks nothing: beside tiles, vectors are what
// takes time.
template <int USES>
class Columns {
 public:
  Columns(const Convolution& c, const Finish& finish, int pair)
      : left_(c, finish, pair * PAIR), right_(c, finish, pair * PAIR + LANES), zero_(finish.as.zero) {
    if (USES == ANY) return;
    int n = pair * PAIR;
    rows_ = c.outputs / finish.channels;
    bytes_ = finish.as.precision == U8;
    for (int side = 0; side < 2; ++side) {
      scale_[side] = _mm512_load_ps(c.scale.get() + n + side * LANES);
      bias_[side] = _mm512_load_ps(c.bias.get() + n + side * LANES);
      size_t at = side ? right_.at(0) : left_.at(0);
      if (USES & ADD) add_[side] = finish.add + at;
      if (USES & TOTAL) total_[side] = finish.total + at;
      if (USES & STORE) store_[side] = finish.store + at;
    }
    if (USES & NEXT) next_ = finish.next + n / finish.channels * finish.as.width + n % finish.channels * (bytes_ ? 1 : 2);
    stride_ = static_cast<int64_t>(rows_) * finish.as.width;
    slope_ = _mm512_set1_ps(finish.slope);
    factor_ = _mm512_set1_ps(finish.factor);
    inverse_ = _mm512_set1_ps(finish.as.inverse);
  }

  template <typename Sum>
  void put(int row, const Sum* sums) const {
    if constexpr (USES == ANY) {
      left_.put(row, sums_at(sums));
      right_.put(row, sums_at(sums + LANES));
    } else {
      Vec a = whole<0>(row, sums_at(sums)), b = whole<1>(row, sums_at(sums + LANES));
      if constexpr (USES & NEXT) write(next_ + row * stride_, a, b);
    }
  }

 private:
  // The values of one side, as they are before they are made the next inputs.
  template <int SIDE>
  Vec whole(int row, Vec sum) const {
    int64_t at = static_cast<int64_t>(row) * rows_ * LANES;
    Vec v = _mm512_fmadd_ps(sum, scale_[SIDE], bias_[SIDE]);
    if constexpr (USES & ADD) v = _mm512_add_ps(v, _mm512_loadu_ps(add_[SIDE] + at));
    if constexpr (USES & TOTAL) v = _mm512_add_ps(v, _mm512_loadu_ps(total_[SIDE] + at));
    if constexpr (USES & FACTOR) v = _mm512_mul_ps(v, factor_);
    if constexpr (USES & STORE) _mm512_storeu_ps(store_[SIDE] + at, v);
    return v;
  }

  void write(uint8_t* to, Vec a, Vec b) const {
    a = _mm512_max_ps(a, _mm512_mul_ps(a, slope_));
    b = _mm512_max_ps(b, _mm512_mul_ps(b, slope_));
    if (bytes_) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), as_bytes(a));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + LANES), as_bytes(b));
    } else {
      _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(b, a));
    }
  }

  __m128i as_bytes(Vec v) const {
    __m512i q = _mm512_add_epi32(_mm512_cvtps_epi32(_mm512_mul_ps(v, inverse_)), _mm512_set1_epi32(zero_));
    return _mm512_cvtusepi32_epi8(_mm512_max_epi32(q, _mm512_setzero_si512()));
  }

  const Column left_, right_;
  int zero_, rows_ = 1;
  bool bytes_ = false;
  Vec scale_[2], bias_[2], slope_, factor_, inverse_;
  const float* add_[2] = {};
  const float* total_[2] = {};
  float* store_[2] = {};
  uint8_t* next_ = nullptr;
  int64_t stride_ = 0;
};
