// Every statistic against values stored from numpy, scipy and statsmodels
// (tests/analysis/statistics/make_reference.py).
#include "analysis/statistics/statistics.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "tests/analysis/statistics/reference.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

const Values ten = {-0.21, -0.5, 0.15, -0.58, -0.77, 0.39, 1.93, -1.0, 1.16, 1.08};

}  // namespace

TEST_CASE("location statistics agree with numpy and scipy", "[statistics]") {
  REQUIRE(reference()["describe"].size() >= 10);
  for (const auto& sample : reference()["describe"]) {
    const Values values = sample["values"];
    INFO("n = " << values.size());
    CHECK(mean(values) == near(sample["mean"]));
    CHECK(median(values) == near(sample["median"]));
    CHECK(interquartile_mean(values) == near(sample["interquartile_mean"]));
    for (const auto& [p, value] : sample["quantiles"].items()) CHECK(quantile(values, std::stod(p)) == near(value));
  }
}

TEST_CASE("quantiles of runs that never solve are infinite, not undefined", "[statistics]") {
  const double never = std::numeric_limits<double>::infinity();
  CHECK(quantile({1, 2, never}, 0.5) == 2);
  CHECK(quantile({1, never, never}, 0.75) == never);
  CHECK(quantile({1, never, never}, 1) == never);
}

TEST_CASE("Wilson intervals agree with scipy", "[statistics]") {
  for (const auto& rate : reference()["wilson"]) {
    const Interval interval = wilson_interval(rate["successes"], rate["trials"]);
    INFO(rate["successes"] << " of " << rate["trials"]);
    CHECK(interval.low == near(rate["low"]));
    CHECK(interval.high == near(rate["high"]));
  }
}

// The brackets are quantiles of the exact bootstrap distribution, five standard errors of 10,000 resamples to
// each side.
TEST_CASE("bootstrap intervals agree with the exact bootstrap distribution", "[statistics]") {
  const auto check = [](const nlohmann::json& expected, const Interval& interval) {
    CHECK(interval.low >= expected["low"][0].get<double>() - 1e-12);
    CHECK(interval.low <= expected["low"][1].get<double>() + 1e-12);
    CHECK(interval.high >= expected["high"][0].get<double>() - 1e-12);
    CHECK(interval.high <= expected["high"][1].get<double>() + 1e-12);
  };
  for (const auto& expected : reference()["bootstrap_iqm"]) {
    check(expected, bootstrap_interval(expected["strata"][0].get<Values>(), iqm));
  }
  for (const auto& expected : reference()["bootstrap_mean_of_means"]) {
    const auto mean_of_means = [](const Strata& strata) {
      Values means;
      for (const Values& values : strata) means.push_back(mean(values));
      return mean(means);
    };
    check(expected, bootstrap_interval(expected["strata"].get<Strata>(), mean_of_means));
  }
}

TEST_CASE("the bootstrap is reproducible and keeps strata apart", "[statistics]") {
  const Interval once = bootstrap_interval(ten, iqm), again = bootstrap_interval(ten, iqm);
  CHECK(once.low == again.low);
  CHECK(once.high == again.high);
  CHECK(once.low < once.high);
  // Resampling across strata would mix 0 and 100; within them nothing varies.
  const Interval constant = bootstrap_interval(Strata{{0, 0, 0}, {100, 100, 100}},
                                               [](const Strata& strata) { return mean(strata[0]) + mean(strata[1]); });
  CHECK(constant.low == 100);
  CHECK(constant.high == 100);
  // Two strata with the same values must not draw the same indices: their difference would never vary.
  const Interval difference =
      bootstrap_interval(Strata{ten, ten}, [](const Strata& strata) { return mean(strata[0]) - mean(strata[1]); });
  CHECK(difference.low < 0);
  CHECK(difference.high > 0);
}

TEST_CASE("probability of improvement agrees with scipy's U, its interval with statsmodels", "[statistics]") {
  for (const auto& pair : reference()["improvement"]) {
    const Values a = pair["a"], b = pair["b"];
    CHECK(probability_of_improvement(a, b) == near(pair["probability"]));
    CHECK(probability_of_improvement(b, a) == near(1 - pair["probability"].get<double>()));
    CHECK(improvement_interval(a, b).low == near(pair["low"]));
    CHECK(improvement_interval(a, b).high == near(pair["high"]));
    CHECK(improvement_interval(b, a).low == near(1 - pair["high"].get<double>()));
    CHECK(cliffs_delta(a, b) == near(pair["delta"]));
  }
}

TEST_CASE("Holm's adjustment agrees with statsmodels", "[statistics]") {
  for (const auto& family : reference()["holm"]) {
    const Values adjusted = holm(family["p"].get<Values>()), expected = family["adjusted"];
    REQUIRE(adjusted.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(adjusted[i] == near(expected[i]));
  }
}
