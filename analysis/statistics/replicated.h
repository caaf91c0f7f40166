// A comparison that was measured after two independent searches, A and B: estimates, one test over all numbers, and the
// verdict on it. docs/statistics.md ("Two searches") describes the procedure, docs/coverage.md how often it errs.
#pragma once

#include <array>
#include <optional>

#include "analysis/statistics/effect.h"

namespace rnnbench::analysis {

// With fewer numbers after a search than this there is no interval, and so no verdict. It is less than elsewhere
// (min_runs_for_interval), because the interval of sign flips is exact from six numbers on and the test takes the
// numbers of both searches.
inline constexpr int min_numbers_after_search = 8;

// Where an effect lies: above the upper boundary, between the two, or below the lower one.
enum class Zone { above, within, below };

// low <= high. If they are equal, nothing is between them: non-inferiority, or a margin of 0. Boundaries of ratios are
// ratios, not logarithms.
struct Boundaries {
  double low = 0, high = 0;
};

// The numbers that follow one search, by seed, as the arguments of Effect. `second` is empty where one number per seed
// is compared with a number.
struct PairedNumbers {
  Values first, second;
};

// Index 0 is of search A, index 1 of B.
struct Replicated {
  std::array<double, 2> mean{};                     // at the chosen settings; of ratios, geometric
  std::array<std::optional<Interval>, 2> interval;  // 95 %; nothing where no method is reliable
  std::optional<Interval> hull;                     // of both intervals
  std::array<double, 3> p = {1, 1, 1};              // by Zone, of all numbers of A and B, two-sided (doubled)
  double welch_p = 1;                               // that A and B have the same mean
  bool depends = false;                             // see part_verdict

  // The class of the comparison: the zone with the smallest p. At most one zone has a p below 1; if none has, this is
  // `above`, which has no meaning then.
  Zone zone() const;
  double p_of(Zone zone) const { return p[static_cast<std::size_t>(zone)]; }
  double smallest_p() const { return p_of(zone()); }
};

// Intervals of A and B, and tests of all numbers together, by the methods of Effect: sign flips, of logarithms for
// ratios; for binary outcomes Newcombe's interval with McNemar's and Tango's test, or Wilson's with the binomial test.
// Where no method is reliable (a scale that is unbounded, ratios that are not above 0, too few numbers, or differences
// that are all equal although they need not be), intervals are missing and p is 1.
//   above:  2 p(effect > high)
//   within: 2 max(p(effect > low), p(effect < high)), and 1 if low == high
//   below:  2 p(effect < low)
// The two searches check whether a result depends on the settings found. They are no sample of searches: no interval or
// p-value here describes the variation over searches.
Replicated replicated(const PairedNumbers& a, const PairedNumbers& b, Boundaries boundaries, Scale scale);

// The same numbers with other boundaries: means and intervals are those of `part`, so this takes much less time.
Replicated at_boundaries(Replicated part, const PairedNumbers& a, const PairedNumbers& b, Boundaries boundaries,
                         Scale scale);

enum class PartVerdict { above, within, below, depends_on_search, undecided };

// `adjusted_p` is smallest_p() after Holm's correction over the family. The verdict is the zone if adjusted_p <= 0.05
// and the hull lies wholly in the zone, boundaries excluded. Otherwise the result depends on the search if A and B
// differ (welch_p <= 0.05) and the intervals of A and B lie wholly in different zones, or only one of them in a zone.
// Otherwise it is undecided.
PartVerdict part_verdict(const Replicated& part, Boundaries boundaries, double adjusted_p);

}  // namespace rnnbench::analysis
