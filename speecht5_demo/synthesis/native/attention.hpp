// Attention of one query over keys and values that lie in chunks, so that a cache grows without being copied.
//
// Keys of a chunk: [time / 16][size][16]; values: [time][size]. Either float32, or 16-bit floats, which halve what long
// texts and large batches read and err by a fiftieth of what 8-bit weights do.
#pragma once
#include "simd.hpp"

using Half = uint16_t;

inline Vec load16(const float* from) { return _mm512_load_ps(from); }
inline Vec load16(const Half* from) { return _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(from))); }

inline void put(float value, float* to) { *to = value; }
inline void put(float value, Half* to) { *to = _cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT); }

constexpr int EARLY = 4;  // blocks of 16 steps between what is read and what is fetched for later

// What one call reads: the keys block by block, then the values, then the keys of whichever call comes next. A large
// batch keeps far more than fits near the processor, and each head's part is too short for the hardware to foresee.
template <typename Stored>
struct Stream {
  const void* const* keys;
  const void* const* values;
  const void* next;  // where the next call's keys begin, as bytes
  size_t place;
  int blocks, per_chunk, size;

  const char* at(int block) const {
    const size_t bytes = static_cast<size_t>(size) * LANES * sizeof(Stored);
    if (block >= 2 * blocks) return static_cast<const char*>(next) + (block - 2 * blocks) * bytes;
    const void* const* side = block < blocks ? keys : values;
    int b = block < blocks ? block : block - blocks;
    return static_cast<const char*>(side[b / per_chunk]) + place * sizeof(Stored) + (b % per_chunk) * bytes;
  }
};

inline void fetch(const char* from, size_t bytes) {
  for (size_t line = 0; line < bytes; line += 64) _mm_prefetch(from + line, _MM_HINT_T0);
}

// `scores` has room for `count` rounded up to whole blocks of 16; `next` is where the next call's keys begin.
template <int PARTS, typename Stored>
void attend(const float* query, const void* const* keys, const void* const* values, size_t place, int chunk, int count,
            const void* next, float* scores, float* out) {
  constexpr int SIZE = PARTS * LANES;
  const Vec scale = _mm512_set1_ps(1.0f / std::sqrt(static_cast<float>(SIZE)));
  const Vec lowest = _mm512_set1_ps(-1e30f);
  Vec most = lowest;
  int blocks = (count + LANES - 1) / LANES, per_chunk = chunk / LANES;
  const Stream<Stored> stream{keys, values, next, place, blocks, per_chunk, SIZE};
  for (int b = 0; b < blocks; ++b) {
    const Stored* k = static_cast<const Stored*>(keys[b / per_chunk]) + place + static_cast<size_t>(b % per_chunk) * SIZE * LANES;
    Vec sum[4];
    for (auto& part : sum) part = _mm512_setzero_ps();
    const char* later = stream.at(b + EARLY);
    for (int i = 0; i < SIZE; i += 4) {
      fetch(later + i * LANES * sizeof(Stored), 4 * LANES * sizeof(Stored));
      for (int j = 0; j < 4; ++j)
        sum[j] = _mm512_fmadd_ps(_mm512_set1_ps(query[i + j]), load16(k + (i + j) * LANES), sum[j]);
    }
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
    const Stored* v = static_cast<const Stored*>(values[begin / chunk]) + place;
    int length = std::min(chunk, count - begin), t = 0;
    const char* later = nullptr;
    for (; t + 1 < length; t += 2, v += 2 * SIZE, later += 2 * SIZE * sizeof(Stored)) {
      if (t % LANES == 0) later = stream.at(blocks + (begin + t) / LANES + EARLY);
      fetch(later, 2 * SIZE * sizeof(Stored));
      Vec a = _mm512_set1_ps(scores[begin + t]), b = _mm512_set1_ps(scores[begin + t + 1]);
      for (int j = 0; j < PARTS; ++j) {
        even[j] = _mm512_fmadd_ps(a, load16(v + j * LANES), even[j]);
        odd[j] = _mm512_fmadd_ps(b, load16(v + SIZE + j * LANES), odd[j]);
      }
    }
    if (t < length)
      for (int j = 0; j < PARTS; ++j)
        even[j] = _mm512_fmadd_ps(_mm512_set1_ps(scores[begin + t]), load16(v + j * LANES), even[j]);
  }
  const Vec share = _mm512_set1_ps(1.0f / _mm512_reduce_add_ps(weight));
  for (int j = 0; j < PARTS; ++j)
    _mm512_storeu_ps(out + j * LANES, _mm512_mul_ps(_mm512_add_ps(even[j], odd[j]), share));
}

// The key and the value of a new step, `within` its chunk.
template <typename Stored>
void remember(const float* key, const float* value, int size, int within, void* keys, void* values, size_t place) {
  Stored* k = static_cast<Stored*>(keys) + place + static_cast<size_t>(within / LANES) * size * LANES + within % LANES;
  Stored* v = static_cast<Stored*>(values) + place + static_cast<size_t>(within) * size;
  for (int i = 0; i < size; ++i) put(key[i], k + i * LANES);
  for (int i = 0; i < size; ++i) put(value[i], v + i);
}

using Attend = void (*)(const float*, const void* const*, const void* const*, size_t, int, int, const void*, float*, float*);

// The function for heads of `size` values, a multiple of 16 up to 128.
template <typename Stored>
Attend attend_for(int size) {
  switch (size / LANES) {
    case 1: return attend<1, Stored>;
    case 2: return attend<2, Stored>;
    case 3: return attend<3, Stored>;
    case 4: return attend<4, Stored>;
    case 5: return attend<5, Stored>;
    case 6: return attend<6, Stored>;
    case 7: return attend<7, Stored>;
    default: return attend<8, Stored>;
  }
}
