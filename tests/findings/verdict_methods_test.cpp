// Verdicts on binary outcomes, ratios, losses and sizes, which are not decided by sign flips of differences.
#include <cmath>

#include <catch2/catch.hpp>

#include "analysis/statistics/paired.h"
#include "findings/verdict.h"
#include "tests/findings/finding_records.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using made_up::add;
using made_up::around;
using made_up::decided;

TEST_CASE("all runs alike are no proof that the models are", "[verdict]") {
  std::vector<Run> runs;
  add(runs, "lstm", Values(12, 0.5));
  add(runs, "gru", Values(12, 0.5));
  for (Run& run : runs) run.record->result["solved"] = true;
  for (const char* claim : {"lstm ~ gru on solved", "lstm - gru ~ 0 on solved", "min(lstm, gru) ~ lstm on solved"}) {
    INFO(claim);
    const ComparisonPart part = decided(claim, 0.02, runs).parts[0];
    CHECK(part.verdict == Verdict::undecided);
    REQUIRE(part.interval);
    CHECK(part.interval->low == Approx(-0.2425).margin(1e-4));
    CHECK(part.interval->high == Approx(0.2425).margin(1e-4));
    CHECK(decided(claim, 0.02, runs).p > 0.3);
  }
  const Outcome solved = decided("lstm ~ gru on solved", 0.02, runs);
  CHECK(seeds_needed(solved, solved.parts[0], 1) == 133);
  CHECK(effect_text(solved, solved.parts[0]) == "+0 [-0.2425, +0.2425]");
  // A rate near a number: Wilson's interval and the exact test.
  const Outcome none = decided("lstm ~ 0 on diverged", 0.1, runs);
  CHECK(none.parts[0].interval->high == Approx(wilson_interval(0, 12).high).epsilon(1e-12));
  CHECK(*none.parts[0].p_for == Approx(std::pow(0.9, 12)).epsilon(1e-12));
  CHECK(none.verdict == Verdict::undecided);
  CHECK(*seeds_needed(none, none.parts[0], 1) > 12);
  // Of other measures there is no interval, and so no verdict, while all differences are equal.
  for (const char* claim : {"lstm ~ gru", "lstm > 0.3", "slope(lstm over length) ~ 0 on solved"}) {
    if (std::string(claim).starts_with("slope")) {
      add(runs, "lstm", Values(12, 0.5), {{"length", 40}});
      for (Run& run : runs) run.record->result["solved"] = true;
    }
    INFO(claim);
    const Outcome outcome = decided(claim, 0.02, runs);
    CHECK_FALSE(outcome.parts[0].interval);
    CHECK_FALSE(outcome.p);
    CHECK(outcome.verdict == Verdict::undecided);
    CHECK_FALSE(seeds_needed(outcome, outcome.parts[0], 1));
  }
  // Sizes are the same for every seed.
  for (Run& run : runs) run.record->result["parameters"] = 100;
  CHECK(decided("lstm{length=20} > 90 on parameters", 0, runs).verdict == Verdict::supported);
  CHECK(decided("lstm{length=20} / gru ~ 1 on parameters", 0.02, runs).verdict == Verdict::supported);
}

TEST_CASE("binary claims need an interval beyond the boundary and a test that rejects the opposite", "[verdict]") {
  const auto with = [](int lstm_only) {
    std::vector<Run> runs;
    add(runs, "lstm", Values(12, 0.5));
    add(runs, "gru", Values(12, 0.5));
    for (std::size_t i = 0; i < runs.size(); ++i)
      runs[i].record->result["solved"] = i < 12 || static_cast<int>(i - 12) >= lstm_only;
    return runs;
  };
  const Outcome five = decided("lstm > gru on solved", 0, with(5));  // an interval above 0, but p = 2^-4
  CHECK(five.parts[0].interval->low > 0);
  CHECK(*five.p == Approx(0.0625).epsilon(1e-12));
  CHECK(five.verdict == Verdict::undecided);
  const Outcome six = decided("lstm > gru on solved", 0, with(6));
  CHECK(six.parts[0].interval->low > 0);
  CHECK(*six.p == Approx(0.03125).epsilon(1e-12));
  CHECK(six.verdict == Verdict::supported);
  CHECK(decided("lstm < gru on solved", 0, with(6)).verdict == Verdict::contradicted);
  CHECK(decided("gru > lstm on solved", 0, with(5)).verdict == Verdict::undecided);
  // Against a margin, by the score test.
  const Outcome margin = decided("lstm > gru on solved", 0.2, with(9));
  CHECK(margin.parts[0].p_for == 2 * BinaryPairs{3, 9, 0, 0}.p_above(0.2));
  CHECK(margin.verdict == Verdict::supported);
}

TEST_CASE("ratios are judged by their logarithms, and means of losses not at all", "[verdict]") {
  std::vector<Run> runs;
  const Values factors = around(-0.5, 0.4, 12, 21), losses = around(-3, 2, 12, 22);
  Values gru, lstm;
  for (int i = 0; i < 12; ++i) {
    gru.push_back(std::exp(losses[i]));
    lstm.push_back(std::exp(losses[i] + factors[i]));
  }
  add(runs, "lstm", lstm);
  add(runs, "gru", gru);
  for (Run& run : runs) run.record->result["final"]["test"]["loss"] = run.record->result["final"]["test"]["recall"];
  const Outcome ratio = decided("lstm / gru < 1 on loss", 0.1, runs),
                inverse = decided("gru / lstm > 1 on loss", 0, runs);
  CHECK(ratio.parts[0].effect == Approx(std::exp(mean(factors))));
  CHECK(ratio.parts[0].interval->high == Approx(std::exp(mean_interval(factors, 0.95).high)));
  CHECK(*ratio.parts[0].p_for == Approx(2 * SubsetMeans(factors).p_below(std::log(0.9))));
  CHECK(ratio.verdict == Verdict::supported);
  CHECK(inverse.parts[0].effect == Approx(1 / ratio.parts[0].effect));
  CHECK(inverse.parts[0].interval->low == Approx(1 / ratio.parts[0].interval->high));
  CHECK(seeds_needed(ratio, ratio.parts[0], 1) == std::max(10, *seeds_to_decide(factors, std::log(0.9))));
  for (const char* claim : {"lstm < gru on loss", "lstm - gru < 0 on loss", "show lstm on loss", "lstm < 1 on loss"}) {
    INFO(claim);
    const Outcome outcome = decided(claim, 0, runs);
    CHECK_FALSE(outcome.parts[0].interval);
    CHECK_FALSE(outcome.parts[0].p_for);
    CHECK(outcome.parts[0].effect == Approx(mean(outcome.parts[0].values)));
  }
}
