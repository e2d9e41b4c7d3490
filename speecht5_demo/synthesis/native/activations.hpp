// Rows of activations, quantised to 8 bits as they come. Part of linear.hpp.
//
// Each row has its own scale and zero, so that no row's result depends on its neighbours.
#pragma once
#include <algorithm>

#include "functions.hpp"
#include "integers.hpp"

constexpr int GROUP = 32;  // inputs that share a scale at 4 bits

// value = scale * (u - zero), u from 0 to 255, kept as the products take it; `s` is u - 128, for weights of 4 bits.
struct Activations {
  int stride = 0;
  Buffer<Activation8> u;
  Buffer<int8_t> s;
  Buffer<int> group_sums;  // of s, a row's every GROUP inputs
  Buffer<float> scale, origin;  // origin: -zero

  // Space for whole tiles: a kernel may read rows that are not there, and ignores what comes of them. A line between two
  // rows keeps the same inputs of many rows from falling on the same places near the processor.
  Activations(int rows, int inputs)
      : stride(whole(inputs, 64) + 64),
        u(buffer<Activation8>((static_cast<size_t>(rows) + 2 * LANES) * stride)),
        s(buffer<int8_t>(static_cast<size_t>(rows) * stride)),
        group_sums(buffer<int>(static_cast<size_t>(rows) * stride / GROUP)),
        scale(buffer<float>(rows)),
        origin(buffer<float>(rows)) {}

  const Activation8* row(int r) const { return u.get() + static_cast<size_t>(r) * stride; }

  // `inputs` is a multiple of 16. Weights of 4 bits need the signed form and its sums, those of 8 bits the other.
  void quantize(const float* x, int inputs, int row, bool groups) {
    Vec low = every(0.0f), high = low;
    for (int k = 0; k < inputs; k += LANES) {
      const Vec v = load(x + k);
      low = larger(low, every(0.0f) - v);
      high = larger(high, v);
    }
    const float least = -most_of(low), unit = std::max((most_of(high) - least) / 255.0f, 1e-12f);
    const int zero = static_cast<int>(std::nearbyint(-least / unit));
    scale[row] = unit;
    origin[row] = static_cast<float>(-zero);
    const Vec inverse = every(1.0f / unit);
    Activation8* to = u.get() + static_cast<size_t>(row) * stride;
    int8_t* to_signed = s.get() + static_cast<size_t>(row) * stride;
    int* sums = group_sums.get() + static_cast<size_t>(row) * (stride / GROUP);
    for (int k = 0; k < inputs; k += LANES) {
      const Ints q = smaller(larger(nearest(load(x + k) * inverse) + every(zero), every(0)), every(255));
      if (groups) {
        const Ints centred = q - every(128);
        store_bytes(reinterpret_cast<uint8_t*>(to_signed + k), centred);
        int each[LANES], sum = 0;
        store(each, centred);
        for (int i = 0; i < LANES; ++i) sum += each[i];
        sums[k / GROUP] = k % GROUP ? sums[k / GROUP] + sum : sum;
      } else {
        keep(to + k, q);
      }
    }
  }

 private:
  static void keep(uint8_t* to, Ints q) { store_bytes(to, q); }
  static void keep(int8_t* to, Ints q) { store_bytes(reinterpret_cast<uint8_t*>(to), q - every(LESS)); }
#if WIDTH > 4
  static void keep(int16_t* to, Ints q) { store_shorts(to, q); }
#endif
};
