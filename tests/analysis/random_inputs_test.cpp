// Every statistic on random inputs, against scipy, statsmodels and implementations of their own in numpy
// (tests/analysis/statistics/make_random_outputs.py).
#include "tests/analysis/statistics/random_inputs.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

#include "analysis/statistics/paired.h"
#include "analysis/statistics/replicated.h"
#include "analysis/statistics/welch.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

// Outputs are stored with twelve digits, and differ by rounding in sums and in special functions.
constexpr double tolerance = 1e-9;

void compare(const std::string& kind, int inputs, const std::function<Values(Draws&)>& statistic) {
  std::ifstream file(RNNBENCH_SOURCE_DIR "/tests/analysis/statistics/random_outputs.txt");
  int compared = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t seed = 0;
    words >> name >> seed;
    if (name != kind) continue;
    Values expected;
    for (double value = 0; words >> value;) expected.push_back(value);
    Draws draws(seed);
    const Values result = statistic(draws);
    INFO(kind << ", seed " << seed);
    REQUIRE(result.size() == expected.size());
    for (std::size_t i = 0; i < result.size(); ++i) {
      INFO("output " << i);
      CHECK(result[i] == Approx(expected[i]).epsilon(tolerance).margin(1e-13));
    }
    ++compared;
  }
  CHECK(compared == inputs);
}

Values ends(const Interval& interval) { return {interval.low, interval.high}; }

Values sign_flip_tests(Draws& draws, int min, int max) {
  const Values differences = draws.values(draws.between(min, max));
  const double boundary = draws.boundary();
  SubsetMeans means(differences);
  return {sign_flip_test(differences), means.p_above(boundary), means.p_below(boundary)};
}

}  // namespace

TEST_CASE("sign-flip tests of random inputs agree with scipy and enumeration", "[statistics][random_inputs]") {
  compare("scipy_sign_flips", 300, [](Draws& draws) { return sign_flip_tests(draws, 2, 10); });
  compare("enumerated_sign_flips", 100, [](Draws& draws) { return sign_flip_tests(draws, 11, 18); });
  compare("counted_sign_flips", 200, [](Draws& draws) { return sign_flip_tests(draws, 19, 40); });
}

TEST_CASE("intervals of the center of random inputs agree with enumeration", "[statistics][random_inputs]") {
  compare("subset_mean_interval", 200, [](Draws& draws) {
    const Values differences = draws.values(draws.between(6, 14));
    return ends(mean_interval(differences, Values{0.95, 0.9, 0.75}[draws.below(3)]));
  });
}

TEST_CASE("intervals and tests of random rates agree with statsmodels and scipy", "[statistics][random_inputs]") {
  compare("wilson", 300, [](Draws& draws) {
    const int n = draws.between(1, 60);
    return ends(wilson_interval(draws.between(0, n), n));
  });
  compare("binomial", 300, [](Draws& draws) {
    const int n = draws.between(1, 60);
    const BinaryRate rate{draws.between(0, n), n};
    const double boundary = draws.share();
    return Values{rate.p_above(boundary), rate.p_below(boundary)};
  });
}

TEST_CASE("intervals and tests of random paired outcomes agree with statsmodels and numpy",
          "[statistics][random_inputs]") {
  const auto draw = [](Draws& draws) { return draws.pairs(draws.between(1, 40)); };
  compare("exact_mcnemar", 300, [&](Draws& draws) {
    const BinaryPairs pairs = draw(draws);
    return Values{std::min(1.0, 2 * std::min(pairs.p_above(0), pairs.p_below(0)))};
  });
  compare("newcombe", 300, [&](Draws& draws) { return ends(draw(draws).interval(0.95)); });
  compare("tango", 300, [&](Draws& draws) {
    const BinaryPairs pairs = draw(draws);
    const int size = draws.between(1, 800), sign = 1 - 2 * draws.below(2);
    const double boundary = size * sign / 1000.0;
    return Values{pairs.p_above(boundary), pairs.p_below(boundary)};
  });
}

TEST_CASE("Welch's test, Holm's adjustment, U and the interquartile mean of random inputs agree with scipy",
          "[statistics][random_inputs]") {
  compare("welch", 300, [](Draws& draws) {
    const Values a = draws.values(draws.between(2, 30)), b = draws.values(draws.between(2, 30));
    return Values{welch_test(a, b)};
  });
  compare("holm", 200, [](Draws& draws) {
    Values p(draws.between(1, 12));
    for (double& value : p) {
      const int k = draws.below(300);
      value = k * k / 90000.0;
    }
    return holm(p);
  });
  compare("interquartile_mean", 200,
          [](Draws& draws) { return Values{interquartile_mean(draws.values(draws.between(1, 30)))}; });
  compare("improvement", 200, [](Draws& draws) {
    const Values a = draws.values(draws.between(1, 20)), b = draws.values(draws.between(1, 20));
    return Values{probability_of_improvement(a, b)};
  });
}

