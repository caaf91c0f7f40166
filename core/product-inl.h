// Register-tiled products of packed operands: the inner loop of every matrix product in the suite.
//
// Lanes are independent output elements, and each output element is one chain of fused multiply-adds in a fixed order:
// the number of rows and columns of a tile does not change the result.
#if defined(RNNBENCH_CORE_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_CORE_PRODUCT_INL_H_
#undef RNNBENCH_CORE_PRODUCT_INL_H_
#else
#define RNNBENCH_CORE_PRODUCT_INL_H_
#endif

#include <cstddef>
#include <utility>

#include "core/pack_group-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::core {
namespace HWY_NAMESPACE {

template <int N>
using Constant = std::integral_constant<int, N>;

// Calls f(Constant<0>()), ..., f(Constant<N - 1>()). Arrays of packs that are indexed by these constants stay in
// registers at every optimization level.
template <int N, class F>
HWY_INLINE HWY_ATTR void unrolled(F&& f) {
  [&]<int... I>(std::integer_sequence<int, I...>) RNNBENCH_INLINE { (f(Constant<I>()), ...); }
  (std::make_integer_sequence<int, N>());
}

// Prefetches a cache line that will soon be written, into the second-level cache.
HWY_INLINE void prefetch(const void* line) { __builtin_prefetch(line, 1, 2); }

// acc[r][c] += sum over segment < segments, i < n of
//   a[segment * a_segment + i * a_step + r * a_row ...] * b[segment * b_segment + i * b_step + c * b_column],
// both ascending, as one chain. With Ahead > 0, each i also prefetches `Ahead` lines of the next panel, at `ahead`.
template <int Ahead = 0, class V, int R, int C>
HWY_INLINE HWY_ATTR void multiply_accumulate(V (&acc)[R][C], const ScalarOf<V>* a, std::ptrdiff_t a_step,
                                             const ScalarOf<V>* b, std::ptrdiff_t b_step, std::ptrdiff_t b_column,
                                             int n, int segments = 1, std::ptrdiff_t a_segment = 0,
                                             std::ptrdiff_t b_segment = 0, const ScalarOf<V>* ahead = nullptr,
                                             std::ptrdiff_t a_row = PackTraits<V>::lanes) {
  if constexpr (R * C <= PackTraits<V>::registers || R == 1) {
    V sum[R][C];  // a local copy, which the compiler keeps in registers because no pointer refers to it
    unrolled<R>([&](auto r) RNNBENCH_INLINE { unrolled<C>([&](auto c) RNNBENCH_INLINE { sum[r][c] = acc[r][c]; }); });
    for (int segment = 0; segment < segments; ++segment) {
      const ScalarOf<V>* HWY_RESTRICT a_at = a;
      const ScalarOf<V>* HWY_RESTRICT b_at = b;
      for (int i = 0; i < n; ++i) {
        V w[R];
        unrolled<R>([&](auto r) RNNBENCH_INLINE { w[r] = load(a_at + r * a_row); });
        unrolled<C>([&](auto c) RNNBENCH_INLINE {
          const V x = broadcast(b_at[c * b_column]);
          unrolled<R>([&](auto r) RNNBENCH_INLINE { sum[r][c] = fma(w[r], x, sum[r][c]); });
        });
        unrolled<Ahead>([&](auto line) RNNBENCH_INLINE { prefetch(ahead + line * 16); });
        a_at += a_step;
        b_at += b_step;
        ahead += Ahead * 16;
      }
      a += a_segment;
      b += b_segment;
    }
    unrolled<R>([&](auto r) RNNBENCH_INLINE { unrolled<C>([&](auto c) RNNBENCH_INLINE { acc[r][c] = sum[r][c]; }); });
  } else {  // more accumulators than registers: one row at a time
    unrolled<R>([&](auto r) RNNBENCH_INLINE {
      V row[1][C];
      unrolled<C>([&](auto c) RNNBENCH_INLINE { row[0][c] = acc[r][c]; });
      multiply_accumulate<(r == 0) * Ahead>(row, a + r * a_row, a_step, b, b_step, b_column, n, segments, a_segment,
                                            b_segment, ahead);
      unrolled<C>([&](auto c) RNNBENCH_INLINE { acc[r][c] = row[0][c]; });
    });
  }
}

// The most columns of a tile with R rows of packs. (1 for the slow types, since each size is compiled separately.)
template <class V, int R>
constexpr int tile_columns() {
  if (PackTraits<V>::registers < 6) return 1;
  if (PackTraits<V>::registers < 24) return 6;
  return R == 1 ? 12 : R < 4 ? 8 : 6;
}

// `columns` columns in groups of nearly equal size, at most `max`.
struct ColumnGroups {
  struct Group {
    int first, size;
  };
  ColumnGroups(int columns, int max) : count((columns + max - 1) / max) {
    const int size = columns / count, larger = columns % count;
    for (int g = 0, first = 0; g < count; ++g) {
      groups[g] = {first, size + (g < larger)};
      first += groups[g].size;
    }
  }
  int count;
  Group groups[16];  // columns are at most sixteen
};
// Calls f(first, size) for `count` columns in these groups, of which there can be any number.
template <class F>
void in_columns(int count, int max, F&& f) {
  if (count == 0) return;
  const int groups = (count + max - 1) / max, smaller = count / groups, larger = count % groups;
  for (int g = 0, first = 0; g < groups; ++g) {
    const int size = smaller + (g < larger);
    f(first, size);
    first += size;
  }
}
// Calls f(first, size) for `count` row blocks, in groups of `max` (4, 2 or 1) and then of 2 and 1.
template <class F>
void in_blocks(int count, int max, F&& f) {
  for (int first = 0; first < count;) {
    const int left = count - first, size = max >= 4 && left >= 4 ? 4 : max >= 2 && left >= 2 ? 2 : 1;
    f(first, size);
    first += size;
  }
}

// Packs the matrix at(row, k), row < rows, k < depth, into panels, one for each group of in_blocks(..., max):
// [k][rows of the group, padded with zeros]. Returns the end of the panels: row blocks * lanes * depth numbers.
template <class V, class At>
ScalarOf<V>* pack_panels(int rows, int depth, int max, ScalarOf<V>* out, At&& at) {
  constexpr int lanes = PackTraits<V>::lanes;
  in_blocks((rows + lanes - 1) / lanes, max, [&](int block, int blocks) {
    const int width = blocks * lanes;
    for (int k = 0; k < depth; ++k)
      for (int i = 0; i < width; ++i) {
        const int row = block * lanes + i;
        *out++ = row < rows ? at(row, k) : ScalarOf<V>(0);
      }
  });
  return out;
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::core
HWY_AFTER_NAMESPACE();

#endif
