// Linear layers, packed so that 64 outputs read their weights in one stream: float32, int8, or 4 bits in groups.
//
// Activations are quantised row by row, asymmetrically to 8 bits, so that no row's result depends on its neighbours.
#pragma once
#include <algorithm>
#include <cmath>

#include "amx.hpp"
#include "simd.hpp"
#include "slab.hpp"

enum Storage { FP32 = 0, INT8 = 1, INT4 = 2 };
constexpr int AHEAD = 4096;  // bytes between what is read and what is fetched for later
constexpr int FEW = 3;  // rows for which filling tiles of 16 does not pay
constexpr int PANEL = 16 * 64;  // bytes of 16 outputs by 64 inputs
constexpr int GROUP = 32;  // inputs that share a scale at 4 bits

// Rows of 8-bit activations: value = scale * (u - zero); `s` is u - 128, for kernels whose weights are unsigned.
struct Activations {
  int stride = 0;
  Buffer<uint8_t> u;
  Buffer<int8_t> s;
  Buffer<int> group_sums;  // of s, a row's every GROUP inputs
  Buffer<float> scale;
  Buffer<int> zero;
  Buffer<float> origin;  // -zero

  // Room for whole tiles: a kernel may read rows that are not there, and ignores what comes of them. A line between two
  // rows keeps the same inputs of many rows from falling on the same places near the processor.
  Activations(int rows, int inputs)
      : stride((inputs + 63) / 64 * 64 + 64),
        u(buffer<uint8_t>((static_cast<size_t>(rows) + 2 * LANES) * stride)),
        s(buffer<int8_t>(static_cast<size_t>(rows) * stride)),
        group_sums(buffer<int>(static_cast<size_t>(rows) * stride / GROUP)),
        scale(buffer<float>(rows)),
        zero(buffer<int>(rows)),
        origin(buffer<float>(rows)) {}

  // `inputs` is a multiple of 16. Weights of 4 bits need the signed form and the sums besides.
  void quantize(const float* x, int inputs, int row, bool groups) {
    Vec low = _mm512_setzero_ps(), high = _mm512_setzero_ps();
    for (int k = 0; k < inputs; k += LANES) {
      Vec v = _mm512_loadu_ps(x + k);
      low = _mm512_min_ps(low, v);
      high = _mm512_max_ps(high, v);
    }
    float least = _mm512_reduce_min_ps(low), span = _mm512_reduce_max_ps(high) - least;
    float unit = std::max(span / 255.0f, 1e-12f);
    int least_at = static_cast<int>(std::nearbyint(-least / unit));
    scale[row] = unit;
    zero[row] = least_at;
    origin[row] = static_cast<float>(-least_at);
    const Vec inverse = _mm512_set1_ps(1.0f / unit);
    const __m512i shift = _mm512_set1_epi32(least_at), top = _mm512_set1_epi32(255), none = _mm512_setzero_si512();
    uint8_t* to = u.get() + static_cast<size_t>(row) * stride;
    int8_t* to_signed = s.get() + static_cast<size_t>(row) * stride;
    int* sums = group_sums.get() + static_cast<size_t>(row) * (stride / GROUP);
    for (int k = 0; k < inputs; k += LANES) {
      __m512i q = _mm512_add_epi32(_mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x + k), inverse)), shift);
      q = _mm512_min_epi32(_mm512_max_epi32(q, none), top);
      __m128i bytes = _mm512_cvtepi32_epi8(q);
      _mm_store_si128(reinterpret_cast<__m128i*>(to + k), bytes);
      if (!groups) continue;
      _mm_store_si128(reinterpret_cast<__m128i*>(to_signed + k), _mm_xor_si128(bytes, _mm_set1_epi8(-128)));
      int sum = _mm512_reduce_add_epi32(q) - 128 * LANES;
      sums[k / GROUP] = k % GROUP ? sums[k / GROUP] + sum : sum;
    }
  }
};

// What a sum of integers stands for: of outputs with these scales and offsets, and of a row with this scale and origin.
inline Vec scaled(__m512i sum, Vec scale, Vec offset, float unit, float origin) {
  Vec y = _mm512_mul_ps(_mm512_cvtepi32_ps(sum), scale);
  return _mm512_mul_ps(_mm512_fmadd_ps(_mm512_set1_ps(origin), offset, y), _mm512_set1_ps(unit));
}

