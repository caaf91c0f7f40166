// Comparisons after two searches: which methods apply, what is concluded, and what must not change the conclusion.
#include "analysis/statistics/replicated.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "analysis/statistics/welch.h"
#include "tests/analysis/statistics/random_inputs.h"
#include "tests/analysis/statistics/reference.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

constexpr Boundaries margin_half{-0.5, 0.5};

// Around a center, with a spread of about 0.3.
PairedNumbers numbers_around(double center, Draws& draws) {
  PairedNumbers numbers{Values(16), {}};
  for (double& value : numbers.first) value = center + draws.between(-500, 500) / 1000.0;
  return numbers;
}

PairedNumbers outcomes_of(int first, int second) {  // so many of 16, the last of each side
  PairedNumbers numbers{Values(16), Values(16)};
  for (int i = 0; i < 16; ++i) {
    numbers.first[i] = 16 - i <= first;
    numbers.second[i] = 16 - i <= second;
  }
  return numbers;
}

PartVerdict verdict_alone(const Replicated& part, Boundaries boundaries) {
  return part_verdict(part, boundaries, part.smallest_p());
}

// By the definition in replicated.h, each zone by itself.
std::array<double, 3> p_by_definition(Effect all, Boundaries boundaries) {
  const auto doubled = [](double p) { return std::min(1.0, 2 * p); };
  const double within = boundaries.low < boundaries.high
                            ? doubled(std::max(*all.p_above(boundaries.low), *all.p_below(boundaries.high)))
                            : 1;
  return {doubled(*all.p_above(boundaries.high)), within, doubled(*all.p_below(boundaries.low))};
}

}  // namespace

TEST_CASE("p-values, intervals and means after two searches are those of the effects", "[statistics][replicated]") {
  Draws draws(1);
  int below_one = 0;
  const auto check = [&](const PairedNumbers& a, const PairedNumbers& b, Boundaries boundaries, Scale scale) {
    Values first = a.first, second = a.second;
    first.insert(first.end(), b.first.begin(), b.first.end());
    second.insert(second.end(), b.second.begin(), b.second.end());
    const Replicated part = replicated(a, b, boundaries, scale);
    CHECK(part.p == p_by_definition(Effect(first, second, scale), boundaries));
    CHECK(part.smallest_p() == *std::min_element(part.p.begin(), part.p.end()));
    below_one += part.smallest_p() < 1;
    Effect of_a(a.first, a.second, scale), of_b(b.first, b.second, scale);
    CHECK(part.mean == std::array{of_a.value(), of_b.value()});
    REQUIRE(part.hull);
    CHECK(part.hull->low == std::min(of_a.interval(0.95)->low, of_b.interval(0.95)->low));
    CHECK(part.hull->high == std::max(of_a.interval(0.95)->high, of_b.interval(0.95)->high));
  };
  for (double center : {-1.0, -0.5, -0.2, 0.0, 0.3, 0.6, 1.2})
    for (Boundaries boundaries : {margin_half, Boundaries{0, 0}, Boundaries{-0.25, -0.25}, Boundaries{0.2, 0.4}}) {
      const PairedNumbers a = numbers_around(center, draws), b = numbers_around(center, draws);
      check(a, b, boundaries, Scale::linear);
      PairedNumbers ratios_a = a, ratios_b = b;
      for (PairedNumbers* numbers : {&ratios_a, &ratios_b})
        for (double& value : numbers->first) value = std::exp(value);
      check(ratios_a, ratios_b, {std::exp(boundaries.low), std::exp(boundaries.high)}, Scale::logarithmic);
    }
  for (int i = 0; i < 200; ++i) {
    const PairedNumbers a = outcomes_of(draws.below(17), draws.below(17)),
                        b = outcomes_of(draws.below(17), draws.below(17));
    check(a, b, Boundaries{-0.3, 0.3}, Scale::share);
    check(a, b, Boundaries{0, 0}, Scale::share);
    check({a.first, {}}, {b.first, {}}, Boundaries{0.4, 0.7}, Scale::share);
  }
  CHECK(below_one > 500);
}

