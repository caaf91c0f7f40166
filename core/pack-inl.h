// Sixteen floats as one value, on every instruction set with the same bits; and, so that one text serves training and
// gradient check, the same functions for double and complex<double> (which are packs of one).
//
// Included once per instruction set, inside Highway's foreach_target scheme (hence no ordinary include guard).
// Lanes are independent: +, -, *, /, sqrt and fma are correctly rounded everywhere, and nothing here may use an
// approximation instruction. On the baseline target fma() is std::fma.
#if defined(RNNBENCH_CORE_PACK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_CORE_PACK_INL_H_
#undef RNNBENCH_CORE_PACK_INL_H_
#else
#define RNNBENCH_CORE_PACK_INL_H_
#endif

#include <array>
#include <bit>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_STATIC_TARGET

// The portable pack: plain floats.
struct Pack {
  static constexpr int parts = 16;
  static constexpr int registers = 0;  // accumulators live in memory
  float v[16];
};
#define RNNBENCH_PACK_MAP(expression) \
  Pack r;                             \
  for (int i = 0; i < 16; ++i) r.v[i] = (expression); \
  return r;
HWY_INLINE Pack broadcast(float x) { RNNBENCH_PACK_MAP(x) }
HWY_INLINE Pack load(const float* p) { RNNBENCH_PACK_MAP(p[i]) }
HWY_INLINE void store(Pack a, float* p) {
  for (int i = 0; i < 16; ++i) p[i] = a.v[i];
}
HWY_INLINE Pack operator+(Pack a, Pack b) { RNNBENCH_PACK_MAP(a.v[i] + b.v[i]) }
HWY_INLINE Pack operator-(Pack a, Pack b) { RNNBENCH_PACK_MAP(a.v[i] - b.v[i]) }
HWY_INLINE Pack operator*(Pack a, Pack b) { RNNBENCH_PACK_MAP(a.v[i] * b.v[i]) }
HWY_INLINE Pack operator/(Pack a, Pack b) { RNNBENCH_PACK_MAP(a.v[i] / b.v[i]) }
HWY_INLINE Pack fma(Pack a, Pack b, Pack c) { RNNBENCH_PACK_MAP(std::fma(a.v[i], b.v[i], c.v[i])) }
HWY_INLINE Pack sqrt(Pack a) { RNNBENCH_PACK_MAP(std::sqrt(a.v[i])) }
// As x86 has it: the second operand when either is NaN.
HWY_INLINE Pack lesser(Pack a, Pack b) { RNNBENCH_PACK_MAP(a.v[i] < b.v[i] ? a.v[i] : b.v[i]) }
HWY_INLINE Pack greater(Pack a, Pack b) { RNNBENCH_PACK_MAP(a.v[i] > b.v[i] ? a.v[i] : b.v[i]) }
HWY_INLINE Pack absolute(Pack a) { RNNBENCH_PACK_MAP(std::fabs(a.v[i])) }
HWY_INLINE Pack with_sign_of(Pack magnitude, Pack sign) { RNNBENCH_PACK_MAP(std::copysign(magnitude.v[i], sign.v[i])) }
// x where condition > 0, else 0.
HWY_INLINE Pack where_positive(Pack condition, Pack x) { RNNBENCH_PACK_MAP(condition.v[i] > 0 ? x.v[i] : 0.0f) }
// 2^k for t = 1.5 * 2^23 + k, k whole, -126 <= k <= 127.
HWY_INLINE Pack power_of_two(Pack t) {
  RNNBENCH_PACK_MAP(std::bit_cast<float>((std::bit_cast<std::uint32_t>(t.v[i]) << 23) + 0x3f800000u))
}
#undef RNNBENCH_PACK_MAP

#else

struct Pack {
  using D = hn::CappedTag<float, 16>;
  static constexpr int width = static_cast<int>(hn::MaxLanes(D()));
  static constexpr int parts = 16 / width;
  static constexpr int registers = (parts == 1 ? 24 : 12) / parts;  // packs that fit as accumulators
  hn::Vec<D> v[parts];
};
#define RNNBENCH_PACK_MAP(expression) \
  const Pack::D d;                    \
  (void)d;                            \
  Pack r;                             \
  HWY_UNROLL(4) for (int i = 0; i < Pack::parts; ++i) r.v[i] = (expression); \
  return r;