struct Linear;
void by_tiles(const Linear&, int begin, int end, const Activations&, int rows, float* out, int out_stride, int activation);

struct Linear {
  int storage, outputs, inputs, blocks, depth;  // depth: inputs, padded to whole panels or groups
  std::shared_ptr<uint8_t> weights;
  Buffer<float> scale, bias, offset;  // offset: what one unit of zero point adds

  bool quantized() const { return storage != FP32; }

  size_t block_bytes() const {
    if (storage == FP32) return static_cast<size_t>(depth) * BLOCK * 4;
    if (storage == INT8) return static_cast<size_t>(depth) * BLOCK;
    return static_cast<size_t>(depth / GROUP) * (BLOCK * 4 + BLOCK * GROUP / 2);
  }

  Linear(int storage_, int outputs_, int inputs_, const void* from, const float* scales, const float* biases)
      : storage(storage_), outputs(outputs_), inputs(inputs_), blocks((outputs_ + BLOCK - 1) / BLOCK) {
    int unit = storage == FP32 ? 1 : storage == INT8 ? 64 : GROUP;
    depth = (inputs + unit - 1) / unit * unit;
    size_t padded = static_cast<size_t>(blocks) * BLOCK;
    weights = Slab::take(block_bytes() * blocks + AHEAD);
    scale = buffer<float>(padded);
    bias = buffer<float>(padded);
    offset = buffer<float>(padded);
    std::memcpy(bias.get(), biases, outputs * sizeof(float));
    for (int n = 0; n < outputs; ++n) {
      if (storage == FP32) pack_fp32(n, static_cast<const float*>(from));
      if (storage == INT8) pack_int8(n, static_cast<const int8_t*>(from), scales);
      if (storage == INT4) pack_int4(n, static_cast<const uint8_t*>(from), scales);
    }
  }

  // Blocks `begin` to `end` of every row: out[row * out_stride + block * 64 ...], at most `outputs` of them.
  void apply(int begin, int end, const float* x, int x_stride, const Activations& q, int rows, float* out, int out_stride,
             int activation) const {
    if (storage == INT8 && has_amx() && rows > FEW) return by_tiles(*this, begin, end, q, rows, out, out_stride, activation);
    for (int block = begin; block < end; ++block) one_block(block, x, x_stride, q, rows, out, out_stride, activation);
  }

 private:
  void one_block(int block, const float* x, int x_stride, const Activations& q, int rows, float* out, int out_stride,
                 int activation) const {
    int row = 0;
    if (storage == FP32) {
      for (; row + 3 <= rows; row += 3) tile_fp32<3>(block, x, x_stride, out, row, out_stride, activation);
      for (; row < rows; ++row) tile_fp32<1>(block, x, x_stride, out, row, out_stride, activation);
    } else if (storage == INT8) {
      for (; row + 6 <= rows; row += 6) tile_int8<6>(block, q, row, out, out_stride, activation);
      for (; row + 3 <= rows; row += 3) tile_int8<3>(block, q, row, out, out_stride, activation);
      for (; row < rows; ++row) tile_int8<1>(block, q, row, out, out_stride, activation);
    } else {
      for (; row + 4 <= rows; row += 4) tile_int4<4>(block, q, row, out, out_stride, activation);
      for (; row < rows; ++row) tile_int4<1>(block, q, row, out, out_stride, activation);
    }
  }

  uint8_t* block_at(int n) const { return weights.get() + block_bytes() * (n / BLOCK); }

  void pack_fp32(int n, const float* from) {
    float* to = reinterpret_cast<float*>(block_at(n));
    for (int k = 0; k < inputs; ++k) to[k * BLOCK + n % BLOCK] = from[static_cast<size_t>(n) * inputs + k];
  }

  // 64 inputs by 64 outputs at a time, in four panels of 16 outputs, as tiles are loaded.
  void pack_int8(int n, const int8_t* from, const float* scales) {
    uint8_t* to = block_at(n);
    int sum = 0;
    for (int k = 0; k < inputs; ++k) {
      int8_t value = from[static_cast<size_t>(n) * inputs + k];
      sum += value;
      to[(k / 64 * 4 + n % BLOCK / LANES) * PANEL + (k % 64 / 4 * LANES + n % LANES) * 4 + k % 4] = static_cast<uint8_t>(value);
    }
    scale[n] = scales[n];
    offset[n] = sum * scales[n];
  }