TEST_CASE("a verdict takes the test and both intervals", "[statistics][replicated]") {
  Draws draws(2);
  const auto part_at = [&](double a, double b, Boundaries boundaries) {
    const PairedNumbers of_a = numbers_around(a, draws), of_b = numbers_around(b, draws);
    return replicated(of_a, of_b, boundaries, Scale::linear);
  };
  const Replicated above = part_at(1.2, 1.3, margin_half), within = part_at(0.1, -0.1, margin_half),
                   below = part_at(-1.3, -1.2, margin_half);
  CHECK(verdict_alone(above, margin_half) == PartVerdict::above);
  CHECK(verdict_alone(within, margin_half) == PartVerdict::within);
  CHECK(verdict_alone(below, margin_half) == PartVerdict::below);
  CHECK(above.zone() == Zone::above);
  CHECK(within.zone() == Zone::within);
  CHECK(below.zone() == Zone::below);
  CHECK(part_verdict(above, margin_half, 0.05) == PartVerdict::above);
  CHECK(part_verdict(above, margin_half, 0.0501) == PartVerdict::undecided);  // the correction took it away

  // Without a zone between the boundaries, what is not worse is better or worse, never the same.
  const Boundaries not_worse{-0.5, -0.5};
  CHECK(verdict_alone(part_at(0, 0.1, not_worse), not_worse) == PartVerdict::above);
  CHECK(verdict_alone(part_at(-1.2, -1.1, not_worse), not_worse) == PartVerdict::below);
  CHECK(part_at(-0.5, -0.5, not_worse).p[1] == 1);

  // The pooled test decides, but the interval of B reaches over the boundary.
  const Replicated half = part_at(1.4, 0.55, margin_half);
  CHECK(half.smallest_p() < 0.001);
  CHECK(half.interval[1]->low < 0.5);
  CHECK(half.depends);
  CHECK(verdict_alone(half, margin_half) == PartVerdict::depends_on_search);
}

TEST_CASE("a result depends on the search only if A and B differ and their classes do", "[statistics][replicated]") {
  Draws draws(3);
  const PairedNumbers high = numbers_around(2, draws), higher = numbers_around(4, draws),
                      middle = numbers_around(0.5, draws), low = numbers_around(-2, draws);
  const Replicated both_above = replicated(high, higher, margin_half, Scale::linear);
  CHECK(both_above.welch_p < 0.001);
  CHECK_FALSE(both_above.depends);
  CHECK(verdict_alone(both_above, margin_half) == PartVerdict::above);
  CHECK(replicated(high, low, margin_half, Scale::linear).depends);     // above and below
  CHECK(replicated(high, middle, margin_half, Scale::linear).depends);  // above and undecided
  // Different, but neither is decided.
  const PairedNumbers wide{{-9, 10, -8, 9, -9, 10, -8, 9, -9, 10, -8, 9, -9, 10, -8, 9}, {}};
  const Replicated neither = replicated(wide, middle, margin_half, Scale::linear);
  CHECK_FALSE(neither.depends);
  // Different classes, but no difference between A and B.
  const PairedNumbers near_boundary = numbers_around(0.75, draws), nearer = numbers_around(0.62, draws);
  const Replicated alike = replicated(near_boundary, nearer, margin_half, Scale::linear);
  CHECK(alike.interval[0]->low > 0.5);
  CHECK(alike.interval[1]->low < 0.5);
  CHECK(alike.welch_p > 0.05);
  CHECK_FALSE(alike.depends);
}