HWY_INLINE Pack broadcast(float x) { RNNBENCH_PACK_MAP(hn::Set(d, x)) }
HWY_INLINE Pack load(const float* p) { RNNBENCH_PACK_MAP(hn::LoadU(d, p + i * Pack::width)) }
HWY_INLINE void store(Pack a, float* p) {
  const Pack::D d;
  for (int i = 0; i < Pack::parts; ++i) hn::StoreU(a.v[i], d, p + i * Pack::width);
}
HWY_INLINE Pack operator+(Pack a, Pack b) { RNNBENCH_PACK_MAP(hn::Add(a.v[i], b.v[i])) }
HWY_INLINE Pack operator-(Pack a, Pack b) { RNNBENCH_PACK_MAP(hn::Sub(a.v[i], b.v[i])) }
HWY_INLINE Pack operator*(Pack a, Pack b) { RNNBENCH_PACK_MAP(hn::Mul(a.v[i], b.v[i])) }
HWY_INLINE Pack operator/(Pack a, Pack b) { RNNBENCH_PACK_MAP(hn::Div(a.v[i], b.v[i])) }
HWY_INLINE Pack fma(Pack a, Pack b, Pack c) { RNNBENCH_PACK_MAP(hn::MulAdd(a.v[i], b.v[i], c.v[i])) }
HWY_INLINE Pack sqrt(Pack a) { RNNBENCH_PACK_MAP(hn::Sqrt(a.v[i])) }
HWY_INLINE Pack lesser(Pack a, Pack b) { RNNBENCH_PACK_MAP(hn::IfThenElse(hn::Lt(a.v[i], b.v[i]), a.v[i], b.v[i])) }
HWY_INLINE Pack greater(Pack a, Pack b) { RNNBENCH_PACK_MAP(hn::IfThenElse(hn::Gt(a.v[i], b.v[i]), a.v[i], b.v[i])) }
HWY_INLINE Pack absolute(Pack a) { RNNBENCH_PACK_MAP(hn::Abs(a.v[i])) }
HWY_INLINE Pack with_sign_of(Pack magnitude, Pack sign) {
  RNNBENCH_PACK_MAP(hn::CopySign(magnitude.v[i], sign.v[i]))
}
HWY_INLINE Pack where_positive(Pack condition, Pack x) {
  RNNBENCH_PACK_MAP(hn::IfThenElseZero(hn::Gt(condition.v[i], hn::Zero(d)), x.v[i]))
}
HWY_INLINE Pack power_of_two(Pack t) {
  const hn::RebindToUnsigned<Pack::D> du;
  RNNBENCH_PACK_MAP(
      hn::BitCast(d, hn::Add(hn::ShiftLeft<23>(hn::BitCast(du, t.v[i])), hn::Set(du, 0x3f800000u))))
}
#undef RNNBENCH_PACK_MAP

#endif

HWY_INLINE Pack operator+(float a, Pack b) { return broadcast(a) + b; }
HWY_INLINE Pack operator-(float a, Pack b) { return broadcast(a) - b; }
HWY_INLINE Pack operator*(float a, Pack b) { return broadcast(a) * b; }
HWY_INLINE Pack operator-(Pack a) { return broadcast(-0.0f) - a; }

