// PackGroup: several packs that go through a computation together, operation by operation. Each operation of an
// activation function waits for the one before, so packs that are computed one after the other leave most of the
// processor idle. The results are those of each pack alone.
#if defined(RNNBENCH_CORE_PACK_GROUP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_CORE_PACK_GROUP_INL_H_
#undef RNNBENCH_CORE_PACK_GROUP_INL_H_
#else
#define RNNBENCH_CORE_PACK_GROUP_INL_H_
#endif

#include <utility>

#include "core/pack-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::core {
namespace HWY_NAMESPACE {

template <int N>
struct PackGroup {
  Pack v[N];

  // f(0), ..., f(N - 1). The indices are constants, so that the packs stay in registers.
  template <class F>
  static HWY_INLINE HWY_ATTR PackGroup of(F f) {
    return of(f, std::make_integer_sequence<int, N>());
  }
  static HWY_INLINE PackGroup constant(double x) {
    return of([x](int) RNNBENCH_INLINE { return broadcast(static_cast<float>(x)); });
  }

 private:
  template <class F, int... I>
  static HWY_INLINE HWY_ATTR PackGroup of(F f, std::integer_sequence<int, I...>) {
    return {{f(I)...}};
  }
};

#define RNNBENCH_GROUP_OF_1(name)                                                 \
  template <int N>                                                                \
  HWY_INLINE PackGroup<N> name(const PackGroup<N>& a) {                           \
    return PackGroup<N>::of([&](int i) RNNBENCH_INLINE { return name(a.v[i]); }); \
  }
#define RNNBENCH_GROUP_OF_2(name)                                                         \
  template <int N>                                                                        \
  HWY_INLINE PackGroup<N> name(const PackGroup<N>& a, const PackGroup<N>& b) {            \
    return PackGroup<N>::of([&](int i) RNNBENCH_INLINE { return name(a.v[i], b.v[i]); }); \
  }
RNNBENCH_GROUP_OF_1(operator-)
RNNBENCH_GROUP_OF_1(absolute)
RNNBENCH_GROUP_OF_1(power_of_two)
RNNBENCH_GROUP_OF_2(operator+)
RNNBENCH_GROUP_OF_2(operator-)
RNNBENCH_GROUP_OF_2(operator*)
RNNBENCH_GROUP_OF_2(operator/)
RNNBENCH_GROUP_OF_2(lesser)
RNNBENCH_GROUP_OF_2(greater)
RNNBENCH_GROUP_OF_2(with_sign_of)
RNNBENCH_GROUP_OF_2(where_positive)
#undef RNNBENCH_GROUP_OF_1
#undef RNNBENCH_GROUP_OF_2

template <int N>
HWY_INLINE PackGroup<N> fma(const PackGroup<N>& a, const PackGroup<N>& b, const PackGroup<N>& c) {
  return PackGroup<N>::of([&](int i) RNNBENCH_INLINE { return fma(a.v[i], b.v[i], c.v[i]); });
}

template <int N>
struct PackTraits<PackGroup<N>> : PackTraits<Pack> {};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::core
HWY_AFTER_NAMESPACE();

#endif
