// One-dimensional convolutions in float32 over rows of channels: by Toom-Cook where channels are kept, else direct.
#pragma once
#include <algorithm>
#include <memory>
#include <type_traits>
#include <vector>

#include "simd.hpp"
#include "slab.hpp"
#include "threads.hpp"

constexpr int MARGIN = 160;  // rows of zeros that a filter may read before the first row and after the last

// What becomes of a filter's sums: added to, scaled, through a leaky ReLU, and stored where a row is wanted.
struct Target {
  float* out;                       // [row][outputs]
  const float* residual = nullptr;  // added
  const float* total = nullptr;     // added as well
  float factor = 1.0f;
  float slope = 1.0f;  // of the leaky ReLU; 1 for none
  int first = 0, last = 0;  // rows that are stored
};

class Filter {
 public:
  // weights: [output][input][tap]; outputs are a multiple of 16. A residual filter keeps its channels. One that need not
  // be `exact` makes up to 11 taps at once, with a third fewer products and ten times the error, 3e-5 of the output.
  Filter(int outputs, int inputs, int taps, int dilation, bool exact, const float* weights, const float* biases);

  int outputs() const { return outputs_; }
  int inputs() const { return inputs_; }
  int reach() const { return (taps_ - 1) / 2 * dilation_; }

  // Floats that one thread needs beside, for up to any number of rows.
  size_t scratch() const;

  // Rows 0 to `count`, one thread's share of them; `slope` is that of a leaky ReLU that inputs go through first, or 1.
  void apply(int id, int threads, const float* in, int count, float slope, const Target& to, float* scratch) const;

 private:
  int outputs_, inputs_, taps_, dilation_, panel_;  // panel: outputs made together
  int chunks_ = 0;  // that a filter by points is cut into, lest its points be too many to be exact; 0: direct
  std::shared_ptr<float> weights_;  // [panel][point and chunk, or tap][input][output of the panel]
  std::vector<int> first_tap_, tap_count_;  // of each panel: taps of zeros at either end are left out
  Buffer<float> bias_;

  template <class Act>
  auto by_taps(Act act) const;
  template <int TAPS>
  void pack(const float* weights);
  template <int TAPS>
  void tiles(int id, int threads, const float* in, int count, float slope, const Target& to, float* scratch) const;
  void multiply(const float* rows, int count, size_t stride, const float* w, int inputs, int taps, size_t step,
                float* sums) const;
  void direct(int id, int threads, const float* in, int count, float slope, const Target& to, float* scratch) const;
};
