// Small vector functions for AVX-512, and threads that meet at a barrier.
#pragma once
#include <immintrin.h>
#include <sched.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

using Vec = __m512;
constexpr int LANES = 16;
constexpr int BLOCK = 64;  // outputs that one packed block of a linear layer makes

struct Free {
  void operator()(void* pointer) const { std::free(pointer); }
};
template <typename T>
using Buffer = std::unique_ptr<T[], Free>;

// Zeroed memory on a cache line.
template <typename T>
Buffer<T> buffer(size_t count) {
  size_t bytes = (count * sizeof(T) + 63) / 64 * 64;
  void* memory = std::aligned_alloc(64, bytes ? bytes : 64);
  std::memset(memory, 0, bytes);
  return Buffer<T>(static_cast<T*>(memory));
}

// Memory on a cache line, its contents unspecified.
template <typename T>
Buffer<T> raw(size_t count) {
  size_t bytes = (count * sizeof(T) + 63) / 64 * 64;
  return Buffer<T>(static_cast<T*>(std::aligned_alloc(64, bytes ? bytes : 64)));
}

// Threads of one run. Each phase splits its work by `part`; `wait` ends the phase.
class Team {
 public:
  explicit Team(int size) : size_(size) {}
  int size() const { return size_; }

  void wait() {
    if (size_ == 1) return;
    unsigned turn = turn_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) == size_ - 1) {
      arrived_.store(0, std::memory_order_relaxed);
      turn_.store(turn + 1, std::memory_order_release);
      return;
    }
    // A short spin when every thread has a processor; yielding when something else needs it.
    for (int spins = 0; turn_.load(std::memory_order_acquire) == turn; ++spins) {
      if (spins < 2000) {
        _mm_pause();
      } else {
        sched_yield();
      }
    }
  }

  static void part(int total, int id, int size, int& begin, int& end) {
    begin = static_cast<int>(static_cast<int64_t>(total) * id / size);
    end = static_cast<int>(static_cast<int64_t>(total) * (id + 1) / size);
  }

  void run(const std::function<void(int)>& work) {
    std::vector<std::thread> others;
    for (int id = 1; id < size_; ++id) others.emplace_back(work, id);
    work(0);
    for (auto& other : others) other.join();
  }

 private:
  int size_;
  std::atomic<int> arrived_{0};
  std::atomic<unsigned> turn_{0};
};

// exp to 2e-7 relative: 2 to the integer part by scalef, the rest by a polynomial.
inline Vec exp_(Vec x) {
  x = _mm512_max_ps(x, _mm512_set1_ps(-87.0f));
  Vec y = _mm512_mul_ps(x, _mm512_set1_ps(1.44269504f));
  Vec whole = _mm512_roundscale_ps(y, 0);
  Vec rest = _mm512_sub_ps(y, whole);
  Vec sum = _mm512_set1_ps(1.5403530e-4f);
  for (float c : {1.3333558e-3f, 9.6181291e-3f, 5.5504109e-2f, 2.4022651e-1f, 6.9314718e-1f, 1.0f})
    sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(c));
  return _mm512_scalef_ps(sum, whole);
}

// GELU by the error function (Abramowitz & Stegun 7.1.26, absolute error 1.5e-7).
inline Vec gelu(Vec x) {
  const Vec one = _mm512_set1_ps(1.0f);
  Vec z = _mm512_mul_ps(_mm512_abs_ps(x), _mm512_set1_ps(0.70710678f));
  Vec t = _mm512_div_ps(one, _mm512_fmadd_ps(z, _mm512_set1_ps(0.3275911f), one));
  Vec sum = _mm512_set1_ps(1.061405429f);
  for (float c : {-1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f})
    sum = _mm512_fmadd_ps(sum, t, _mm512_set1_ps(c));
  Vec tail = exp_(_mm512_sub_ps(_mm512_setzero_ps(), _mm512_mul_ps(z, z)));
  Vec erf = _mm512_fnmadd_ps(_mm512_mul_ps(sum, t), tail, one);
  erf = _mm512_mask_sub_ps(erf, _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ), _mm512_setzero_ps(), erf);
  return _mm512_mul_ps(_mm512_mul_ps(x, _mm512_set1_ps(0.5f)), _mm512_add_ps(one, erf));
}

enum Activation { NONE = 0, RELU = 1, GELU = 2 };

inline Vec activate(Vec x, int activation) {
  if (activation == RELU) return _mm512_max_ps(x, _mm512_setzero_ps());
  return activation == GELU ? gelu(x) : x;
}

// out = layer_norm(a + b) * gain + shift; `size` is a multiple of 16.
inline void add_norm(const float* a, const float* b, const float* gain, const float* shift, float eps, int size,
                     float* out) {
  Vec sum = _mm512_setzero_ps();
  for (int i = 0; i < size; i += LANES) {
    Vec x = _mm512_add_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i));
    _mm512_storeu_ps(out + i, x);
    sum = _mm512_add_ps(sum, x);
  }
  Vec mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / size), squares = _mm512_setzero_ps();
  for (int i = 0; i < size; i += LANES) {
    Vec x = _mm512_sub_ps(_mm512_loadu_ps(out + i), mean);
    squares = _mm512_fmadd_ps(x, x, squares);
  }
  float variance = _mm512_reduce_add_ps(squares) / size;
  Vec scale = _mm512_div_ps(_mm512_set1_ps(1.0f), _mm512_sqrt_ps(_mm512_set1_ps(variance + eps)));
  for (int i = 0; i < size; i += LANES) {
    Vec x = _mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(out + i), mean), scale);
    _mm512_storeu_ps(out + i, _mm512_fmadd_ps(x, _mm512_loadu_ps(gain + i), _mm512_loadu_ps(shift + i)));
  }
}
