// The kernels of a convolution that need more than AVX-512 VNNI; part of convolution.hpp.
#pragma once

namespace convolving {

#if WITH_AMX
// 32 rows by 32 outputs: two tiles of inputs, two of weights, four of sums. While the tile unit multiplies, the sums of
// the rows before are finished, and what will be added to the rows at hand is fetched.
template <bool INTEGERS, int USES>
AMX_FUNCTION void tiles_to(const Convolution& c, const uint8_t* in, int pair, int first, int last, const Finish& finish) {
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
#else
template <bool INTEGERS>
void by_tiles(const Convolution&, const uint8_t*, int, int, int, const Finish&) {}
#endif

// As `vectors`, with the processor's own products of bfloat16.
BF16_FUNCTION inline void vectors_bf16(const Convolution& c, const uint8_t* in, int pair, int first, int last,
                                       const Finish& finish) {
  const Column left(c, finish, pair * PAIR), right(c, finish, pair * PAIR + 16);
  int width = c.reads.width, quads = (c.inputs + 1) / 2;
  for (int t = first; t < last; t += ROWS) {
    Vec a[ROWS], b[ROWS];
    for (int r = 0; r < ROWS; ++r) a[r] = b[r] = _mm512_setzero_ps();
    const uint8_t* w = c.weights.get() + pair * c.pair_bytes();
    for (int tap = 0; tap < c.kernel; ++tap, w += static_cast<size_t>(width) / 64 * 2 * TILE) {
      const uint8_t* x = in + static_cast<int64_t>(t + tap * c.dilation - c.reach()) * width;
      for (int q = 0; q < quads; ++q) {
        const uint8_t* both = w + q / 16 * 2 * TILE + q % 16 * 64;
        __m512bh wa = (__m512bh)_mm512_load_si512(both), wb = (__m512bh)_mm512_load_si512(both + TILE);
        for (int r = 0; r < ROWS; ++r) {
          int value;
          std::memcpy(&value, x + static_cast<int64_t>(r) * width + 4 * q, 4);
          __m512bh each = (__m512bh)_mm512_set1_epi32(value);
          a[r] = _mm512_dpbf16_ps(a[r], each, wa);
          b[r] = _mm512_dpbf16_ps(b[r], each, wb);
        }
      }
    }
    for (int r = 0; r < ROWS && t + r < last; ++r) {
      left.put(t + r, a[r]);
      right.put(t + r, b[r]);
    }
  }
}

}  // namespace convolving
