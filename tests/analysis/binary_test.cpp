// Binary outcomes against published examples, another tool and brute force.
#include "analysis/statistics/binary.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "analysis/statistics/effect.h"
#include "tests/analysis/statistics/reference.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

Approx four_decimals(double value) { return Approx(value).margin(5e-5).epsilon(0); }

// Every table of so many pairs.
template <class Action>
void for_all_tables(int n, Action&& action) {
  for (int both = 0; both <= n; ++both)
    for (int first = 0; first <= n - both; ++first)
      for (int second = 0; second <= n - both - first; ++second)
        action(BinaryPairs{both, first, second, n - both - first - second});
}

// The score statistic by a search for the maximum of the likelihood under the hypothesis.
double score_statistic(const BinaryPairs& p, double boundary) {
  const auto log_likelihood = [&](double second) {
    const auto term = [](int count, double probability) { return count == 0 ? 0 : count * std::log(probability); };
    return term(p.first, second + boundary) + term(p.second, second) +
           term(p.both + p.neither, 1 - 2 * second - boundary);
  };
  double low = std::max(0.0, -boundary), high = (1 - boundary) / 2;
  for (int i = 0; i < 200; ++i) {
    const double a = low + (high - low) / 3, b = high - (high - low) / 3;
    (log_likelihood(a) < log_likelihood(b) ? low : high) = log_likelihood(a) < log_likelihood(b) ? a : b;
  }
  const double n = p.pairs(), variance = 2 * low + boundary - boundary * boundary;
  return (p.first - p.second - n * boundary) / std::sqrt(n * variance);
}

double upper_tail(double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); }

}  // namespace

TEST_CASE("Newcombe's interval is that of his article and of contingencytables", "[statistics][binary]") {
  struct Example {
    BinaryPairs pairs;
    double low, high;
  };
  // Newcombe 1998, table II, method 10; the examples of Fagerland, Lydersen & Laake (2014) with the digits that they
  // print, of which the second is also a stored result of the R package contingencytables.
  for (const Example& e : {Example{{36, 12, 2, 0}, 0.0569, 0.3404},
                           {{36, 14, 0, 0}, 0.1528, 0.4167},
                           {{59, 6, 16, 80}, -0.1186, -0.0046}}) {
    const Interval interval = e.pairs.interval(0.95);
    CHECK(interval.low == four_decimals(e.low));
    CHECK(interval.high == four_decimals(e.high));
  }
  const Interval bentur = BinaryPairs{1, 1, 7, 12}.interval(0.95);
  CHECK(bentur.low == Approx(-0.507).margin(5e-4).epsilon(0));
  CHECK(bentur.high == Approx(-0.026).margin(5e-4).epsilon(0));
  // Twelve of twelve against twelve of twelve: z^2 / (n + z^2), from Wilson's interval.
  const Interval all = BinaryPairs{12, 0, 0, 0}.interval(0.95);
  const double z2 = normal_quantile_975 * normal_quantile_975;
  CHECK(all.high == near(z2 / (12 + z2)));
  CHECK(all.low == near(-all.high));
}

TEST_CASE("against 0 the test is McNemar's, and that of sign flips", "[statistics][binary]") {
  const BinaryPairs cavo{59, 6, 16, 80};
  CHECK(2 * cavo.p_below(0) == Approx(0.052479).margin(5e-7).epsilon(0));  // contingencytables
  CHECK(BinaryPairs{5, 0, 0, 5}.p_above(0) == 1);
  for_all_tables(9, [](const BinaryPairs& p) {
    Values first, second;
    const auto add = [&](int count, double a, double b) {
      first.insert(first.end(), count, a);
      second.insert(second.end(), count, b);
    };
    add(p.both, 1, 1), add(p.first, 1, 0), add(p.second, 0, 1), add(p.neither, 0, 0);
    const auto counted = binary_pairs(first, second);
    REQUIRE(counted);
    CHECK(counted->interval(0.9).low == p.interval(0.9).low);
    Values differences;
    for (int i = 0; i < 9; ++i) differences.push_back(first[i] - second[i]);
    REQUIRE(p.p_above(0) == near(SubsetMeans(differences).p_above(0)));
    REQUIRE(p.p_below(0) == near(SubsetMeans(differences).p_below(0)));
  });
}

