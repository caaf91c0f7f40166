// Declared comparisons decided from made-up records where the truth is known.
#include "findings/verdict.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "analysis/statistics/paired.h"
#include "tests/findings/finding_records.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using made_up::add;
using made_up::all_values;
using made_up::around;
using made_up::compared;
using made_up::decided;
using made_up::pair_of_models;
using made_up::shifted;
using made_up::sum;

namespace {

double p_in(const ComparisonPart& part, Zone zone) { return part.effect.p_of(zone); }

}  // namespace

TEST_CASE("a difference beyond the margin is supported, its opposite contradicted", "[verdict]") {
  const std::vector<Run> runs = pair_of_models(0.2, 24);
  const Outcome outcome = decided("lstm > gru", 0.05, runs);
  REQUIRE(outcome.parts.size() == 1);
  const ComparisonPart& part = outcome.parts[0];
  std::array<Values, 2> by_hand;
  for (std::size_t i = 0; i < 24; ++i)
    by_hand[i / 12].push_back(*value_of(outcome.measurement, runs[i]) - *value_of(outcome.measurement, runs[24 + i]));
  const Interval a = mean_interval(by_hand[0], 0.95), b = mean_interval(by_hand[1], 0.95);
  for (const std::size_t search : {0, 1}) {
    INFO("search " << search);
    CHECK(part.values[search] == by_hand[search]);
    CHECK(part.seeds[search].size() == 12);
    CHECK(part.seeds[search].front() == 1 + 12 * search);
    CHECK(part.effect.mean[search] == mean(by_hand[search]));
    REQUIRE(part.effect.interval[search]);
    CHECK(part.effect.interval[search]->low == (search == 0 ? a : b).low);
    CHECK(part.effect.interval[search]->high == (search == 0 ? a : b).high);
  }
  REQUIRE(part.effect.hull);
  CHECK(part.effect.hull->low == std::min(a.low, b.low));
  CHECK(part.effect.hull->high == std::max(a.high, b.high));
  CHECK(a.low != b.low);
  CHECK(part.label == "lstm - gru");
  CHECK(part.failures == 0);
  CHECK(part.size() == 24);
  CHECK(p_in(part, Zone::above) == 2 * sign_flip_greater(shifted(all_values(part), 0.05)));
  CHECK(p_in(part, Zone::within) == 1);
  CHECK(p_in(part, Zone::below) == 1);
  CHECK(outcome.verdict == Verdict::supported);

  CHECK(decided("gru < lstm", 0.05, runs).verdict == Verdict::supported);
  CHECK(decided("lstm < gru", 0.05, runs).verdict == Verdict::contradicted);
  CHECK(decided("gru > lstm", 0.05, runs).verdict == Verdict::contradicted);
  const ComparisonPart reversed = decided("gru > lstm", 0.05, runs).parts[0];
  CHECK(p_in(reversed, Zone::below) == 2 * sign_flip_greater(shifted(all_values(reversed), -0.05, -1)));
  // If the difference is real but smaller than the margin, there is none of the size that is claimed.
  CHECK(decided("lstm > gru", 0.4, runs).verdict == Verdict::no_difference);
  CHECK(decided("gru > lstm", 0.4, runs).verdict == Verdict::no_difference);
}

TEST_CASE("an effect near the boundary is undecided", "[verdict]") {
  CHECK(decided("lstm > gru", 0, pair_of_models(-0.01, 24, 0.1)).verdict == Verdict::undecided);
  for (const char* claim : {"lstm > gru", "lstm ~ gru", "lstm <= gru"}) {
    INFO(claim);
    CHECK(decided(claim, 0.2, pair_of_models(0.2, 24)).verdict == Verdict::undecided);
  }
}

