// Linear layers, packed for one processor: float32, the same in 24 bits, int8, or 4 bits in groups.
//
// Weights lie in panels of 16 outputs, `PANELS` of them beside each other in a block. A row's sum is formed in one order,
// alone and in a batch.
#pragma once
#include <vector>

#include "activations.hpp"
#include "slab.hpp"
#include "threads.hpp"
#include "tiles.hpp"

enum Storage { FP32 = 0, INT8 = 1, INT4 = 2, FIXED = 3 };
constexpr int PANEL = 16 * 64;               // bytes of 16 outputs by 64 inputs of 8 bits
constexpr int PANELS = WIDTH == 16 ? 4 : 1;  // that one tile of sums holds at a few rows
constexpr int BLOCK = PANELS * LANES;        // outputs
constexpr int AHEAD = 4096;                  // bytes of whole numbers between what is read and what is fetched for later

struct Linear {
  int storage, outputs, inputs, blocks, depth;  // depth: inputs, padded to whole lines or groups
  std::shared_ptr<uint8_t> weights;
  Buffer<float> scale, bias, offset;  // offset: what one unit of zero point adds
  Buffer<int> begin;                  // of sums, where activations are kept less something

  Linear(int storage, int outputs, int inputs, const void* weights, const float* scales, const float* biases);

  bool quantized() const { return storage == INT8 || storage == INT4; }  // and so are the inputs
  size_t block_bytes() const;
  uint8_t* block_at(int block) const { return weights.get() + block_bytes() * block; }

  // Blocks `from` to `until` of every row: out[row * out_stride + block * BLOCK ...], at most `outputs` of them.
  void apply(int from, int until, const float* x, int x_stride, const Activations& q, int rows, float* out, int out_stride,
             int activation) const;

 private:
  void pack_fp32(int n, const float* from);
  void pack_int8(int n, const int8_t* from, const float* scales);
  void pack_int4(int n, const uint8_t* from, const float* scales);
};

// One layer over all rows by every thread of a team, its blocks split among them; inputs are quantised first if need be.
void apply_by(Team& team, int id, const Linear& l, const float* x, int x_stride, Activations& q, int rows, float* out,
              int out_stride, int activation);
