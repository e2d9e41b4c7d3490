// Convolutions in float32: see filter.hpp.
#include "filter.hpp"

#include "toom_cook.hpp"

namespace {

constexpr int TALL = WIDTH == 16 ? 12 : 6;        // rows of sums that the processor has registers for
constexpr int BROAD = WIDTH == 16 ? 2 : 1;        // sixteens of outputs in each of them, where there are as many
constexpr int CACHED_FLOATS = WIDTH == 16 ? 147456 : 40960; // floats of transformed inputs: part of the second cache
constexpr int CUT = 7, LONGEST = 11;              // taps of a filter that is not cut into chunks: of an exact one, of another
constexpr int MOST = WIDTH == 16 ? 36 : 48;       // tiles or rows that are made together
constexpr int AHEAD = 1024;                       // floats of weights that are fetched before they are needed

// sums[ROWS][ACROSS][16] = products of rows, `stride` apart, with weights [tap][input][ACROSS][16]; a tap reads `step`
// floats on.
template <int ROWS, int ACROSS>
INLINE void product(const float* rows, size_t stride, const float* w, int inputs, int taps, size_t step, float* sums) {
  Vec sum[ROWS][ACROSS];
#pragma GCC unroll 16
  for (auto& row : sum)
#pragma GCC unroll 2
    for (Vec& each : row) each = every(0.0f);
  for (int tap = 0; tap < taps; ++tap, rows += step)
    for (int i = 0; i < inputs; ++i, w += ACROSS * LANES) {
      Vec weight[ACROSS];
#pragma GCC unroll 2
      for (int a = 0; a < ACROSS; ++a) {
        weight[a] = load(w + a * LANES);
        __builtin_prefetch(w + a * LANES + AHEAD);
      }
#pragma GCC unroll 16
      for (int r = 0; r < ROWS; ++r) {
        const Vec x = every(rows[r * stride + i]);
#pragma GCC unroll 2
        for (int a = 0; a < ACROSS; ++a) sum[r][a] = x * weight[a] + sum[r][a];
      }
    }
#pragma GCC unroll 16
  for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 2
    for (int a = 0; a < ACROSS; ++a) store(sums + (r * ACROSS + a) * LANES, sum[r][a]);
}

// The same for `count` rows, and for those after them to half of what is made together.
template <int ACROSS>
void products(const float* rows, int count, size_t stride, const float* w, int inputs, int taps, size_t step, float* sums) {
  for (; count > TALL / 2; count -= TALL, rows += TALL * stride, sums += TALL * ACROSS * LANES)
    product<TALL, ACROSS>(rows, stride, w, inputs, taps, step, sums);
  if (count > 0) product<TALL / 2, ACROSS>(rows, stride, w, inputs, taps, step, sums);
}

INLINE Part leaky(Part v, float slope) { return larger(v, v * slope); }

INLINE void finish(const Target& to, Part y, size_t at) {
  if (to.residual) y += read<Part>(to.residual + at);
  if (to.total) y += read<Part>(to.total + at);
  store(to.out + at, leaky(y * to.factor, to.slope));
}

// Of one tile: values at the points, of rows that are `step` floats apart. By itself, for the registers' sake.
template <int TAPS>
__attribute__((noinline)) void transform(const float* x, size_t step, int width, float slope, float* points, size_t plane) {
  for (int c = 0; c < width; c += WIDTH) {
    Part e[TAPS + MADE - 1];
#pragma GCC unroll 16
    for (int i = 0; i < TAPS + MADE - 1; ++i) {
      e[i] = read<Part>(x + i * step + c);
      if (slope != 1.0f) e[i] = leaky(e[i], slope);
    }
    to_points<TAPS>(e, points + c, plane);
  }
}

int tiles_at_once(int inputs, int points) {
  return std::max(2 * TALL, std::min(CACHED_FLOATS / inputs / points / TALL * TALL, MOST / TALL * TALL));
}

}  // namespace

// `act` with the number of taps that there are points for, as a constant: of the filter or, where it is cut, of a chunk.
template <class Act>
auto Filter::by_taps(Act act) const {
  if (taps_ <= 3) return act(std::integral_constant<int, 3>());
  if (taps_ <= CUT || chunks_ > 1) return act(std::integral_constant<int, CUT>());
  return act(std::integral_constant<int, LONGEST>());
}