TEST_CASE("a verdict needs a hull in the zone and an adjusted p of at most 0.05", "[verdict]") {
  Outcome outcome = compared("lstm > gru", 0.05, pair_of_models(0.2, 24));
  REQUIRE(outcome.parts[0].effect.hull->low > 0.05);
  judge(outcome);
  CHECK(outcome.verdict == Verdict::undecided);  // without an adjusted p
  outcome.parts[0].adjusted_p = 0.0501;
  judge(outcome);
  CHECK(outcome.verdict == Verdict::undecided);
  outcome.parts[0].adjusted_p = 0.05;
  judge(outcome);
  CHECK(outcome.verdict == Verdict::supported);

  // The seeds after B are too noisy for an interval above the margin, although all numbers together are.
  std::vector<Run> runs;
  Values lead = around(0.3, 0.03, 24, 2);
  for (std::size_t i = 12; i < 24; ++i) lead[i] = 0.3 + (i % 2 == 0 ? 0.5 : -0.5);
  const Values gru = around(0.5, 0.2, 24, 1);
  add(runs, "lstm", sum(gru, lead));
  add(runs, "gru", gru);
  const Outcome noisy = decided("lstm > gru", 0.05, runs);
  CHECK(noisy.parts[0].effect.smallest_p() < 0.01);
  CHECK(noisy.parts[0].effect.interval[0]->low > 0.05);
  CHECK(noisy.parts[0].effect.interval[1]->low < 0.05);
  CHECK(noisy.parts[0].effect.welch_p > 0.05);
  CHECK(noisy.verdict == Verdict::undecided);
}

TEST_CASE("a result depends on the search if A and B differ and give different answers", "[verdict]") {
  const auto after = [](double a, double b) {
    Values lead = around(a, 0.03, 24, 2);
    for (std::size_t i = 12; i < 24; ++i) lead[i] += b - a;
    const Values gru = around(0.5, 0.2, 24, 1);
    std::vector<Run> runs;
    add(runs, "lstm", sum(gru, lead));
    add(runs, "gru", gru);
    return runs;
  };
  for (const auto& [a, b] : {std::pair(0.3, -0.3), {0.3, 0.0}, {0.0, -0.3}, {0.3, 0.1}}) {
    INFO(a << ", " << b);  // the last: above after A, at the boundary after B
    const Outcome outcome = decided("lstm > gru", 0.1, after(a, b));
    CHECK(outcome.verdict == Verdict::depends_on_search);
    CHECK(outcome.parts[0].effect.welch_p < 0.001);
    CHECK(decided("lstm ~ gru", 0.1, after(a, b)).verdict == Verdict::depends_on_search);
  }
  // They differ, but the answer is the same.
  CHECK(decided("lstm > gru", 0.1, after(0.5, 0.3)).verdict == Verdict::supported);
  CHECK(decided("lstm > gru", 0.1, after(-0.3, -0.5)).verdict == Verdict::contradicted);
  // Outside of the range on either side is contradicted, but on both sides it depends.
  CHECK(decided("lstm ~ gru", 0.1, after(0.3, 0.5)).verdict == Verdict::contradicted);
  CHECK(decided("lstm ~ gru", 0.1, after(0.3, -0.3)).verdict == Verdict::depends_on_search);
}

TEST_CASE("not worse, and equal, need a margin and evidence", "[verdict]") {
  const std::vector<Run> alike = pair_of_models(0, 24), worse = pair_of_models(-0.2, 24);
  for (const char* claim : {"lstm >= gru", "gru >= lstm", "lstm <= gru", "lstm ~ gru"}) {
    INFO(claim);
    CHECK(decided(claim, 0.05, alike).verdict == Verdict::supported);
    CHECK(decided(claim, 0, alike).verdict != Verdict::supported);  // no data can show exact equality
  }
  CHECK(decided("lstm >= gru", 0.05, worse).verdict == Verdict::contradicted);
  CHECK(decided("lstm <= gru", 0.05, worse).verdict == Verdict::supported);
  CHECK(decided("lstm ~ gru", 0.05, worse).verdict == Verdict::contradicted);
  CHECK(decided("lstm ~ gru", 0.5, worse).verdict == Verdict::supported);
  // Noise is no evidence of equality.
  CHECK(decided("lstm ~ gru", 0.05, pair_of_models(0, 24, 0.3)).verdict == Verdict::undecided);

  const ComparisonPart part = decided("lstm ~ gru", 0.05, alike).parts[0];
  CHECK(p_in(part, Zone::within) == 2 * equivalence_test(all_values(part), 0.05));
  CHECK(p_in(part, Zone::above) == 1);
}

