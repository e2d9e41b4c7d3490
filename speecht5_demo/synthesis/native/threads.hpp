// Threads of one run, which wait for each other asleep: a processor that is not there costs its share, not more.
#pragma once
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

// Each phase splits its work by `part`; `wait` ends the phase.
class Team {
 public:
  explicit Team(int size) : size_(size > 1 ? size : 1) {}
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
    std::vector<std::thread> others;
    for (int id = 1; id < size_; ++id) others.emplace_back(work, id);
    work(0);
    for (auto& other : others) other.join();
  }

 private:
  static constexpr int SPINS = 300;
  int size_;
  std::atomic<int> arrived_{0};
  std::atomic<unsigned> turn_{0};
  std::mutex guard_;
  std::condition_variable woken_;
};
