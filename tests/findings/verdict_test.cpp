// Declared comparisons decided from made-up records where the truth is known.
#include "findings/verdict.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "analysis/statistics/paired.h"
#include "core/error.h"
#include "tests/findings/finding_records.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Catch::Matchers::Contains;
using made_up::add;
using made_up::around;
using made_up::decided;
using made_up::sum;

namespace {

Values shifted(const Values& values, double by, double sign = 1) {
  Values result;
  for (const double value : values) result.push_back(sign * (value - by));
  return result;
}

// Seeds differ by 0.2, and the LSTM from the GRU by `effect`, give or take 0.03.
std::vector<Run> pair_of_models(double effect, int n, double spread = 0.03) {
  const Values gru = around(0.5, 0.2, n, 1), lstm = sum(gru, around(effect, spread, n, 2));
  std::vector<Run> runs;
  add(runs, "lstm", lstm);
  add(runs, "gru", gru);
  return runs;
}

}  // namespace

TEST_CASE("a difference beyond the margin is supported, its opposite contradicted", "[verdict]") {
  const std::vector<Run> runs = pair_of_models(0.2, 12);
  const Outcome outcome = decided("lstm > gru", 0.05, runs);
  REQUIRE(outcome.parts.size() == 1);
  const ComparisonPart& part = outcome.parts[0];
  Values by_hand;
  for (int i = 0; i < 12; ++i)
    by_hand.push_back(*value_of(outcome.measurement, runs[i]) - *value_of(outcome.measurement, runs[12 + i]));
  CHECK(part.values == by_hand);
  CHECK(part.seeds.front() == 1);
  CHECK(part.seeds.size() == 12);
  CHECK(part.label == "lstm - gru");
  CHECK(part.failures == 0);
  CHECK(part.effect == mean(by_hand));
  REQUIRE(part.interval);
  CHECK(part.interval->low == mean_interval(by_hand, 0.95).low);
  CHECK(part.interval->high == mean_interval(by_hand, 0.95).high);
  CHECK(part.p_for == 2 * sign_flip_greater(shifted(by_hand, 0.05)));
  CHECK(part.p_against == std::min(1.0, 2 * sign_flip_greater(shifted(by_hand, 0.05, -1))));
  CHECK(outcome.verdict == Verdict::supported);
  CHECK(outcome.p == part.p_for);

  CHECK(decided("gru < lstm", 0.05, runs).verdict == Verdict::supported);
  CHECK(decided("lstm < gru", 0.05, runs).verdict == Verdict::contradicted);
  CHECK(decided("gru > lstm", 0.05, runs).verdict == Verdict::contradicted);
  CHECK(decided("gru > lstm", 0.05, runs).p == decided("lstm > gru", -0.05, runs).parts[0].p_for);
  // A real difference that does not reach the margin contradicts the claim that it does.
  CHECK(decided("lstm > gru", 0.4, runs).verdict == Verdict::contradicted);
}

TEST_CASE("what the records cannot tell is undecided, with the seeds it would take", "[verdict]") {
  const Outcome outcome = decided("lstm > gru", 0, pair_of_models(-0.04, 12, 0.1));
  CHECK(outcome.verdict == Verdict::undecided);
  const Values& values = outcome.parts[0].values;
  const auto needed = seeds_needed(outcome, outcome.parts[0], 1);
  REQUIRE(needed);
  CHECK(needed == seeds_to_decide(values, 0));
  CHECK(*needed > 12);
  // More tests want a wider interval clear of the boundary, and a p-value that so many seeds can give at all.
  CHECK(seeds_needed(outcome, outcome.parts[0], 20) == seeds_to_decide(values, 0, 1 - 0.05 / 20));
  const Outcome sure = decided("lstm > gru", 0, pair_of_models(0.3, 12));
  CHECK(seeds_needed(sure, sure.parts[0], 100) == 12);  // 2^-11 < 0.05 / 100 < 2^-10
  // Around a margin it is the distance to the margin that counts.
  const Outcome shifted_claim = decided("lstm > gru", 0.2, pair_of_models(0.2, 12));
  CHECK(shifted_claim.verdict == Verdict::undecided);
  CHECK(seeds_needed(shifted_claim, shifted_claim.parts[0], 1) == seeds_to_decide(shifted_claim.parts[0].values, 0.2));
  CHECK_FALSE(decided("lstm ~ gru", 0.2, pair_of_models(0.2, 12)).verdict == Verdict::supported);
}

