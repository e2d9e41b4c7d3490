// Attention of one query over keys and values that lie in chunks, so that a cache grows without being copied.
//
// Keys of a chunk: [time / 16][size][16]; values: [time][size]. Either float32, or 16-bit floats, which halve what long
// texts and large batches read and err by a fiftieth of what 8-bit weights do.
#pragma once
#include <algorithm>

#include "functions.hpp"
#include "integers.hpp"

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

INLINE void fetch(const char* from, size_t bytes) {
  for (size_t line = 0; line < bytes; line += 64) __builtin_prefetch(from + line);
}

// The weighted sum of the values, `PARTS` times 16 of them from part `first` on.
template <int PARTS, typename Stored>
INLINE void mix(const Stream<Stored>& stream, const void* const* values, int chunk, int count, int first, bool early,
                const float* scores, Vec share, float* out) {
  const int size = stream.size;
  Vec even[PARTS], odd[PARTS];
#pragma GCC unroll 8
  for (int j = 0; j < PARTS; ++j) even[j] = odd[j] = every(0.0f);
  for (int begin = 0; begin < count; begin += chunk) {
    const Stored* v = static_cast<const Stored*>(values[begin / chunk]) + stream.place + first * LANES;
    const int length = std::min(chunk, count - begin);
    const char* later = nullptr;
    int t = 0;
    for (; t + 1 < length; t += 2, v += 2 * size, later += 2 * size * sizeof(Stored)) {
      if (early) {
        if (t % LANES == 0) later = stream.at(stream.blocks + (begin + t) / LANES + EARLY);
        fetch(later, 2 * size * sizeof(Stored));
      }
      const Vec a = every(scores[begin + t]), b = every(scores[begin + t + 1]);
#pragma GCC unroll 8
      for (int j = 0; j < PARTS; ++j) {
        even[j] = a * load(v + j * LANES) + even[j];
        odd[j] = b * load(v + size + j * LANES) + odd[j];
      }
    }
    if (t < length)
#pragma GCC unroll 8
      for (int j = 0; j < PARTS; ++j) even[j] = every(scores[begin + t]) * load(v + j * LANES) + even[j];
  }
#pragma GCC unroll 8
  for (int j = 0; j < PARTS; ++j) store(out + (first + j) * LANES, (even[j] + odd[j]) * share);
}

// `scores` holds `count` rounded up to whole blocks of 16; `next` is where the next call's keys begin.
template <int PARTS, typename Stored>
void attend(const float* query, const void* const* keys, const void* const* values, size_t place, int chunk, int count,
            const void* next, float* scores, float* out) {
  constexpr int SIZE = PARTS * LANES;
  const Vec scale = every(1.0f / std::sqrt(static_cast<float>(SIZE)));
  Vec most = every(-1e30f);
  const int blocks = (count + LANES - 1) / LANES, per_chunk = chunk / LANES;
  const Stream<Stored> stream{keys, values, next, place, blocks, per_chunk, SIZE};
  for (int b = 0; b < blocks; ++b) {
    const Stored* k = static_cast<const Stored*>(keys[b / per_chunk]) + place + static_cast<size_t>(b % per_chunk) * SIZE * LANES;
    const char* later = stream.at(b + EARLY);
    Vec sum[4] = {every(0.0f), every(0.0f), every(0.0f), every(0.0f)};
    for (int i = 0; i < SIZE; i += 4) {
      fetch(later + i * LANES * sizeof(Stored), 4 * LANES * sizeof(Stored));
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) sum[j] = every(query[i + j]) * load(k + (i + j) * LANES) + sum[j];
    }
    const Vec score = first_of(((sum[0] + sum[1]) + (sum[2] + sum[3])) * scale, count - b * LANES, -1e30f);
    store(scores + b * LANES, score);
    most = larger(most, score);
  }
  const Vec top = every(most_of(most));
  Vec weight = every(0.0f);
  for (int b = 0; b < blocks; ++b) {
    const Vec e = first_of(exp_(load(scores + b * LANES) - top), count - b * LANES, 0.0f);
    store(scores + b * LANES, e);
    weight += e;
  }
  const Vec share = every(1.0f / sum_of(weight));
  constexpr int AT_ONCE = WIDTH == 16 || PARTS < 2 ? PARTS : 2;  // sums that the processor has registers for
  mix<AT_ONCE, Stored>(stream, values, chunk, count, 0, true, scores, share, out);
  for (int part = AT_ONCE; part + AT_ONCE <= PARTS; part += AT_ONCE)
    mix<AT_ONCE, Stored>(stream, values, chunk, count, part, false, scores, share, out);
  if constexpr (PARTS % AT_ONCE)
    mix<1, Stored>(stream, values, chunk, count, PARTS - 1, false, scores, share, out);
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
