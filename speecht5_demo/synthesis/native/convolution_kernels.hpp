// The kernels of a convolution that need more than AVX-512 VNNI; part of convolution.hpp.
#pragma once

namespace convolving {

#if WITH_AMX
// 32 rows by 32 outputs: two tiles of inputs, two of weights, four of sums.
#define CONVOLVE_BY_TILES(NAME, MULTIPLY, SUM, LOAD)                                                               \
  AMX_FUNCTION inline void NAME(const Convolution& c, const uint8_t* in, int pair, int first, int last,            \
                                const Finish& finish) {                                                            \
    const Column left(c, finish, pair * PAIR), right(c, finish, pair * PAIR + 16);                                 \
    const int width = c.reads.width;                                                                               \
    alignas(64) SUM sums[STRIP * PAIR];                                                                            \
    for (int t = first; t < last; t += STRIP) {                                                                    \
      const uint8_t* w = c.weights.get() + pair * c.pair_bytes();                                                  \
      _tile_zero(0);                                                                                               \
      _tile_zero(1);                                                                                               \
      _tile_zero(2);                                                                                               \
      _tile_zero(3);                                                                                               \
      for (int tap = 0; tap < c.kernel; ++tap) {                                                                   \
        const uint8_t* x = in + static_cast<int64_t>(t + tap * c.dilation - c.reach()) * width;                    \
        for (int k = 0; k < width; k += 64, w += 2 * TILE) {                                                       \
          _tile_loadd(4, x + k, width);                                                                            \
          _tile_loadd(6, w, 64);                                                                                   \
          MULTIPLY(0, 4, 6);                                                                                       \
          _tile_loadd(7, w + TILE, 64);                                                                            \
          MULTIPLY(1, 4, 7);                                                                                       \
          _tile_loadd(5, x + static_cast<int64_t>(16) * width + k, width);                                         \
          MULTIPLY(2, 5, 6);                                                                                       \
          MULTIPLY(3, 5, 7);                                                                                       \
        }                                                                                                          \
      }                                                                                                            \
      _tile_stored(0, sums, PAIR * 4);                                                                             \
      _tile_stored(1, sums + 16, PAIR * 4);                                                                        \
      _tile_stored(2, sums + 16 * PAIR, PAIR * 4);                                                                 \
      _tile_stored(3, sums + 16 * PAIR + 16, PAIR * 4);                                                            \
      for (int r = 0; r < STRIP && t + r < last; ++r) {                                                            \
        left.put(t + r, as_float(LOAD(sums + r * PAIR)));                                                          \
        right.put(t + r, as_float(LOAD(sums + r * PAIR + 16)));                                                    \
      }                                                                                                            \
    }                                                                                                              \
  }

CONVOLVE_BY_TILES(tiles_u8, _tile_dpbusd, int, _mm512_load_si512)
CONVOLVE_BY_TILES(tiles_bf16, _tile_dpbf16ps, float, _mm512_load_ps)
#undef CONVOLVE_BY_TILES
#else
inline void tiles_u8(const Convolution&, const uint8_t*, int, int, int, const Finish&) {}
inline void tiles_bf16(const Convolution&, const uint8_t*, int, int, int, const Finish&) {}
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
