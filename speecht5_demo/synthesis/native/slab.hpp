// Memory for weights, which are read from end to end at every step: on huge pages where the system has them.
//
// Small pages cost a translation every 4 KiB, in a virtual machine a dear one: a third of the speed of reading.
#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>

// A stretch of memory that many layers share; it goes when the last of them does.
class Slab {
 public:
  explicit Slab(size_t bytes) : bytes_(bytes) {
    void* at = mmap(nullptr, bytes + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    mapped_ = static_cast<uint8_t*>(at);
    begin_ = mapped_ + (HUGE - reinterpret_cast<uintptr_t>(mapped_) % HUGE) % HUGE;
#ifdef MADV_HUGEPAGE
    madvise(begin_, bytes, MADV_HUGEPAGE);
#endif
  }
  ~Slab() { munmap(mapped_, bytes_ + HUGE); }
  Slab(const Slab&) = delete;

  // Zeroed memory on a cache line, and what keeps it alive.
  static std::shared_ptr<uint8_t> take(size_t bytes) {
    static std::mutex guard;
    static std::weak_ptr<Slab> open;
    std::lock_guard<std::mutex> lock(guard);
    bytes = (bytes + 63) / 64 * 64;
    std::shared_ptr<Slab> slab = open.lock();
    if (!slab || slab->used_ + bytes > slab->bytes_) {
      slab = std::make_shared<Slab>(bytes > SIZE ? (bytes + HUGE - 1) / HUGE * HUGE : SIZE);
      open = slab;
    }
    uint8_t* at = slab->begin_ + slab->used_;
    slab->used_ += bytes;
    return {slab, at};
  }

  static std::shared_ptr<float> take_floats(size_t count) {
    std::shared_ptr<uint8_t> bytes = take(count * sizeof(float));
    return {bytes, reinterpret_cast<float*>(bytes.get())};
  }

 private:
  static constexpr size_t HUGE = size_t{2} << 20, SIZE = size_t{32} << 20;
  uint8_t* mapped_ = nullptr;
  uint8_t* begin_ = nullptr;
  size_t bytes_, used_ = 0;
};
