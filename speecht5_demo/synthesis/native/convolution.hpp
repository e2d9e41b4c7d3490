// Convolutions over rows of channels, as matrix products: a tap reads the same rows, moved.
//
// Inputs are bfloat16, or 8 bits with one scale a layer, so a row's result depends neither on where it lies nor on which
// kernel computes it: a part of an utterance equals the whole to the last bit. Weights lie in tiles of 16 outputs by 64
// bytes of inputs, which both AMX and AVX-512 read as they are.
#pragma once
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "amx.hpp"
#include "simd.hpp"
#include "slab.hpp"

enum Precision { BF16 = 0, U8 = 1 };
constexpr int TILE = 16 * 64;  // bytes of 16 outputs by 64 bytes of inputs
constexpr int PAIR = 32;       // outputs that are computed together
constexpr int STRIP = 32;      // rows that are computed together, at most
constexpr int GUARD = 96;      // rows of padding on each side of a buffer

// Rows that a convolution reads: value = scale * (u - zero), or bfloat16. Rows outside the utterance read as zero.
struct Inputs {
  int precision, width;  // width: bytes of a row, whole tiles
  float inverse;         // 1 / scale
  int zero;
};

inline int row_bytes(int channels, int precision) { return (channels * (precision == U8 ? 1 : 2) + 63) / 64 * 64; }

struct Convolution {
  int outputs, inputs, kernel, dilation, pairs;
  Inputs reads;
  std::shared_ptr<uint8_t> weights;  // [pair][tap][64 bytes of inputs][2][16 quads][16 outputs][4 bytes]
  Buffer<float> scale, bias;

  // weights: [output][input][tap], int8 or bfloat16.
  Convolution(int precision, int outputs_, int inputs_, int kernel_, int dilation_, const void* from, const float* scales,
              const float* biases, float in_scale, int zero)
      : outputs(outputs_), inputs(inputs_), kernel(kernel_), dilation(dilation_), pairs((outputs_ + PAIR - 1) / PAIR) {
    reads = {precision, row_bytes(inputs, precision), 1.0f / in_scale, zero};
    weights = Slab::take(static_cast<size_t>(pairs) * pair_bytes());
    scale = buffer<float>(pairs * PAIR);
    bias = buffer<float>(pairs * PAIR);
    int bytes = precision == U8 ? 1 : 2;
    const uint8_t* source = static_cast<const uint8_t*>(from);
    for (int n = 0; n < outputs; ++n) {
      int sum = 0;
      for (int k = 0; k < inputs; ++k)
        for (int tap = 0; tap < kernel; ++tap) {
          const uint8_t* value = source + ((static_cast<size_t>(n) * inputs + k) * kernel + tap) * bytes;
          if (precision == U8) sum += static_cast<int8_t>(*value);
          std::memcpy(place(n, tap, k * bytes), value, bytes);
        }
      scale[n] = precision == U8 ? scales[n] * in_scale : 1.0f;
      bias[n] = biases[n] - (precision == U8 ? scale[n] * static_cast<float>(sum) * static_cast<float>(zero) : 0.0f);
    }
  }

  int reach() const { return (kernel - 1) / 2 * dilation; }
  size_t pair_bytes() const { return static_cast<size_t>(kernel) * reads.width / 64 * 2 * TILE; }

 private:
  uint8_t* place(int n, int tap, int byte) const {
    size_t tile = (static_cast<size_t>(tap) * (reads.width / 64) + byte / 64) * 2 + n % PAIR / 16;
    return weights.get() + n / PAIR * pair_bytes() + tile * TILE + (byte % 64 / 4 * 16 + n % 16) * 4 + byte % 4;
  }
};

#include "finish.hpp"