Filter::Filter(int outputs, int inputs, int taps, int dilation, bool exact, const float* weights, const float* biases)
    : outputs_(outputs), inputs_(inputs), taps_(taps), dilation_(dilation),
      panel_(outputs % (BROAD * LANES) ? LANES : BROAD * LANES), bias_(buffer<float>(outputs)) {
  std::memcpy(bias_.get(), biases, outputs * sizeof(float));
  if (inputs % LANES == 0 && inputs == outputs && taps > 1) {
    chunks_ = taps <= (exact ? CUT : LONGEST) ? 1 : (taps + MADE - 1) / MADE;
    by_taps([&](auto table) { pack<table()>(weights); });
    return;
  }
  for (int panel = 0; panel < outputs; panel += panel_) {
    int first = taps, last = 0;
    for (int n = panel; n < panel + panel_; ++n)
      for (int i = 0; i < inputs * taps; ++i)
        if (weights[static_cast<size_t>(n) * inputs * taps + i] != 0.0f) {
          first = std::min(first, i % taps);
          last = std::max(last, i % taps + 1);
        }
    first_tap_.push_back(std::min(first, last));
    tap_count_.push_back(std::max(0, last - first));
  }
  const size_t size = static_cast<size_t>(outputs) * inputs * taps;
  weights_ = Slab::take_floats(size);
  for (int n = 0; n < outputs; ++n)
    for (int i = 0; i < inputs; ++i)
      for (int tap = 0; tap < taps; ++tap)
        weights_.get()[((static_cast<size_t>(n / panel_) * taps + tap) * inputs + i) * panel_ + n % panel_] =
            weights[(static_cast<size_t>(n) * inputs + i) * taps + tap];
}

template <int TAPS>
void Filter::pack(const float* weights) {
  constexpr int COUNT = TAPS + MADE - 1;
  const int length = chunks_ == 1 ? taps_ : MADE;  // of a chunk: a tile's worth, so that it reads the next tile's inputs
  weights_ = Slab::take_floats(static_cast<size_t>(outputs_) * inputs_ * COUNT * chunks_);
  for (int n = 0; n < outputs_; ++n)
    for (int i = 0; i < inputs_; ++i) {
      const float* from = weights + (static_cast<size_t>(n) * inputs_ + i) * taps_;
      for (int p = 0; p < COUNT; ++p)
        for (int chunk = 0; chunk < chunks_; ++chunk) {
          const int now = std::min(length, taps_ - chunk * length);
          double sum = 0.0;
          for (int tap = 0; tap < now; ++tap) sum += TABLES<TAPS>.filter[p][tap] * from[chunk * length + tap];
          const size_t row = (static_cast<size_t>(n / panel_) * COUNT + p) * chunks_ + chunk;
          weights_.get()[(row * inputs_ + i) * panel_ + n % panel_] = static_cast<float>(sum);
        }
    }
}

size_t Filter::scratch() const {
  if (chunks_) {
    const int points = by_taps([](auto table) { return table() + MADE - 1; }), most = tiles_at_once(inputs_, points);
    return static_cast<size_t>(points) * ((most + chunks_ - 1) * inputs_ + most * panel_);
  }
  return static_cast<size_t>(MOST + TALL + 2 * reach()) * inputs_ + static_cast<size_t>(MOST) * panel_;
}

void Filter::apply(int id, int threads, const float* in, int count, float slope, const Target& to, float* scratch) const {
  if (!chunks_) return direct(id, threads, in, count, slope, to, scratch);
  by_taps([&](auto table) { tiles<table()>(id, threads, in, count, slope, to, scratch); });
}

