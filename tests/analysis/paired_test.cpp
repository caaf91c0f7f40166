// Paired differences against values stored from scipy and numpy (tests/analysis/statistics/make_reference.py), and the
// interval against the tests it belongs to.
#include "analysis/statistics/paired.h"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "analysis/statistics/subset_sums.h"
#include "core/stream.h"
#include "tests/analysis/statistics/reference.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

Values minus(const Values& differences, double center) {
  Values shifted = differences;
  for (double& d : shifted) d -= center;
  return shifted;
}

// Skewed and with a tie, so that nothing is symmetric by luck.
Values draw_differences(int n, std::uint64_t seed) {
  Stream stream(seed, Purpose::test, 0, 0);
  Values differences(n);
  for (double& d : differences) d = std::exp(stream.normal()) - 1;
  differences[1] = differences[0];
  return differences;
}

// Both ends of an interval, just inside and just outside, and a grid across: where a decision could differ.
Values centers_around(const Interval& interval, int grid) {
  Values centers;
  const double width = interval.high - interval.low;
  for (double end : {interval.low, interval.high}) {
    for (double step : {-1e-6, 1e-6}) centers.push_back(end + step * width);
  }
  for (int i = -grid / 5; i <= grid + grid / 5; ++i) centers.push_back(interval.low + (i + 0.5) / grid * width);
  return centers;
}

}  // namespace

TEST_CASE("the sign-flip test agrees with scipy's permutation test", "[statistics][paired]") {
  for (const auto& test : reference()["sign_flip"])
    CHECK(sign_flip_test(test["differences"].get<Values>()) == near(test["p"]));
}

TEST_CASE("one-sided sign-flip p-values agree with scipy's permutation test", "[statistics][paired]") {
  for (const auto& test : reference()["one_sided"]) {
    const Values differences = test["differences"];
    CHECK(sign_flip_greater(differences) == near(test["greater"]));
    CHECK(SubsetMeans(differences).p_below(0) == near(test["less"]));
  }
}

TEST_CASE("beyond 40 pairs the random patterns are always the same", "[statistics][paired]") {
  const auto& expected = reference()["random_patterns"];
  const Values differences = expected["differences"];
  const Interval interval = mean_interval(differences, expected["level"]);
  CHECK(interval.low == near(expected["low"]));
  CHECK(interval.high == near(expected["high"]));
  CHECK(sign_flip_test(differences) == near(expected["sign_flip"]));
  CHECK(equivalence_test(differences, expected["margin"]) == near(expected["equivalence"]));
}

TEST_CASE("beyond 40 pairs random patterns agree with counts of all", "[statistics][paired]") {
  for (const auto& [n, shift] : {std::pair(41, 0.6), {44, 0.3}, {44, 0.0}}) {
    const Values differences = minus(draw_differences(n, 6), 0.6 - shift);
    const double exact = share_of_subset_sums(differences, 0), boundary = 0.2;
    const auto close = [](double p, double expected) {  // five standard errors of 100,000 random patterns
      return std::abs(p - expected) < 5 * std::sqrt(expected * (1 - expected) / 1e5) + 1e-5;
    };
    INFO(n << " pairs, p " << exact);
    CHECK(exact > 1e-4);
    CHECK(close(sign_flip_greater(differences), exact));
    CHECK(close(sign_flip_test(differences), 2 * std::min(exact, 1 - exact)));
    CHECK(close(SubsetMeans(differences).p_above(boundary), share_of_subset_sums(minus(differences, boundary), 0)));
    CHECK(close(SubsetMeans(differences).p_below(boundary), 1 - share_of_subset_sums(minus(differences, boundary), 0)));
  }
}

TEST_CASE("shares of subset sums are those of a list of all subsets", "[statistics][paired]") {
  CHECK(share_of_subset_sums({}, 0) == 1);
  CHECK(share_of_subset_sums({}, -1) == 0);
  CHECK(share_of_subset_sums({1}, 0) == 0.5);
  for (int n : {2, 5, 11}) {
    Values values = minus(draw_differences(n, 7), 0.3);
    int members = 0, counted = 0;
    const double limit = values[n / 2];  // one of the sums, so ties with the limit count
    for (int subset = 0; subset < 1 << n; ++subset) {
      double sum = 0;
      for (int i = 0; i < n; ++i) sum += subset >> i & 1 ? values[i] : 0;
      counted += sum <= limit + 1e-12;
      ++members;
    }
    CHECK(share_of_subset_sums(values, limit + 1e-12) == static_cast<double>(counted) / members);
  }
}

