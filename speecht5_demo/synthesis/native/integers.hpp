// Sums of products of 8-bit integers, exact on every processor: the one thing that is said in intrinsics.
//
// Weights lie in lines of 64 bytes, 16 outputs by 4 inputs. Where the processor sums four products at once, a line is
// [output][4 inputs]; elsewhere bytes are widened to 16 bits, whose products are summed in pairs and never saturate, and a
// line is [2 pairs][output][2 inputs]. Activations are 0 to 255; where products take signed bytes only, they are kept
// less 128, and sums begin at what that took away.
#pragma once
#include <type_traits>

#include "simd.hpp"

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__) || defined(__ARM_FEATURE_DOTPROD)
constexpr bool QUADS = true;
#else
constexpr bool QUADS = false;
#endif
#if defined(__ARM_FEATURE_DOTPROD) && !defined(__ARM_FEATURE_MATMUL_INT8)
using Activation8 = int8_t;
constexpr int LESS = 128;
#else
using Activation8 = std::conditional_t<QUADS, uint8_t, int16_t>;
constexpr int LESS = 0;
#endif
static_assert(WIDTH > 4 || QUADS, "arm64 needs the dot product");

// Where the weight of an output and one of 4 inputs lies in its line.
constexpr int place_in_line(int output, int input) {
  return QUADS ? output * 4 + input : input / 2 * 32 + output * 2 + input % 2;
}

INLINE int four(const void* from) {
  int made;
  std::memcpy(&made, from, 4);
  return made;
}

#if WIDTH == 16
INLINE __m512i wide_of(const void* from) {
  return _mm512_cvtepi8_epi16(_mm256_loadu_si256(static_cast<const __m256i*>(from)));
}
INLINE void store_bytes(uint8_t* to, Ints v) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8((__m512i)v));
}
INLINE void store_shorts(int16_t* to, Ints v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi32_epi16((__m512i)v));
}
#elif WIDTH == 8
INLINE __m256i wide_of(const void* from) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(static_cast<const __m128i*>(from)));
}
INLINE void store_shorts(int16_t* to, Ints v) {
  __m256i packed = _mm256_packs_epi32((__m256i)v.low, (__m256i)v.high);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_permute4x64_epi64(packed, 0xd8));
}
INLINE void store_bytes(uint8_t* to, Ints v) {
  v = v & every(255);
  __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32((__m256i)v.low, (__m256i)v.high), 0xd8);
  __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(packed), _mm256_extracti128_si256(packed, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
}
#else
INLINE void store_bytes(uint8_t* to, Ints v) {
  auto half = [](Two<IntPart> w) {
    return vcombine_s16(vmovn_s32((int32x4_t)w.low), vmovn_s32((int32x4_t)w.high));
  };
  vst1q_u8(to, (uint8x16_t)vcombine_s8(vmovn_s16(half(v.low)), vmovn_s16(half(v.high))));
}
#endif

// sum + the products of activations with a line of weights: of 4, or of 2 in each of two steps.
constexpr int STEPS = QUADS ? 1 : 2;