TEST_CASE("against other boundaries the test is the score test", "[statistics][binary]") {
  // Tango's interval of two examples by contingencytables and by Fagerland, Lydersen and Laake (2014): one-sided
  // p-values of 2.5 % at its ends, up to the rounding of the ends.
  CHECK(BinaryPairs{59, 6, 16, 80}.p_above(-0.1240) == Approx(0.025).epsilon(0.01));
  CHECK(BinaryPairs{59, 6, 16, 80}.p_below(-0.0054) == Approx(0.025).epsilon(0.01));
  CHECK(BinaryPairs{1, 1, 7, 12}.p_above(-0.517) == Approx(0.025).epsilon(0.01));
  CHECK(BinaryPairs{1, 1, 7, 12}.p_below(-0.026) == Approx(0.025).epsilon(0.01));
  for (const double boundary : {-0.6, -0.1, 0.02, 0.3})
    for_all_tables(6, [&](const BinaryPairs& p) {
      INFO(p.both << " " << p.first << " " << p.second << " " << p.neither << ", boundary " << boundary);
      const double z = score_statistic(p, boundary);
      REQUIRE(p.p_above(boundary) == Approx(upper_tail(z)).epsilon(1e-5));
      REQUIRE(p.p_below(boundary) == Approx(upper_tail(-z)).epsilon(1e-5));
    });
  // Boundaries that no difference of rates reaches, or that only one table reaches.
  CHECK(BinaryPairs{5, 5, 0, 0}.p_above(-1.1) == 0);
  CHECK(BinaryPairs{5, 5, 0, 0}.p_below(-1.1) == 1);
  CHECK(BinaryPairs{5, 5, 0, 0}.p_above(-1) == 0);
  CHECK(BinaryPairs{0, 10, 0, 0}.p_above(1) == 0.5);
}

TEST_CASE("the interval has a width, holds the difference, and narrows with the level", "[statistics][binary]") {
  for (int n : {1, 10, 14})
    for_all_tables(n, [&](const BinaryPairs& p) {
      INFO(p.both << " " << p.first << " " << p.second << " " << p.neither);
      const double difference = static_cast<double>(p.first - p.second) / n;
      Interval wider{-1, 1};
      for (double level : {0.999, 0.95, 0.9, 0.5}) {
        const Interval interval = p.interval(level);
        REQUIRE(interval.low < interval.high);
        REQUIRE(interval.low <= difference);
        REQUIRE(interval.high >= difference);
        REQUIRE(interval.low >= wider.low - 1e-12);
        REQUIRE(interval.high <= wider.high + 1e-12);
        const Interval swapped = BinaryPairs{p.both, p.second, p.first, p.neither}.interval(level);
        REQUIRE(swapped.low == near(-interval.high));
        wider = interval;
      }
      // What the exact test rejects lies outside of the interval.
      if (2 * std::min(p.p_above(0), p.p_below(0)) <= 0.05)
        REQUIRE((p.interval(0.95).low > 0 || p.interval(0.95).high < 0));
    });
}

TEST_CASE("a rate has Wilson's interval and the exact binomial test", "[statistics][binary]") {
  for (const auto& sample : reference()["wilson"]) {
    const BinaryRate rate{sample["successes"], sample["trials"]};
    CHECK(rate.interval(0.95).low == near(sample["low"]));
    CHECK(rate.interval(0.95).high == near(sample["high"]));
  }
  CHECK(BinaryRate{0, 29}.p_below(0.1) == near(std::pow(0.9, 29)));
  CHECK(BinaryRate{2, 3}.p_above(0.5) == near(0.5));
  CHECK(BinaryRate{3, 3}.p_above(0.2) == near(0.008));
  CHECK(BinaryRate{1, 3}.p_above(0) == 0);
  CHECK(BinaryRate{0, 3}.p_above(0) == 1);
  CHECK(BinaryRate{3, 3}.p_below(1) == 1);
  CHECK(BinaryRate{2, 3}.p_below(1) == 0);
  CHECK(BinaryRate{3, 3}.p_above(-0.1) == 0);
  CHECK_FALSE(binary_rate({0, 1, 0.5}));
  CHECK(binary_rate({0, 1, 1})->successes == 2);
}

TEST_CASE("how many runs equivalence takes at least", "[statistics][binary]") {
  // Without a pair that differs, Tango's statistic is sqrt(n margin / (1 - margin)).
  for (double margin : {0.02, 0.1, 0.3})
    for (int n : {10, 25, 140})
      CHECK(smallest_equivalence_p_of_pairs(n, -margin, margin) ==
            Approx(upper_tail(std::sqrt(n * margin / (1 - margin)))).epsilon(1e-9));
  CHECK(smallest_equivalence_p_of_rate(29, -0.1, 0.1) == near(std::pow(0.9, 29)));
  // By brute force: no table gives a smaller p-value.
  double smallest = 1;
  for_all_tables(
      12, [&](const BinaryPairs& p) { smallest = std::min(smallest, std::max(p.p_above(0.3), p.p_below(0.6))); });
  CHECK(smallest_equivalence_p_of_pairs(12, 0.3, 0.6) == smallest);
}