TEST_CASE("not worse, and equal, need a margin and evidence", "[verdict]") {
  const std::vector<Run> alike = pair_of_models(0, 12), worse = pair_of_models(-0.2, 12);
  for (const char* claim : {"lstm >= gru", "gru >= lstm", "lstm <= gru", "lstm ~ gru"}) {
    INFO(claim);
    CHECK(decided(claim, 0.05, alike).verdict == Verdict::supported);
    CHECK(decided(claim, 0, alike).verdict != Verdict::supported);  // a proof of exact equality there is not
  }
  CHECK(decided("lstm >= gru", 0.05, worse).verdict == Verdict::contradicted);
  CHECK(decided("lstm <= gru", 0.05, worse).verdict == Verdict::supported);
  CHECK(decided("lstm ~ gru", 0.05, worse).verdict == Verdict::contradicted);
  CHECK(decided("lstm ~ gru", 0.5, worse).verdict == Verdict::supported);
  // Noise is no evidence of equality.
  CHECK(decided("lstm ~ gru", 0.05, pair_of_models(0, 12, 0.3)).verdict == Verdict::undecided);

  const ComparisonPart part = decided("lstm ~ gru", 0.05, alike).parts[0];
  CHECK(part.p_for == equivalence_test(part.values, 0.05));
  const Interval narrow = mean_interval(part.values, 0.90);
  CHECK(narrow.low > -0.05);
  CHECK(narrow.high < 0.05);
}

TEST_CASE("equivalence is decided by the 90 % interval at both ends", "[verdict]") {
  for (const double sign : {1.0, -1.0}) {
    Values values;
    for (const double value : around(-0.03, 0.03, 12, 4)) values.push_back(sign * value);
    const Interval narrow = mean_interval(values, 0.90), wide = mean_interval(values, 0.95);
    const double inner = sign > 0 ? -narrow.low : narrow.high, outer = sign > 0 ? -wide.low : wide.high;
    REQUIRE(inner < outer);
    std::vector<Run> runs;
    add(runs, "lstm", values);
    const Outcome outcome = decided("lstm ~ 0", 0.5 * (inner + outer), runs);  // within one, but not within the other
    CHECK(outcome.verdict == Verdict::supported);
    CHECK(outcome.p == outcome.parts[0].p_for);
    CHECK(decided("lstm ~ 0", 0.99 * inner, runs).verdict == Verdict::undecided);
  }
}

TEST_CASE("a claim of equivalence is contradicted on either side of its range", "[verdict]") {
  for (const double effect : {-0.2, 0.2}) {
    const Outcome outcome = decided("lstm ~ gru", 0.05, pair_of_models(effect, 12));
    const ComparisonPart& part = outcome.parts[0];
    CHECK(outcome.verdict == Verdict::contradicted);
    CHECK(part.p_against ==
          2 * sign_flip_greater(shifted(part.values, effect < 0 ? -0.05 : 0.05, effect < 0 ? -1 : 1)));
    CHECK(part.p_against == Approx(2 * std::ldexp(1, -12)));
    CHECK(outcome.p == part.p_against);
  }
}

TEST_CASE("the p-value of an undecided claim is the smaller one", "[verdict]") {
  for (const double effect : {-0.04, 0.0}) {
    const Outcome outcome = decided("lstm > gru", 0, pair_of_models(effect, 12, 0.1));
    REQUIRE(outcome.verdict == Verdict::undecided);
    const ComparisonPart& part = outcome.parts[0];
    CHECK(*part.p_for != *part.p_against);
    CHECK(outcome.p == std::min(*part.p_for, *part.p_against));
  }
}

TEST_CASE("the comparison that decides is the least clear one, or the clearest contradiction", "[verdict]") {
  std::vector<Run> runs;
  add(runs, "gru", around(0.5, 0.02, 12, 1));
  add(runs, "lstm", around(0.7, 0.02, 12, 2));    // far above the GRU
  add(runs, "rnn", around(0.53, 0.02, 12, 3));    // above it
  add(runs, "mgu", around(0.3, 0.02, 12, 4));     // far below
  add(runs, "janet", around(0.47, 0.02, 12, 5));  // below
  const auto decisive = [&](const std::string& text, Verdict verdict) {
    const Outcome outcome = decided(text, 0, runs);
    CHECK(outcome.verdict == verdict);
    return outcome.decisive().label;
  };
  CHECK(decisive("lstm, rnn > gru", Verdict::supported) == "rnn - gru");
  CHECK(decisive("rnn, lstm > gru", Verdict::supported) == "rnn - gru");
  CHECK(decisive("mgu, janet > gru", Verdict::contradicted) == "mgu - gru");
  CHECK(decisive("janet, mgu > gru", Verdict::contradicted) == "mgu - gru");
  add(runs, "irnn", around(0.5, 0.1, 12, 6));
  CHECK(decisive("lstm, irnn > gru", Verdict::undecided) == "irnn - gru");
  CHECK(decisive("irnn, lstm > gru", Verdict::undecided) == "irnn - gru");
}