template <int STEP>
INLINE Ints products(Ints sum, const Activation8* x, const uint8_t* w) {
#if defined(__AVX512VNNI__)
  return (Ints)_mm512_dpbusd_epi32((__m512i)sum, _mm512_set1_epi32(four(x)), _mm512_loadu_si512(w));
#elif WIDTH == 16
  return sum + (Ints)_mm512_madd_epi16(wide_of(w + 32 * STEP), _mm512_set1_epi32(four(x + 2 * STEP)));
#elif defined(__AVXVNNI__)
  const __m256i each = _mm256_set1_epi32(four(x));
  sum.low = (IntPart)_mm256_dpbusd_avx_epi32((__m256i)sum.low, each, (__m256i)read<IntPart>(w));
  sum.high = (IntPart)_mm256_dpbusd_avx_epi32((__m256i)sum.high, each, (__m256i)read<IntPart>(w + 32));
  return sum;
#elif WIDTH == 8
  const __m256i each = _mm256_set1_epi32(four(x + 2 * STEP));
  sum.low += (IntPart)_mm256_madd_epi16(wide_of(w + 32 * STEP), each);
  sum.high += (IntPart)_mm256_madd_epi16(wide_of(w + 32 * STEP + 16), each);
  asm volatile("" : "+x"(sum.low), "+x"(sum.high));  // or the products of all rows are formed first, and spill
  return sum;
#else
  const int32x4_t each = vdupq_n_s32(four(x));
  auto quarter = [&](IntPart s, const uint8_t* at) {
#if defined(__ARM_FEATURE_MATMUL_INT8)
    return (IntPart)vusdotq_s32((int32x4_t)s, (uint8x16_t)each, vld1q_s8(reinterpret_cast<const int8_t*>(at)));
#else
    return (IntPart)vdotq_s32((int32x4_t)s, (int8x16_t)each, vld1q_s8(reinterpret_cast<const int8_t*>(at)));
#endif
  };
  return {{quarter(sum.low.low, w), quarter(sum.low.high, w + 16)},
          {quarter(sum.high.low, w + 32), quarter(sum.high.high, w + 48)}};
#endif
}

// sum + the products of weights of 4 bits, 0 to 15 in a line of [output][4 inputs], with 4 signed activations.
INLINE IntPart nibble_products(IntPart sum, int x, RawPart w) {
#if defined(__AVX512VNNI__)
  return (IntPart)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)w, _mm512_set1_epi32(x));
#elif WIDTH == 16
  __m512i pairs = _mm512_maddubs_epi16((__m512i)w, _mm512_set1_epi32(x));
  return sum + (IntPart)_mm512_madd_epi16(pairs, _mm512_set1_epi16(1));
#elif defined(__AVXVNNI__)
  return (IntPart)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)w, _mm256_set1_epi32(x));
#elif WIDTH == 8
  __m256i pairs = _mm256_maddubs_epi16((__m256i)w, _mm256_set1_epi32(x));
  return sum + (IntPart)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#else
  return (IntPart)vdotq_s32((int32x4_t)sum, (int8x16_t)w, (int8x16_t)vdupq_n_s32(x));
#endif
}
template <class T, class R>
INLINE Two<T> nibble_products(Two<T> sum, int x, Two<R> w) {
  return {nibble_products(sum.low, x, w.low), nibble_products(sum.high, x, w.high)};
}

INLINE RawPart low_nibbles(RawPart pairs) { return pairs & 15; }
INLINE RawPart high_nibbles(RawPart pairs) { return pairs >> 4; }
template <class T>
INLINE Two<T> low_nibbles(Two<T> pairs) {
  return {low_nibbles(pairs.low), low_nibbles(pairs.high)};
}
template <class T>
INLINE Two<T> high_nibbles(Two<T> pairs) {
  return {high_nibbles(pairs.low), high_nibbles(pairs.high)};
}

// 16-bit floats, which halve what long texts and large batches read.
using Half = uint16_t;
#if WIDTH == 16
INLINE Vec load(const Half* from) {
  return (Vec)_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}
INLINE void put(float value, Half* to) { *to = _cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT); }
#elif WIDTH == 8
INLINE Part half_of(const Half* from) {
  return (Part)_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}
INLINE Vec load(const Half* from) { return {half_of(from), half_of(from + 8)}; }
INLINE void put(float value, Half* to) { *to = _cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT); }
#else
INLINE Part half_of(const Half* from) { return (Part)vcvt_f32_f16((float16x4_t)vld1_u16(from)); }
INLINE Vec load(const Half* from) {
  return {{half_of(from), half_of(from + 4)}, {half_of(from + 8), half_of(from + 12)}};
}
INLINE void put(float value, Half* to) {
  float16x4_t half = vcvt_f16_f32(vdupq_n_f32(value));
  *to = vget_lane_u16((uint16x4_t)half, 0);
}
#endif
INLINE void put(float value, float* to) { *to = value; }