// Sum and largest of the sixteen lanes, always by the same tree: 8 apart, 4, 2, 1.
#if HWY_TARGET == HWY_STATIC_TARGET
HWY_INLINE float sum_of_lanes(Pack a) {
  for (int half = 8; half >= 1; half /= 2)
    for (int i = 0; i < half; ++i) a.v[i] += a.v[i + half];
  return a.v[0];
}
#else
template <class D>
HWY_INLINE float sum_of_vector(D d, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) == 1) {
    return hn::GetLane(v);
  } else {
    const hn::Half<D> half;
    return sum_of_vector(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}
HWY_INLINE float sum_of_lanes(Pack a) {
  for (int parts = Pack::parts / 2; parts >= 1; parts /= 2)
    for (int i = 0; i < parts; ++i) a.v[i] = hn::Add(a.v[i], a.v[i + parts]);
  return sum_of_vector(Pack::D(), a.v[0]);
}
#endif
HWY_INLINE float largest_lane(Pack a) {
  alignas(64) float x[16];
  store(a, x);
  for (int half = 8; half >= 1; half /= 2)
    for (int i = 0; i < half; ++i) x[i] = x[i] > x[i + half] ? x[i] : x[i + half];
  return x[0];
}

namespace detail {
// e^r - 1 - r over r^2 for |r| <= ln(2)/2 (Taylor coefficients to r^7: relative error of e^r below 2e-8 there).
HWY_INLINE Pack exp_tail(Pack r) {
  Pack p = broadcast(1.0f / 5040);
  p = fma(p, r, broadcast(1.0f / 720));
  p = fma(p, r, broadcast(1.0f / 120));
  p = fma(p, r, broadcast(1.0f / 24));
  p = fma(p, r, broadcast(1.0f / 6));
  return fma(p, r, broadcast(0.5f));
}
// x = k ln 2 + r with |r| <= ln(2)/2 (a little more from rounding): t = 1.5 * 2^23 + k and r.
struct Reduced {
  Pack t, r;
};
HWY_INLINE Reduced reduce(Pack x) {
  const Pack magic = broadcast(12582912.0f);
  const Pack t = fma(x, broadcast(1.44269504f), magic);
  const Pack k = t - magic;
  return {t, fma(k, broadcast(2.12194440e-4f), fma(k, broadcast(-0.693359375f), x))};
}
}  // namespace detail

// e^x, within 1.1 ulp for -87.3 <= x <= 88.3; beyond, the value at the end of that interval. NaN stays NaN.
HWY_INLINE Pack exp(Pack x) {
  const Pack inside = lesser(broadcast(88.3f), greater(broadcast(-87.3f), x));
  const detail::Reduced a = detail::reduce(inside);
  const Pack tail = fma(a.r * a.r, detail::exp_tail(a.r), a.r);  // e^r - 1
  const Pack scale = power_of_two(a.t);
  return fma(scale, tail, scale);
}

// 1 / (1 + e^-x), within 2.5 ulp.
HWY_INLINE Pack sigmoid(Pack x) { return broadcast(1.0f) / (1.0f + exp(broadcast(0.0f) - x)); }

// (e^2|x| - 1) / (e^2|x| + 1) with the sign of x; e^y - 1 is formed as 2^k (e^r - 1) + (2^k - 1), so that it keeps its
// relative accuracy at 0: within 2.5 ulp. Exactly 1 from |x| = 9.02 on.
HWY_INLINE Pack tanh(Pack x) {
  const Pack y = lesser(broadcast(9.02f), absolute(x));
  const detail::Reduced a = detail::reduce(y + y);
  const Pack tail = fma(a.r * a.r, detail::exp_tail(a.r), a.r);
  const Pack scale = power_of_two(a.t);
  const Pack grown = fma(scale, tail, scale - broadcast(1.0f));
  return with_sign_of(grown / (grown + broadcast(2.0f)), x);
}

// ---- The same vocabulary for packs of one -----------------------------------------------------------------------

template <class S>
concept Exact = std::is_same_v<S, double> || std::is_same_v<S, std::complex<double>>;

HWY_INLINE double real_part(double x) { return x; }
HWY_INLINE double real_part(const std::complex<double>& x) { return x.real(); }

template <Exact S> HWY_INLINE S load(const S* p) { return *p; }
template <Exact S> HWY_INLINE void store(S a, S* p) { *p = a; }
template <Exact S> HWY_INLINE S broadcast(S x) { return x; }
template <Exact S> HWY_INLINE S fma(S a, S b, S c) { return a * b + c; }
template <Exact S> HWY_INLINE S exp(S x) { return std::exp(x); }
template <Exact S> HWY_INLINE S tanh(S x) { return std::tanh(x); }
template <Exact S> HWY_INLINE S sigmoid(S x) { return S(1) / (S(1) + std::exp(-x)); }
template <Exact S> HWY_INLINE S greater(S a, S b) { return real_part(a) > real_part(b) ? a : b; }
template <Exact S> HWY_INLINE S where_positive(S condition, S x) { return real_part(condition) > 0 ? x : S(0); }
template <Exact S> HWY_INLINE S sum_of_lanes(S a) { return a; }
template <Exact S> HWY_INLINE S largest_lane(S a) { return a; }

// The derivative of the two squashing functions from their value.
template <class V> HWY_INLINE V sigmoid_slope(V y) { return y * (1.0f - y); }
template <class V> HWY_INLINE V tanh_slope(V y) { return 1.0f - y * y; }
template <Exact S> HWY_INLINE S sigmoid_slope(S y) { return y * (S(1) - y); }
template <Exact S> HWY_INLINE S tanh_slope(S y) { return S(1) - y * y; }
template <class V> HWY_INLINE V one_minus(V y) { return 1.0f - y; }
template <Exact S> HWY_INLINE S one_minus(S y) { return S(1) - y; }

// Number type and number of lanes of a pack.
template <class V>
struct PackTraits {
  using Scalar = V;
  static constexpr int lanes = 1;
  static constexpr int registers = 0;
};
template <>
struct PackTraits<Pack> {
  using Scalar = float;
  static constexpr int lanes = 16;
  static constexpr int registers = Pack::registers;
};
template <class V> using ScalarOf = typename PackTraits<V>::Scalar;

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench
HWY_AFTER_NAMESPACE();

#endif