TEST_CASE("binary outcomes of two searches have McNemar's test and Newcombe's intervals", "[statistics][replicated]") {
  const PairedNumbers all = outcomes_of(16, 0);
  const Replicated apart = replicated(all, all, {0, 0}, Scale::share);
  CHECK(apart.p[0] == near(std::ldexp(1.0, -31)));
  CHECK(apart.interval[0]->low == near(BinaryPairs{0, 16, 0, 0}.interval(0.95).low));
  CHECK(apart.welch_p == 1);
  const Replicated opposite = replicated(all, outcomes_of(0, 16), {-0.2, 0.2}, Scale::share);
  CHECK(opposite.welch_p == 0);
  CHECK(verdict_alone(opposite, {-0.2, 0.2}) == PartVerdict::depends_on_search);
}

TEST_CASE("nothing is concluded where no method is reliable", "[statistics][replicated]") {
  Draws draws(4);
  const PairedNumbers a = numbers_around(5, draws), b = numbers_around(5, draws);
  PairedNumbers with_zero = b, few_a{{5, 6, 7}, {}}, few_b{{5, 6, 8}, {}};
  with_zero.first[3] = 0;
  const PairedNumbers constant{Values(16, 5.0), {}};
  for (const Replicated& part :
       {replicated(a, b, {0, 0}, Scale::unbounded), replicated(a, with_zero, {1, 1}, Scale::logarithmic),
        replicated(few_a, few_b, {0, 0}, Scale::linear), replicated(constant, constant, {0, 0}, Scale::linear),
        replicated({}, {}, {0, 0}, Scale::linear)}) {
    CHECK(part.smallest_p() == 1);
    CHECK_FALSE(part.hull);
    CHECK(verdict_alone(part, {0, 0}) == PartVerdict::undecided);
  }
  // Both means of ratios are of one kind, although A alone would have a geometric one.
  CHECK(replicated(a, with_zero, {1, 1}, Scale::logarithmic).mean[0] == near(mean(a.first)));
}

TEST_CASE("order, unit, and the names of sides and searches do not change a result", "[statistics][replicated]") {
  Draws draws(5);
  for (int i = 0; i < 100; ++i) {
    const PairedNumbers a{draws.values(16), draws.values(16)}, b{draws.values(16), draws.values(16)};
    const double margin = draws.below(300) / 1000.0;
    const Boundaries boundaries{-margin, margin};
    const Replicated part = replicated(a, b, boundaries, Scale::linear);

    const auto same = [&](const Replicated& other, double scale) {
      for (int zone = 0; zone < 3; ++zone) CHECK(other.p[zone] == near(part.p[zone]));
      CHECK(other.welch_p == Approx(part.welch_p).epsilon(1e-9));  // small p-values magnify the rounding of t
      CHECK(other.depends == part.depends);
      REQUIRE(other.hull.has_value() == part.hull.has_value());
      CHECK(other.hull->low == Approx(scale * part.hull->low).margin(1e-12 * scale));
      CHECK(other.hull->high == Approx(scale * part.hull->high).margin(1e-12 * scale));
    };
    same(replicated(b, a, boundaries, Scale::linear), 1);

    const auto permuted = [&](const PairedNumbers& numbers) {
      PairedNumbers result;
      const int step = 1 + 2 * draws.below(8), start = draws.below(16);  // odd, so that every seed is visited
      for (int k = 0; k < 16; ++k) {
        result.first.push_back(numbers.first[(start + k * step) % 16]);
        result.second.push_back(numbers.second[(start + k * step) % 16]);
      }
      return result;
    };
    const PairedNumbers permuted_a = permuted(a), permuted_b = permuted(b);
    same(replicated(permuted_a, permuted_b, boundaries, Scale::linear), 1);

    const double unit = std::ldexp(1.0, draws.between(-20, 20)) * 3;
    const auto scaled = [&](PairedNumbers numbers) {
      for (Values* side : {&numbers.first, &numbers.second})
        for (double& value : *side) value *= unit;
      return numbers;
    };
    same(replicated(scaled(a), scaled(b), {-margin * unit, margin * unit}, Scale::linear), unit);

    const Replicated swapped = replicated({a.second, a.first}, {b.second, b.first}, boundaries, Scale::linear);
    for (int zone = 0; zone < 3; ++zone) CHECK(swapped.p[zone] == near(part.p[2 - zone]));
    CHECK(swapped.hull->low == Approx(-part.hull->high).margin(1e-12));
    CHECK(swapped.mean[1] == near(-part.mean[1]));
    CHECK(swapped.depends == part.depends);
  }
}

