// Verdicts on binary outcomes, ratios, losses and sizes, which are not decided by sign flips of differences.
#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "analysis/statistics/paired.h"
#include "analysis/statistics/survival.h"
#include "findings/verdict.h"
#include "tests/findings/finding_records.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using made_up::add;
using made_up::around;
using made_up::decided;

TEST_CASE("all runs alike are no proof that the models are", "[verdict]") {
  std::vector<Run> runs;
  add(runs, "lstm", Values(24, 0.5));
  add(runs, "gru", Values(24, 0.5));
  for (Run& run : runs) run.record->result["solved"] = true;
  for (const char* claim : {"lstm ~ gru on solved", "lstm - gru ~ 0 on solved", "min(lstm, gru) ~ lstm on solved"}) {
    INFO(claim);
    const ComparisonPart part = decided(claim, 0.02, runs).parts[0];
    CHECK(part.verdict == Verdict::undecided);
    REQUIRE(part.effect.hull);
    CHECK(part.effect.hull->low == Approx(-0.2425).margin(1e-4));  // of twelve runs
    CHECK(part.effect.hull->high == Approx(0.2425).margin(1e-4));
    const BinaryPairs alike{24, 0, 0, 0};
    CHECK(part.effect.p_of(Zone::within) == std::min(1.0, 2 * std::max(alike.p_above(-0.02), alike.p_below(0.02))));
    CHECK(part.effect.smallest_p() > 0.3);
  }
  const Outcome solved = decided("lstm ~ gru on solved", 0.02, runs);
  CHECK(effect_text(solved, solved.parts[0]) == "A +0, B +0, [-0.2425, +0.2425]");
  // A rate near a number: Wilson's interval and the exact test.
  const Outcome none = decided("lstm ~ 0 on diverged", 0.1, runs);
  CHECK(none.parts[0].effect.hull->high == Approx(wilson_interval(0, 12).high).epsilon(1e-12));
  CHECK(none.parts[0].effect.p_of(Zone::within) == Approx(2 * std::pow(0.9, 24)).epsilon(1e-12));
  CHECK(none.verdict == Verdict::undecided);
  // Of other measures there is no interval, and so no verdict, while all differences are equal.
  for (const char* claim : {"lstm ~ gru", "lstm > 0.3", "slope(lstm over length) ~ 0 on solved"}) {
    if (std::string(claim).starts_with("slope")) {
      add(runs, "lstm", Values(24, 0.5), {{"length", 40}});
      for (Run& run : runs) run.record->result["solved"] = true;
    }
    INFO(claim);
    const Outcome outcome = decided(claim, 0.02, runs);
    CHECK_FALSE(outcome.parts[0].effect.hull);
    CHECK(outcome.parts[0].effect.smallest_p() == 1);
    CHECK(outcome.verdict == Verdict::undecided);
  }
  // Sizes are the same for every seed.
  for (Run& run : runs) run.record->result["parameters"] = 100;
  CHECK(decided("lstm{length=20} > 90 on parameters", 0, runs).verdict == Verdict::supported);
  CHECK(decided("lstm{length=20} / gru ~ 1 on parameters", 0.02, runs).verdict == Verdict::supported);
}

TEST_CASE("beside a comparison of times to solve stands the log-rank test of all runs", "[verdict]") {
  std::vector<Run> runs;
  add(runs, "lstm", Values(24, 0.5));
  add(runs, "gru", Values(24, 0.5));
  Lifetimes lstm, gru;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const double time = i < 24 ? 100.0 * static_cast<double>(i + 1) : 60.0 * static_cast<double>(i - 23);
    const bool solved = i < 20 || i >= 24;  // four runs of the LSTM end unsolved
    Json& result = runs[i].record->result;
    result["solved"] = solved;
    result["updates"] = time;
    result["updates_to_solve"] = solved ? Json(time) : Json(nullptr);
    (i < 24 ? lstm : gru).push_back({time, solved});
  }
  const ComparisonPart part = decided("gru < lstm on updates_to_solve", 0, runs).parts[0];
  REQUIRE(part.log_rank_p);
  CHECK(*part.log_rank_p == Approx(log_rank_test(gru, lstm).p).epsilon(1e-12));
  CHECK(*part.log_rank_p < 0.05);
  CHECK_FALSE(decided("gru < lstm", 0, runs).parts[0].log_rank_p);
  CHECK_FALSE(decided("gru < 3000 on updates_to_solve", 0, runs).parts[0].log_rank_p);
}