TEST_CASE("test and interval agree: p < 0.05 exactly when the boundary is outside", "[verdict]") {
  int inside = 0, outside = 0;
  for (int which = 0; which < 40; ++which) {
    std::vector<Run> runs;
    add(runs, "lstm", around(0.02 * which, 0.4, 11, 100 + which));
    const Outcome outcome = decided("lstm > 0.3", 0.05, runs);
    const ComparisonPart& part = outcome.parts[0];
    const bool excluded = part.interval->low > 0.35 || part.interval->high < 0.35;
    REQUIRE((std::min(*part.p_for, *part.p_against) <= 0.05) == excluded);
    REQUIRE((outcome.verdict != Verdict::undecided) == excluded);
    (excluded ? outside : inside) += 1;
  }
  CHECK(inside > 5);
  CHECK(outside > 5);
}

TEST_CASE("runs are paired by their seed, whatever their order", "[verdict]") {
  const std::vector<Run> runs = pair_of_models(0.1, 12);
  std::vector<Run> reversed(runs.rbegin(), runs.rend());
  CHECK(decided("lstm > gru", 0, reversed).parts[0].effect == Approx(decided("lstm > gru", 0, runs).parts[0].effect));
  CHECK(decided("lstm > gru", 0, reversed).verdict == Verdict::supported);
  // The same numbers with other partners: the spread between seeds hides the effect.
  Values gru = around(0.5, 0.2, 12, 1), lstm = sum(gru, around(0.1, 0.03, 12, 2));
  std::rotate(lstm.begin(), lstm.begin() + 5, lstm.end());
  std::vector<Run> unpaired;
  add(unpaired, "lstm", lstm);
  add(unpaired, "gru", gru);
  CHECK(decided("lstm > gru", 0, unpaired).verdict == Verdict::undecided);
}

TEST_CASE("few seeds give no p-value below nine and no verdict below ten", "[verdict]") {
  for (const int n : {2, 8, 9, 10}) {
    INFO(n);
    const Outcome outcome = decided("lstm > gru", 0, pair_of_models(0.3, n, 0.001));
    const ComparisonPart& part = outcome.parts[0];
    CHECK(part.p_for.has_value() == (n >= 9));
    CHECK(outcome.p.has_value() == (n >= 9));
    CHECK(part.interval.has_value() == (n >= 10));
    CHECK(outcome.verdict == (n >= 10 ? Verdict::supported : Verdict::undecided));
    CHECK(part.effect == Approx(0.3).epsilon(0.02));
  }
}

TEST_CASE("several left sides all have to hold", "[verdict]") {
  std::vector<Run> runs = pair_of_models(0.2, 12);
  add(runs, "rnn", around(0.1, 0.02, 12, 3));
  const Outcome both = decided("lstm, gru > rnn", 0.05, runs);
  REQUIRE(both.parts.size() == 2);
  CHECK(both.parts[1].label == "gru - rnn");
  CHECK(both.verdict == Verdict::supported);
  CHECK(both.p == std::max(both.parts[0].p_for, both.parts[1].p_for));

  const Outcome one = decided("lstm, rnn > gru", 0.05, runs);
  CHECK(one.parts[0].verdict == Verdict::supported);
  CHECK(one.parts[1].verdict == Verdict::contradicted);
  CHECK(one.verdict == Verdict::contradicted);
  CHECK(one.p == std::min(1.0, 2 * *one.parts[1].p_against));
  CHECK(&one.decisive() == &one.parts[1]);

  const Outcome open = decided("lstm, gru > gru", 0.05, runs);  // gru - gru = 0, which has no interval
  CHECK(open.verdict == Verdict::undecided);
}

