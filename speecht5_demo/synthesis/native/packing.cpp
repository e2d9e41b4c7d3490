// Linear layers: how weights are packed.
#include "fixed_point.hpp"
#include "linear.hpp"

Linear::Linear(int storage_, int outputs_, int inputs_, const void* from, const float* scales, const float* biases)
    : storage(storage_), outputs(outputs_), inputs(inputs_), blocks((outputs_ + BLOCK - 1) / BLOCK) {
  depth = whole(inputs, storage == FP32 ? 1 : storage == INT8 ? 64 : storage == FIXED ? TOGETHER : GROUP);
  const size_t padded = static_cast<size_t>(blocks) * BLOCK;
  weights = Slab::take(block_bytes() * blocks + AHEAD);
  scale = buffer<float>(padded);
  bias = buffer<float>(padded);
  offset = buffer<float>(padded);
  begin = buffer<int>(padded);
  std::memcpy(bias.get(), biases, outputs * sizeof(float));
  for (int n = 0; n < outputs; ++n) {
    if (storage == FP32) pack_fp32(n, static_cast<const float*>(from));
    if (storage == FIXED)
      scale[n] = pack_fixed(block_at(n / BLOCK) + n % BLOCK / LANES * FIXED_BYTES, n % LANES,
                            static_cast<const float*>(from) + static_cast<size_t>(n) * inputs, inputs);
    if (storage == INT8) pack_int8(n, static_cast<const int8_t*>(from), scales);
    if (storage == INT4) pack_int4(n, static_cast<const uint8_t*>(from), scales);
  }
}

size_t Linear::block_bytes() const {
  if (storage == FP32) return static_cast<size_t>(depth) * BLOCK * 4;
  if (storage == FIXED) return static_cast<size_t>(depth / TOGETHER) * PANELS * FIXED_BYTES;
  if (storage == INT8) return static_cast<size_t>(depth) * BLOCK;
  return static_cast<size_t>(depth / GROUP) * (BLOCK * 4 + BLOCK * GROUP / 2);
}

void Linear::pack_fp32(int n, const float* from) {
  float* to = reinterpret_cast<float*>(block_at(n / BLOCK));
  for (int k = 0; k < inputs; ++k) to[k * BLOCK + n % BLOCK] = from[static_cast<size_t>(n) * inputs + k];
}

// 64 inputs at a time, in panels of 16 outputs, as tiles are loaded.
void Linear::pack_int8(int n, const int8_t* from, const float* scales) {
  uint8_t* to = block_at(n / BLOCK);
  int sum = 0;
  for (int k = 0; k < inputs; ++k) {
    const int8_t value = from[static_cast<size_t>(n) * inputs + k];
    sum += value;
    to[(k / 64 * PANELS + n % BLOCK / LANES) * PANEL + k % 64 / 4 * 64 + place_in_line(n % LANES, k % 4)] =
        static_cast<uint8_t>(value);
  }
  scale[n] = scales[n];
  offset[n] = static_cast<float>(sum);
  begin[n] = sum * LESS;
}

// A group: float scales, then lines of outputs by 8 inputs, the first four inputs in the low halves.
void Linear::pack_int4(int n, const uint8_t* from, const float* scales) {
  const int groups = depth / GROUP;
  const size_t bytes = BLOCK * 4 + BLOCK * GROUP / 2;
  for (int g = 0; g < groups; ++g) {
    uint8_t* group = block_at(n / BLOCK) + g * bytes;
    const float unit = scales[static_cast<size_t>(n) * groups + g];
    reinterpret_cast<float*>(group)[n % BLOCK] = unit;
    int sum = 0;
    for (int k = 0; k < GROUP; ++k) {
      const uint8_t pair = from[(static_cast<size_t>(n) * inputs + g * GROUP + k) / 2];
      const uint8_t nibble = k % 2 ? pair >> 4 : pair & 15;
      sum += nibble - 8;
      uint8_t* to = group + BLOCK * 4 + (k / 8 * BLOCK + n % BLOCK) * 4 + k % 4;
      *to = static_cast<uint8_t>(*to | (k % 8 < 4 ? nibble : nibble << 4));
    }
    offset[n] += static_cast<float>(sum) * unit;
  }
}