TEST_CASE("binary claims need an interval beyond the boundary and a test that rejects the opposite", "[verdict]") {
  // Of twelve seeds after each search, the LSTM solves the task with all, and the GRU with all but so many.
  const auto with = [](int unsolved_a, int unsolved_b) {
    std::vector<Run> runs;
    add(runs, "lstm", Values(24, 0.5));
    add(runs, "gru", Values(24, 0.5));
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const int seed = static_cast<int>(i % 24);
      runs[i].record->result["solved"] = i < 24 || (seed < 12 ? seed >= unsolved_a : seed - 12 >= unsolved_b);
    }
    return runs;
  };
  const Outcome few = decided("lstm > gru on solved", 0, with(3, 3));  // p = 2^-5, but an interval that contains 0
  CHECK(few.parts[0].effect.smallest_p() == Approx(0.03125).epsilon(1e-12));
  CHECK(few.parts[0].effect.interval[0]->low == Approx(BinaryPairs{9, 3, 0, 0}.interval(0.95).low).epsilon(1e-12));
  CHECK(few.parts[0].effect.hull->low < 0);
  CHECK(few.verdict == Verdict::undecided);
  const Outcome five = decided("lstm > gru on solved", 0, with(5, 5));
  CHECK(five.parts[0].effect.hull->low > 0);
  CHECK(five.parts[0].effect.smallest_p() == Approx(2 * std::pow(0.5, 10)).epsilon(1e-12));
  CHECK(five.verdict == Verdict::supported);
  CHECK(decided("lstm < gru on solved", 0, with(5, 5)).verdict == Verdict::contradicted);
  CHECK(decided("gru > lstm on solved", 0, with(5, 5)).verdict == Verdict::contradicted);
  // All differ after A, none after B.
  CHECK(decided("lstm > gru on solved", 0.2, with(12, 0)).verdict == Verdict::depends_on_search);
  // Against a margin, by the score test.
  const Outcome margin = decided("lstm > gru on solved", 0.2, with(9, 9));
  CHECK(margin.parts[0].effect.p_of(Zone::above) == 2 * BinaryPairs{6, 18, 0, 0}.p_above(0.2));
  CHECK(margin.verdict == Verdict::supported);
}

TEST_CASE("ratios are judged by their logarithms, and means of losses not at all", "[verdict]") {
  std::vector<Run> runs;
  const Values factors = around(-0.5, 0.2, 24, 21), losses = around(-3, 2, 24, 22);
  const Values after_a(factors.begin(), factors.begin() + 12), after_b(factors.begin() + 12, factors.end());
  Values gru, lstm;
  for (int i = 0; i < 24; ++i) {
    gru.push_back(std::exp(losses[i]));
    lstm.push_back(std::exp(losses[i] + factors[i]));
  }
  add(runs, "lstm", lstm);
  add(runs, "gru", gru);
  for (Run& run : runs) run.record->result["final"]["test"]["loss"] = run.record->result["final"]["test"]["recall"];
  const Outcome ratio = decided("lstm / gru < 1 on loss", 0.1, runs),
                inverse = decided("gru / lstm > 1 on loss", 0, runs);
  const Replicated &effect = ratio.parts[0].effect, &inverted = inverse.parts[0].effect;
  CHECK(effect.mean[0] == Approx(std::exp(mean(after_a))));
  CHECK(effect.mean[1] == Approx(std::exp(mean(after_b))));
  CHECK(effect.interval[1]->high == Approx(std::exp(mean_interval(after_b, 0.95).high)));
  CHECK(effect.p_of(Zone::below) == Approx(2 * SubsetMeans(factors).p_below(std::log(0.9))));
  CHECK(ratio.verdict == Verdict::supported);
  CHECK(inverted.mean[0] == Approx(1 / effect.mean[0]));
  CHECK(inverted.hull->low == Approx(1 / effect.hull->high));
  CHECK(inverse.verdict == Verdict::supported);
  for (const char* claim : {"lstm < gru on loss", "lstm - gru < 0 on loss", "show lstm on loss", "lstm < 1 on loss"}) {
    INFO(claim);
    const Outcome outcome = decided(claim, 0, runs);
    CHECK_FALSE(outcome.parts[0].effect.hull);
    CHECK(outcome.parts[0].effect.smallest_p() == 1);
    CHECK(outcome.verdict == Verdict::undecided);
    CHECK(outcome.parts[0].effect.mean[0] == Approx(mean(outcome.parts[0].values[0])));
  }
}