TEST_CASE("every task has to agree, and options that are not named separate tasks", "[verdict]") {
  std::vector<Run> runs = pair_of_models(0.2, 12);
  const Values gru = around(0.4, 0.1, 12, 5);
  add(runs, "lstm", sum(gru, around(-0.2, 0.02, 12, 6)), {{"length", 50}});
  add(runs, "gru", gru, {{"length", 50}});
  const Outcome outcome = decided("lstm > gru", 0.05, runs);
  REQUIRE(outcome.parts.size() == 2);
  CHECK(outcome.parts[0].label == "lstm - gru on copy length 20");
  CHECK(outcome.parts[1].label == "lstm - gru on copy length 50");
  CHECK(outcome.parts[0].verdict == Verdict::supported);
  CHECK(outcome.verdict == Verdict::contradicted);
  CHECK(outcome.decisive().label == outcome.parts[1].label);
  // Named settings choose.
  CHECK(decided("lstm{length=20} > gru{length=20}", 0.05, runs).verdict == Verdict::supported);
  CHECK(decided("lstm{length=50} < gru{length=50}", 0.05, runs).verdict == Verdict::supported);
  CHECK(decided("lstm{length=20} > gru{length=50}", 0, runs).parts.size() == 1);
}

TEST_CASE("a slope is one number for each seed, per doubling", "[verdict]") {
  const Values offset = around(0.5, 0.1, 12, 8), tilt = around(0.05, 0.004, 12, 9);
  std::vector<Run> runs;
  for (const int length : {20, 40, 80, 160}) {
    const double doublings = std::log2(length);
    Values lstm, gru;
    for (std::size_t i = 0; i < 12; ++i) {
      lstm.push_back(offset[i] - tilt[i] * doublings);
      gru.push_back(offset[i] - 0.01 * doublings);
    }
    add(runs, "lstm", lstm, {{"length", length}});
    if (length != 160) add(runs, "gru", gru, {{"length", length}});
  }
  const Outcome slope = decided("slope(lstm over length) < 0", 0.02, runs);
  REQUIRE(slope.parts.size() == 1);
  for (std::size_t i = 0; i < 12; ++i) CHECK(slope.parts[0].values.at(i) == Approx(-tilt[i]));
  CHECK(slope.verdict == Verdict::supported);
  // The interaction, over the lengths that both have.
  const Outcome interaction = decided("slope(lstm - gru over length) < 0", 0.02, runs);
  for (std::size_t i = 0; i < 12; ++i) CHECK(interaction.parts[0].values.at(i) == Approx(0.01 - tilt[i]));
  CHECK(interaction.verdict == Verdict::supported);
  CHECK(decided("slope(lstm over length) < slope(gru over length)", 0.02, runs).verdict == Verdict::supported);
}

TEST_CASE("ratios and aggregates are taken seed by seed", "[verdict]") {
  std::vector<Run> runs;
  const Values a = around(0.6, 0.1, 10, 11), b = around(0.3, 0.02, 10, 12), c = around(0.5, 0.1, 10, 13);
  add(runs, "lstm", a);
  add(runs, "gru", b);
  add(runs, "rnn", c);
  const Outcome ratio = decided("lstm / gru > 1", 0.05, runs);
  const Outcome difference = decided("lstm - gru > 0", 0, runs);
  const Outcome min = decided("min(lstm, rnn) > gru", 0, runs), max = decided("max(lstm, rnn) > 0", 0, runs),
                middle = decided("mean(lstm, gru, rnn) > 0", 0, runs);
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(ratio.parts[0].values[i] == Approx(a[i] / b[i]));
    CHECK(difference.parts[0].values[i] == Approx(a[i] - b[i]));
    CHECK(min.parts[0].values[i] == Approx(std::min(a[i], c[i]) - b[i]));
    CHECK(max.parts[0].values[i] == Approx(std::max(a[i], c[i])));
    CHECK(middle.parts[0].values[i] == Approx((a[i] + b[i] + c[i]) / 3));
  }
  CHECK(ratio.verdict == Verdict::supported);
}