TEST_CASE("an effect is computed by the method that is reliable for its values", "[statistics][effect]") {
  const Values ones(12, 1), mixed = {1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1}, half(12, 0.5);
  // Pairs of binary outcomes, and rates.
  Effect same(ones, ones, Scale::share);
  REQUIRE(same.interval(0.95));
  CHECK(same.value() == 0);
  CHECK_FALSE(Effect(Values(8, 1), Values(8, 1), Scale::share).interval(0.95));
  CHECK(Effect(Values(8, 1), Values(8, 1), Scale::share).interval(0.95, 8));
  CHECK(same.interval(0.95)->high == near(BinaryPairs{12, 0, 0, 0}.interval(0.95).high));
  CHECK(*same.p_below(0.02) > 0.3);
  Effect difference(ones, mixed, Scale::share);
  CHECK(difference.value() == 0.25);
  CHECK(*difference.p_above(0) == near(0.125));
  Effect rate(mixed, {}, Scale::share);
  CHECK(rate.interval(0.95)->low == near(wilson_interval(9, 12).low));
  CHECK(rate.p_above(0.5) == near(BinaryRate{9, 12}.p_above(0.5)));

  // Shares that are not all 0 or 1, and other scales: sign flips, unless all differences are equal.
  Values shares = mixed;
  shares[0] = 0.9;
  Effect flips(shares, half, Scale::share);
  CHECK(flips.interval(0.95)->low ==
        mean_interval({0.4, 0.5, 0.5, -0.5, 0.5, 0.5, -0.5, 0.5, 0.5, 0.5, -0.5, 0.5}, 0.95).low);
  CHECK(Effect(mixed, {}, Scale::linear).interval(0.95)->high == mean_interval(mixed, 0.95).high);
  for (const Scale scale : {Scale::linear, Scale::share}) {
    Effect flat(Values(12, 0.3), Values(12, 0.1), scale);
    CHECK(flat.value() == Approx(0.2));
    CHECK_FALSE(flat.interval(0.95));
    CHECK_FALSE(flat.p_above(0));
  }
  Effect parameters(half, {}, Scale::constant);
  CHECK(parameters.interval(0.95)->low == 0.5);
  CHECK(parameters.interval(0.95)->high == 0.5);

  // Ratios by their logarithms: the inverse ratio has the inverse interval.
  const Values ratios = {0.5, 0.2, 3, 0.1, 0.9, 0.4, 0.7, 0.6, 0.3, 1.2};
  Values inverse, logarithms;
  for (double ratio : ratios) inverse.push_back(1 / ratio), logarithms.push_back(std::log(ratio));
  Effect ratio(ratios, {}, Scale::logarithmic), inverted(inverse, {}, Scale::logarithmic);
  CHECK(ratio.value() == near(std::exp(mean(logarithms))));
  CHECK(inverted.value() == near(1 / ratio.value()));
  CHECK(ratio.interval(0.95)->low == near(std::exp(mean_interval(logarithms, 0.95).low)));
  CHECK(inverted.interval(0.95)->low == near(1 / ratio.interval(0.95)->high));
  CHECK(ratio.p_below(1) == sign_flip_greater([&] {
          Values minus;
          for (double x : logarithms) minus.push_back(-x);
          return minus;
        }()));
  CHECK(ratio.p_above(0) == std::ldexp(1, -10));
  CHECK_FALSE(Effect({1, 2, 3, 4, 5, 6, 7, 8, 9, -1}, {}, Scale::logarithmic).interval(0.95));

  // Nothing for losses and seconds, nothing for few seeds.
  Effect losses(ratios, Values(10, 0.5), scale_of("mse"));
  CHECK(losses.value() == Approx(mean(ratios) - 0.5));
  CHECK_FALSE(losses.interval(0.95));
  CHECK_FALSE(losses.p_above(0));
  Effect nine(Values(9, 1), Values(9, 0), Scale::share);
  CHECK_FALSE(nine.interval(0.95));
  CHECK(*nine.p_above(0) == near(std::ldexp(1, -9)));
  CHECK_FALSE(Effect(Values(8, 1), Values(8, 0), Scale::share).p_above(0));
}
