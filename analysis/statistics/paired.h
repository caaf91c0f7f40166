// Inference on paired differences, one number per seed: tests, intervals and equivalence.
//
// Everything follows from one assumption: if a model is not better than the other, the differences are symmetric, so
// each could as well have had the opposite sign. Up to 40 pairs the p-values are exact: they count all 2^n patterns of
// signs (subset_sums.h). Up to 20 pairs the intervals are exact too. Beyond that, 100,000 random patterns are drawn
// from fixed seeds: the same differences give the same numbers. Callers print no p-value below min_pairs_for_test.
#pragma once

#include <optional>
#include <vector>

#include "analysis/statistics/statistics.h"

namespace rnnbench::analysis {

// Tests and intervals from the subsets of the differences, each of which is what one pattern of signs flips. The ends
// of an interval are means of subsets: of all non-empty ones, or of 100,000 random ones beyond 20 pairs. They are
// computed when they are first needed, which takes most of the time, so one object serves all levels.
class SubsetMeans {
 public:
  explicit SubsetMeans(const Values& differences);
  // One-sided p-values: small when the center of symmetry is above, or below, the boundary. They are the fraction of
  // the patterns of signs that, applied to the differences minus the boundary, give a mean at least as large, or as
  // small, as the observed one. About 1 ms for 32 pairs. Random patterns, beyond 40 pairs, give (c + 1) / (100,000 +
  // 1).
  double p_above(double boundary);
  double p_below(double boundary);
  Interval interval(double level);  // see mean_interval

 private:
  Values& means();
  Values differences_, means_;
};

// Two-sided p-value of the hypothesis that the differences are symmetric around 0, by flipping their signs
// (Fisher 1935); the statistic is their mean. Random patterns, beyond 40 pairs, give (c + 1) / (100,000 + 1).
double sign_flip_test(const Values& differences);
// The smallest p-value that this test can give for n pairs: 2^(1 - n), and 1 / 100,001 beyond 40.
double smallest_p(int n);
// One-sided p-value, small when the center of symmetry is above 0.
double sign_flip_greater(const Values& differences);

// The interval for the center of symmetry of the differences, in their unit: all centers c that sign_flip_test, applied
// to the differences minus c, does not reject at 1 - level. (Beyond 20 pairs this holds up to the error of the random
// subsets.) It covers the center with at least this level. Its ends are order statistics of the subset means
// (Hartigan 1969, "typical values"). They are infinite if there are too few differences to reject any center; at 95 %,
// fewer than 6.
Interval mean_interval(const Values& differences, double level);

// Two one-sided tests (Schuirmann 1987): the larger of the p-values for center > -margin and for center < margin, where
// the margin is in the unit of the differences. It is at most 0.05 exactly when mean_interval at 0.90 lies strictly
// between -margin and margin (beyond 20 pairs, up to the error of the random subsets).
double equivalence_test(const Values& differences, double margin);

// The least-squares slope of each row over x, in the unit of y per unit of x. `x` has at least two distinct values, and
// each row has as many values as x. A row holds the values of one seed, so that a trend is one number per seed, which
// is treated like a difference. If the rows are differences of two models, the slope measures an interaction.
Values slopes(const Values& x, const std::vector<Values>& rows);

}  // namespace rnnbench::analysis
