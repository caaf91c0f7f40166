// Times to an event, such as updates to solve, of which some are known only to be longer than what was
// observed.
#pragma once

#include <optional>
#include <vector>

#include "analysis/statistics/statistics.h"

namespace rnnbench::analysis {

// A time to an event, or, when the event was not seen, the time until which it was not.
struct Lifetime {
  double time = 0;  // may be infinite when not seen: never
  bool seen = false;
};
using Lifetimes = std::vector<Lifetime>;

// The share still without the event, from a time on, as a probability.
struct SurvivalStep {
  double time = 0, share = 1;
  double error = 0;   // standard error of the share (Greenwood 1926), 0 where the share is 0
  Interval interval;  // 95 %, pointwise
};
// The product-limit estimate after each distinct time at which an event was seen (Kaplan & Meier 1958). The
// interval is Wilson's with the effective size share (1 - share) / error^2 for the number of runs (Rothman
// 1978); where the share is 0, the size of the step before. Without ends of observation this size is the
// number of runs.
std::vector<SurvivalStep> kaplan_meier(Lifetimes lifetimes);
// The same at any time; before the first event the share is 1, with an interval from the runs observed until
// then.
SurvivalStep survival_at(const Lifetimes& lifetimes, double time);
// The smallest time at which that share is 1/2 or less; nothing when it never is.
std::optional<double> median_lifetime(const Lifetimes& lifetimes);
// The mean of the times, each counted up to the horizon at most: the area under the Kaplan-Meier curve until
// there (Irwin 1949), in the unit of the times. Beyond the last time the curve goes on as it is.
double restricted_mean(const Lifetimes& lifetimes, double horizon);

// Do events come equally soon in two samples (Mantel 1966)? With the hypergeometric variance at each time,
// ties included; one degree of freedom. Chi-square 0 and p = 1 where nothing can be compared.
struct LogRank {
  double chi_square = 0, p = 1;
};
LogRank log_rank_test(const Lifetimes& a, const Lifetimes& b);

}  // namespace rnnbench::analysis
