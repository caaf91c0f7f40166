// Pack: sixteen floats as one value, with the same results on every instruction set. The same functions exist for
// double and complex<double>, which are packs of one lane, so that training and gradient check share their source.
//
// Highway's foreach_target includes this header once per instruction set, hence the unusual include guard.
// Lanes are independent: +, -, *, /, sqrt and fma are correctly rounded everywhere, and nothing here may use an
// approximate instruction. On the baseline target, fma() is std::fma.
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

#include "core/namespaces.h"

// For lambdas of inner loops: compiled for the current instruction set, and always inlined.
#undef RNNBENCH_FUNCTION
#if HWY_TARGET == HWY_STATIC_TARGET
#define RNNBENCH_FUNCTION HWY_NOINLINE inline
#else
#define RNNBENCH_FUNCTION HWY_INLINE
#endif
#undef RNNBENCH_INLINE
#define RNNBENCH_INLINE HWY_ATTR __attribute__((always_inline))

HWY_BEFORE_NAMESPACE();
namespace rnnbench::core {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

namespace detail {
inline constexpr std::uint32_t root_half = 0x3f3504f3;  // bits of sqrt(1/2)
}

#if HWY_TARGET == HWY_STATIC_TARGET

// The portable version.
struct Pack {
  static constexpr int parts = 16;
  static constexpr int all_registers = 0, registers = 0;  // accumulators live in memory
  static constexpr int side_by_side = 1;
  float v[16];
};
#define RNNBENCH_PACK_MAP(expression)                 \
  Pack r;                                             \
  for (int i = 0; i < 16; ++i) r.v[i] = (expression); \
  return r
HWY_INLINE Pack broadcast(float x) { RNNBENCH_PACK_MAP(x); }
HWY_INLINE Pack load(const float* p) { RNNBENCH_PACK_MAP(p[i]); }
HWY_INLINE void store(Pack a, float* p) {
  for (int i = 0; i < 16; ++i) p[i] = a.v[i];
}
HWY_INLINE Pack operator+(Pack a, Pack b) { RNNBENCH_PACK_MAP(a.v[i] + b.v[i]); }
HWY_INLINE Pack operator-(Pack a, Pack b) { RNNBENCH_PACK_MAP(a.v[i] - b.v[i]); }
HWY_INLINE Pack operator*(Pack a, Pack b) { RNNBENCH_PACK_MAP(a.v[i] * b.v[i]); }
HWY_INLINE Pack operator/(Pack a, Pack b) { RNNBENCH_PACK_MAP(a.v[i] / b.v[i]); }
HWY_NOINLINE inline Pack fma(const Pack& a, const Pack& b, const Pack& c) {
  RNNBENCH_PACK_MAP(std::fma(a.v[i], b.v[i], c.v[i]));
}
HWY_INLINE Pack sqrt(Pack a) { RNNBENCH_PACK_MAP(std::sqrt(a.v[i])); }
// As on x86: the second operand if either is NaN.
HWY_INLINE Pack lesser(Pack a, Pack b) { RNNBENCH_PACK_MAP(a.v[i] < b.v[i] ? a.v[i] : b.v[i]); }
HWY_INLINE Pack greater(Pack a, Pack b) { RNNBENCH_PACK_MAP(a.v[i] > b.v[i] ? a.v[i] : b.v[i]); }
HWY_INLINE Pack absolute(Pack a) { RNNBENCH_PACK_MAP(std::fabs(a.v[i])); }
HWY_INLINE Pack with_sign_of(Pack magnitude, Pack sign) { RNNBENCH_PACK_MAP(std::copysign(magnitude.v[i], sign.v[i])); }
// x where condition > 0, else 0.
HWY_INLINE Pack where_positive(Pack condition, Pack x) { RNNBENCH_PACK_MAP(condition.v[i] > 0 ? x.v[i] : 0.0f); }
// 2^k for t = 1.5 * 2^23 + k, with integer k, -126 <= k <= 127.
HWY_INLINE Pack power_of_two(Pack t) {
  RNNBENCH_PACK_MAP(std::bit_cast<float>((std::bit_cast<std::uint32_t>(t.v[i]) << 23) + 0x3f800000u));
}
// k and m of x = m 2^k with sqrt(1/2) <= m < sqrt(2), for normal x > 0.
HWY_INLINE Pack exponent(Pack x) {
  RNNBENCH_PACK_MAP(
      static_cast<float>(static_cast<std::int32_t>(std::bit_cast<std::uint32_t>(x.v[i]) - detail::root_half) >> 23));
}
HWY_INLINE Pack mantissa(Pack x) {
  RNNBENCH_PACK_MAP(std::bit_cast<float>(((std::bit_cast<std::uint32_t>(x.v[i]) - detail::root_half) & 0x7fffff) +
                                         detail::root_half));
}
#undef RNNBENCH_PACK_MAP

#else

struct Pack {
  using D = hn::CappedTag<float, 16>;
  static constexpr int width = static_cast<int>(hn::MaxLanes(D()));
  static constexpr int parts = 16 / width;
  static constexpr int all_registers = (parts == 1 || HWY_ARCH_ARM ? 32 : 16) / parts;  // packs that fit into registers
  static constexpr int registers = all_registers * 3 / 4;  // as accumulators, beside operands
  static constexpr int side_by_side = parts == 1 ? 4 : 2;  // the size of a PackGroup that hides latency
  hn::Vec<D> v[parts];
#if !HWY_ARCH_X86  // Pack{} has to be 0, but vectors of NEON have a constructor, which leaves them as they are
  HWY_INLINE Pack() {
    for (auto& part : v) part = hn::Zero(D());
  }
#endif
};
#define RNNBENCH_PACK_MAP(expression)                                        \
  const Pack::D d;                                                           \
  (void)d;                                                                   \
  Pack r;                                                                    \
  HWY_UNROLL(4) for (int i = 0; i < Pack::parts; ++i) r.v[i] = (expression); \
  return r
HWY_INLINE Pack broadcast(float x) { RNNBENCH_PACK_MAP(hn::Set(d, x)); }
HWY_INLINE Pack load(const float* p) { RNNBENCH_PACK_MAP(hn::LoadU(d, p + i * Pack::width)); }
HWY_INLINE void store(Pack a, float* p) {
  const Pack::D d;
  for (int i = 0; i < Pack::parts; ++i) hn::StoreU(a.v[i], d, p + i * Pack::width);
}
HWY_INLINE Pack operator+(Pack a, Pack b) { RNNBENCH_PACK_MAP(hn::Add(a.v[i], b.v[i])); }
HWY_INLINE Pack operator-(Pack a, Pack b) { RNNBENCH_PACK_MAP(hn::Sub(a.v[i], b.v[i])); }
HWY_INLINE Pack operator*(Pack a, Pack b) { RNNBENCH_PACK_MAP(hn::Mul(a.v[i], b.v[i])); }
HWY_INLINE Pack operator/(Pack a, Pack b) { RNNBENCH_PACK_MAP(hn::Div(a.v[i], b.v[i])); }
HWY_INLINE Pack fma(Pack a, Pack b, Pack c) { RNNBENCH_PACK_MAP(hn::MulAdd(a.v[i], b.v[i], c.v[i])); }
HWY_INLINE Pack sqrt(Pack a) { RNNBENCH_PACK_MAP(hn::Sqrt(a.v[i])); }
#if HWY_ARCH_X86  // minps and maxps compare in the same way
HWY_INLINE Pack lesser(Pack a, Pack b) { RNNBENCH_PACK_MAP(hn::Min(a.v[i], b.v[i])); }
HWY_INLINE Pack greater(Pack a, Pack b) { RNNBENCH_PACK_MAP(hn::Max(a.v[i], b.v[i])); }
#else
HWY_INLINE Pack lesser(Pack a, Pack b) { RNNBENCH_PACK_MAP(hn::IfThenElse(hn::Lt(a.v[i], b.v[i]), a.v[i], b.v[i])); }
HWY_INLINE Pack greater(Pack a, Pack b) { RNNBENCH_PACK_MAP(hn::IfThenElse(hn::Gt(a.v[i], b.v[i]), a.v[i], b.v[i])); }
#endif
HWY_INLINE Pack absolute(Pack a) { RNNBENCH_PACK_MAP(hn::Abs(a.v[i])); }
HWY_INLINE Pack with_sign_of(Pack magnitude, Pack sign) { RNNBENCH_PACK_MAP(hn::CopySign(magnitude.v[i], sign.v[i])); }
HWY_INLINE Pack where_positive(Pack condition, Pack x) {
  RNNBENCH_PACK_MAP(hn::IfThenElseZero(hn::Gt(condition.v[i], hn::Zero(d)), x.v[i]));
}
HWY_INLINE Pack power_of_two(Pack t) {
  const hn::RebindToUnsigned<Pack::D> du;
  RNNBENCH_PACK_MAP(hn::BitCast(d, hn::Add(hn::ShiftLeft<23>(hn::BitCast(du, t.v[i])), hn::Set(du, 0x3f800000u))));
}
HWY_INLINE Pack exponent(Pack x) {
  const hn::RebindToSigned<Pack::D> di;
  RNNBENCH_PACK_MAP(
      hn::ConvertTo(d, hn::ShiftRight<23>(hn::Sub(hn::BitCast(di, x.v[i]), hn::Set(di, detail::root_half)))));
}
HWY_INLINE Pack mantissa(Pack x) {
  const hn::RebindToSigned<Pack::D> di;
  RNNBENCH_PACK_MAP(hn::BitCast(
      d, hn::Add(hn::And(hn::Sub(hn::BitCast(di, x.v[i]), hn::Set(di, detail::root_half)), hn::Set(di, 0x7fffff)),
                 hn::Set(di, detail::root_half))));
}
#undef RNNBENCH_PACK_MAP

#endif

template <class S>
concept Exact = std::is_same_v<S, double> || std::is_same_v<S, std::complex<double>>;

// The number x in every lane.
template <class V>
HWY_INLINE V constant(double x) {
  if constexpr (Exact<V>)
    return V(x);
  else if constexpr (std::is_same_v<V, Pack>)
    return broadcast(static_cast<float>(x));
  else
    return V::constant(x);
}

HWY_INLINE Pack operator-(Pack a) { return broadcast(-0.0f) - a; }

// Functions of a pack or of a PackGroup.

namespace detail {
// e^r - 1 = r + r^2 p(r) for |r| <= ln(2)/2, where p minimizes the relative error of e^r: 3e-9.
template <class V>
HWY_INLINE V exp_minus_one(V r) {
  V p = constant<V>(1.381422160193324e-3);
  p = fma(p, r, constant<V>(8.36889911442995e-3));
  p = fma(p, r, constant<V>(4.166840389370918e-2));
  p = fma(p, r, constant<V>(0.1666651964187622));
  p = fma(p, r, constant<V>(0.4999999403953552));
  return fma(r * r, p, r);
}
// scale = 2^k and growth = e^r - 1, where x = k ln 2 + r and |r| <= ln(2)/2 up to rounding.
template <class V>
struct Powers {
  V scale, growth;
};
template <class V>
HWY_INLINE Powers<V> powers(V x) {
  const V magic = constant<V>(12582912);  // 1.5 * 2^23: adding it rounds to an integer
  const V t = fma(x, constant<V>(1.44269504), magic);
  const V k = t - magic;
  const V r = fma(k, constant<V>(2.12194440e-4), fma(k, constant<V>(-0.693359375), x));
  return {power_of_two(t), exp_minus_one(r)};
}
}  // namespace detail

// e^x within 1.1 ulp; x is clamped to [-87.3, 88.3]. NaN stays NaN.
template <class V>
RNNBENCH_FUNCTION V exp(V x) {
  const auto e = detail::powers(lesser(constant<V>(88.3), greater(constant<V>(-87.3), x)));
  return fma(e.scale, e.growth, e.scale);
}

// ln x within 1 ulp for normal x > 0. With x = m 2^k and r = m - 1, ln m = r - r^2 / 2 + r^3 p(r).
RNNBENCH_FUNCTION Pack log(Pack x) {
  const Pack k = exponent(x), r = mantissa(x) - broadcast(1.0f), square = r * r;
  Pack p = broadcast(0.067466408f);
  p = fma(p, r, broadcast(-0.116756521f));
  p = fma(p, r, broadcast(0.11888162f));
  p = fma(p, r, broadcast(-0.124055892f));
  p = fma(p, r, broadcast(0.142195523f));
  p = fma(p, r, broadcast(-0.166679963f));
  p = fma(p, r, broadcast(0.200021192f));
  p = fma(p, r, broadcast(-0.250000089f));
  p = fma(p, r, broadcast(0.333333135f));
  const Pack rest = fma(k, broadcast(-2.12194440e-4f), fma(square, broadcast(-0.5f), square * r * p));
  return fma(k, broadcast(0.693359375f), r + rest);
}

// 1 / (1 + e^-x), within 2.5 ulp.
template <class V>
RNNBENCH_FUNCTION V sigmoid(V x) {
  const auto e = detail::powers(lesser(constant<V>(88.3), greater(constant<V>(-87.3), constant<V>(0) - x)));
  return constant<V>(1) / fma(e.scale, e.growth, e.scale + constant<V>(1));
}

// (e^2|x| - 1) / (e^2|x| + 1) with the sign of x, within 2.5 ulp; exactly 1 for |x| >= 9.02. Writing e^y - 1 as
// 2^k (e^r - 1) + (2^k - 1) keeps the relative accuracy near 0.
template <class V>
RNNBENCH_FUNCTION V tanh(V x) {
  const V y = lesser(constant<V>(9.02), absolute(x));
  const auto e = detail::powers(y + y);
  const V growth = fma(e.scale, e.growth, e.scale - constant<V>(1));
  return with_sign_of(growth / (growth + constant<V>(2)), x);
}

// ---- The same functions for packs of one lane -------------------------------------------------------------------

HWY_INLINE double real_part(double x) { return x; }
HWY_INLINE double real_part(const std::complex<double>& x) { return x.real(); }

template <Exact S>
HWY_INLINE S load(const S* p) {
  return *p;
}
template <Exact S>
HWY_INLINE void store(S a, S* p) {
  *p = a;
}
template <Exact S>
HWY_INLINE S broadcast(S x) {
  return x;
}
template <Exact S>
HWY_INLINE S fma(S a, S b, S c) {
  return a * b + c;
}
template <Exact S>
HWY_INLINE S exp(S x) {
  return std::exp(x);
}
template <Exact S>
HWY_INLINE S log(S x) {
  return std::log(x);
}
template <Exact S>
HWY_INLINE S tanh(S x) {
  return std::tanh(x);
}
template <Exact S>
HWY_INLINE S sigmoid(S x) {
  return S(1) / (S(1) + std::exp(-x));
}
template <Exact S>
HWY_INLINE S greater(S a, S b) {
  return real_part(a) > real_part(b) ? a : b;
}
template <Exact S>
HWY_INLINE S where_positive(S condition, S x) {
  return real_part(condition) > 0 ? x : S(0);
}

// The derivatives of the two functions from their values.
template <class V>
HWY_INLINE V one_minus(V y) {
  return constant<V>(1) - y;
}
template <class V>
HWY_INLINE V sigmoid_slope(V y) {
  return y * one_minus(y);
}
template <class V>
HWY_INLINE V tanh_slope(V y) {
  return one_minus(y * y);
}

// Number type and number of lanes of a pack.
template <class V>
struct PackTraits {
  using Scalar = V;
  static constexpr int lanes = 1;
  static constexpr int registers = 0;
  static constexpr int all_registers = 0;
  static constexpr int side_by_side = 1;
};
template <>
struct PackTraits<Pack> {
  using Scalar = float;
  static constexpr int lanes = 16;
  static constexpr int registers = Pack::registers;
  static constexpr int all_registers = Pack::all_registers;
  static constexpr int side_by_side = Pack::side_by_side;
};
template <class V>
using ScalarOf = typename PackTraits<V>::Scalar;

// max(x, x / 100), and the gradient of x from the value y and its gradient d.
template <class V>
HWY_INLINE V leaky_relu(V x) {
  const V positive = where_positive(x, x);
  return fma(x - positive, constant<V>(0.01), positive);
}
template <class V>
HWY_INLINE V leaky_relu_backward(V y, V d) {
  const V positive = where_positive(y, d);
  return fma(d - positive, constant<V>(0.01), positive);
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::core
HWY_AFTER_NAMESPACE();

#endif