TEST_CASE("a claim that something is not worse has one boundary", "[verdict]") {
  // Between -m and m, where a claim with two boundaries finds no difference, it is supported.
  for (const double effect : {-0.03, 0.0, 0.03, 0.2}) {
    INFO(effect);
    const Outcome outcome = decided("lstm >= gru", 0.1, pair_of_models(effect, 24));
    CHECK(outcome.verdict == Verdict::supported);
    CHECK(p_in(outcome.parts[0], Zone::within) == 1);
    CHECK(p_in(outcome.parts[0], Zone::above) == 2 * sign_flip_greater(shifted(all_values(outcome.parts[0]), -0.1)));
    CHECK(decided("gru <= lstm", 0.1, pair_of_models(effect, 24)).verdict == Verdict::supported);
  }
  CHECK(decided("lstm >= gru", 0.1, pair_of_models(-0.1, 24)).verdict == Verdict::undecided);
  CHECK(decided("lstm >= gru", 0.1, pair_of_models(-0.15, 24)).verdict == Verdict::contradicted);
  CHECK(decided("lstm > gru", 0.1, pair_of_models(0.0, 24)).verdict == Verdict::no_difference);
  // Without a margin, neither has anything between its boundaries.
  CHECK(decided("lstm > gru", 0, pair_of_models(-0.2, 24)).verdict == Verdict::contradicted);
  CHECK(decided("lstm > gru", 0, pair_of_models(0, 24)).verdict == Verdict::undecided);
}

TEST_CASE("equivalence needs the 95 % intervals of both searches within the range", "[verdict]") {
  for (const double sign : {1.0, -1.0}) {
    const Values values = shifted(around(-0.03, 0.03, 24, 4), 0, sign);
    std::vector<Run> runs;
    add(runs, "lstm", values);
    const Interval hull = *decided("lstm ~ 0", 1, runs).parts[0].effect.hull;
    const double end = std::max(std::abs(hull.low), std::abs(hull.high));
    CHECK(decided("lstm ~ 0", 1.001 * end, runs).verdict == Verdict::supported);
    const Outcome outcome = decided("lstm ~ 0", 0.999 * end, runs);
    CHECK(outcome.parts[0].effect.smallest_p() < 0.05);
    CHECK(outcome.verdict == Verdict::undecided);
  }
}

TEST_CASE("a claim of equivalence is contradicted on either side of its range", "[verdict]") {
  for (const double effect : {-0.2, 0.2}) {
    const Outcome outcome = decided("lstm ~ gru", 0.05, pair_of_models(effect, 24));
    CHECK(outcome.verdict == Verdict::contradicted);
    CHECK(outcome.parts[0].effect.zone() == (effect < 0 ? Zone::below : Zone::above));
    CHECK(outcome.parts[0].effect.smallest_p() == Approx(2 * std::ldexp(1, -24)));
  }
}

TEST_CASE("the part that is shown is the least clear one of those that agree with the whole", "[verdict]") {
  std::vector<Run> runs;
  add(runs, "gru", around(0.5, 0.02, 24, 1));
  add(runs, "lstm", around(0.7, 0.02, 24, 2));    // far above the GRU
  add(runs, "rnn", around(0.53, 0.02, 24, 3));    // above it
  add(runs, "mgu", around(0.3, 0.02, 24, 4));     // far below
  add(runs, "janet", around(0.47, 0.02, 24, 5));  // below
  add(runs, "irnn", around(0.5, 0.1, 24, 6));     // nobody knows
  const auto shown = [&](const std::string& text, Verdict verdict) {
    const Outcome outcome = decided(text, 0, runs);
    CHECK(outcome.verdict == verdict);
    return outcome.least_clear().label;
  };
  CHECK(shown("lstm, rnn > gru", Verdict::supported) == "rnn - gru");
  CHECK(shown("rnn, lstm > gru", Verdict::supported) == "rnn - gru");
  CHECK(shown("mgu, janet > gru", Verdict::contradicted) == "janet - gru");
  CHECK(shown("janet, mgu > gru", Verdict::contradicted) == "janet - gru");
  CHECK(shown("lstm, irnn > gru", Verdict::undecided) == "irnn - gru");
  CHECK(shown("irnn, lstm > gru", Verdict::undecided) == "irnn - gru");
  // No part has the verdict "mixed": the least clear of all.
  CHECK(shown("lstm, janet, mgu > gru", Verdict::mixed) == "janet - gru");
}