TEST_CASE("survival curves and log-rank tests of random inputs agree with statsmodels", "[statistics][random_inputs]") {
  const auto draw = [](Draws& draws, int least) {
    const int n = draws.between(least, least == 2 ? 30 : 25);
    return draws.lifetimes(n, draws.between(5, 20));
  };
  compare("kaplan_meier", 200, [&](Draws& draws) {
    const Lifetimes lifetimes = draw(draws, 2);
    Values result;
    for (double time : {3, 8, 15}) {
      const SurvivalStep step = survival_at(lifetimes, time);
      result.push_back(step.share);
      result.push_back(step.error);
    }
    return result;
  });
  compare("log_rank", 200, [&](Draws& draws) {
    const Lifetimes a = draw(draws, 3), b = draw(draws, 3);
    const LogRank test = log_rank_test(a, b);
    return Values{test.chi_square, test.p};
  });
}

TEST_CASE("the expected best of random scores agrees with enumeration", "[statistics][random_inputs]") {
  compare("expected_best", 200, [](Draws& draws) {
    const Values scores = draws.values(draws.between(1, 12));
    Values result = expected_best(scores, true);
    const Values lowest = expected_best(scores, false);
    result.insert(result.end(), lowest.begin(), lowest.end());
    return result;
  });
}

TEST_CASE("tests after two searches of random inputs agree with counts of sign patterns",
          "[statistics][random_inputs]") {
  compare("replicated", 200, [](Draws& draws) {
    const Values a = draws.values(16), b = draws.values(16);
    const double margin = draws.below(400) / 1000.0;
    const Replicated part = replicated({a, {}}, {b, {}}, {-margin, margin}, Scale::linear);
    return Values{part.p[0], part.p[1], part.p[2], part.welch_p};
  });
}

TEST_CASE("order, unit and sign of random inputs change results as they should", "[statistics][random_inputs]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Draws draws(seed);
    INFO("seed " << seed);
    const Values a = draws.values(draws.between(6, 14)), b = draws.values(draws.between(1, 14));
    const double unit = std::ldexp(3, draws.between(-20, 20)), boundary = draws.boundary();
    const auto times = [](Values values, double factor) {
      for (double& value : values) value *= factor;
      return values;
    };
    const Values larger = times(a, unit), opposite = times(a, -1), reversed(a.rbegin(), a.rend());
    const auto close = [](double value) { return Approx(value).epsilon(1e-12).margin(1e-14 * (1 + std::abs(value))); };

    SubsetMeans means(a), means_larger(larger), means_opposite(opposite), means_reversed(reversed);
    const double p = means.p_above(boundary);
    CHECK(means_larger.p_above(boundary * unit) == close(p));
    CHECK(means_opposite.p_below(-boundary) == close(p));
    CHECK(means_reversed.p_above(boundary) == close(p));
    const Interval interval = means.interval(0.9), mirrored = means_opposite.interval(0.9);
    CHECK(mirrored.low == close(-interval.high));
    CHECK(means_larger.interval(0.9).low == Approx(interval.low * unit).epsilon(1e-12).margin(1e-14 * unit));
    CHECK(means_reversed.interval(0.9).high == close(interval.high));

    CHECK(welch_test(larger, times(b, unit)) == Approx(welch_test(a, b)).epsilon(1e-9));
    CHECK(welch_test(b, a) == close(welch_test(a, b)));
    for (const double extreme : {1e-150, 1e150})
      CHECK(welch_test(times(a, extreme), times(b, extreme)) == Approx(welch_test(a, b)).epsilon(1e-9));
    CHECK(interquartile_mean(larger) == Approx(interquartile_mean(a) * unit).epsilon(1e-12).margin(1e-14 * unit));
    CHECK(interquartile_mean(opposite) == close(-interquartile_mean(a)));
    CHECK(probability_of_improvement(larger, times(b, unit)) == probability_of_improvement(a, b));
    CHECK(probability_of_improvement(opposite, times(b, -1)) == close(1 - probability_of_improvement(a, b)));
    CHECK(expected_best(reversed, true) == expected_best(a, true));
    CHECK(expected_best(opposite, false) == times(expected_best(a, true), -1));

    Values chances(a.size());
    for (double& chance : chances) chance = draws.share();
    Values adjusted = holm({chances.rbegin(), chances.rend()});
    std::reverse(adjusted.begin(), adjusted.end());
    CHECK(adjusted == holm(chances));

    const BinaryPairs pairs = draws.pairs(draws.between(1, 40)),
                      swapped{pairs.both, pairs.second, pairs.first, pairs.neither};
    CHECK(swapped.p_below(-boundary) == close(pairs.p_above(boundary)));
    CHECK(swapped.interval(0.95).low == close(-pairs.interval(0.95).high));

    Lifetimes one = draws.lifetimes(12, 15), other = draws.lifetimes(9, 15);
    const LogRank test = log_rank_test(one, other);
    const double share = survival_at(one, 8).share;
    CHECK(log_rank_test(other, one).chi_square == Approx(test.chi_square).epsilon(1e-9).margin(1e-12));
    std::reverse(one.begin(), one.end());
    for (Lifetimes* lifetimes : {&one, &other})
      for (Lifetime& life : *lifetimes) life.time *= 4;
    CHECK(survival_at(one, 32).share == close(share));
    CHECK(log_rank_test(one, other).p == Approx(test.p).epsilon(1e-9));
  }
}