  // A group: 64 float scales, then four chunks of 64 outputs by 8 inputs, the first four inputs in the low halves.
  void pack_int4(int n, const uint8_t* from, const float* scales) {
    int groups = depth / GROUP;
    size_t bytes = BLOCK * 4 + BLOCK * GROUP / 2;
    for (int g = 0; g < groups; ++g) {
      uint8_t* group = block_at(n) + g * bytes;
      float unit = scales[static_cast<size_t>(n) * groups + g];
      reinterpret_cast<float*>(group)[n % BLOCK] = unit;
      int sum = 0;
      for (int k = 0; k < GROUP; ++k) {
        uint8_t pair = from[(static_cast<size_t>(n) * inputs + g * GROUP + k) / 2];
        uint8_t nibble = k % 2 ? pair >> 4 : pair & 15;
        sum += nibble - 8;
        uint8_t* to = group + BLOCK * 4 + (k / 8 * BLOCK + n % BLOCK) * 4 + k % 4;
        *to = static_cast<uint8_t>(*to | (k % 8 < 4 ? nibble : nibble << 4));
      }
      offset[n] += sum * unit;
    }
  }

  void store(int block, int part, Vec y, float* out, int row, int out_stride, int activation) const {
    int first = block * BLOCK + part * LANES, left = outputs - first;
    if (left <= 0) return;
    y = activate(_mm512_add_ps(y, _mm512_load_ps(bias.get() + first)), activation);
    __mmask16 mask = left >= LANES ? 0xffff : static_cast<__mmask16>((1 << left) - 1);
    _mm512_mask_storeu_ps(out + static_cast<size_t>(row) * out_stride + first, mask, y);
  }

  // A row's sum is formed in the same order alone and in company.
  template <int ROWS>
  void tile_fp32(int block, const float* x, int x_stride, float* out, int row, int out_stride, int activation) const {
    const float* w = reinterpret_cast<const float*>(weights.get() + block_bytes() * block);
    const float* from = x + static_cast<size_t>(row) * x_stride;
    Vec even[ROWS][4], odd[ROWS][4];
    for (int r = 0; r < ROWS; ++r)
      for (int j = 0; j < 4; ++j) even[r][j] = odd[r][j] = _mm512_setzero_ps();
    int k = 0;
    for (; k + 1 < inputs; k += 2, w += 2 * BLOCK)
      for (int j = 0; j < 4; ++j) {
        Vec first = _mm512_load_ps(w + j * LANES), second = _mm512_load_ps(w + BLOCK + j * LANES);
        for (int r = 0; r < ROWS; ++r) {
          const float* pair = from + static_cast<size_t>(r) * x_stride + k;
          even[r][j] = _mm512_fmadd_ps(_mm512_set1_ps(pair[0]), first, even[r][j]);
          odd[r][j] = _mm512_fmadd_ps(_mm512_set1_ps(pair[1]), second, odd[r][j]);
        }
      }
    for (int r = 0; r < ROWS; ++r)
      for (int j = 0; j < 4; ++j) {
        if (k < inputs) {
          Vec each = _mm512_set1_ps(from[static_cast<size_t>(r) * x_stride + k]);
          even[r][j] = _mm512_fmadd_ps(each, _mm512_load_ps(w + j * LANES), even[r][j]);
        }
        store(block, j, _mm512_add_ps(even[r][j], odd[r][j]), out, row + r, out_stride, activation);
      }
  }

  template <int ROWS>
  void tile_int8(int block, const Activations& q, int row, float* out, int out_stride, int activation) const {
    const uint8_t* w = weights.get() + block_bytes() * block;
    const int* x[ROWS];
    __m512i sum[ROWS][4], odd[4];
    for (int r = 0; r < ROWS; ++r) {
      x[r] = reinterpret_cast<const int*>(q.u.get() + static_cast<size_t>(row + r) * q.stride);
      for (int j = 0; j < 4; ++j) sum[r][j] = _mm512_setzero_si512();
    }
    for (int j = 0; j < 4; ++j) odd[j] = _mm512_setzero_si512();
    for (int k = 0; k < depth; k += 64, w += 4 * PANEL) {
      for (int quad = 0; quad < 16; quad += 2) {
        for (int line = 0; line < 8; ++line)
          _mm_prefetch(reinterpret_cast<const char*>(w) + AHEAD + 64 * (4 * quad + line), _MM_HINT_T0);
        for (int j = 0; j < 4; ++j) {
          const uint8_t* at = w + j * PANEL + 64 * quad;
          __m512i first = _mm512_load_si512(at), second = _mm512_load_si512(at + 64);
          for (int r = 0; r < ROWS; ++r) {
            sum[r][j] = _mm512_dpbusd_epi32(sum[r][j], _mm512_set1_epi32(x[r][k / 4 + quad]), first);
            __m512i& other = ROWS == 1 ? odd[j] : sum[r][j];
            other = _mm512_dpbusd_epi32(other, _mm512_set1_epi32(x[r][k / 4 + quad + 1]), second);
          }
        }
      }
    }
    for (int r = 0; r < ROWS; ++r)
      for (int j = 0; j < 4; ++j) {
        if (ROWS == 1) sum[r][j] = _mm512_add_epi32(sum[r][j], odd[j]);
        store_int8(block, j, sum[r][j], q, out, row + r, out_stride, activation);
      }
  }

