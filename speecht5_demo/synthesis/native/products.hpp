// Matrix products in float32, a few rows at a time. A row's sum is formed in the order of the inputs, whatever is beside it.
#pragma once
#include "simd.hpp"

// Rows and vectors of a product that are computed together: as many sums as the processor has registers for.
constexpr int TALL = WIDTH == 16 ? 8 : 6, BROAD = WIDTH == 16 ? 2 : 1;

template <int WIDE>
inline void product_block(const float* a, int a_stride, const float* b, int b_stride, int depth, float* out, int out_stride) {
  Vec sum[TALL][WIDE];
#pragma GCC unroll 8
  for (int r = 0; r < TALL; ++r)
#pragma GCC unroll 2
    for (int j = 0; j < WIDE; ++j) sum[r][j] = every(0.0f);
  for (int k = 0; k < depth; ++k) {
    Vec wide[WIDE];
#pragma GCC unroll 2
    for (int j = 0; j < WIDE; ++j) wide[j] = load(b + static_cast<size_t>(k) * b_stride + j * LANES);
#pragma GCC unroll 8
    for (int r = 0; r < TALL; ++r)
#pragma GCC unroll 2
      for (int j = 0; j < WIDE; ++j) sum[r][j] = every(a[static_cast<size_t>(r) * a_stride + k]) * wide[j] + sum[r][j];
  }
#pragma GCC unroll 8
  for (int r = 0; r < TALL; ++r)
#pragma GCC unroll 2
    for (int j = 0; j < WIDE; ++j) store(out + static_cast<size_t>(r) * out_stride + j * LANES, sum[r][j]);
}

// out[TALL][columns] = a[TALL][depth] b[depth][columns]; `columns` is a multiple of 16.
inline void product(const float* a, int a_stride, const float* b, int b_stride, int depth, int columns, float* out,
                    int out_stride) {
  int c = 0;
  for (; c + BROAD * LANES <= columns; c += BROAD * LANES)
    product_block<BROAD>(a, a_stride, b + c, b_stride, depth, out + c, out_stride);
  if (c < columns) product_block<1>(a, a_stride, b + c, b_stride, depth, out + c, out_stride);
}
