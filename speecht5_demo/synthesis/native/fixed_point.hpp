// Weights of float32 as whole numbers of 24 bits and a scale an output: a quarter less to read where a layer waits for memory.
//
// The upper 16 bits of two inputs share a line of 64 bytes, 16 outputs, and the lower 8 bits of four another. One instruction
// joins both to numbers of 32 bits, whose last bits are then another weight's: rounding takes them into account. A weight errs
// by 2^-23 of the largest that leads to its output at most, by no more than sums in float32 do.
#pragma once
#include <algorithm>
#include <cmath>
#include <utility>

#include "linear.hpp"

constexpr int LOWER = 8;                              // bits beside the upper sixteen
constexpr int PAIRS = 16 / LOWER;                     // of inputs whose lower bits share a line
constexpr int TOGETHER = 2 * PAIRS;                   // inputs
constexpr int FIXED_BYTES = 64 * (PAIRS + 1);         // of 16 outputs by so many inputs
constexpr int LARGEST = (1 << (15 + LOWER)) - 1;      // whole number, either way
constexpr int LAST_BIT = 1 << (16 - LOWER);           // what it is worth in the 32 bits that are computed with

typedef uint16_t ShortPart __attribute__((vector_size(4 * WIDTH)));

// The halves of 16 numbers of 32 bits, joined: of either input of a pair.
#if WIDTH == 16
INLINE IntPart joined(IntPart upper, IntPart lower, std::false_type) { return (IntPart)_mm512_unpacklo_epi16((__m512i)lower, (__m512i)upper); }
INLINE IntPart joined(IntPart upper, IntPart lower, std::true_type) { return (IntPart)_mm512_unpackhi_epi16((__m512i)lower, (__m512i)upper); }
#elif WIDTH == 8
INLINE IntPart joined(IntPart upper, IntPart lower, std::false_type) { return (IntPart)_mm256_unpacklo_epi16((__m256i)lower, (__m256i)upper); }
INLINE IntPart joined(IntPart upper, IntPart lower, std::true_type) { return (IntPart)_mm256_unpackhi_epi16((__m256i)lower, (__m256i)upper); }
#else
INLINE IntPart joined(IntPart upper, IntPart lower, std::false_type) { return (IntPart)vzip1q_u16((uint16x8_t)lower, (uint16x8_t)upper); }
INLINE IntPart joined(IntPart upper, IntPart lower, std::true_type) { return (IntPart)vzip2q_u16((uint16x8_t)lower, (uint16x8_t)upper); }
#endif
INLINE IntPart shifted(IntPart line, int bits) { return (IntPart)((ShortPart)line << static_cast<uint16_t>(bits)); }
template <class T, class Second>
INLINE Two<T> joined(Two<T> upper, Two<T> lower, Second second) {
  return {joined(upper.low, lower.low, second), joined(upper.high, lower.high, second)};
}
template <class T>
INLINE Two<T> shifted(Two<T> line, int bits) {
  return {shifted(line.low, bits), shifted(line.high, bits)};
}

// Where the sixteen bits of an output and one of two inputs lie in a line.
constexpr int place_in_pair(int output, int input) { return 2 * (output / 4 * 8 + input * 4 + output % 4); }

// Weights of 16 outputs by TOGETHER inputs, each handed to `act` with its input's number.
template <class Act>
INLINE void each_input(const uint8_t* at, Act act) {
  const Ints line = read<Ints>(at + PAIRS * 64);
#pragma GCC unroll 4
  for (int pair = 0; pair < PAIRS; ++pair) {
    const Ints upper = read<Ints>(at + pair * 64), lower = shifted(line, 16 - LOWER * (pair + 1));
    act(2 * pair, to_floats(joined(upper, lower, std::false_type())));
    act(2 * pair + 1, to_floats(joined(upper, lower, std::true_type())));
  }
}

// A block's whole numbers as a block of float32, for the rows of a batch to share.
inline void unpack_fixed(const Linear& l, int block, float* to) {
  const uint8_t* w = l.block_at(block);
  for (int k = 0; k < l.inputs; k += TOGETHER)
    for (int j = 0; j < PANELS; ++j, w += FIXED_BYTES)
      each_input(w, [&](int i, Vec weight) __attribute__((always_inline)) {
        store(to + (k + i) * BLOCK + j * LANES, weight);
      });
}

// The weights of one output, `line` being where those of its sixteen begin; returns what a whole number's last bit is worth.
inline float pack_fixed(uint8_t* line, int output, const float* from, int inputs) {
  float largest = 0.0f, none = 0.0f;
  for (int k = 0; k < inputs; ++k) {
    largest = std::max(largest, std::fabs(from[k]));
    none += 0.0f * from[k];  // not a number where a weight is none: nor is the output, then
  }
  const bool whole = none == 0.0f && largest > 0.0f;
  const float unit = whole ? largest / LARGEST : 1.0f;
  for (int k = 0; k < inputs; ++k) {
    const int pair = k % TOGETHER / 2, place = place_in_pair(output, k % 2);
    uint8_t* group = line + static_cast<size_t>(k / TOGETHER) * PANELS * FIXED_BYTES;
    uint16_t lower, upper;
    std::memcpy(&lower, group + PAIRS * 64 + place, 2);
    const double last = static_cast<double>(lower << (16 - LOWER * (pair + 1))) / LAST_BIT;  // of the pairs before
    const double units = whole ? std::nearbyint(static_cast<double>(from[k]) / unit - last) : 0.0;
    const int number = std::clamp(static_cast<int>(units), -LARGEST - 1, LARGEST);
    upper = static_cast<uint16_t>(number >> LOWER);
    lower = static_cast<uint16_t>(lower | (number & ((1 << LOWER) - 1)) << LOWER * pair);
    std::memcpy(group + pair * 64 + place, &upper, 2);
    std::memcpy(group + PAIRS * 64 + place, &lower, 2);
  }
  return unit / LAST_BIT + none;
}
