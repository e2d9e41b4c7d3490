// Sixteen values at once, on whatever vectors the processor has: one of 16 (AVX-512), two of 8 (AVX2), four of 4 (NEON).
//
// All code counts in sixteens and adds in one order, so every processor comes to the same bits. The compiler makes the
// instructions out of GCC's vector extensions; only what those cannot say is said in intrinsics (integers.hpp).
#pragma once
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#if defined(__AVX512F__)
#define WIDTH 16
#elif defined(__AVX2__)
#define WIDTH 8
#else
#define WIDTH 4
#endif
#if defined(__AMX_TILE__)
#define WITH_TILES 1
#else
#define WITH_TILES 0
#endif
#define INLINE inline __attribute__((always_inline))

constexpr int LANES = 16;

typedef float Part __attribute__((vector_size(4 * WIDTH)));
typedef int32_t IntPart __attribute__((vector_size(4 * WIDTH)));
typedef uint8_t RawPart __attribute__((vector_size(4 * WIDTH)));
template <class T>
struct Loose;  // the same values where memory is not aligned to them
template <>
struct Loose<Part> {
  typedef float Type __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
};
template <>
struct Loose<IntPart> {
  typedef int32_t Type __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));
};
template <>
struct Loose<RawPart> {
  typedef uint8_t Type __attribute__((vector_size(4 * WIDTH), aligned(1), may_alias));
};

// Two halves of what has no vector of its own. A vector wider than the processor's would be spelt out value by value.
template <class T>
struct Two {
  T low, high;
};
#if WIDTH == 16
using Vec = Part;
using Ints = IntPart;
using Raw = RawPart;
#elif WIDTH == 8
using Vec = Two<Part>;
using Ints = Two<IntPart>;
using Raw = Two<RawPart>;
#else
using Vec = Two<Two<Part>>;
using Ints = Two<Two<IntPart>>;
using Raw = Two<Two<RawPart>>;
#endif

#define PAIRWISE(OP)                            \
  template <class T>                            \
  INLINE Two<T> operator OP(Two<T> a, Two<T> b) { \
    return {a.low OP b.low, a.high OP b.high};  \
  }                                             \
  template <class T>                            \
  INLINE Two<T>& operator OP##=(Two<T>& a, Two<T> b) { \
    return a = a OP b;                          \
  }
PAIRWISE(+)
PAIRWISE(-)
PAIRWISE(*)
PAIRWISE(/)
PAIRWISE(&)
#undef PAIRWISE

template <class T>
constexpr int SIZE_OF = sizeof(T) / 4;  // values of a vector of four bytes each

template <class T>
INLINE void get(T& to, const void* from) {
  to = *static_cast<const typename Loose<T>::Type*>(from);
}
template <class T>
INLINE void get(Two<T>& to, const void* from) {
  get(to.low, from);
  get(to.high, static_cast<const char*>(from) + sizeof(T));
}
template <class T>
INLINE T read(const void* from) {
  T made;
  get(made, from);
  return made;
}
INLINE Vec load(const float* from) { return read<Vec>(from); }

INLINE void store(float* to, Part v) { *reinterpret_cast<Loose<Part>::Type*>(to) = v; }
INLINE void store(int* to, IntPart v) { *reinterpret_cast<Loose<IntPart>::Type*>(to) = v; }
template <class S, class T>
INLINE void store(S* to, Two<T> v) {
  store(to, v.low);
  store(to + SIZE_OF<T>, v.high);
}

INLINE void fill(Part& to, float x) { to = x - Part{}; }
INLINE void fill(IntPart& to, int x) { to = x - IntPart{}; }
template <class T, class S>
INLINE void fill(Two<T>& to, S x) {
  fill(to.low, x);
  to.high = to.low;
}
INLINE Vec every(float x) {
  Vec made;
  fill(made, x);
  return made;
}
INLINE Ints every(int x) {
  Ints made;
  fill(made, x);
  return made;
}

