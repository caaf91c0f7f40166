// Times to an event against values stored from statsmodels (tests/analysis/statistics/make_reference.py).
#include "analysis/statistics/survival.h"

#include <limits>

#include <catch2/catch.hpp>

#include "tests/analysis/statistics/reference.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

Lifetimes make_lifetimes(const nlohmann::json& times, const nlohmann::json& seen) {
  Lifetimes lifetimes;
  for (std::size_t i = 0; i < times.size(); ++i) lifetimes.push_back({times[i], seen[i].get<int>() == 1});
  return lifetimes;
}

}  // namespace

TEST_CASE("Kaplan-Meier curves, their intervals and medians agree with statsmodels", "[statistics][survival]") {
  for (const auto& sample : reference()["survival"]) {
    const Lifetimes lifetimes = make_lifetimes(sample["times"], sample["seen"]);
    const auto median = median_lifetime(lifetimes);
    REQUIRE(median.has_value() == !sample["median"].is_null());
    if (median) CHECK(*median == sample["median"].get<double>());
    // statsmodels also lists times at which nothing but an end of observation was seen; the share stays the
    // same there.
    const auto curve = kaplan_meier(lifetimes);
    std::size_t next = 0;
    double share = 1;
    for (const auto& point : sample["steps"]) {
      if (point[1].get<double>() == share) continue;
      share = point[1];
      REQUIRE(next < curve.size());
      const SurvivalStep& step = curve[next++];
      CHECK(step.time == point[0].get<double>());
      CHECK(step.share == near(share));
      CHECK(step.error == near(point[2]));
      CHECK(step.interval.low == near(point[3]));
      CHECK(step.interval.high == near(point[4]));
    }
    CHECK(next == curve.size());
  }
}

TEST_CASE("with one end of observation for all, the interval is Wilson's of the runs", "[statistics][survival]") {
  const Lifetimes lifetimes = {{2, true}, {5, true}, {5, true}, {7, true}, {9, false}, {9, false}};
  for (const auto& [time, left] : {std::pair(1.0, 6), {2.0, 5}, {6.0, 3}, {7.0, 2}, {9.0, 2}}) {
    const SurvivalStep step = survival_at(lifetimes, time);
    CHECK(step.time == time);
    CHECK(step.share == near(left / 6.0));
    CHECK(step.interval.low == near(wilson_interval(left, 6).low));
    CHECK(step.interval.high == near(wilson_interval(left, 6).high));
  }
  CHECK(survival_at({{3, false}, {4, false}}, 3.5).interval.low == near(wilson_interval(1, 1).low));
  CHECK(survival_at({{3, true}, {3, true}}, 3).interval.high == near(wilson_interval(0, 2).high));
  const SurvivalStep unknown = survival_at({{3, false}}, 4);
  CHECK(unknown.interval.low == 0);
  CHECK(unknown.interval.high == 1);
}

TEST_CASE("the median is the time at which half have solved, also where the product of shares rounds",
          "[statistics][survival]") {
  Lifetimes lifetimes;
  for (int i = 1; i <= 24; ++i) lifetimes.push_back({std::min(i, 13) * 1.0, i <= 12});
  REQUIRE(kaplan_meier(lifetimes).back().share > 0.5);  // by one unit in the last place
  CHECK(median_lifetime(lifetimes) == 12);
  lifetimes[11].observed = false;  // eleven of 24
  CHECK_FALSE(median_lifetime(lifetimes));
}

TEST_CASE("restricted means are areas under statsmodels' curve", "[statistics][survival]") {
  for (const auto& sample : reference()["restricted_mean"]) {
    CHECK(restricted_mean(make_lifetimes(sample["times"], sample["seen"]), sample["horizon"]) == near(sample["mean"]));
  }
  // Everything seen: the mean of the times.
  CHECK(restricted_mean({{1, true}, {2, true}, {6, true}}, 10) == near(3));
  const double never = std::numeric_limits<double>::infinity();
  CHECK(restricted_mean({{1, true}, {never, false}}, 3) == near(2));
}

TEST_CASE("log-rank tests agree with statsmodels", "[statistics][survival]") {
  for (const auto& test : reference()["log_rank"]) {
    const Lifetimes a = make_lifetimes(test["times"][0], test["seen"][0]);
    const Lifetimes b = make_lifetimes(test["times"][1], test["seen"][1]);
    const LogRank result = log_rank_test(a, b), swapped = log_rank_test(b, a);
    // The tail of chi-square comes from another algorithm there.
    CHECK(result.chi_square == Approx(test["chi_square"].get<double>()).epsilon(1e-11));
    CHECK(result.p == Approx(test["p"].get<double>()).epsilon(1e-9));
    CHECK(swapped.chi_square == near(result.chi_square));
  }
  CHECK(log_rank_test({{1, false}}, {{2, false}}).p == 1);
  CHECK(log_rank_test({{1, true}}, {{1, true}}).p == 1);
}