namespace convolving {

inline Vec as_float(__m512i sum) { return _mm512_cvtepi32_ps(sum); }
inline Vec as_float(Vec sum) { return sum; }

// One step of 4 bytes of inputs: 8-bit integers.
struct Vnni {
  using Sum = __m512i;
  static Sum none() { return _mm512_setzero_si512(); }
  static void add(Sum& a, Sum& b, int x, __m512i wa, __m512i wb) {
    __m512i each = _mm512_set1_epi32(x);
    a = _mm512_dpbusd_epi32(a, each, wa);
    b = _mm512_dpbusd_epi32(b, each, wb);
  }
};

// One step of 4 bytes of inputs: two bfloat16 in float32 arithmetic, for CPUs without their own.
struct Widened {
  using Sum = Vec;
  static Sum none() { return _mm512_setzero_ps(); }
  static void add(Sum& a, Sum& b, int x, __m512i wa, __m512i wb) {
    const __m512i high = _mm512_set1_epi32(static_cast<int>(0xffff0000u));
    Vec even = _mm512_castsi512_ps(_mm512_set1_epi32(x << 16));
    Vec odd = _mm512_castsi512_ps(_mm512_set1_epi32(x & static_cast<int>(0xffff0000u)));
    a = _mm512_fmadd_ps(even, _mm512_castsi512_ps(_mm512_slli_epi32(wa, 16)), a);
    b = _mm512_fmadd_ps(even, _mm512_castsi512_ps(_mm512_slli_epi32(wb, 16)), b);
    a = _mm512_fmadd_ps(odd, _mm512_castsi512_ps(_mm512_and_si512(wa, high)), a);
    b = _mm512_fmadd_ps(odd, _mm512_castsi512_ps(_mm512_and_si512(wb, high)), b);
  }
};

constexpr int ROWS = 12;

template <typename Step>
inline void vectors(const Convolution& c, const uint8_t* in, int pair, int first, int last, const Finish& finish) {
  const Column left(c, finish, pair * PAIR), right(c, finish, pair * PAIR + 16);
  int width = c.reads.width, bytes = c.inputs * (c.reads.precision == U8 ? 1 : 2), quads = (bytes + 3) / 4;
  for (int t = first; t < last; t += ROWS) {
    typename Step::Sum a[ROWS], b[ROWS];
    for (int r = 0; r < ROWS; ++r) a[r] = b[r] = Step::none();
    const uint8_t* w = c.weights.get() + pair * c.pair_bytes();
    for (int tap = 0; tap < c.kernel; ++tap, w += static_cast<size_t>(width) / 64 * 2 * TILE) {
      const uint8_t* x = in + static_cast<int64_t>(t + tap * c.dilation - c.reach()) * width;
      for (int q = 0; q < quads; ++q) {
        const uint8_t* both = w + q / 16 * 2 * TILE + q % 16 * 64;
        __m512i wa = _mm512_load_si512(both), wb = _mm512_load_si512(both + TILE);
        for (int r = 0; r < ROWS; ++r) {
          int value;
          std::memcpy(&value, x + static_cast<int64_t>(r) * width + 4 * q, 4);
          Step::add(a[r], b[r], value, wa, wb);
        }
      }
    }
    for (int r = 0; r < ROWS && t + r < last; ++r) {
      left.put(t + r, as_float(a[r]));
      right.put(t + r, as_float(b[r]));
    }
  }
}

}  // namespace convolving

#include "convolution_kernels.hpp"

// Rows `first` to `last` of a convolution. `in` points at row 0, with GUARD rows before it and after the last.
inline void convolve(const Convolution& c, const uint8_t* in, int first, int last, const Finish& finish) {
  using namespace convolving;
  bool u8 = c.reads.precision == U8;
  bool tiles = has_amx();
  if (tiles) configure_tiles();
  for (int pair = 0; pair < c.pairs; ++pair) {
    if (tiles) {
      u8 ? by_tiles<true>(c, in, pair, first, last, finish) : by_tiles<false>(c, in, pair, first, last, finish);
    } else if (u8) {
      vectors<Vnni>(c, in, pair, first, last, finish);
    } else if (has_bf16()) {
      vectors_bf16(c, in, pair, first, last, finish);
    } else {
      vectors<Widened>(c, in, pair, first, last, finish);
    }
  }
  if (tiles) release_tiles();
}