// The larger and the smaller of each two; the second where one is not a number.
INLINE Part larger(Part a, Part b) { return a > b ? a : b; }
INLINE Part smaller(Part a, Part b) { return a < b ? a : b; }
INLINE IntPart larger(IntPart a, IntPart b) { return a > b ? a : b; }
INLINE IntPart smaller(IntPart a, IntPart b) { return a < b ? a : b; }
template <class T>
INLINE Two<T> larger(Two<T> a, Two<T> b) {
  return {larger(a.low, b.low), larger(a.high, b.high)};
}
template <class T>
INLINE Two<T> smaller(Two<T> a, Two<T> b) {
  return {smaller(a.low, b.low), smaller(a.high, b.high)};
}

INLINE Part to_floats(IntPart v) { return __builtin_convertvector(v, Part); }
template <class T>
INLINE auto to_floats(Two<T> v) -> Two<decltype(to_floats(v.low))> {
  return {to_floats(v.low), to_floats(v.high)};
}

// The nearest whole number, the even one of two, by the rounding of an addition; for values below 2^22.
constexpr float MAGIC = 12582912.0f;  // 1.5 * 2^23
INLINE IntPart nearest(Part v) { return (IntPart)(v + MAGIC) - 0x4b400000; }
INLINE Part rounded(Part v) { return (v + MAGIC) - MAGIC; }
// v * 2^n, where both are small enough for the result's exponent.
INLINE Part times_power(Part v, Part n) { return (Part)((IntPart)v + (nearest(n) << 23)); }
INLINE Part signed_as(Part v, Part sign) {
  const IntPart bit = INT32_MIN - IntPart{};
  return (Part)(((IntPart)v & ~bit) | ((IntPart)sign & bit));
}
template <class T>
INLINE auto nearest(Two<T> v) -> Two<decltype(nearest(v.low))> {
  return {nearest(v.low), nearest(v.high)};
}
template <class T>
INLINE Two<T> rounded(Two<T> v) {
  return {rounded(v.low), rounded(v.high)};
}
template <class T>
INLINE Two<T> times_power(Two<T> v, Two<T> n) {
  return {times_power(v.low, n.low), times_power(v.high, n.high)};
}
template <class T>
INLINE Two<T> signed_as(Two<T> v, Two<T> sign) {
  return {signed_as(v.low, sign.low), signed_as(v.high, sign.high)};
}

// The first `count` values, then `other`.
INLINE Part first_of(Part v, int count, float other, int from = 0) {
  static constexpr int PLACES[LANES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  Part rest;
  fill(rest, other);
  return read<IntPart>(PLACES + from) < count ? v : rest;
}
template <class T>
INLINE Two<T> first_of(Two<T> v, int count, float other, int from = 0) {
  return {first_of(v.low, count, other, from), first_of(v.high, count, other, from + SIZE_OF<T>)};
}

// One value of sixteen, halving: the same order on every processor.
INLINE float sum_of(Vec v) {
  float x[LANES];
  store(x, v);
  for (int half = LANES / 2; half; half /= 2)
    for (int i = 0; i < half; ++i) x[i] += x[i + half];
  return x[0];
}
INLINE float most_of(Vec v) {
  float x[LANES];
  store(x, v);
  for (int half = LANES / 2; half; half /= 2)
    for (int i = 0; i < half; ++i) x[i] = x[i] > x[i + half] ? x[i] : x[i + half];
  return x[0];
}

// Memory on a cache line, its contents unspecified.
struct Free {
  void operator()(void* pointer) const { std::free(pointer); }
};
template <typename T>
using Buffer = std::unique_ptr<T[], Free>;

template <typename T>
Buffer<T> raw(size_t count) {
  size_t bytes = (count * sizeof(T) + 63) / 64 * 64;
  return Buffer<T>(static_cast<T*>(std::aligned_alloc(64, bytes ? bytes : 64)));
}

template <typename T>
Buffer<T> buffer(size_t count) {
  Buffer<T> made = raw<T>(count);
  std::memset(made.get(), 0, count * sizeof(T));
  return made;
}

inline int whole(int count, int unit) { return (count + unit - 1) / unit * unit; }
