// Functions of sixteen values: exp, GELU, tanh, and a layer norm.
#pragma once
#include <cmath>

#include "simd.hpp"

// exp to 2e-7 relative, between e^-87 and e^88.
INLINE Vec exp_(Vec x) {
  x = smaller(larger(x, every(-87.0f)), every(88.0f));
  Vec y = x * every(1.44269504f);
  Vec power = rounded(y), rest = y - power, sum = every(1.5403530e-4f);
  for (float c : {1.3333558e-3f, 9.6181291e-3f, 5.5504109e-2f, 2.4022651e-1f, 6.9314718e-1f, 1.0f})
    sum = sum * rest + every(c);
  return times_power(sum, power);
}

INLINE Vec tanh_(Vec x) {
  const Vec one = every(1.0f), two = every(2.0f);
  return one - two / (exp_(x * two) + one);
}

// GELU by the error function (Abramowitz & Stegun 7.1.26, absolute error 1.5e-7).
INLINE Vec gelu(Vec x) {
  const Vec one = every(1.0f);
  Vec z = signed_as(x, one) * every(0.70710678f);
  Vec t = one / (z * every(0.3275911f) + one), sum = every(1.061405429f);
  for (float c : {-1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f}) sum = sum * t + every(c);
  Vec erf = one - (sum * t) * exp_(every(0.0f) - z * z);
  return (x * every(0.5f)) * (one + signed_as(erf, x));
}

enum Activation { NONE = 0, RELU = 1, GELU = 2 };

INLINE Vec activate(Vec x, int activation) {
  if (activation == RELU) return larger(x, every(0.0f));
  return activation == GELU ? gelu(x) : x;
}

// out = layer_norm(a + b) * gain + shift; `size` is a multiple of 16.
inline void add_norm(const float* a, const float* b, const float* gain, const float* shift, float eps, int size,
                     float* out) {
  Vec sum = every(0.0f), squares = sum;
  for (int i = 0; i < size; i += LANES) {
    Vec x = load(a + i) + load(b + i);
    store(out + i, x);
    sum += x;
  }
  const Vec mean = every(sum_of(sum) / static_cast<float>(size));
  for (int i = 0; i < size; i += LANES) {
    Vec x = load(out + i) - mean;
    squares = x * x + squares;
  }
  const Vec scale = every(1.0f / std::sqrt(sum_of(squares) / static_cast<float>(size) + eps));
  for (int i = 0; i < size; i += LANES) {
    Vec x = (load(out + i) - mean) * scale;
    store(out + i, x * load(gain + i) + load(shift + i));
  }
}
