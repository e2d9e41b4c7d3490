// Convolutions over rows of channels, as matrix products: a tap reads the same rows, moved.
//
// Inputs are bfloat16, or 8 bits with one scale a layer, so a row's result does not depend on where it lies: a part of an
// utterance equals the whole to the last bit. Weights lie in tiles of 16 outputs by 64 bytes of inputs.
#pragma once
#include <algorithm>
#include <cmath>
#include <type_traits>

#include "simd.hpp"
#include "slab.hpp"
#include "tiles.hpp"

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

#include "tile_finish.hpp"

// 32 rows by 32 outputs: two tiles of inputs, two of weights, four of sums. While the tile unit multiplies, the sums of
// the rows before are finished, and what will be added to the rows at hand is fetched.
template <bool INTEGERS, int USES>
void tiles_to(const Convolution& c, const uint8_t* in, int pair, int first, int last, const Finish& finish) {
  using Sum = std::conditional_t<INTEGERS, int, float>;
  const Columns<USES> columns(c, finish, pair);
  const int width = c.reads.width, products = c.kernel * width / 64, share = (STRIP + products - 1) / products;
  alignas(64) Sum sums[2][STRIP * PAIR];
  int made = 0, side = 0;  // rows before `t` whose sums wait
  for (int t = first; t < last; t += STRIP, side = 1 - side) {
    const uint8_t* w = c.weights.get() + pair * c.pair_bytes();
    const Sum* waiting = sums[1 - side];
    int done = 0;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int tap = 0; tap < c.kernel; ++tap) {
      const uint8_t* x = in + static_cast<int64_t>(t + tap * c.dilation - c.reach()) * width;
      for (int k = 0; k < width; k += 64, w += 2 * TILE) {
        _tile_loadd(4, x + k, width);
        _tile_loadd(6, w, 64);
        _tile_loadd(7, w + TILE, 64);
        _tile_loadd(5, x + static_cast<int64_t>(16) * width + k, width);
        if constexpr (INTEGERS) {
          _tile_dpbusd(0, 4, 6);
          _tile_dpbusd(1, 4, 7);
          _tile_dpbusd(2, 5, 6);
          _tile_dpbusd(3, 5, 7);
        } else {
          _tile_dpbf16ps(0, 4, 6);
          _tile_dpbf16ps(1, 4, 7);
          _tile_dpbf16ps(2, 5, 6);
          _tile_dpbf16ps(3, 5, 7);
        }
        for (int until = std::min(made, done + share); done < until; ++done)
          columns.put(t - STRIP + done, waiting + done * PAIR);
      }
    }
    Sum* to = sums[side];
    _tile_stored(0, to, PAIR * 4);
    _tile_stored(1, to + 16, PAIR * 4);
    _tile_stored(2, to + 16 * PAIR, PAIR * 4);
    _tile_stored(3, to + 16 * PAIR + 16, PAIR * 4);
    made = std::min(STRIP, last - t);
  }
  int begin = first + (last - first - 1) / STRIP * STRIP;
  for (int r = 0; r < made; ++r) columns.put(begin + r, sums[1 - side] + r * PAIR);
}

template <bool INTEGERS>
void by_tiles(const Convolution& c, const uint8_t* in, int pair, int first, int last, const Finish& finish) {
  switch (uses(c, finish)) {
    case NEXT: return tiles_to<INTEGERS, NEXT>(c, in, pair, first, last, finish);
    case STORE | NEXT: return tiles_to<INTEGERS, STORE | NEXT>(c, in, pair, first, last, finish);
    case ADD | STORE | NEXT: return tiles_to<INTEGERS, ADD | STORE | NEXT>(c, in, pair, first, last, finish);
    case ADD | STORE: return tiles_to<INTEGERS, ADD | STORE>(c, in, pair, first, last, finish);
    case ADD | TOTAL | STORE: return tiles_to<INTEGERS, ADD | TOTAL | STORE>(c, in, pair, first, last, finish);
    case ADD | TOTAL | FACTOR | NEXT: return tiles_to<INTEGERS, ADD | TOTAL | FACTOR | NEXT>(c, in, pair, first, last, finish);
    default: return tiles_to<INTEGERS, ANY>(c, in, pair, first, last, finish);
  }
}

// Rows `first` to `last` of a convolution. `in` points at row 0, with GUARD rows before it and after the last.
inline void convolve(const Convolution& c, const uint8_t* in, int first, int last, const Finish& finish) {
  const Tiles tiles;
  for (int pair = 0; pair < c.pairs; ++pair)
    c.reads.precision == U8 ? by_tiles<true>(c, in, pair, first, last, finish)
                            : by_tiles<false>(c, in, pair, first, last, finish);
}
