// AMX, the tile unit of recent Intel processors: whether this process may use it, and its configuration.
#pragma once
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

// Compilers older than the tile unit (GCC before 11) build everything else.
#if __has_include(<amxtileintrin.h>) && !defined(WITHOUT_AMX)
#define WITH_AMX 1
#else
#define WITH_AMX 0
#endif
#define AMX_FUNCTION __attribute__((target("amx-tile,amx-int8,amx-bf16,avx512bf16")))
#define BF16_FUNCTION __attribute__((target("avx512bf16")))

// `SPEECHT5_DEMO_KERNELS` names what may be used at most: amx (the default), bf16, vnni.
inline bool allowed(const char* kernels) {
  const char* most = std::getenv("SPEECHT5_DEMO_KERNELS");
  static const char* order[] = {"vnni", "bf16", "amx"};
  if (!most) return true;
  int asked = 0, limit = 2;
  for (int i = 0; i < 3; ++i) {
    if (!__builtin_strcmp(order[i], kernels)) asked = i;
    if (!__builtin_strcmp(order[i], most)) limit = i;
  }
  return asked <= limit;
}

inline bool probe_amx() {
  unsigned a, b, c, d;
  if (!WITH_AMX || !allowed("amx") || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  const unsigned needed = 1u << 22 | 1u << 24 | 1u << 25;  // bfloat16, tiles, int8
  if ((d & needed) != needed) return false;
  return syscall(SYS_arch_prctl, 0x1023 /* ARCH_REQ_XCOMP_PERM */, 18 /* tile data */) == 0;
}

// Intel's AVX-512 takes longer for products of bfloat16 than of float32: there only when asked for.
inline bool probe_bf16() {
  unsigned a, b, c, d;
  const char* most = std::getenv("SPEECHT5_DEMO_KERNELS");
  const bool asked = most && !__builtin_strcmp(most, "bf16");
  if (!asked && __get_cpuid(0, &a, &b, &c, &d) && b == signature_INTEL_ebx) return false;
  return allowed("bf16") && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & 1u << 5);
}

inline bool has_amx() {
  static const bool has = probe_amx();
  return has;
}

inline bool has_bf16() {
  static const bool has = probe_bf16();
  return has;
}

// All eight tiles as 16 rows of 64 bytes.
struct alignas(64) TileLayout {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

#if WITH_AMX
AMX_FUNCTION inline void configure_tiles() {
  static const TileLayout layout;
  _tile_loadconfig(&layout);
}

AMX_FUNCTION inline void release_tiles() { _tile_release(); }
#else
inline void configure_tiles() {}
inline void release_tiles() {}
#endif

// Holds the tile unit configured, where there is one, for the length of a block.
struct Tiles {
  Tiles() {
    if (has_amx()) configure_tiles();
  }
  ~Tiles() {
    if (has_amx()) release_tiles();
  }
  Tiles(const Tiles&) = delete;
};
