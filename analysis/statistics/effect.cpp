#include "analysis/statistics/effect.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace rnnbench::analysis {

namespace {

// Up to the rounding of a difference.
bool all_equal(const Values& values) {
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  return *max - *min <= 1e-12 * std::max(std::abs(*min), std::abs(*max));
}

}  // namespace

Scale scale_of(const std::string& measure) {
  static const std::set<std::string>
      shares = {"solved", "diverged", "recall", "accuracy"},
      constants = {"parameters", "hidden", "state_size"},
      unbounded = {"loss", "mse", "excess", "gap", "cpu_seconds_to_solve", "cpu_ms_per_update", "wall_ms_per_update"};
  return shares.contains(measure)      ? Scale::share
         : constants.contains(measure) ? Scale::constant
         : unbounded.contains(measure) ? Scale::unbounded
                                       : Scale::linear;
}

Effect::Effect(Values first, Values second, Scale scale) : logarithmic_(scale == Scale::logarithmic) {
  if (first.empty()) return;
  const auto positive = [](double value) { return value > 0; };
  if (logarithmic_ && !std::all_of(first.begin(), first.end(), positive)) {
    logarithmic_ = false;
    scale = Scale::unbounded;
  }
  const bool share = scale == Scale::share;
  const auto pairs = share && !second.empty() ? binary_pairs(first, second) : std::nullopt;
  const auto rate = share && second.empty() ? binary_rate(first) : std::nullopt;
  for (std::size_t i = 0; i < second.size(); ++i) first[i] -= second[i];
  if (logarithmic_)
    for (double& value : first) value = std::log(value);
  values_ = std::move(first);
  value_ = logarithmic_ ? std::exp(mean(values_)) : mean(values_);
  if (scale == Scale::unbounded) return;
  if (pairs) {
    method_ = Method::pairs;
    pairs_ = *pairs;
  } else if (rate) {
    method_ = Method::rate;
    rate_ = *rate;
  } else if (scale == Scale::constant || !all_equal(values_)) {
    method_ = Method::sign_flips;
  }
}

SubsetMeans& Effect::means() {
  if (!means_) means_.emplace(values_);
  return *means_;
}

double Effect::transformed(double boundary) const {
  if (!logarithmic_) return boundary;
  return boundary > 0 ? std::log(boundary) : -std::numeric_limits<double>::infinity();
}

std::optional<Interval> Effect::interval(double level, int min_values) {
  if (!reliable() || static_cast<int>(values_.size()) < min_values) return std::nullopt;
  if (method_ == Method::pairs) return pairs_.interval(level);
  if (method_ == Method::rate) return rate_.interval(level);
  const Interval interval = means().interval(level);
  return logarithmic_ ? Interval{std::exp(interval.low), std::exp(interval.high)} : interval;
}

std::optional<double> Effect::p_above(double boundary) {
  if (!reliable() || static_cast<int>(values_.size()) < min_pairs_for_test) return std::nullopt;
  if (method_ == Method::pairs) return pairs_.p_above(boundary);
  if (method_ == Method::rate) return rate_.p_above(boundary);
  return means().p_above(transformed(boundary));
}

std::optional<double> Effect::p_below(double boundary) {
  if (!reliable() || static_cast<int>(values_.size()) < min_pairs_for_test) return std::nullopt;
  if (method_ == Method::pairs) return pairs_.p_below(boundary);
  if (method_ == Method::rate) return rate_.p_below(boundary);
  return means().p_below(transformed(boundary));
}

}  // namespace rnnbench::analysis
