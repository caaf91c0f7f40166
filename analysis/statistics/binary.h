// Inference on binary outcomes of runs, such as solved: the rate of one model, and the difference of the rates of two
// models whose runs are paired by seed.
#pragma once

#include <optional>

#include "analysis/statistics/statistics.h"

namespace rnnbench::analysis {

// `successes` of `trials` runs.
struct BinaryRate {
  int successes = 0, trials = 0;
  // Exact binomial p-values, one-sided: small when the rate is above, or below, the boundary.
  double p_above(double boundary) const;
  double p_below(double boundary) const;
  Interval interval(double level) const;  // Wilson's
};
// Nothing unless all values are 0 or 1.
std::optional<BinaryRate> binary_rate(const Values& values);

// How many pairs succeeded on both sides, on the first alone, on the second alone, on neither.
struct BinaryPairs {
  int both = 0, first = 0, second = 0, neither = 0;
  int pairs() const { return both + first + second + neither; }
  // One-sided p-values: small when the rate of the first side minus that of the second is above, or below, the
  // boundary, -1 to 1. Against 0 the test is McNemar's, exact (Fagerland, Lydersen & Laake 2013 compare its forms).
  // Against other boundaries no test is exact without a search over the unknown rates, and the one here is the score
  // test of Tango (1998). The test that belongs to the interval was not chosen: at 20 pairs and the boundary -0.1 it
  // rejects up to 12 % of true hypotheses at 5 %, Tango's up to 6 %. Where an interval excludes a boundary and the test
  // does not reject it, or the other way round, nothing is decided (findings/verdict.cpp).
  double p_above(double boundary) const;
  double p_below(double boundary) const;
  // Method 10 of Newcombe (1998, Statistics in Medicine 17:2635-2650): Wilson's intervals of both rates, combined with
  // the correlation of the sides. Unlike that of sign flips it has a width when all pairs agree.
  Interval interval(double level) const;
};
// Nothing unless all values are 0 or 1. Both sides have the same number of values.
std::optional<BinaryPairs> binary_pairs(const Values& first, const Values& second);

// The smallest p-values for equivalence (two one-sided tests) that so many runs can give: of a rate within the
// boundaries, and of a difference of paired rates within them.
double smallest_equivalence_p_of_rate(int runs, double low, double high);
double smallest_equivalence_p_of_pairs(int pairs, double low, double high);

}  // namespace rnnbench::analysis