TEST_CASE("below eight seeds after each search there is no interval and no verdict", "[verdict]") {
  for (const int n : {2, 8, 10, 14, 16}) {
    INFO(n);
    const Outcome outcome = decided("lstm > gru", 0, pair_of_models(0.3, n, 0.001));
    const Replicated& effect = outcome.parts[0].effect;
    CHECK((effect.smallest_p() < 1) == (n >= 9));  // of the seeds after both
    CHECK(effect.interval[0].has_value() == (n >= 16));
    CHECK(effect.hull.has_value() == (n >= 16));
    CHECK(outcome.verdict == (n >= 16 ? Verdict::supported : Verdict::undecided));
    CHECK(outcome.parts[0].mean() == Approx(0.3).epsilon(0.02));
  }
}

TEST_CASE("several left sides all have to hold", "[verdict]") {
  std::vector<Run> runs = pair_of_models(0.2, 24);
  add(runs, "rnn", around(0.1, 0.02, 24, 3));
  const Outcome both = decided("lstm, gru > rnn", 0.05, runs);
  REQUIRE(both.parts.size() == 2);
  CHECK(both.parts[1].label == "gru - rnn");
  CHECK(both.parts[1].left_side == 1);
  CHECK(both.verdict == Verdict::supported);

  const Outcome one = decided("lstm, rnn > gru", 0.05, runs);
  CHECK(one.parts[0].verdict == Verdict::supported);
  CHECK(one.parts[1].verdict == Verdict::contradicted);
  CHECK(one.verdict == Verdict::mixed);

  const Outcome open = decided("lstm, gru > gru", 0.05, runs);  // gru - gru = 0, which has no interval
  CHECK(open.parts[0].verdict == Verdict::supported);
  CHECK(open.parts[1].verdict == Verdict::undecided);
  CHECK(open.verdict == Verdict::undecided);
}

TEST_CASE("the verdict of a claim follows from those of its parts", "[verdict]") {
  std::vector<Run> runs = pair_of_models(0.2, 24);
  add(runs, "rnn", around(0.1, 0.02, 24, 3));
  const Outcome both = decided("lstm, rnn > gru", 0.05, runs);
  REQUIRE(both.verdict == Verdict::mixed);
  // A part that cannot show a difference has no say.
  Outcome outcome = both;
  outcome.parts[1].testable = false;
  judge(outcome);
  CHECK(outcome.verdict == Verdict::supported);
  CHECK(outcome.parts[1].verdict == Verdict::not_testable);
  outcome.parts[0].testable = false;
  judge(outcome);
  CHECK(outcome.verdict == Verdict::not_testable);
  // An undecided part leaves the claim undecided, one that depends on the search makes the claim depend on it.
  outcome = both;
  outcome.parts[1].adjusted_p = 0.06;
  judge(outcome);
  CHECK(outcome.verdict == Verdict::undecided);
  outcome.parts[0].adjusted_p = 0.06;
  outcome.parts[0].effect.depends = true;
  judge(outcome);
  CHECK(outcome.parts[1].verdict == Verdict::undecided);
  CHECK(outcome.verdict == Verdict::depends_on_search);
}

TEST_CASE("another margin moves the boundaries and tests again", "[verdict]") {
  const std::vector<Run> runs = pair_of_models(0.2, 24);
  Outcome changed = with_margin(decided("lstm > gru", 0.05, runs), 0.4);
  CHECK(changed.verdict == Verdict::supported);  // of before
  CHECK(changed.margin == 0.4);
  CHECK(changed.boundaries.high == 0.4);
  const Outcome declared_so = decided("lstm > gru", 0.4, runs);
  CHECK(changed.parts[0].effect.p == declared_so.parts[0].effect.p);
  changed.parts[0].adjusted_p = changed.parts[0].effect.smallest_p();
  judge(changed);
  CHECK(changed.verdict == declared_so.verdict);
  CHECK(changed.verdict == Verdict::no_difference);
}
