// Shares over several tasks against values stored from numpy and statsmodels
// (tests/analysis/statistics/make_reference.py).
#include "analysis/statistics/performance_profile.h"

#include <catch2/catch.hpp>

#include "tests/analysis/statistics/reference.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

TEST_CASE("the mean of two shares has Newcombe's interval", "[statistics][profile]") {
  for (const auto& rates : reference()["newcombe"]) {
    const int k1 = rates["successes"][0], n1 = rates["trials"][0];
    const int k2 = rates["successes"][1], n2 = rates["trials"][1];
    // p1 - p2 is p1 + (1 - p2) - 1.
    const Share mean = mean_share({{static_cast<double>(k1) / n1, wilson_interval(k1, n1)},
                                   {static_cast<double>(n2 - k2) / n2, wilson_interval(n2 - k2, n2)}});
    CHECK(2 * mean.interval.low - 1 == near(rates["low"]));
    CHECK(2 * mean.interval.high - 1 == near(rates["high"]));
  }
}

TEST_CASE("performance profiles agree with numpy, their bands with Wilson's intervals", "[statistics][profile]") {
  for (const auto& sample : reference()["profile"]) {
    const Strata tasks = sample["tasks"].get<Strata>();
    const Values thresholds = sample["thresholds"], shares = sample["shares"];
    const auto profile = performance_profile(tasks, thresholds);
    REQUIRE(profile.size() == thresholds.size());
    for (std::size_t i = 0; i < profile.size(); ++i) {
      CHECK(profile[i].threshold == thresholds[i]);
      CHECK(profile[i].share.value == near(shares[i]));
      CHECK(profile[i].share.interval.low >= -1e-12);
      CHECK(profile[i].share.interval.high <= 1 + 1e-12);
      CHECK(profile[i].share.interval.low < profile[i].share.interval.high);
    }
    // Three tasks together are known better than one of them.
    const Share first = performance_profile({tasks[0]}, {0.0})[0].share, all = profile[2].share;
    CHECK(all.interval.high - all.interval.low < first.interval.high - first.interval.low);
  }
  // A score equal to the threshold reaches it.
  const Share single = performance_profile({{0.25, 0.5, 0.75, 1}}, {0.5})[0].share;
  CHECK(single.value == 0.75);
  CHECK(single.interval.low == near(wilson_interval(3, 4).low));
  CHECK(single.interval.high == near(wilson_interval(3, 4).high));
}

TEST_CASE("improvement over tasks counts tasks, not runs", "[statistics][profile]") {
  const Strata a = {{1, 2, 3}, {5, 5, 5, 5, 5, 5}}, b = {{0, 0, 0}, {7, 7, 7, 7, 7, 7}};
  const Share mean = mean_improvement(a, b);
  CHECK(mean.value == 0.5);  // by runs: 9 wins of 45
  CHECK(mean.interval.low == near(mean_share({{1, wilson_interval(3, 3)}, {0, wilson_interval(0, 6)}}).interval.low));
  // Every task of its own: what differs between tasks is no uncertainty.
  CHECK(mean_improvement({a[0]}, {b[0]}).interval.low == near(improvement_interval(a[0], b[0]).low));
  CHECK(mean.interval.high == near(0.5 + wilson_interval(0, 6).high / 2));
}
