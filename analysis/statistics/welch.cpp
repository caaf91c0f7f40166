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

// Of two samples of at least two values each.
struct MeanDifference {
  int exponent;     // the following are in units of 2^exponent, so that no square overflows or vanishes
  double distance;  // of the means
  double rounding;  // what a standard error may be by rounding alone
  double error;     // standard error of the distance
  double freedom;   // degrees of freedom; only if the error is larger than by rounding
};

MeanDifference difference_of(Values a, Values b) {
  double magnitude = 0;
  for (const Values* sample : {&a, &b})
    for (const double value : *sample) magnitude = std::max(magnitude, std::abs(value));
  const int exponent = magnitude > 0 ? std::ilogb(magnitude) : 0;
  for (Values* sample : {&a, &b})
    for (double& value : *sample) value = std::ldexp(value, -exponent);
  const double of_a = squared_error(a, mean(a)), of_b = squared_error(b, mean(b)), both = of_a + of_b;
  return {exponent, mean(a) - mean(b), 1e-12 * std::ldexp(magnitude, -exponent), std::sqrt(both),
          both * both /
              (of_a * of_a / static_cast<double>(a.size() - 1) + of_b * of_b / static_cast<double>(b.size() - 1))};
}

}  // namespace

double welch_test(const Values& a, const Values& b) {
  if (a.size() < 2 || b.size() < 2) return 1;
  const MeanDifference difference = difference_of(a, b);
  const double distance = std::abs(difference.distance);
  if (difference.error <= difference.rounding) return distance <= difference.rounding ? 1 : 0;
  const boost::math::students_t distribution(difference.freedom);
  return 2 * boost::math::cdf(boost::math::complement(distribution, distance / difference.error));
}

std::optional<Interval> welch_interval(const Values& a, const Values& b, double level) {
  if (a.size() < 2 || b.size() < 2) return std::nullopt;
  const MeanDifference difference = difference_of(a, b);
  if (difference.error <= difference.rounding) return std::nullopt;
  const boost::math::students_t distribution(difference.freedom);
  const double width = difference.error * boost::math::quantile(boost::math::complement(distribution, (1 - level) / 2));
  return Interval{std::ldexp(difference.distance - width, difference.exponent),
                  std::ldexp(difference.distance + width, difference.exponent)};
}

}  // namespace rnnbench::analysis
