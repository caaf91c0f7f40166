#include "core/math.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/math.cpp"
#include "hwy/foreach_target.h"

#include "core/choose_isa.h"
#include "core/pack-inl.h"

#ifndef RNNBENCH_CORE_MATH_LANES
#define RNNBENCH_CORE_MATH_LANES
#include <array>
#include <bit>
#include <cstdint>
#include <limits>

namespace rnnbench::core::math {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// ln 2 as a sum of doubles, of which the leading one ends in zero bits, so that small multiples of it are exact.
constexpr double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
// 1 / 14!, ..., 1 / 2!
constexpr std::array<double, 13> exp_coefficients = [] {
  std::array<double, 13> coefficients{};
  double factorial = 1;
  for (int i = 2; i <= 14; ++i) coefficients[14 - i] = 1 / (factorial *= i);
  return coefficients;
}();

// The functions of N numbers, in loops that the compiler can turn into vectors: every lane does the same, and special
// cases are chosen at the end.

template <int N>
[[gnu::always_inline]] inline void log_lanes(double* x) {
  for (int i = 0; i < N; ++i) {
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(x[i]);
    double m = std::bit_cast<double>((bits & ((1ull << 52) - 1)) | (1023ull << 52));
    // The exponent as a double, without a conversion from 64 bits: 2^52 plus the biased exponent, minus both offsets.
    double exponent = std::bit_cast<double>(((bits >> 52) & 0x7ff) | 0x4330000000000000ull) - (0x1p52 + 1023);
    const bool large = m > 0x1.6a09e667f3bcdp+0;
    m = large ? m * 0.5 : m;
    exponent = large ? exponent + 1 : exponent;
    // log m = 2 artanh(s) with s = f / (2 + f), f = m - 1, |s| < 0.172. Written as 2s = f - s f, the leading term f is
    // exact.
    const double f = m - 1, s = f / (2 + f), z = s * s;
    double series = 0;
    for (int k = 21; k >= 3; k -= 2) series = (series + 2.0 / k) * z;
    double y = exponent * ln2_high - ((s * (f - series) - exponent * ln2_low) - f);
    y = x[i] == infinity ? infinity : y;
    y = x[i] >= 0 ? y : not_a_number;
    x[i] = (bits & 0x7ff0000000000000ull) == 0 ? -infinity : y;
  }
}

// 2^k for t = 1.5 * 2^52 + k, with integer k, -1022 <= k <= 1023.
inline double power_of_two(double t) {
  return std::bit_cast<double>((std::bit_cast<std::uint64_t>(t) << 52) + 0x3ff0000000000000ull);
}

template <int N>
[[gnu::always_inline]] inline void exp_lanes(double* x) {
  constexpr double largest = 0x1.62e42fefa39efp+9, smallest = -0x1.6232bdd7abcd2p+9;
  constexpr double magic = 0x1.8p52;  // adding it rounds to a whole number
  double k[N], r[N], lost[N], p[N];   // e^x = 2^k e^(r + lost); p approaches e^r - 1 - r
  for (int i = 0; i < N; ++i) {
    double inside = x[i] < largest ? x[i] : largest;  // also NaN
    inside = inside > smallest ? inside : smallest;
    k[i] = (inside * 0x1.71547652b82fep+0 + magic) - magic;
    const double high = inside - k[i] * ln2_high, low = k[i] * ln2_low;
    r[i] = high - low;
    lost[i] = (high - r[i]) - low;
    p[i] = 0;
  }
  for (const double coefficient : exp_coefficients)  // from the smallest term
    for (int i = 0; i < N; ++i) p[i] = p[i] * r[i] + coefficient;
  for (int i = 0; i < N; ++i) {
    const double y = 1 + (r[i] + (p[i] * (r[i] * r[i]) + lost[i]));
    const double half = k[i] * 0.5 + magic, rest = k[i] - (half - magic) + magic;  // 2^k alone may not be a number
    const double result = y * power_of_two(half) * power_of_two(rest);
    const double bounded = x[i] > largest ? infinity : x[i] < smallest ? 0 : result;
    x[i] = x[i] != x[i] ? x[i] : bounded;
  }
}

constexpr int chunk_size = 16;

}  // namespace
}  // namespace rnnbench::core::math
#endif

