// Statistics of repeated runs. The unit of replication is the seed. Every quantity is tested against values computed by
// another tool (tests/analysis/statistics).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::analysis {

// With fewer runs than this, all scores are shown instead of an interval: the actual coverage of a 95 % percentile
// bootstrap interval of the IQM is 0.76 at n = 3, 0.91 at n = 5 and 0.93 at n = 10 (docs/coverage.md).
inline constexpr int min_runs_for_interval = 10;
// With fewer pairs than this, no p-value is shown: the smallest possible one (2^(1 - n), two-sided) would say more
// about n than about the data.
inline constexpr int min_pairs_for_test = 9;
inline constexpr int bootstrap_resamples = 10000;

using Values = std::vector<double>;

struct Interval {
  double low = 0, high = 0;
};

// Of at least one value, in any order. Values may be infinite if the result does not depend on their magnitude.
double mean(const Values& values);
double median(const Values& values);
// By linear interpolation between order statistics (type 7 of Hyndman & Fan 1996); 0 <= probability <= 1.
double quantile(Values values, double probability);
// The mean without the floor(n / 4) smallest and largest values (Agarwal et al. 2021). For n < 4 it is the mean.
double interquartile_mean(Values values);

// The 95 % score interval of a success rate (Wilson 1927); 0 <= successes <= trials, trials > 0.
Interval wilson_interval(int successes, int trials);
// The same for a share with the uncertainty of `size` trials, which need not be a whole number; size > 0. `z` is the
// quantile of the normal distribution that belongs to the level.
inline constexpr double normal_quantile_975 = 1.959963984540054;
Interval score_interval(double share, double size, double z = normal_quantile_975);
// The quantile of the standard normal distribution for 1/2 <= probability < 1.
double normal_quantile(double probability);

// The 95 % stratified percentile bootstrap (Agarwal et al. 2021). Each stratum is resampled with replacement
// separately. The ends are the 2.5 % and 97.5 % quantiles of the statistic. Random numbers depend only on the number of
// the resample and of the stratum, so the same strata always give the same interval.
using Strata = std::vector<Values>;
Interval bootstrap_interval(const Strata& strata, const std::function<double(const Strata&)>& statistic,
                            int resamples = bootstrap_resamples);
// The same for one sample.
Interval bootstrap_interval(const Values& values, double (*statistic)(const Values&));
inline double iqm(const Values& values) { return interquartile_mean(values); }

// The probability that a run of `a` scores higher than a run of `b`, where ties count half: U / (n m) of Mann & Whitney
// (1947).
double probability_of_improvement(const Values& a, const Values& b);
// Its 95 % interval: Wilson's, with the smaller of both numbers of runs as the number of trials. U / (n m) is an
// average of means over that many independent pairs, so whatever the distributions, and with ties, its variance is at
// most that of a rate of as many trials (Hoeffding 1963).
Interval improvement_interval(const Values& a, const Values& b);
// The probability that a run of `a` scores higher minus the probability that it scores lower, -1 to 1 (Cliff 1993).
double cliffs_delta(const Values& a, const Values& b);

// How good the best of n trials is expected to be, for n = 1 .. N, where N is the number of scores: element n - 1 is
// the mean of the best of n scores drawn with replacement from these (Dodge et al. 2019, equation 8).
Values expected_best(Values scores, bool higher_is_better);

// p-values adjusted for their number (Holm 1979), in the same order.
Values holm(const Values& p);

}  // namespace rnnbench::analysis
