#include "analysis/statistics/welch.h"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/students_t.hpp>

namespace rnnbench::analysis {

namespace {

// The square of the standard error of the mean.
double squared_error(const Values& values, double center) {
  double squares = 0;
  for (const double value : values) squares += (value - center) * (value - center);
  const auto n = static_cast<double>(values.size());
  return squares / (n - 1) / n;
}

}  // namespace

double welch_test(const Values& a, const Values& b) {
  if (a.size() < 2 || b.size() < 2) return 1;
  double magnitude = 0;
  for (const Values* sample : {&a, &b})
    for (const double value : *sample) magnitude = std::max(magnitude, std::abs(value));
  const double distance = mean(a) - mean(b), rounding = 1e-12 * magnitude;
  const double of_a = squared_error(a, mean(a)), of_b = squared_error(b, mean(b)), both = of_a + of_b;
  if (both <= rounding * rounding) return std::abs(distance) <= rounding ? 1 : 0;
  const double freedom =
      both * both / (of_a * of_a / static_cast<double>(a.size() - 1) + of_b * of_b / static_cast<double>(b.size() - 1));
  const boost::math::students_t distribution(freedom);
  return 2 * boost::math::cdf(boost::math::complement(distribution, std::abs(distance) / std::sqrt(both)));
}

}  // namespace rnnbench::analysis
