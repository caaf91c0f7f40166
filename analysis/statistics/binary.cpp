#include "analysis/statistics/binary.h"

#include <algorithm>
#include <cmath>

namespace rnnbench::analysis {

namespace {

// The probability of `least` or more successes in `trials`, 0 < rate < 1.
double binomial_tail(int least, int trials, double rate) {
  double tail = 0;
  for (int k = std::max(least, 0); k <= trials; ++k)
    tail += std::exp(std::lgamma(trials + 1) - std::lgamma(k + 1) - std::lgamma(trials - k + 1) + k * std::log(rate) +
                     (trials - k) * std::log1p(-rate));
  return std::min(tail, 1.0);
}

bool all_binary(const Values& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return value == 0 || value == 1; });
}

// Tango's statistic divided by sqrt(pairs). Infinite where the boundary rules out what was observed.
double tango(const BinaryPairs& p, double boundary) {
  const double n = p.pairs(), first = p.first / n, second = p.second / n;
  // The probability that the second side alone succeeds, estimated under the hypothesis.
  const double b = (2 - first + second) * boundary - first - second, c = -second * boundary * (1 - boundary);
  const double estimate = (std::sqrt(std::max(0.0, b * b - 8 * c)) - b) / 4;
  const double variance = 2 * estimate + boundary * (1 - boundary), distance = first - second - boundary;
  return std::abs(distance) < 1e-12 ? 0 : distance / std::sqrt(std::max(0.0, variance));
}

double equivalence_p(const auto& outcome, double low, double high) {
  return std::max(outcome.p_above(low), outcome.p_below(high));
}

}  // namespace

double BinaryRate::p_above(double boundary) const {
  if (boundary >= 1) return 1;
  if (boundary <= 0) return boundary == 0 && successes == 0 ? 1 : 0;
  return binomial_tail(successes, trials, boundary);
}

double BinaryRate::p_below(double boundary) const {
  return BinaryRate{trials - successes, trials}.p_above(1 - boundary);
}

Interval BinaryRate::interval(double level) const {
  return score_interval(static_cast<double>(successes) / trials, trials, normal_quantile(0.5 + level / 2));
}

std::optional<BinaryRate> binary_rate(const Values& values) {
  if (!all_binary(values)) return std::nullopt;
  return BinaryRate{static_cast<int>(std::count(values.begin(), values.end(), 1)), static_cast<int>(values.size())};
}

double BinaryPairs::p_above(double boundary) const {
  if (boundary < -1) return 0;
  if (boundary > 1) return 1;
  if (boundary == 0) return binomial_tail(first, first + second, 0.5);
  return 0.5 * std::erfc(std::sqrt(pairs() / 2.0) * tango(*this, boundary));
}

double BinaryPairs::p_below(double boundary) const {
  return BinaryPairs{both, second, first, neither}.p_above(-boundary);
}

Interval BinaryPairs::interval(double level) const {
  const double n = pairs(), z = normal_quantile(0.5 + level / 2);
  const double first_rate = (both + first) / n, second_rate = (both + second) / n;
  const Interval a = score_interval(first_rate, n, z), b = score_interval(second_rate, n, z);
  const double margins = (both + first) * 1.0 * (second + neither) * (both + second) * (first + neither);
  double association = both * 1.0 * neither - first * 1.0 * second;
  if (association > 0) association = std::max(association - n / 2, 0.0);  // a correction for continuity
  const double correlation = margins > 0 ? association / std::sqrt(margins) : 0;
  const auto combined = [&](double x, double y) {
    return std::sqrt(std::max(0.0, x * x - 2 * correlation * x * y + y * y));
  };
  const double difference = first_rate - second_rate;
  return {difference - combined(first_rate - a.low, b.high - second_rate),
          difference + combined(a.high - first_rate, second_rate - b.low)};
}

std::optional<BinaryPairs> binary_pairs(const Values& first, const Values& second) {
  if (!all_binary(first) || !all_binary(second)) return std::nullopt;
  BinaryPairs pairs;
  for (std::size_t i = 0; i < first.size(); ++i)
    ++(first[i] == 1 ? second[i] == 1 ? pairs.both : pairs.first : second[i] == 1 ? pairs.second : pairs.neither);
  return pairs;
}

double smallest_equivalence_p_of_rate(int runs, double low, double high) {
  double smallest = 1;
  for (int successes = 0; successes <= runs; ++successes)
    smallest = std::min(smallest, equivalence_p(BinaryRate{successes, runs}, low, high));
  return smallest;
}

double smallest_equivalence_p_of_pairs(int pairs, double low, double high) {
  double smallest = 1;  // when no pair speaks against the difference
  for (int apart = -pairs; apart <= pairs; ++apart)
    smallest = std::min(
        smallest,
        equivalence_p(BinaryPairs{pairs - std::abs(apart), std::max(apart, 0), std::max(-apart, 0), 0}, low, high));
  return smallest;
}

}  // namespace rnnbench::analysis