TEST_CASE("swapped sides of binary outcomes mirror the result", "[statistics][replicated]") {
  Draws draws(6);
  for (int i = 0; i < 200; ++i) {
    const PairedNumbers a = outcomes_of(draws.below(17), draws.below(17)),
                        b = outcomes_of(draws.below(17), draws.below(17));
    const Boundaries boundaries{-0.2, 0.2};
    const Replicated part = replicated(a, b, boundaries, Scale::share),
                     swapped = replicated({a.second, a.first}, {b.second, b.first}, boundaries, Scale::share);
    for (int zone = 0; zone < 3; ++zone) CHECK(swapped.p[zone] == near(part.p[2 - zone]));
    CHECK(swapped.hull->high == near(-part.hull->low));
    CHECK(swapped.depends == part.depends);
  }
}

TEST_CASE("samples without variance differ or not, and single values never", "[statistics][replicated]") {
  CHECK(welch_test({2, 2, 2}, {2, 2}) == 1);
  CHECK(welch_test({2, 2, 2}, {3, 3}) == 0);
  CHECK(welch_test({0, 0}, {0, 0, 0}) == 1);
  CHECK(welch_test(Values(16, 0.1), Values(7, 0.1)) == 1);  // sums of 0.1 round
  CHECK(welch_test({1}, {2, 3}) == 1);
  CHECK(welch_test({1, 2, 4}, {1, 2, 4}) == 1);
  CHECK(welch_test({1, 2, 4}, {7, 7}) < 0.1);
}

TEST_CASE("Welch's interval needs two values of each sample, which vary", "[statistics]") {
  const Interval interval = welch_interval({1, 2}, {2, 4, 6}, 0.95).value();  // t.test of R
  CHECK(interval.low == Approx(-6.8373020804733).epsilon(1e-12));
  CHECK(interval.high == Approx(1.8373020804733).epsilon(1e-12));
  CHECK(welch_interval({2, 4, 6}, {1, 2}, 0.95)->high == Approx(6.8373020804733).epsilon(1e-12));
  CHECK_FALSE(welch_interval({1}, {2, 3, 4}, 0.95));
  CHECK_FALSE(welch_interval({2, 3, 4}, {1}, 0.95));
  CHECK_FALSE(welch_interval({2, 2}, {3, 3}, 0.95));
  CHECK_FALSE(welch_interval({0, 0}, {0, 0, 0}, 0.95));
}

TEST_CASE("Welch's interval contains the differences that its test does not reject", "[statistics]") {
  const Values a = {0.1, 0.4, 0.35, 0.8, 0.2, 0.3}, b = {1.5, 0.9, 1.1, 1.3};
  for (const double level : {0.5, 0.9, 0.95, 0.999}) {
    const Interval interval = welch_interval(a, b, level).value();
    for (const double end : {interval.low, interval.high}) {
      Values shifted = a;
      for (double& value : shifted) value -= end;
      CHECK(welch_test(shifted, b) == Approx(1 - level).epsilon(1e-9));
    }
    CHECK(welch_interval(b, a, level)->low == Approx(-interval.high));
  }
  CHECK_FALSE(welch_interval({1, 1}, {2, 2, 2}, 0.95));
  CHECK_FALSE(welch_interval({1}, {2, 3}, 0.95));
  CHECK(welch_interval({1, 1}, {2, 3}, 0.95).has_value());
}
