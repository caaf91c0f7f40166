// Welch's test of two independent samples.
#pragma once

#include "analysis/statistics/statistics.h"

namespace rnnbench::analysis {

// The two-sided p-value of the hypothesis that two samples, whose variances may differ, have the same mean (Welch
// 1947). If neither sample varies, up to rounding, it is 1 for equal means and 0 otherwise; 1 if a sample has fewer
// than two values, which show no variance.
double welch_test(const Values& a, const Values& b);

}  // namespace rnnbench::analysis