// A dilated filter is a plain one over every so many rows, for each of the rows to begin at. The tiles of all of them are
// one row of tiles; where a filter is cut, each ends in tiles that only those before read.
template <int TAPS>
void Filter::tiles(int id, int threads, const float* in, int count, float slope, const Target& to, float* scratch) const {
  constexpr int COUNT = TAPS + MADE - 1;
  const int width = inputs_, apart = dilation_, most = tiles_at_once(width, COUNT), after = chunks_ - 1;
  const size_t plane = static_cast<size_t>(most + after) * width, sum_plane = static_cast<size_t>(most) * panel_;
  float *points = scratch, *sums = scratch + COUNT * plane;
  // The first phases have a row more than the others.
  const int rows = count / apart, longer = count % apart, phases = std::min(apart, count);
  const int of_longer = rows / MADE + 1 + after, of_others = (rows + MADE - 1) / MADE + after;
  const int total = longer * of_longer + (phases - longer) * of_others;
  auto row_of = [&](int tile) {
    const int rest = tile - longer * of_longer;
    return rest < 0 ? tile / of_longer + apart * MADE * (tile % of_longer)
                    : longer + rest / of_others + apart * MADE * (rest % of_others);
  };
  const int groups = (total + most - 1) / most, of_group = groups ? whole((total + groups - 1) / groups, TALL / 2) : 0;
  int begin, end;
  Team::part(groups, id, threads, begin, end);
  for (int from = begin * of_group; from < std::min(total, end * of_group); from += of_group) {
    const int now = std::min(of_group, total - from);
    int first[MOST];
    for (int t = 0; t < std::min(now + after, total - from); ++t) {
      const int row = row_of(from + t);
      if (t < now) first[t] = row;
      const float* x = in + static_cast<int64_t>(row - reach()) * width;
      transform<TAPS>(x, static_cast<size_t>(apart) * width, width, slope, points + static_cast<size_t>(t) * width, plane);
    }
    for (int n = 0; n < outputs_; n += panel_) {
      // What the sums will meet comes while they are formed.
      for (int t = 0; t < now; ++t)
        for (int i = 0; i < MADE; ++i)
          for (int c = 0; c < panel_; c += LANES) {
            const size_t at = static_cast<size_t>(std::min(first[t] + apart * i, count - 1)) * outputs_ + n + c;
            __builtin_prefetch(to.out + at, 1);
            if (to.residual) __builtin_prefetch(to.residual + at);
          }
      // A tile's inputs and those of the tiles after it lie side by side: its chunks are one longer product.
      const int depth = width * chunks_;
      const float* w = weights_.get() + static_cast<size_t>(n) * COUNT * depth;
      for (int p = 0; p < COUNT; ++p)
        multiply(points + p * plane, now, width, w + static_cast<size_t>(p) * depth * panel_, depth, 1, 0, sums + p * sum_plane);
      for (int t = 0; t < now; ++t)
        for (int c = 0; c < panel_; c += WIDTH) {
          Part y[MADE];
          for (auto& part : y) part = read<Part>(bias_.get() + n + c);
          from_points<TAPS>(sums + static_cast<size_t>(t) * panel_ + c, sum_plane, y);
          int row = first[t];
          for (int i = 0; i < MADE; ++i, row += apart)
            if (row >= to.first && row < to.last) finish(to, y[i], static_cast<size_t>(row) * outputs_ + n + c);
        }
    }
  }
}

void Filter::multiply(const float* rows, int count, size_t stride, const float* w, int inputs, int taps, size_t step,
                      float* sums) const {
  panel_ > LANES ? products<BROAD>(rows, count, stride, w, inputs, taps, step, sums)
                 : products<1>(rows, count, stride, w, inputs, taps, step, sums);
}

void Filter::direct(int id, int threads, const float* in, int count, float slope, const Target& to, float* scratch) const {
  const int width = inputs_;
  float *active = scratch, *sums = scratch + static_cast<size_t>(MOST + TALL + 2 * reach()) * width;
  int begin, end;
  Team::part((count + MOST - 1) / MOST, id, threads, begin, end);
  for (int from = begin * MOST; from < std::min(count, end * MOST); from += MOST) {
    const int now = std::min(MOST, count - from), tall = whole(now, TALL);
    const float* x = in + static_cast<int64_t>(from - reach()) * width;
    if (slope != 1.0f) {
      for (size_t i = 0; i < static_cast<size_t>(tall + 2 * reach()) * width; i += WIDTH)
        store(active + i, leaky(read<Part>(x + i), slope));
      x = active;
    }
    for (int n = 0; n < outputs_; n += panel_) {
      const int first = first_tap_[n / panel_], taps = tap_count_[n / panel_];
      const size_t step = static_cast<size_t>(dilation_) * width;
      const float* w = weights_.get() + (static_cast<size_t>(n) * taps_ + static_cast<size_t>(first) * panel_) * width;
      multiply(x + first * step, now, width, w, width, taps, step, sums);
      for (int t = 0; t < now; ++t)
        for (int c = 0; c < panel_; c += WIDTH)
          if (from + t >= to.first && from + t < to.last)
            finish(to, read<Part>(sums + static_cast<size_t>(t) * panel_ + c) + read<Part>(bias_.get() + n + c),
                   static_cast<size_t>(from + t) * outputs_ + n + c);
    }
  }
}

extern "C" {

void* filter_new(int outputs, int inputs, int taps, int dilation, int exact, const float* weights, const float* biases) {
  return new Filter(outputs, inputs, taps, dilation, exact, weights, biases);
}

void filter_free(void* filter) { delete static_cast<Filter*>(filter); }

// float32 [rows][inputs], with MARGIN rows of zeros before and after them, to [rows][outputs].
void filter_apply(const void* filter, const float* in, int rows, float* out, int threads) {
  const Filter& f = *static_cast<const Filter*>(filter);
  Team team(threads);
  team.run([&](int id) {
    Buffer<float> scratch = raw<float>(f.scratch());
    Target to{out};
    to.last = rows;
    f.apply(id, team.size(), in, rows, 1.0f, to, scratch.get());
  });
}

}  // extern "C"
