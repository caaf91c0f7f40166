// Operations across lanes. Sums and maxima over the lanes of packs are always taken in the same order: lanes 8 apart
// are combined first, then 4, 2, 1.
#if defined(RNNBENCH_CORE_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_CORE_LANES_INL_H_
#undef RNNBENCH_CORE_LANES_INL_H_
#else
#define RNNBENCH_CORE_LANES_INL_H_
#endif

#include <utility>

#include "core/pack-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::core {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_STATIC_TARGET
template <class F>
HWY_INLINE float fold_lanes(Pack a, F f) {
  for (int half = 8; half >= 1; half /= 2)
    for (int i = 0; i < half; ++i) a.v[i] = f(a.v[i], a.v[i + half]);
  return a.v[0];
}
template <class F, class Of>
HWY_INLINE Pack fold_each(Of of, F f) {
  Pack result;
  for (int i = 0; i < 16; ++i) result.v[i] = fold_lanes(of(i), f);
  return result;
}
struct Add {
  HWY_INLINE float operator()(float x, float y) const { return x + y; }
};
struct Greater {
  HWY_INLINE float operator()(float x, float y) const { return x > y ? x : y; }
};
#else
template <class D, class F>
HWY_INLINE HWY_ATTR float fold_vector(D d, hn::Vec<D> v, F f) {
  if constexpr (hn::MaxLanes(D()) == 1) {
    return hn::GetLane(v);
  } else {
    const hn::Half<D> half;
    return fold_vector(half, f(hn::LowerHalf(half, v), hn::UpperHalf(half, v)), f);
  }
}
template <class F>
HWY_INLINE HWY_ATTR float fold_lanes(Pack a, F f) {
  for (int parts = Pack::parts / 2; parts >= 1; parts /= 2)
    for (int i = 0; i < parts; ++i) a.v[i] = f(a.v[i], a.v[i + parts]);
  return fold_vector(Pack::D(), a.v[0], f);
}

// Exchanges the upper lanes of x with the lower lanes of y, in each group of 2 * Distance lanes.
template <int Distance>
HWY_INLINE HWY_ATTR void exchange(hn::Vec<Pack::D>& x, hn::Vec<Pack::D>& y) {
  const Pack::D d;
  const auto lower = x, upper = y;
  if constexpr (Distance == 8) {
    x = hn::ConcatLowerLower(d, upper, lower);
    y = hn::ConcatUpperUpper(d, upper, lower);
  } else if constexpr (Distance == 4) {
    x = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(upper), lower);
    y = hn::OddEvenBlocks(upper, hn::SwapAdjacentBlocks(lower));
  } else if constexpr (Distance == 2) {
    const hn::RepartitionToWide<Pack::D> pairs;
    x = hn::BitCast(d, hn::InterleaveLower(pairs, hn::BitCast(pairs, lower), hn::BitCast(pairs, upper)));
    y = hn::BitCast(d, hn::InterleaveUpper(pairs, hn::BitCast(pairs, lower), hn::BitCast(pairs, upper)));
  } else {
    x = hn::OddEven(hn::Shuffle2301(upper), lower);
    y = hn::OddEven(upper, hn::Shuffle2301(lower));
  }
}
// Lane i of the result is the fold of vector of(first + i * step): with sixteen lanes, 15 steps instead of 64.
template <int Distance, class F, class Of>
HWY_INLINE HWY_ATTR hn::Vec<Pack::D> fold_vectors(Of of, F f, int first = 0, int step = 1) {
  if constexpr (Distance == Pack::width) {
    return of(first);
  } else {
    auto x = fold_vectors<2 * Distance>(of, f, first, 2 * step),
         y = fold_vectors<2 * Distance>(of, f, first + step, 2 * step);
    exchange<Distance>(x, y);
    return f(x, y);
  }
}
template <class F, class Of>
HWY_INLINE HWY_ATTR Pack fold_each(Of of, F f) {
  Pack result;
  for (int part = 0; part < Pack::parts; ++part)
    result.v[part] = fold_vectors<1>(
        [&](int i) RNNBENCH_INLINE {
          Pack pack = of(part * Pack::width + i);
          for (int parts = Pack::parts / 2; parts >= 1; parts /= 2)
            for (int p = 0; p < parts; ++p) pack.v[p] = f(pack.v[p], pack.v[p + parts]);
          return pack.v[0];
        },
        f);
  return result;
}
struct Add {
  template <class V>
  HWY_INLINE HWY_ATTR V operator()(V x, V y) const {
    return hn::Add(x, y);
  }
};
struct Greater {
  template <class V>
  HWY_INLINE HWY_ATTR V operator()(V x, V y) const {
#if HWY_ARCH_X86  // maxps compares in the same way
    return hn::Max(x, y);
#else
    return hn::IfThenElse(hn::Gt(x, y), x, y);
#endif
  }
};
#endif

HWY_INLINE HWY_ATTR float sum_of_lanes(Pack a) { return fold_lanes(a, Add()); }
HWY_INLINE HWY_ATTR float largest_lane(Pack a) { return fold_lanes(a, Greater()); }
template <Exact S>
HWY_INLINE S sum_of_lanes(S a) {
  return a;
}
template <Exact S>
HWY_INLINE S largest_lane(S a) {
  return a;
}

// The same for as many packs as V has lanes: lane i of the result belongs to the pack of(i).
template <class V, class Of>
HWY_INLINE HWY_ATTR V sums_of_lanes(Of of) {
  if constexpr (Exact<V>)
    return of(0);
  else
    return fold_each(of, Add());
}
template <class V, class Of>
HWY_INLINE HWY_ATTR V largest_lanes(Of of) {
  if constexpr (Exact<V>)
    return of(0);
  else
    return fold_each(of, Greater());
}

// rows[i][lane] becomes rows[lane][i].
#if HWY_TARGET == HWY_STATIC_TARGET
HWY_INLINE void transpose(Pack (&rows)[16]) {
  for (int i = 0; i < 16; ++i)
    for (int lane = 0; lane < i; ++lane) std::swap(rows[i].v[lane], rows[lane].v[i]);
}
#else
template <int Distance>
HWY_INLINE HWY_ATTR void exchange_rows(Pack (&rows)[16]) {
  HWY_UNROLL(16)
  for (int i = 0; i < 16; ++i) {
    if ((i & Distance) != 0) continue;
    if constexpr (Distance >= Pack::width) {  // whole vectors
      for (int part = 0; part < Pack::parts; ++part)
        if ((part * Pack::width & Distance) == 0)
          std::swap(rows[i].v[part + Distance / Pack::width], rows[i + Distance].v[part]);
    } else {
      for (int part = 0; part < Pack::parts; ++part) exchange<Distance>(rows[i].v[part], rows[i + Distance].v[part]);
    }
  }
}
HWY_INLINE HWY_ATTR void transpose(Pack (&rows)[16]) {
  exchange_rows<8>(rows), exchange_rows<4>(rows), exchange_rows<2>(rows), exchange_rows<1>(rows);
}
#endif

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::core
HWY_AFTER_NAMESPACE();

#endif
