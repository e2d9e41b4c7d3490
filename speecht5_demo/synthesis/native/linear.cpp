// Linear layers: the kernels for one row and for a few.
//
// One row reads several blocks at once, from as many parts of the matrix: one stream does not fill what memory gives.
#include "linear.hpp"

#include <algorithm>

#include "fixed_point.hpp"

namespace {

constexpr int STREAMS = WIDTH == 16 ? 4 : 6;  // blocks that one row reads at once
constexpr int MANY = 6;     // rows whose sums of a block fit the processor's registers

// Rows that a kernel reads, and where their outputs go.
struct Job {
  const Linear& l;
  const float* x;
  int x_stride;
  const Activations& q;
  float* out;
  int out_stride, activation;
  const float* plain = nullptr;  // a block of whole numbers as floats, for rows to share
};

// Sums of ROWS rows by COUNT blocks, and what is done with each of their sixteens.
template <class T, int ROWS, int COUNT>
struct Sums {
  T of[ROWS][COUNT][PANELS];

  template <class Do>
  INLINE void each(Do act) {
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 8
      for (int c = 0; c < COUNT; ++c)
#pragma GCC unroll 8
        for (int j = 0; j < PANELS; ++j) act(of[r][c][j], r, c, j);
  }
};

// 16 outputs of a row from `first` on.
INLINE void put(int first, Vec y, int row, const Job& job) {
  const int left = job.l.outputs - first;
  if (left <= 0) return;
  y = activate(y + load(job.l.bias.get() + first), job.activation);
  float* to = job.out + static_cast<size_t>(row) * job.out_stride + first;
  if (left >= LANES) return store(to, y);
  float made[LANES];
  store(made, y);
  std::memcpy(to, made, left * sizeof(float));
}

// What a sum of integers stands for: of outputs with these scales and offsets, and of a row with this scale and origin.
// Written so that a product and a sum fuse in one way only.
INLINE Vec scaled(Ints sum, Vec scale, Vec offset, float unit, float origin) {
  return (every(origin) * offset + to_floats(sum)) * scale * every(unit);
}

// ROWS rows of COUNT blocks, `apart` blocks from one to the next; of UNPACKED whole numbers, of one block.
template <int ROWS, int COUNT, bool UNPACKED = false>
void tile_fp32(int block, int apart, int row, const Job& job) {
  const Linear& l = job.l;
  const float* w[COUNT];
  const float* x = job.x + static_cast<size_t>(row) * job.x_stride;
  Sums<Vec, ROWS, COUNT> sums;
#pragma GCC unroll 8
  for (int c = 0; c < COUNT; ++c)
    w[c] = UNPACKED ? job.plain : reinterpret_cast<const float*>(l.block_at(block + c * apart));
  sums.each([&](Vec& sum, int, int, int) __attribute__((always_inline)) { sum = every(0.0f); });
  for (int k = 0; k < l.inputs; ++k)
#pragma GCC unroll 8
    for (int c = 0; c < COUNT; ++c)
#pragma GCC unroll 8
      for (int j = 0; j < PANELS; ++j) {
        const Vec weight = load(w[c] + k * BLOCK + j * LANES);
#pragma GCC unroll 8
        for (int r = 0; r < ROWS; ++r)
          sums.of[r][c][j] = every(x[static_cast<size_t>(r) * job.x_stride + k]) * weight + sums.of[r][c][j];
      }
  sums.each([&](Vec& sum, int r, int c, int j) __attribute__((always_inline)) {
    const int first = (block + c * apart) * BLOCK + j * LANES;
    if constexpr (UNPACKED) sum *= load(l.scale.get() + first);
    put(first, sum, row + r, job);
  });
}

template <int ROWS, int COUNT>
void tile_int8(int block, int apart, int row, const Job& job) {
  const Linear& l = job.l;
  const uint8_t* w[COUNT];
  const Activation8* x = job.q.row(row);
  const size_t stride = job.q.stride;
  Sums<Ints, ROWS, COUNT> sums;
#pragma GCC unroll 8
  for (int c = 0; c < COUNT; ++c) w[c] = l.block_at(block + c * apart);
  sums.each([&](Ints& sum, int, int c, int j) __attribute__((always_inline)) {
    sum = LESS ? read<Ints>(l.begin.get() + (block + c * apart) * BLOCK + j * LANES) : every(0);
  });
  for (int k = 0; k < l.depth; k += 64) {
    for (int line = 0; line < 16; ++line) {
      const Activation8* now = x + k + 4 * line;
#pragma GCC unroll 8
      for (int c = 0; c < COUNT; ++c)
#pragma GCC unroll 8
        for (int j = 0; j < PANELS; ++j) __builtin_prefetch(w[c] + AHEAD + 64 * (PANELS * line + j));
#pragma GCC unroll 8
      for (int c = 0; c < COUNT; ++c)
#pragma GCC unroll 8
        for (int j = 0; j < PANELS; ++j) {
          const uint8_t* at = w[c] + j * PANEL + 64 * line;
#pragma GCC unroll 8
          for (int r = 0; r < ROWS; ++r) sums.of[r][c][j] = products<0>(sums.of[r][c][j], now + r * stride, at);
          if (STEPS > 1)
#pragma GCC unroll 8
            for (int r = 0; r < ROWS; ++r) sums.of[r][c][j] = products<1>(sums.of[r][c][j], now + r * stride, at);
        }
    }
#pragma GCC unroll 8
    for (int c = 0; c < COUNT; ++c) w[c] += PANELS * PANEL;
  }
  sums.each([&](Ints& sum, int r, int c, int j) __attribute__((always_inline)) {
    const int first = (block + c * apart) * BLOCK + j * LANES;
    const Vec y = scaled(sum, load(l.scale.get() + first), load(l.offset.get() + first), job.q.scale[row + r],
                         job.q.origin[row + r]);
    put(first, y, row + r, job);
  });
}

template <int ROWS>
void tile_int4(int block, int row, const Job& job) {
  const Linear& l = job.l;
  const uint8_t* w = l.block_at(block);
  const int groups = job.q.stride / GROUP;
  Sums<Vec, ROWS, 1> totals;
  totals.each([&](Vec& total, int, int, int) __attribute__((always_inline)) { total = every(0.0f); });
  for (int g = 0; g < l.depth / GROUP; ++g) {
    const float* units = reinterpret_cast<const float*>(w);
    w += BLOCK * 4;
    Sums<Ints, ROWS, 1> sums;
    sums.each([&](Ints& sum, int r, int, int) __attribute__((always_inline)) {
      sum = every(-8 * job.q.group_sums[static_cast<size_t>(row + r) * groups + g]);
    });
    for (int chunk = 0; chunk < GROUP / 8; ++chunk, w += BLOCK * 4)
#pragma GCC unroll 8
      for (int j = 0; j < PANELS; ++j) {
        __builtin_prefetch(w + AHEAD + 64 * j);
        const Raw pairs = read<Raw>(w + 64 * j);
        const Raw first = low_nibbles(pairs), second = high_nibbles(pairs);
#pragma GCC unroll 8
        for (int r = 0; r < ROWS; ++r) {
          const int8_t* x = job.q.s.get() + static_cast<size_t>(row + r) * job.q.stride + g * GROUP + chunk * 8;
          sums.of[r][0][j] = nibble_products(sums.of[r][0][j], four(x), first);
          sums.of[r][0][j] = nibble_products(sums.of[r][0][j], four(x + 4), second);
        }
      }
    totals.each([&](Vec& total, int r, int c, int j) __attribute__((always_inline)) {
      total = to_floats(sums.of[r][c][j]) * load(units + j * LANES) + total;
    });
  }
  totals.each([&](Vec& total, int r, int, int j) __attribute__((always_inline)) {
    const int first = block * BLOCK + j * LANES;
    const Vec zero = every(128.0f + job.q.origin[row + r]);
    put(first, (zero * load(l.offset.get() + first) + total) * every(job.q.scale[row + r]), row + r, job);
  });
}

// As tile_fp32, of whole numbers as they lie.
template <int ROWS, int COUNT>
void tile_fixed(int block, int apart, int row, const Job& job) {
  const uint8_t* w[COUNT];
  const float* x = job.x + static_cast<size_t>(row) * job.x_stride;
  Sums<Vec, ROWS, COUNT> sums;
#pragma GCC unroll 8
  for (int c = 0; c < COUNT; ++c) w[c] = job.l.block_at(block + c * apart);
  sums.each([&](Vec& sum, int, int, int) __attribute__((always_inline)) { sum = every(0.0f); });
  for (int k = 0; k < job.l.inputs; k += TOGETHER)
#pragma GCC unroll 8
    for (int c = 0; c < COUNT; ++c)
#pragma GCC unroll 8
      for (int j = 0; j < PANELS; ++j, w[c] += FIXED_BYTES)
        each_input(w[c], [&](int i, Vec weight) __attribute__((always_inline)) {
#pragma GCC unroll 8
          for (int r = 0; r < ROWS; ++r)
            sums.of[r][c][j] = every(x[static_cast<size_t>(r) * job.x_stride + k + i]) * weight + sums.of[r][c][j];
        });
  sums.each([&](Vec& sum, int r, int c, int j) __attribute__((always_inline)) {
    const int first = (block + c * apart) * BLOCK + j * LANES;
    put(first, sum * load(job.l.scale.get() + first), row + r, job);
  });
}

template <int ROWS>
void rows_of_block(int block, int& row, int rows, const Job& job) {
  for (; row + ROWS <= rows; row += ROWS) {
    if (job.l.storage == INT4) tile_int4<ROWS>(block, row, job);
    if (job.l.storage == INT8) tile_int8<ROWS, 1>(block, 0, row, job);
    if (job.l.storage == FP32) tile_fp32<ROWS, 1>(block, 0, row, job);
    if (job.l.storage == FIXED && job.plain) tile_fp32<ROWS, 1, true>(block, 0, row, job);
    if (job.l.storage == FIXED && !job.plain) tile_fixed<ROWS, 1>(block, 0, row, job);
  }
}

}  // namespace

