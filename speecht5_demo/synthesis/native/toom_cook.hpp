// Toom-Cook convolutions: 6 outputs of a filter of n taps for n + 5 products instead of 6 n.
//
// Inputs and filter are polynomials; their product is found by its values at n + 4 points and its leading coefficient. The
// points are 0 and pairs of p and -p, which share an even and an odd part. Source: Lavin & Gray 2015 (arXiv 1509.09308);
// points chosen for the least error in float32: 3e-6 of the output, of 11 taps 2e-5.
#pragma once
#include "simd.hpp"

// The positive points of a filter of TAPS taps.
template <int TAPS>
struct Points;
template <>
struct Points<3> {
  static constexpr double AT[] = {1.0, 0.5, 2.0};
};
template <>
struct Points<7> {
  static constexpr double AT[] = {1.0, 1.5, 2.0 / 3.0, 1.0 / 3.0, 3.0};
};
template <>
struct Points<11> {
  static constexpr double AT[] = {1.0, 0.5, 2.0, 0.25, 4.0, 0.75, 1.25};
};
constexpr int MADE = 6;  // outputs of a tile

// The transforms, a row a point: 0, then p and -p of each pair, then the leading coefficient.
template <int TAPS>
struct Tables {
  static constexpr int COUNT = TAPS + MADE - 1;
  float inputs[COUNT][COUNT] = {};  // of inputs to points
  double filter[COUNT][TAPS] = {};  // of taps to points
  float outputs[MADE][COUNT] = {};  // of points to outputs

  constexpr Tables() {
    for (int row = 0; row < COUNT; ++row) {
      const bool leading = row == COUNT - 1;
      const int own = row == 0 || leading ? -1 : (row - 1) / 2;
      const double p = own < 0 ? 0.0 : (row % 2 ? Points<TAPS>::AT[own] : -Points<TAPS>::AT[own]);
      // The polynomial that is 1 here and 0 at all other points: that of the other pairs, in even powers, times the rest.
      double even[COUNT] = {1.0}, here = own < 0 ? 1.0 : 2.0 * p * p, made[COUNT] = {}, most = 0.0;
      int degree = 0;
      for (int pair = 0; pair < COUNT / 2 - 1; ++pair) {
        if (pair == own) continue;
        const double square = Points<TAPS>::AT[pair] * Points<TAPS>::AT[pair];
        for (int i = ++degree; i >= 0; --i) even[i] = (i ? even[i - 1] : 0.0) - square * even[i];
        here *= p * p - square;
      }
      for (int i = 0; i <= degree; ++i) {
        if (leading) {
          made[2 * i + 1] = even[i];
        } else if (own < 0) {
          made[2 * i] = even[i] / here;
        } else {
          made[2 * i + 1] = p * even[i] / here;
          made[2 * i + 2] = even[i] / here;
        }
      }
      for (double value : made) most = value > most ? value : -value > most ? -value : most;
      double scale = 1.0, power = 1.0;  // a power of two: exact
      while (most * scale > 1.5) scale /= 2.0;
      while (most * scale <= 0.75) scale *= 2.0;
      for (int i = 0; i < COUNT; ++i) inputs[row][i] = static_cast<float>(made[i] * scale);
      for (int i = 0; i < TAPS; ++i, power *= p) filter[row][i] = (leading ? (i == TAPS - 1 ? 1.0 : 0.0) : power) / scale;
      power = 1.0;
      for (int i = 0; i < MADE; ++i, power *= p)
        outputs[i][row] = static_cast<float>(leading ? (i == MADE - 1 ? 1.0 : 0.0) : power);
    }
  }
};
template <int TAPS>
constexpr Tables<TAPS> TABLES{};

// Values of TAPS + 5 inputs at the points, `plane` floats from one to the next.
template <int TAPS>
INLINE void to_points(const Part* x, float* to, size_t plane) {
  constexpr int COUNT = TAPS + MADE - 1;
  constexpr const Tables<TAPS>& t = TABLES<TAPS>;
  Part first = x[0] * t.inputs[0][0], last = x[1] * t.inputs[COUNT - 1][1];
#pragma GCC unroll 16
  for (int j = 2; j < COUNT; j += 2) {
    first += x[j] * t.inputs[0][j];
    last += x[j + 1] * t.inputs[COUNT - 1][j + 1];
  }
  store(to, first);
  store(to + (COUNT - 1) * plane, last);
#pragma GCC unroll 16
  for (int p = 1; p < COUNT - 1; p += 2) {
    Part odd = x[1] * t.inputs[p][1], even = x[2] * t.inputs[p][2];
#pragma GCC unroll 16
    for (int j = 3; j < COUNT - 1; j += 2) {
      odd += x[j] * t.inputs[p][j];
      even += x[j + 1] * t.inputs[p][j + 1];
    }
    store(to + p * plane, even + odd);
    store(to + (p + 1) * plane, even - odd);
  }
}

// Outputs from the products at the points, added to y.
template <int TAPS>
INLINE void from_points(const float* from, size_t plane, Part* y) {
  constexpr int COUNT = TAPS + MADE - 1;
  constexpr const Tables<TAPS>& t = TABLES<TAPS>;
  y[0] += read<Part>(from);
#pragma GCC unroll 16
  for (int p = 1; p < COUNT - 1; p += 2) {
    const Part a = read<Part>(from + p * plane), b = read<Part>(from + (p + 1) * plane);
    const Part even = a + b, odd = a - b;
#pragma GCC unroll 8
    for (int i = 0; i < MADE; ++i) y[i] += (i % 2 ? odd : even) * t.outputs[i][p];
  }
  y[MADE - 1] += read<Part>(from + (COUNT - 1) * plane);
}