  // Sums of integers to a row's 16 outputs.
  void store_int8(int block, int j, __m512i sum, const Activations& q, float* out, int row, int out_stride,
                  int activation) const {
    int first = block * BLOCK + j * LANES;
    Vec y = scaled(sum, _mm512_load_ps(scale.get() + first), _mm512_load_ps(offset.get() + first), q.scale[row], q.origin[row]);
    store(block, j, y, out, row, out_stride, activation);
  }

  template <int ROWS>
  void tile_int4(int block, const Activations& q, int row, float* out, int out_stride, int activation) const {
    const uint8_t* w = weights.get() + block_bytes() * block;
    const __m512i low = _mm512_set1_epi8(15);
    Vec total[ROWS][4];
    for (int r = 0; r < ROWS; ++r)
      for (int j = 0; j < 4; ++j) total[r][j] = _mm512_setzero_ps();
    for (int g = 0; g < depth / GROUP; ++g) {
      const float* units = reinterpret_cast<const float*>(w);
      w += BLOCK * 4;
      __m512i sum[ROWS][4];
      for (int r = 0; r < ROWS; ++r) {
        int origin = -8 * q.group_sums[static_cast<size_t>(row + r) * (q.stride / GROUP) + g];
        for (int j = 0; j < 4; ++j) sum[r][j] = _mm512_set1_epi32(origin);
      }
      for (int chunk = 0; chunk < GROUP / 8; ++chunk, w += 256) {
        for (int j = 0; j < 4; ++j) {
          _mm_prefetch(reinterpret_cast<const char*>(w) + AHEAD + 64 * j, _MM_HINT_T0);
          __m512i pairs = _mm512_load_si512(w + 64 * j);
          __m512i first = _mm512_and_si512(pairs, low);
          __m512i second = _mm512_and_si512(_mm512_srli_epi16(pairs, 4), low);
          for (int r = 0; r < ROWS; ++r) {
            const int* x = reinterpret_cast<const int*>(q.s.get() + static_cast<size_t>(row + r) * q.stride) +
                           g * (GROUP / 4) + chunk * 2;
            sum[r][j] = _mm512_dpbusd_epi32(sum[r][j], first, _mm512_set1_epi32(x[0]));
            sum[r][j] = _mm512_dpbusd_epi32(sum[r][j], second, _mm512_set1_epi32(x[1]));
          }
        }
      }
      for (int r = 0; r < ROWS; ++r)
        for (int j = 0; j < 4; ++j)
          total[r][j] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[r][j]), _mm512_load_ps(units + j * LANES), total[r][j]);
    }
    for (int r = 0; r < ROWS; ++r) {
      Vec unit = _mm512_set1_ps(q.scale[row + r]), zero = _mm512_set1_ps(static_cast<float>(128 - q.zero[row + r]));
      for (int j = 0; j < 4; ++j) {
        Vec shift = _mm512_load_ps(offset.get() + block * BLOCK + j * LANES);
        Vec y = _mm512_mul_ps(_mm512_fmadd_ps(zero, shift, total[r][j]), unit);
        store(block, j, y, out, row + r, out_stride, activation);
      }
    }
  }
};

#include "linear_tiles.hpp"

// One layer over all rows by every thread of a team, its blocks split among them; inputs are quantised first if need be.
inline void apply_by(Team& team, int id, const Linear& l, const float* x, int x_stride, Activations& q, int rows, float* out,
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
