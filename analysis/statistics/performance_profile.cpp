#include "analysis/statistics/performance_profile.h"

#include <algorithm>
#include <cmath>

namespace rnnbench::analysis {

Share mean_share(const std::vector<Share>& shares) {
  double sum = 0, below = 0, above = 0;
  for (const auto& [value, interval] : shares) {
    sum += value;
    below += (value - interval.low) * (value - interval.low);
    above += (interval.high - value) * (interval.high - value);
  }
  const double n = static_cast<double>(shares.size()), mean = sum / n;
  return {mean, {mean - std::sqrt(below) / n, mean + std::sqrt(above) / n}};
}

std::vector<PerformanceProfilePoint> performance_profile(const Strata& scores, const Values& thresholds) {
  std::vector<PerformanceProfilePoint> points;
  for (double threshold : thresholds) {
    std::vector<Share> shares;
    for (const Values& task : scores) {
      const int runs = static_cast<int>(task.size());
      const int reached =
          static_cast<int>(std::count_if(task.begin(), task.end(), [&](double score) { return score >= threshold; }));
      shares.push_back({static_cast<double>(reached) / runs, wilson_interval(reached, runs)});
    }
    points.push_back({threshold, mean_share(shares)});
  }
  return points;
}

Share mean_improvement(const Strata& a, const Strata& b) {
  std::vector<Share> shares;
  for (std::size_t task = 0; task < a.size(); ++task)
    shares.push_back({probability_of_improvement(a[task], b[task]), improvement_interval(a[task], b[task])});
  return mean_share(shares);
}

}  // namespace rnnbench::analysis