TEST_CASE("the smallest p-value is that of differences of one sign", "[statistics][paired]") {
  for (int n : {1, 5, 9, 10, 20, 21, 32, 40}) {
    CHECK(sign_flip_test(Values(n, 0.25)) == smallest_p(n));
    CHECK(sign_flip_greater(Values(n, 0.25)) == smallest_p(n) / 2);
  }
  CHECK(smallest_p(40) == std::ldexp(1.0, -39));
  CHECK(sign_flip_test(Values(41, 0.25)) == smallest_p(41));
  CHECK(smallest_p(41) == 1 / 100001.0);
}

TEST_CASE("any center is above minus infinity and none is above infinity", "[statistics][paired]") {
  const double infinity = std::numeric_limits<double>::infinity();
  SubsetMeans means({0.5, -0.25, 1, 3});
  CHECK(means.p_above(-infinity) == 1 / 16.0);  // as small as four pairs can give
  CHECK(means.p_below(-infinity) == 1);
  CHECK(means.p_above(infinity) == 1);
}

TEST_CASE("intervals of the center agree with subset means by numpy", "[statistics][paired]") {
  int infinite = 0, random = 0;
  for (const auto& sample : reference()["center"]) {
    const Interval interval = mean_interval(sample["differences"], sample["level"]);
    INFO("n = " << sample["differences"].size() << ", level " << sample["level"]);
    if (sample["low"].is_null()) {
      CHECK((std::isinf(interval.low) && interval.low < 0));
      CHECK((std::isinf(interval.high) && interval.high > 0));
      ++infinite;
    } else if (sample["exact"].get<bool>()) {
      CHECK(interval.low == near(sample["low"]));
      CHECK(interval.high == near(sample["high"]));
    } else {
      for (const auto& [end, bracket] : {std::pair(interval.low, sample["low"]), {interval.high, sample["high"]}}) {
        CHECK(end >= bracket[0].get<double>());
        CHECK(end <= bracket[1].get<double>());
      }
      ++random;
    }
  }
  CHECK(infinite == 2);
  CHECK(random == 1);
}

TEST_CASE("the sign-flip test rejects exactly the centers outside the interval", "[statistics][paired]") {
  for (std::uint64_t seed : {1, 2, 3}) {
    const Values differences = draw_differences(10, seed);
    for (double level : {0.95, 0.9}) {
      const Interval interval = mean_interval(differences, level);
      CHECK(interval.low < mean(differences));
      CHECK(interval.high > mean(differences));
      int outside = 0;
      for (double center : centers_around(interval, 100)) {
        const bool out = center < interval.low || center > interval.high;
        INFO("seed " << seed << ", center " << center << " of " << interval.low << " .. " << interval.high);
        CHECK((sign_flip_test(minus(differences, center)) <= 1 - level) == out);
        outside += out;
      }
      CHECK(outside == 2 + 20 + 21);
    }
  }
}

TEST_CASE("equivalence is declared exactly when the 90 % interval lies within the margins", "[statistics][paired]") {
  for (const auto& test : reference()["equivalence"]) {
    CHECK(equivalence_test(test["differences"], test["margin"]) == near(test["p"]));
  }
  for (int n : {10, 45}) {  // exact, and with random subsets, which test and interval share
    const Values differences = minus(draw_differences(n, 4), 0.5);
    const Interval interval = mean_interval(differences, 0.9);
    int equivalent = 0;
    for (double end : centers_around(interval, 10)) {
      const double margin = std::abs(end);
      const bool within = -margin < interval.low && interval.high < margin;
      CHECK((equivalence_test(differences, margin) <= 0.05) == within);
      equivalent += within;
    }
    CHECK(equivalent > 0);
    CHECK(equivalent < 4 + 15);
  }
}

TEST_CASE("intervals and tests do not depend on the order of the pairs", "[statistics][paired]") {
  const Values differences = draw_differences(12, 5), reversed(differences.rbegin(), differences.rend());
  CHECK(mean_interval(differences, 0.95).low == near(mean_interval(reversed, 0.95).low));
  for (int n : {12, 33}) {
    const Values forward = draw_differences(n, 5), backward(forward.rbegin(), forward.rend());
    CHECK(sign_flip_greater(forward) == sign_flip_greater(backward));
  }
}

TEST_CASE("slopes agree with scipy's linear regression", "[statistics][paired]") {
  for (const auto& sample : reference()["slopes"]) {
    const Values expected = sample["slopes"], result = slopes(sample["x"], sample["rows"].get<std::vector<Values>>());
    REQUIRE(result.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(result[i] == near(expected[i]));
  }
}
