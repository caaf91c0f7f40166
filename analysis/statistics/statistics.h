// The statistics of repeated runs. The seed is the unit of replication; every quantity here is tested against
// values computed by another tool (tests/analysis/statistics).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::analysis {

// Fewer runs than this get their points and range: a percentile bootstrap of the IQM covers 0.76 at n = 3,
// 0.91 at 5 and 0.93 at 10 instead of 0.95 (docs/coverage.md).
inline constexpr int min_runs_for_interval = 10;
// Fewer pairs than this get no p-value: the smallest possible one (2^(1 - n), two-sided) says more about n
// than about the data.
inline constexpr int min_pairs_for_test = 9;
inline constexpr int bootstrap_resamples = 10000;

using Values = std::vector<double>;

struct Interval {
  double low = 0, high = 0;
};

// Of at least one value, in any order; infinities are allowed where the result does not depend on their size.
double mean(const Values& values);
double median(const Values& values);
// Linear interpolation between order statistics (type 7 of Hyndman & Fan 1996), 0 <= probability <= 1.
double quantile(Values values, double probability);
// The mean of what is left when floor(n / 4) values are cut off at each end (Agarwal et al. 2021): the mean
// for n < 4.
double interquartile_mean(Values values);

// The 95 % score interval of a success rate (Wilson 1927); 0 <= successes <= trials, trials > 0.
Interval wilson_interval(int successes, int trials);
// The same for a share that is as certain as one of `size` trials would be; size > 0 need not be a whole
// number.
Interval score_interval(double share, double size);

// The 95 % stratified percentile bootstrap (Agarwal et al. 2021): every stratum is resampled with replacement
// on its own, the ends are the 2.5 % and 97.5 % quantiles of the statistic. Random numbers come from a stream
// of their own, at an address made of resample and stratum: the same strata give the same interval.
using Strata = std::vector<Values>;
Interval bootstrap_interval(const Strata& strata, const std::function<double(const Strata&)>& statistic,
                            int resamples = bootstrap_resamples);
// The same for one sample.
Interval bootstrap_interval(const Values& values, double (*statistic)(const Values&));
inline double iqm(const Values& values) { return interquartile_mean(values); }

// The probability that a run of `a` scores higher than one of `b`, a tie counting half: U / (n m) of Mann &
// Whitney (1947).
double probability_of_improvement(const Values& a, const Values& b);
// Its 95 % interval: Wilson's, as if the smaller of both numbers of runs were trials. U / (n m) is an average
// of means over that many independent pairs, and so varies no more than a rate of as many trials does
// (Hoeffding 1963), whatever the distributions, ties included.
Interval improvement_interval(const Values& a, const Values& b);
// That probability minus the one of the opposite, -1 to 1 (Cliff 1993).
double cliffs_delta(const Values& a, const Values& b);

// p-values adjusted for the size of their family (Holm 1979), in the order given.
Values holm(const Values& p);

}  // namespace rnnbench::analysis
