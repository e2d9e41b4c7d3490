// Matrix products in float32, eight rows at a time. A row's sum is formed in the order of the inputs, whatever is beside it.
#pragma once
#include "simd.hpp"

constexpr int TALL = 8;  // rows of a product that are computed together

inline int whole(int count, int unit) { return (count + unit - 1) / unit * unit; }

template <int WIDE>
inline void product_block(const float* a, int a_stride, const float* b, int b_stride, int depth, float* out, int out_stride) {
  Vec sum[TALL][WIDE];
  for (auto& row : sum)
    for (auto& part : row) part = _mm512_setzero_ps();
  for (int k = 0; k < depth; ++k) {
    Vec wide[WIDE];
    for (int j = 0; j < WIDE; ++j) wide[j] = _mm512_loadu_ps(b + static_cast<size_t>(k) * b_stride + j * LANES);
    for (int r = 0; r < TALL; ++r) {
      Vec each = _mm512_set1_ps(a[static_cast<size_t>(r) * a_stride + k]);
      for (int j = 0; j < WIDE; ++j) sum[r][j] = _mm512_fmadd_ps(each, wide[j], sum[r][j]);
    }
  }
  for (int r = 0; r < TALL; ++r)
    for (int j = 0; j < WIDE; ++j) _mm512_storeu_ps(out + static_cast<size_t>(r) * out_stride + j * LANES, sum[r][j]);
}

// out[8][columns] = a[8][depth] b[depth][columns]; `columns` is a multiple of 16.
inline void product(const float* a, int a_stride, const float* b, int b_stride, int depth, int columns, float* out,
                    int out_stride) {
  int c = 0;
  for (; c + 2 * LANES <= columns; c += 2 * LANES) product_block<2>(a, a_stride, b + c, b_stride, depth, out + c, out_stride);
  if (c < columns) product_block<1>(a, a_stride, b + c, b_stride, depth, out + c, out_stride);
}
