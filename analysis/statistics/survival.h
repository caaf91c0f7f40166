// Survival analysis: times to an event, such as updates to solve, some of which are censored, that is, known only to be
// longer than the time of observation.
#pragma once

#include <optional>
#include <vector>

#include "analysis/statistics/statistics.h"

namespace rnnbench::analysis {

// The time of an event; or, if the event was not observed, the time until which it did not occur.
struct Lifetime {
  double time = 0;  // may be infinite if not observed
  bool observed = false;
};
using Lifetimes = std::vector<Lifetime>;

// The survival function from a time on: the probability that the event has not occurred.
struct SurvivalStep {
  double time = 0, share = 1;
  double error = 0;   // standard error of the share (Greenwood 1926), 0 where the share is 0
  Interval interval;  // 95 %, pointwise
};
// The product-limit estimate after each distinct time of an observed event (Kaplan & Meier 1958). The interval is
// Wilson's, with share (1 - share) / error^2 as the number of trials (Rothman 1978), or the number of the previous step
// where the share is 0. Without censoring, this is the number of runs.
std::vector<SurvivalStep> kaplan_meier(Lifetimes lifetimes);
// The same at any time. Before the first event the share is 1, with the interval of the runs observed until then.
SurvivalStep survival_at(const Lifetimes& lifetimes, double time);
// The smallest time at which the share is 1/2 or less; empty if there is none.
std::optional<double> median_lifetime(const Lifetimes& lifetimes);
// The mean of min(time, horizon): the area under the Kaplan-Meier curve up to the horizon (Irwin 1949), in the unit of
// the times. Beyond the last time, the curve is constant.
double restricted_mean(const Lifetimes& lifetimes, double horizon);

// Tests whether two samples have the same survival function (Mantel 1966), with the hypergeometric variance, which
// allows ties, and one degree of freedom. Chi-square is 0 and p is 1 if no time can be compared.
struct LogRank {
  double chi_square = 0, p = 1;
};
LogRank log_rank_test(const Lifetimes& a, const Lifetimes& b);

}  // namespace rnnbench::analysis
