#include "analysis/statistics/replicated.h"

#include <algorithm>
#include <utility>

#include "analysis/statistics/welch.h"

namespace rnnbench::analysis {

namespace {

constexpr double significance = 0.05, interval_level = 0.95;

PairedNumbers pooled(const PairedNumbers& a, const PairedNumbers& b) {
  PairedNumbers all = a;
  all.first.insert(all.first.end(), b.first.begin(), b.first.end());
  all.second.insert(all.second.end(), b.second.begin(), b.second.end());
  return all;
}

// Ratios that are not all above 0 have no logarithm, in neither of A and B, so that both means are of one kind.
Scale common_scale(const PairedNumbers& a, const PairedNumbers& b, Scale scale) {
  const auto positive = [](double value) { return value > 0; };
  const bool all =
      std::all_of(a.first.begin(), a.first.end(), positive) && std::all_of(b.first.begin(), b.first.end(), positive);
  return scale == Scale::logarithmic && !all ? Scale::unbounded : scale;
}

// 1 where no method is reliable.
double doubled(std::optional<double> one_sided) { return one_sided ? std::min(1.0, 2 * *one_sided) : 1; }

// The zone in which an interval lies wholly.
std::optional<Zone> zone_of(const std::optional<Interval>& interval, Boundaries boundaries) {
  if (!interval) return std::nullopt;
  if (interval->low > boundaries.high) return Zone::above;
  if (interval->high < boundaries.low) return Zone::below;
  if (interval->low > boundaries.low && interval->high < boundaries.high) return Zone::within;
  return std::nullopt;
}

}  // namespace

Zone Replicated::zone() const { return static_cast<Zone>(std::min_element(p.begin(), p.end()) - p.begin()); }

Replicated replicated(const PairedNumbers& a, const PairedNumbers& b, Boundaries boundaries, Scale scale) {
  scale = common_scale(a, b, scale);
  std::array effects = {Effect(a.first, a.second, scale), Effect(b.first, b.second, scale)};
  Replicated part;
  for (int search : {0, 1}) {
    part.mean[search] = effects[search].value();
    part.interval[search] = effects[search].interval(interval_level, min_numbers_after_search);
  }
  if (part.interval[0] && part.interval[1])
    part.hull = Interval{std::min(part.interval[0]->low, part.interval[1]->low),
                         std::max(part.interval[0]->high, part.interval[1]->high)};
  part.welch_p = welch_test(effects[0].values(), effects[1].values());
  return at_boundaries(part, a, b, boundaries, scale);
}

Replicated at_boundaries(Replicated part, const PairedNumbers& a, const PairedNumbers& b, Boundaries boundaries,
                         Scale scale) {
  const PairedNumbers numbers = pooled(a, b);
  Effect all(numbers.first, numbers.second, common_scale(a, b, scale));
  // A test has a one-sided p below 1/2 only on the side of the boundary where the mean lies. So doubled, only the zone
  // with the mean has a p below 1.
  const auto [low, high] = boundaries;
  const double center = all.value();
  const auto set = [&](Zone zone, std::optional<double> p) { part.p[static_cast<std::size_t>(zone)] = doubled(p); };
  part.p = {1, 1, 1};
  if (center > high) set(Zone::above, all.p_above(high));
  if (center < low) set(Zone::below, all.p_below(low));
  if (low < center && center < high) set(Zone::within, std::max(all.p_above(low), all.p_below(high)));
  const auto of_a = zone_of(part.interval[0], boundaries), of_b = zone_of(part.interval[1], boundaries);
  part.depends = part.welch_p <= significance && of_a != of_b;
  return part;
}

PartVerdict part_verdict(const Replicated& part, Boundaries boundaries, double adjusted_p) {
  if (adjusted_p <= significance && zone_of(part.hull, boundaries) == part.zone()) {
    switch (part.zone()) {
      case Zone::above:
        return PartVerdict::above;
      case Zone::within:
        return PartVerdict::within;
      case Zone::below:
        return PartVerdict::below;
    }
  }
  return part.depends ? PartVerdict::depends_on_search : PartVerdict::undecided;
}

}  // namespace rnnbench::analysis
