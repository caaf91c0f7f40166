// Statistics over several tasks. Each task has the same weight, whatever its number of runs. A stratum of `Strata`
// holds the scores of one task.
#pragma once

#include <vector>

#include "analysis/statistics/statistics.h"

namespace rnnbench::analysis {

// A share or probability with its 95 % interval.
struct Share {
  double value = 0;
  Interval interval;
};
// The mean of n >= 1 independent shares. Each end of its interval is at the distance sqrt(sum d_i^2) / n from the mean,
// where d_i are the distances of the same end of the intervals of the shares (MOVER of Zou & Donner 2008; for two
// shares, Newcombe's method of 1998).
Share mean_share(const std::vector<Share>& shares);

// The performance profile of Agarwal et al. 2021: for each threshold, the share of runs whose score is at least this
// threshold, averaged over tasks, with a pointwise interval from the Wilson intervals of the tasks.
struct PerformanceProfilePoint {
  double threshold = 0;
  Share share;
};
std::vector<PerformanceProfilePoint> performance_profile(const Strata& scores, const Values& thresholds);

// The probability of improvement of `a` over `b`, averaged over tasks. Both have the same tasks in the same order.
Share mean_improvement(const Strata& a, const Strata& b);

}  // namespace rnnbench::analysis
