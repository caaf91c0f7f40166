// Register-tiled products of packed operands: the one inner loop behind every matrix product of the suite.
//
// Lanes are independent output elements, and each output element is one chain of fused multiply-adds in a fixed order:
// how many rows or columns a tile takes moves no bit.
#if defined(RNNBENCH_CORE_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_CORE_PRODUCT_INL_H_
#undef RNNBENCH_CORE_PRODUCT_INL_H_
#else
#define RNNBENCH_CORE_PRODUCT_INL_H_
#endif

#include <cstddef>
#include <utility>

#include "core/pack-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::core {
namespace HWY_NAMESPACE {

template <int N>
using Constant = std::integral_constant<int, N>;

// Lambdas of the inner loops: for the instruction set at hand, and never a call.
#define RNNBENCH_INLINE HWY_ATTR __attribute__((always_inline))

// f(Constant<0>()), ..., f(Constant<N - 1>()): a loop whose arrays of packs stay in registers whatever the optimization
// level, because every index is a constant from the start.
template <int N, class F>
HWY_INLINE HWY_ATTR void unrolled(F&& f) {
  [&]<int... I>(std::integer_sequence<int, I...>) RNNBENCH_INLINE { (f(Constant<I>()), ...); }
  (std::make_integer_sequence<int, N>());
}

// Asks for a line that will be needed soon, into the second-level cache.
HWY_INLINE void prefetch(const void* line) { __builtin_prefetch(line, 1, 2); }

// acc[r][c] += sum over i < n of a[i * a_step + r * lanes ...] * b[i * b_step + c * b_column], i ascending; then the
// same from a + a_segment and b + b_segment on, `segments` times: one chain. With Ahead > 0, each i also asks for
// `Ahead` lines from `ahead` on: the panel that comes next.
template <int Ahead = 0, class V, int R, int C>
HWY_INLINE HWY_ATTR void multiply_accumulate(V (&acc)[R][C], const ScalarOf<V>* a, std::ptrdiff_t a_step,
                                             const ScalarOf<V>* b, std::ptrdiff_t b_step, std::ptrdiff_t b_column,
                                             int n, int segments = 1, std::ptrdiff_t a_segment = 0,
                                             std::ptrdiff_t b_segment = 0, const ScalarOf<V>* ahead = nullptr) {
  constexpr int lanes = PackTraits<V>::lanes;
  if constexpr (R * C <= PackTraits<V>::registers || R == 1) {
    V sum[R][C];  // a copy: what a loop carries must be no array that others point at
    unrolled<R>([&](auto r) RNNBENCH_INLINE { unrolled<C>([&](auto c) RNNBENCH_INLINE { sum[r][c] = acc[r][c]; }); });
    for (int segment = 0; segment < segments; ++segment) {
      const ScalarOf<V>* HWY_RESTRICT a_at = a;
      const ScalarOf<V>* HWY_RESTRICT b_at = b;
      for (int i = 0; i < n; ++i) {
        V w[R];
        unrolled<R>([&](auto r) RNNBENCH_INLINE { w[r] = load(a_at + r * lanes); });
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
  } else {  // too many for the registers: a row at a time
    unrolled<R>([&](auto r) RNNBENCH_INLINE {
      V row[1][C];
      unrolled<C>([&](auto c) RNNBENCH_INLINE { row[0][c] = acc[r][c]; });
      multiply_accumulate<r == 0 ? Ahead : 0>(row, a + r * lanes, a_step, b, b_step, b_column, n, segments, a_segment,
                                              b_segment, ahead);
      unrolled<C>([&](auto c) RNNBENCH_INLINE { acc[r][c] = row[0][c]; });
    });
  }
}

// Columns that a tile of R packs takes at once. (Where speed is no matter, few: each number is a copy of the code.)
template <class V, int R>
constexpr int tile_columns() {
  if (PackTraits<V>::registers < 6) return 1;
  return PackTraits<V>::registers >= 24 && R < 4 ? 8 : 6;
}

// f(first, Constant<C>) over `count` columns in balanced groups of at most Max.
template <int Max, class F>
HWY_INLINE HWY_ATTR void for_columns(int count, F&& f) {
  const int groups = (count + Max - 1) / Max;
  for (int g = 0, first = 0; g < groups; ++g) {
    const int size = (count - first + groups - g - 1) / (groups - g);
    switch (size) {
      case 1:
        f(first, Constant<1>());
        break;
      case 2:
        if constexpr (Max >= 2) f(first, Constant<2>());
        break;
      case 3:
        if constexpr (Max >= 3) f(first, Constant<3>());
        break;
      case 4:
        if constexpr (Max >= 4) f(first, Constant<4>());
        break;
      case 5:
        if constexpr (Max >= 5) f(first, Constant<5>());
        break;
      case 6:
        if constexpr (Max >= 6) f(first, Constant<6>());
        break;
      case 7:
        if constexpr (Max >= 7) f(first, Constant<7>());
        break;
      case 8:
        if constexpr (Max >= 8) f(first, Constant<8>());
        break;
    }
    first += size;
  }
}

// f(first, Constant<N>) over `count` row blocks in groups of Max (4, 2 or 1), the rest in twos and ones.
template <int Max, class F>
HWY_INLINE HWY_ATTR void for_blocks(int count, F&& f) {
  int first = 0;
  if constexpr (Max >= 4)
    for (; count - first >= 4; first += 4) f(first, Constant<4>());
  if constexpr (Max >= 2)
    for (; count - first >= 2; first += 2) f(first, Constant<2>());
  for (; first < count; ++first) f(first, Constant<1>());
}

// The groups of for_columns, for loops whose sizes need not be constants.
struct ColumnGroups {
  struct Group {
    int first, size;
  };
  ColumnGroups(int columns, int max) : count((columns + max - 1) / max) {
    for (int g = 0, first = 0; g < count; ++g) {
      groups[g] = {first, (columns - first + count - g - 1) / (count - g)};
      first += groups[g].size;
    }
  }
  int count;
  Group groups[16];  // columns are at most sixteen
};
// f(first, size) over `count` columns in balanced groups of at most `most`.
template <class F>
void in_columns(int count, int max, F&& f) {
  const int groups = (count + max - 1) / max;
  for (int g = 0, first = 0; g < groups; ++g) {
    const int size = (count - first + groups - g - 1) / (groups - g);
    f(first, size);
    first += size;
  }
}
// f(first, size) over `count` blocks in the groups of for_blocks<most>.
template <class F>
void in_blocks(int count, int max, F&& f) {
  for (int first = 0; first < count;) {
    const int left = count - first, size = max >= 4 && left >= 4 ? 4 : max >= 2 && left >= 2 ? 2 : 1;
    f(first, size);
    first += size;
  }
}

// Packs a matrix given by at(row, k), row < rows, k < depth, into panels for for_blocks<Max>: per group of blocks
// [k][rows of the group, padded with zeros]. Returns the end of what it wrote: row blocks * lanes * depth numbers.
template <class V, int Max, class At>
HWY_ATTR ScalarOf<V>* pack_panels(int rows, int depth, ScalarOf<V>* out, At&& at) {
  constexpr int lanes = PackTraits<V>::lanes;
  for_blocks<Max>((rows + lanes - 1) / lanes, [&](int block, auto group) HWY_ATTR {
    constexpr int width = decltype(group)::value * lanes;
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
