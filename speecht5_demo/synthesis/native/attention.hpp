// Attention of one query over keys and values that lie in chunks, so that a cache grows without being copied.
//
// Keys of a chunk: [time / 16][size][16]; values: [time][size].
#pragma once
#include "simd.hpp"

// `scores` has room for `count` rounded up to whole blocks of 16.
template <int PARTS>
void attend(const float* query, const float* const* keys, const float* const* values, size_t place, int chunk,
            int count, float* scores, float* out) {
  constexpr int SIZE = PARTS * LANES;
  const Vec scale = _mm512_set1_ps(1.0f / std::sqrt(static_cast<float>(SIZE)));
  const Vec lowest = _mm512_set1_ps(-1e30f);
  Vec most = lowest;
  int blocks = (count + LANES - 1) / LANES, per_chunk = chunk / LANES;
  for (int b = 0; b < blocks; ++b) {
    const float* k = keys[b / per_chunk] + place + static_cast<size_t>(b % per_chunk) * SIZE * LANES;
    Vec sum[4];
    for (auto& part : sum) part = _mm512_setzero_ps();
    for (int i = 0; i < SIZE; i += 4)
      for (int j = 0; j < 4; ++j)
        sum[j] = _mm512_fmadd_ps(_mm512_set1_ps(query[i + j]), _mm512_load_ps(k + (i + j) * LANES), sum[j]);
    Vec score = _mm512_add_ps(_mm512_add_ps(sum[0], sum[1]), _mm512_add_ps(sum[2], sum[3]));
    score = _mm512_mul_ps(score, scale);
    if (b == blocks - 1 && count % LANES)
      score = _mm512_mask_mov_ps(lowest, static_cast<__mmask16>((1 << (count % LANES)) - 1), score);
    _mm512_storeu_ps(scores + b * LANES, score);
    most = _mm512_max_ps(most, score);
  }
  const Vec top = _mm512_set1_ps(_mm512_reduce_max_ps(most));
  Vec weight = _mm512_setzero_ps();
  for (int b = 0; b < blocks; ++b) {
    __mmask16 real = b == blocks - 1 && count % LANES ? static_cast<__mmask16>((1 << (count % LANES)) - 1) : 0xffff;
    Vec e = _mm512_maskz_mov_ps(real, exp_(_mm512_sub_ps(_mm512_loadu_ps(scores + b * LANES), top)));
    _mm512_storeu_ps(scores + b * LANES, e);
    weight = _mm512_add_ps(weight, e);
  }
  Vec even[PARTS], odd[PARTS];
  for (int j = 0; j < PARTS; ++j) even[j] = odd[j] = _mm512_setzero_ps();
  for (int begin = 0; begin < count; begin += chunk) {
    const float* v = values[begin / chunk] + place;
    int length = std::min(chunk, count - begin), t = 0;
    for (; t + 1 < length; t += 2, v += 2 * SIZE) {
      Vec a = _mm512_set1_ps(scores[begin + t]), b = _mm512_set1_ps(scores[begin + t + 1]);
      for (int j = 0; j < PARTS; ++j) {
        even[j] = _mm512_fmadd_ps(a, _mm512_load_ps(v + j * LANES), even[j]);
        odd[j] = _mm512_fmadd_ps(b, _mm512_load_ps(v + SIZE + j * LANES), odd[j]);
      }
    }
    if (t < length)
      for (int j = 0; j < PARTS; ++j)
        even[j] = _mm512_fmadd_ps(_mm512_set1_ps(scores[begin + t]), _mm512_load_ps(v + j * LANES), even[j]);
  }
  const Vec share = _mm512_set1_ps(1.0f / _mm512_reduce_add_ps(weight));
  for (int j = 0; j < PARTS; ++j)
    _mm512_storeu_ps(out + j * LANES, _mm512_mul_ps(_mm512_add_ps(even[j], odd[j]), share));
}

using Attend = void (*)(const float*, const float* const*, const float* const*, size_t, int, int, float*, float*);

// The function for heads of `size` values, a multiple of 16 up to 128.
inline Attend attend_for(int size) {
  switch (size / LANES) {
    case 1: return attend<1>;
    case 2: return attend<2>;
    case 3: return attend<3>;
    case 4: return attend<4>;
    case 5: return attend<5>;
    case 6: return attend<6>;
    case 7: return attend<7>;
    default: return attend<8>;
  }
}