#include "linear_tiles.hpp"

void Linear::apply(int from, int until, const float* x, int x_stride, const Activations& q, int rows, float* out,
                   int out_stride, int activation) const {
  if (WITH_TILES && storage == INT8 && rows > FEW)
    return by_tiles(*this, from, until, q, rows, out, out_stride, activation);
  Job job{*this, x, x_stride, q, out, out_stride, activation};
  int block = from;
  if (rows == 1 && storage != INT4) {
    const int part = (until - from) / STREAMS;
    for (int b = from; b < from + part; ++b) {
      if (storage == FP32) tile_fp32<1, STREAMS>(b, part, 0, job);
      if (storage == INT8) tile_int8<1, STREAMS>(b, part, 0, job);
      if (storage == FIXED) tile_fixed<1, STREAMS>(b, part, 0, job);
    }
    block += STREAMS * part;
  }
  if (rows == 2 && storage == FIXED) {
    constexpr int HALF = STREAMS / 2;
    const int part = (until - from) / HALF;
    for (int b = from; b < from + part; ++b) tile_fixed<2, HALF>(b, part, 0, job);
    block += HALF * part;
  }
  Buffer<float> plain;
  if (storage == FIXED && rows > 2) plain = raw<float>(static_cast<size_t>(inputs) * BLOCK);
  job.plain = plain.get();
  for (; block < until; ++block) {
    int row = 0;
    if (plain) unpack_fixed(*this, block, plain.get());
    rows_of_block<MANY>(block, row, rows, job);
    rows_of_block<2>(block, row, rows, job);
    rows_of_block<1>(block, row, rows, job);
  }
}

