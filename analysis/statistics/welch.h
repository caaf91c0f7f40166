// Welch's test and interval for two independent samples.
#pragma once

#include <optional>

#include "analysis/statistics/statistics.h"

namespace rnnbench::analysis {

// The two-sided p-value of the hypothesis that two samples, whose variances may differ, have the same mean (Welch
// 1947). If neither sample varies, up to rounding, it is 1 for equal means and 0 otherwise; 1 if a sample has fewer
// than two values, which show no variance.
double welch_test(const Values& a, const Values& b);

// The interval of the mean of `a` minus that of `b`: the differences that this test does not reject at 1 - level, for
// 0 < level < 1. Nothing if neither sample varies, or if one has fewer than two values.
std::optional<Interval> welch_interval(const Values& a, const Values& b, double level);

}  // namespace rnnbench::analysis
