// The tile unit of recent Intel processors (AMX), where the library is built for it: its configuration.
#pragma once
#include "simd.hpp"

constexpr int FEW = 3;  // rows for which filling tiles of 16 does not pay

#if WITH_TILES
// All eight tiles as 16 rows of 64 bytes.
struct alignas(64) TileLayout {
  uint8_t palette = 1, start = 0, reserved[14] = {};
  uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
#endif

// Holds the tile unit configured, where there is one, for the length of a block.
struct Tiles {
#if WITH_TILES
  Tiles() {
    static const TileLayout layout;
    _tile_loadconfig(&layout);
  }
  ~Tiles() { _tile_release(); }
#else
  Tiles() {}
  ~Tiles() {}
#endif
  Tiles(const Tiles&) = delete;
};
