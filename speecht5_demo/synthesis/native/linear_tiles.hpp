// Linear layers of 8 bits by the tile unit, for a batch and for the text encoder; part of linear.hpp.
//
// Sums wait while the next are formed, and are finished beside them: the tile unit and the vectors work at once.
#pragma once

#if WITH_TILES
// Sums of up to 32 rows by 32 outputs or 16 rows by 64, on their way to the outputs.
template <int ACTIVATION>
class Waiting {
 public:
  static constexpr int PIECE = 8;                       // rows of 16 outputs that are finished together
  static constexpr int PIECES = 2 * LANES * 2 / PIECE;  // of which a pass makes so many

  Waiting(const Linear& l, const Activations& q, float* out, int out_stride)
      : l_(l), scale_(q.scale.get()), origin_(q.origin.get()), out_(out), out_stride_(out_stride) {}

  // Where the next sums go, [row][panel][16]; those that waited have to be finished.
  int* next(int panel, int row, int rows, int panels) {
    panel_ = panel, row_ = row, rows_ = rows, panels_ = panels, done_ = 0;
    side_ = 1 - side_;
    return sums_[side_];
  }

  void finish(int pieces) {
    for (int until = std::min(PIECES, done_ + pieces); done_ < until; ++done_) {
      int panel = done_ % panels_, first = done_ / panels_ * PIECE;
      if (first < rows_) piece(panel, first, std::min(rows_, first + PIECE));
    }
  }

 private:
  void piece(int panel, int begin, int end) const {
    const int n = (panel_ + panel) * LANES, left = l_.outputs - n;
    if (left <= 0) return;
    const __mmask16 mask = left >= LANES ? 0xffff : static_cast<__mmask16>((1 << left) - 1);
    const Vec scale = _mm512_load_ps(l_.scale.get() + n), offset = _mm512_load_ps(l_.offset.get() + n);
    const Vec bias = _mm512_load_ps(l_.bias.get() + n);
    const int* sums = sums_[side_] + panel * LANES;
    float* out = out_ + static_cast<size_t>(row_) * out_stride_ + n;
    for (int r = begin; r < end; ++r) {
      Vec y = scaled(read<Ints>(sums + r * panels_ * LANES), scale, offset, scale_[row_ + r], origin_[row_ + r]);
      _mm512_mask_storeu_ps(out + static_cast<size_t>(r) * out_stride_, mask, activate(y + bias, ACTIVATION));
    }
  }

  const Linear& l_;
  const float *scale_, *origin_;
  float* out_;
  int out_stride_, panel_ = 0, row_ = 0, rows_ = 0, panels_ = 1, done_ = PIECES, side_ = 0;
  alignas(64) int sums_[2][2 * LANES * 2 * LANES];
};

template <int ACTIVATION>
void activated_by_tiles(const Linear& l, int begin, int end, const Activations& q, int rows, float* out,
                                     int out_stride) {
  Waiting<ACTIVATION> waiting(l, q, out, out_stride);
  const int steps = l.depth / 64, last = rows % (2 * LANES);
  const int share = (Waiting<ACTIVATION>::PIECES + steps - 1) / steps;
  // A pass is 32 rows by half a block, or up to 16 rows by a block. All of a block share in fetching what comes later.
  const int passes = rows / (2 * LANES) * 2 + (last > LANES ? 2 : last > 0), lines = (64 + passes - 1) / passes;
  const size_t ahead = passes == 1 ? AHEAD : l.block_bytes();
  for (int block = begin; block < end; ++block) {
    const uint8_t* weights = l.weights.get() + l.block_bytes() * block;
    const char* later = reinterpret_cast<const char*>(weights) + ahead;
    for (int row = 0; row < rows; row += 2 * LANES) {
      const int count = std::min(rows - row, 2 * LANES), halves = count > LANES ? 2 : 1;
      const uint8_t* x = q.row(row);
      const uint8_t* below = x + static_cast<size_t>(LANES) * q.stride;
      for (int half = 0; half < halves; ++half) {
        const uint8_t* w = weights + 2 * PANEL * half;
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        for (int k = 0; k < l.depth; k += 64, w += 4 * PANEL, later += 64 * lines) {
          for (int line = 0; line < lines; ++line) _mm_prefetch(later + 64 * line, _MM_HINT_T0);
          _tile_loadd(4, x + k, q.stride);
          _tile_loadd(5, w, 64);
          _tile_loadd(6, w + PANEL, 64);
          _tile_dpbusd(0, 4, 5);
          _tile_dpbusd(1, 4, 6);
          if (halves == 2) {
            _tile_loadd(7, below + k, q.stride);
            _tile_dpbusd(2, 7, 5);
            _tile_dpbusd(3, 7, 6);
          } else {
            _tile_loadd(5, w + 2 * PANEL, 64);
            _tile_loadd(6, w + 3 * PANEL, 64);
            _tile_dpbusd(2, 4, 5);
            _tile_dpbusd(3, 4, 6);
          }
          waiting.finish(share);
        }
        waiting.finish(waiting.PIECES);
        int* to = waiting.next(block * 4 + 2 * half, row, count, 4 / halves);
        const int stride = 4 / halves * LANES;
        int* second = halves == 2 ? to + LANES * stride : to + 2 * LANES;
        _tile_stored(0, to, stride * 4);
        _tile_stored(1, to + LANES, stride * 4);
        _tile_stored(2, second, stride * 4);
        _tile_stored(3, second + LANES, stride * 4);
      }
    }
  }
  waiting.finish(waiting.PIECES);
}

// Blocks `begin` to `end` of every row; the tile unit has to be configured.
inline void by_tiles(const Linear& l, int begin, int end, const Activations& q, int rows, float* out, int out_stride,
                     int activation) {
  auto run = activation == GELU ? activated_by_tiles<GELU> : activation == RELU ? activated_by_tiles<RELU> : activated_by_tiles<NONE>;
  run(l, begin, end, q, rows, out, out_stride);
}
#else
inline void by_tiles(const Linear&, int, int, const Activations&, int, float*, int, int) {}
#endif