void apply_by(Team& team, int id, const Linear& l, const float* x, int x_stride, Activations& q, int rows, float* out,
              int out_stride, int activation) {
  int begin, end;
  if (l.quantized()) {
    Team::part(rows, id, team.size(), begin, end);
    for (int r = begin; r < end; ++r) q.quantize(x + static_cast<size_t>(r) * x_stride, l.inputs, r, l.storage == INT4);
    team.wait();
  }
  Team::part(l.blocks, id, team.size(), begin, end);
  l.apply(begin, end, x, x_stride, q, rows, out, out_stride, activation);
  team.wait();
}

extern "C" {

void* linear_new(int storage, int outputs, int inputs, const void* weights, const float* scales, const float* biases) {
  return new Linear(storage, outputs, inputs, weights, scales, biases);
}

void linear_free(void* linear) { delete static_cast<Linear*>(linear); }

// rows of float32 [inputs] to rows of float32 [outputs]
void linear_apply(const void* linear, const float* x, int rows, float* out, int activation, int threads) {
  const Linear& l = *static_cast<const Linear*>(linear);
  Activations q(l.quantized() ? rows : 1, l.quantized() ? l.inputs : 64);
  Team team(threads);
  team.run([&](int id) {
    Tiles tiles;
    apply_by(team, id, l, x, l.inputs, q, rows, out, l.outputs, activation);
  });
}

}  // extern "C"
