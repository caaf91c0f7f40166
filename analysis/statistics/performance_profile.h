// Several tasks together: each counts the same, whatever its number of runs. A stratum holds the runs of one
// task.
#pragma once

#include <vector>

#include "analysis/statistics/statistics.h"

namespace rnnbench::analysis {

// A share or probability with its 95 % interval.
struct Share {
  double value = 0;
  Interval interval;
};
// The mean of independent shares, at least one. The interval takes from each the distance of its own end
// (MOVER of Zou & Donner 2008, which for two shares is Newcombe's method of 1998); that of a single share is
// its own.
Share mean_share(const std::vector<Share>& shares);

// The share of runs that score `threshold` or more, averaged over tasks (Agarwal et al. 2021), with a
// pointwise interval from the Wilson intervals of the tasks; for each threshold, in the unit of the scores.
struct ProfilePoint {
  double threshold = 0;
  Share share;
};
std::vector<ProfilePoint> performance_profile(const Strata& scores, const Values& thresholds);

// The probability of improvement of `a` over `b`, averaged over tasks; both have the same tasks in the same
// order.
Share mean_improvement(const Strata& a, const Strata& b);

}  // namespace rnnbench::analysis