TEST_CASE("diverged runs stay, as the worst", "[verdict]") {
  std::vector<Run> runs = pair_of_models(0.1, 12);
  const double gru = *value_of(parse_measurement("recall"), runs[12 + 4]);
  runs[4] = made_up::diverged(runs[4]);
  const Outcome outcome = decided("lstm > gru", 0, runs);
  CHECK(outcome.parts[0].values.size() == 12);
  CHECK(outcome.parts[0].values[4] == Approx(0 - gru));
  CHECK(outcome.parts[0].failures == 1);
  CHECK(outcome.verdict == Verdict::undecided);  // without it the claim is supported
  runs.erase(runs.begin() + 4);
  CHECK(decided("lstm > gru", 0, runs).verdict == Verdict::supported);

  // A run that diverged has no gates to compare, but its score is as bad as with any other run.
  std::vector<Run> probed = pair_of_models(0.1, 12);
  for (Run& run : probed) run.record->result["probe"] = {{"scalars", {{"forget gate idle", 0.9}}}};
  probed[4] = made_up::diverged(probed[4]);
  CHECK(decided("lstm > 0.5 on forget gate idle", 0, probed).parts[0].values.size() == 11);
  CHECK(decided("lstm > gru", 0, probed).parts[0].values.size() == 12);
  CHECK(decided("lstm > gru", 0, probed).parts[0].values[4] == Approx(0 - gru));
}

TEST_CASE("comparisons that cannot be made are refused", "[verdict][errors]") {
  std::vector<Run> runs = pair_of_models(0.1, 10);
  const auto refusal = [&](const std::string& text) {
    try {
      decided(text, 0, runs);
    } catch (const UserError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refusal("lstm > mgu") == "no run is 'mgu'");
  CHECK(refusal("lstm{hidden=65} > gru") == "no run is 'lstm{hidden=65}'");
  CHECK(refusal("lstm{hidden=64.0} > gru") == "accepted");  // numbers compare as numbers
  CHECK(refusal("lstm > gru on recal") == "no run of 'lstm' on copy has a measure 'recal'");
  CHECK(refusal("lstm > gru on recall at 70") == "no run of 'lstm' on copy has a measure 'recall at 70'");
  CHECK(refusal("slope(lstm over length) > 0") ==
        "'slope(lstm over length)' needs runs with two values of length or more");
  CHECK(refusal("lstm / gru > 1 on solved") ==
        "'lstm / gru > 1 on solved' is not a number for seed 1: a ratio divides by 0 there; compare a difference");
  add(runs, "lstm", Values(10, 0.5), {{"hidden", 32}});
  CHECK(refusal("lstm > gru") ==
        "'lstm' stands for several runs of seed 1, which differ in hidden; name one, as in lstm{hidden=64}");
  CHECK(refusal("lstm{hidden=32} > gru") == "accepted");
  add(runs, "rnn", Values(10, 0.5), {{"length", 50}});
  CHECK(refusal("rnn > gru") == "the models of 'rnn > gru' have no task in common");
  add(runs, "mgu", Values(10, 0.5), {{"forget-bias", 0}});
  add(runs, "mgu", Values(10, 0.5), {{"forget-bias", 1}});
  CHECK(refusal("slope(mgu over forget-bias) > 0") ==
        "'slope(mgu over forget-bias)' is over the logarithm of forget-bias, and 0 has none");
}

TEST_CASE("the boundary is the claimed value shifted by the margin", "[verdict]") {
  const std::vector<Run> runs = pair_of_models(0.1, 10);
  const auto boundary = [&](const std::string& text, double margin) {
    return boundary_text(decided(text, margin, runs));
  };
  CHECK(boundary("lstm > gru", 0.05) == "> +0.05");
  CHECK(boundary("lstm > gru", 0) == "> 0");
  CHECK(boundary("lstm < gru", 75) == "< -75");
  CHECK(boundary("lstm >= gru", 0.1) == "> -0.1");
  CHECK(boundary("lstm <= gru", 0.1) == "< +0.1");
  CHECK(boundary("lstm ~ gru", 0.02) == "within ±0.02");
  CHECK(boundary("lstm > 0.3", 0.05) == "> 0.35");
  CHECK(boundary("lstm ~ 0.3", 0.05) == "0.25 to 0.35");
  CHECK(boundary("show lstm", 0.05) == "");
  CHECK(decided("lstm ~ 0.3", 0.05, runs).claimed.boundaries() == Values{0.3 - 0.05, 0.3 + 0.05});
}

TEST_CASE("an effect is signed where it is a difference", "[verdict]") {
  const Outcome difference = decided("lstm > gru", 0, pair_of_models(0.1, 12));
  CHECK_THAT(effect_text(difference, difference.parts[0]), Catch::Matchers::StartsWith("+0.1") && Contains("[+0.0"));
  const Outcome plain = decided("lstm > 0", 0, pair_of_models(0.1, 12));
  CHECK(effect_text(plain, plain.parts[0])[0] != '+');
  const Outcome few = decided("lstm > gru", 0, pair_of_models(0.1, 3));
  CHECK(effect_text(few, few.parts[0]).find('[') == std::string::npos);
}
