#include "analysis/statistics/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/stream.h"

namespace rnnbench::analysis {

namespace {

// Seed of the bootstrap. Changing it would change published intervals.
constexpr std::uint64_t bootstrap_seed = 1;

}  // namespace

double mean(const Values& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double median(const Values& values) { return quantile(values, 0.5); }

double quantile(Values values, double probability) {
  std::sort(values.begin(), values.end());
  const double position = probability * static_cast<double>(values.size() - 1);
  const std::size_t below = static_cast<std::size_t>(position);
  const double weight = position - static_cast<double>(below);
  if (weight == 0 || values[below] == values[below + 1]) return values[below];  // no inf * 0, no inf - inf
  return values[below] + weight * (values[below + 1] - values[below]);
}

double interquartile_mean(Values values) {
  std::sort(values.begin(), values.end());
  const std::size_t cut = values.size() / 4;
  return std::accumulate(values.begin() + cut, values.end() - cut, 0.0) / static_cast<double>(values.size() - 2 * cut);
}

Interval wilson_interval(int successes, int trials) {
  return score_interval(static_cast<double>(successes) / trials, trials);
}

Interval score_interval(double share, double size, double z) {
  const double z2 = z * z;
  const double center = (share + z2 / (2 * size)) / (1 + z2 / size);
  const double half = z / (1 + z2 / size) * std::sqrt(share * (1 - share) / size + z2 / (4 * size * size));
  return {share == 0 ? 0 : center - half, share == 1 ? 1 : center + half};
}

double normal_quantile(double probability) {  // by bisection
  double low = 0, high = 40;
  while (true) {
    const double middle = 0.5 * (low + high);
    if (middle == low || middle == high) return middle;
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < probability ? low : high) = middle;
  }
}

Interval bootstrap_interval(const Strata& strata, const std::function<double(const Strata&)>& statistic,
                            int resamples) {
  Values estimates(resamples);
  Strata drawn = strata;
  for (int resample = 0; resample < resamples; ++resample) {
    for (std::size_t s = 0; s < strata.size(); ++s) {
      Stream stream(bootstrap_seed, Purpose::bootstrap, resample, static_cast<std::uint32_t>(s));
      for (double& value : drawn[s]) value = strata[s][stream.below(static_cast<std::uint32_t>(strata[s].size()))];
    }
    estimates[resample] = statistic(drawn);
  }
  return {quantile(estimates, 0.025), quantile(estimates, 0.975)};
}

Interval bootstrap_interval(const Values& values, double (*statistic)(const Values&)) {
  return bootstrap_interval(Strata{values}, [statistic](const Strata& drawn) { return statistic(drawn[0]); });
}

double probability_of_improvement(const Values& a, const Values& b) {
  double wins = 0;
  for (double x : a) {
    for (double y : b) wins += x > y ? 1 : x == y ? 0.5 : 0;
  }
  return wins / (static_cast<double>(a.size()) * static_cast<double>(b.size()));
}

Interval improvement_interval(const Values& a, const Values& b) {
  return score_interval(probability_of_improvement(a, b), static_cast<double>(std::min(a.size(), b.size())));
}

double cliffs_delta(const Values& a, const Values& b) { return 2 * probability_of_improvement(a, b) - 1; }

Values expected_best(Values scores, bool higher_is_better) {
  std::sort(scores.begin(), scores.end());
  if (!higher_is_better) std::reverse(scores.begin(), scores.end());  // from the worst to the best
  const auto size = static_cast<double>(scores.size());
  Values expected(scores.size(), 0);
  for (std::size_t n = 1; n <= scores.size(); ++n) {
    double none_better = 0;  // the probability that no trial is better than the score of this rank
    for (std::size_t rank = 0; rank < scores.size(); ++rank) {
      const double next = std::pow(static_cast<double>(rank + 1) / size, static_cast<double>(n));
      expected[n - 1] += scores[rank] * (next - none_better);
      none_better = next;
    }
  }
  return expected;
}

Values holm(const Values& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  Values adjusted(p.size());
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(p.size() - rank) * p[order[rank]]));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

}  // namespace rnnbench::analysis