HWY_BEFORE_NAMESPACE();
namespace rnnbench::core::HWY_NAMESPACE {
HWY_ATTR void log_chunk(double* x) { math::log_lanes<math::chunk_size>(x); }
HWY_ATTR void exp_chunk(double* x) { math::exp_lanes<math::chunk_size>(x); }
}  // namespace rnnbench::core::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>

namespace rnnbench::core::math {
namespace {

// pi/2 as a sum of doubles, of which the leading ones end in zero bits, so that small multiples of them are exact.
constexpr double half_pi_high = 0x1.921fb54400000p+0, half_pi_middle = 0x1.0b4611a600000p-34,
                 half_pi_low = 0x1.3198a2e037073p-69;

// Nearest whole number; |x| below 2^31.
int nearest(double x) { return static_cast<int>(x + (x < 0 ? -0.5 : 0.5)); }

// cos and sin of r + tail, where |r| <= pi/4 + rounding and `tail` is the rounding error of r, by their Taylor series
// (remainders below 2^-60).
double cos_kernel(double r, double tail) {
  const double z = r * r;
  double p = 0;
  for (int k = 18; k >= 4; k -= 2) p = (1 - p) * z / (k * (k - 1));
  // p is now z/12 - ...; cos = 1 - z/2 (1 - p), summed with the rounding error of 1 - z/2.
  const double half = 0.5 * z, w = 1 - half;
  return w + (((1 - w) - half) + (half * p - r * tail));
}

double sin_kernel(double r, double tail) {
  const double z = r * r;
  double p = 0;
  for (int k = 17; k >= 3; k -= 2) p = (1 - p) * z / (k * (k - 1));
  return r + (tail * (1 - 0.5 * z) - r * p);
}

void chosen_log(Isa isa, double* chunk) { RNNBENCH_CHOOSE(isa, log_chunk(chunk)) }
void chosen_exp(Isa isa, double* chunk) { RNNBENCH_CHOOSE(isa, exp_chunk(chunk)) }

template <class F>
void in_chunks(double* x, std::size_t count, F&& f) {
  for (; count >= chunk_size; count -= chunk_size, x += chunk_size) f(x);
  if (count == 0) return;
  double rest[chunk_size] = {};
  std::copy_n(x, count, rest);
  f(rest);
  std::copy_n(rest, count, x);
}

}  // namespace

double log(double x) {
  log_lanes<1>(&x);
  return x;
}

double exp(double x) {
  exp_lanes<1>(&x);
  return x;
}

void log_all(double* x, std::size_t count, Isa isa) {
  in_chunks(x, count, [isa](double* chunk) { chosen_log(isa, chunk); });
}

void exp_all(double* x, std::size_t count, Isa isa) {
  in_chunks(x, count, [isa](double* chunk) { chosen_exp(isa, chunk); });
}

double cos(double x) {
  if (x != x || x > 0x1p20 || x < -0x1p20) return not_a_number;
  if (x < 0) x = -x;
  const int quadrant = nearest(x * 0x1.45f306dc9c883p-1);
  const double high = x - quadrant * half_pi_high, middle = quadrant * half_pi_middle;
  const double first = high - middle, lost = (high - first) - middle;
  const double tail0 = lost - quadrant * half_pi_low;
  const double r = first + tail0, tail = (first - r) + tail0;
  switch (quadrant & 3) {
    case 0:
      return cos_kernel(r, tail);
    case 1:
      return -sin_kernel(r, tail);
    case 2:
      return -cos_kernel(r, tail);
    default:
      return sin_kernel(r, tail);
  }
}

}  // namespace rnnbench::core::math
#endif
