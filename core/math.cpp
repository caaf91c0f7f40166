#include "core/math.h"

#include <array>
#include <bit>
#include <cstdint>
#include <limits>

namespace rnnbench::core::math {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// ln 2 and pi/2 as sums of doubles, of which the leading ones end in zero bits, so that small multiples of them are
// exact.
constexpr double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
constexpr double half_pi_high = 0x1.921fb54400000p+0, half_pi_middle = 0x1.0b4611a600000p-34,
                 half_pi_low = 0x1.3198a2e037073p-69;

// 1 / 14!, ..., 1 / 2!
constexpr std::array<double, 13> exp_coefficients = [] {
  std::array<double, 13> coefficients{};
  double factorial = 1;
  for (int i = 2; i <= 14; ++i) coefficients[14 - i] = 1 / (factorial *= i);
  return coefficients;
}();

double power_of_two(int exponent) { return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52); }

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

}  // namespace

double log(double x) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  if ((bits & ~(1ull << 63)) >> 52 == 0) return -infinity;
  if (x != x || x < 0) return not_a_number;
  if (x == infinity) return infinity;
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & ((1ull << 52) - 1)) | (1023ull << 52));
  if (m > 0x1.6a09e667f3bcdp+0) {
    m *= 0.5;
    ++exponent;
  }
  // log m = 2 artanh(s) with s = f / (2 + f), f = m - 1, |s| < 0.172. Written as 2s = f - s f, the leading term f is
  // exact.
  const double f = m - 1, s = f / (2 + f), z = s * s;
  double series = 0;
  for (int k = 21; k >= 3; k -= 2) series = (series + 2.0 / k) * z;
  return exponent * ln2_high - ((s * (f - series) - exponent * ln2_low) - f);
}

double exp(double x) {
  if (x != x) return x;
  if (x > 0x1.62e42fefa39efp+9) return infinity;
  if (x < -0x1.6232bdd7abcd2p+9) return 0;
  const int k = nearest(x * 0x1.71547652b82fep+0);
  const double high = x - k * ln2_high, low = k * ln2_low, r = high - low, lost = (high - r) - low;
  double p = 0;  // e^r - 1 - r, from the smallest term
  for (const double coefficient : exp_coefficients) p = p * r + coefficient;
  p *= r * r;
  const double y = 1 + (r + (p + lost));
  return y * power_of_two(k / 2) * power_of_two(k - k / 2);
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
