// Threads of one run, which wait for each other asleep: a processor that is not there costs its share, not more.
#pragma once
#include <time.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "simd.hpp"

INLINE void pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

inline double seconds_by(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Whether threads found processors when last they ran. Where they did not, one works alone for a while, as fast as it can,
// and then asks again: for twice as long each time that the answer is the same.
class Neighbours {
 public:
  int allowed(int threads) {
    int left = alone_.load(std::memory_order_relaxed);
    if (threads < 2 || left <= 0) return std::max(1, threads);
    alone_.store(left - 1, std::memory_order_relaxed);
    return 1;
  }

  // What `threads` threads that took so long together got of processors' time.
  void tell(int threads, double took, double worked) {
    if (took < SHORTEST) return;
    if (worked > ENOUGH * threads * took) return patience_.store(FIRST, std::memory_order_relaxed);
    const int patience = patience_.load(std::memory_order_relaxed);
    alone_.store(patience, std::memory_order_relaxed);
    patience_.store(std::min(2 * patience, LAST), std::memory_order_relaxed);
  }

 private:
  static constexpr double SHORTEST = 1e-3, ENOUGH = 0.65;
  static constexpr int FIRST = 8, LAST = 128;
  std::atomic<int> alone_{0}, patience_{FIRST};
};
inline Neighbours neighbours;

// Each phase splits its work by `part`; `wait` ends the phase.
class Team {
 public:
  explicit Team(int size) : size_(neighbours.allowed(size)) {}
  int size() const { return size_; }

  void wait() {
    if (size_ == 1) return;
    const unsigned turn = turn_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) == size_ - 1) {
      arrived_.store(0, std::memory_order_relaxed);
      {
        std::lock_guard<std::mutex> lock(guard_);
        turn_.store(turn + 1, std::memory_order_release);
      }
      woken_.notify_all();
      return;
    }
    // As long as a phase takes where every thread has a processor; then the processor is somebody else's.
    for (int spins = 0; spins < SPINS; ++spins) {
      if (turn_.load(std::memory_order_acquire) != turn) return;
      pause();
    }
    std::unique_lock<std::mutex> lock(guard_);
    woken_.wait(lock, [&] { return turn_.load(std::memory_order_acquire) != turn; });
  }

  static void part(int total, int id, int size, int& begin, int& end) {
    begin = static_cast<int>(static_cast<int64_t>(total) * id / size);
    end = static_cast<int>(static_cast<int64_t>(total) * (id + 1) / size);
  }

  void run(const std::function<void(int)>& work) {
    if (size_ == 1) return work(0);
    const double begin = seconds_by(CLOCK_MONOTONIC);
    std::vector<double> worked(size_);
    auto timed = [&](int id) {
      const double before = seconds_by(CLOCK_THREAD_CPUTIME_ID);
      work(id);
      worked[id] = seconds_by(CLOCK_THREAD_CPUTIME_ID) - before;
    };
    std::vector<std::thread> others;
    for (int id = 1; id < size_; ++id) others.emplace_back(timed, id);
    timed(0);
    for (auto& other : others) other.join();
    double sum = 0.0;
    for (double each : worked) sum += each;
    neighbours.tell(size_, seconds_by(CLOCK_MONOTONIC) - begin, sum);
  }

 private:
  static constexpr int SPINS = 300;
  int size_;
  std::atomic<int> arrived_{0};
  std::atomic<unsigned> turn_{0};
  std::mutex guard_;
  std::condition_variable woken_;
};
