// Which numbers are compared: pairs by seed, tasks, slopes, ratios, and runs that diverged.
#include "findings/comparison.h"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "findings/verdict.h"
#include "tests/findings/finding_records.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using made_up::add;
using made_up::all_values;
using made_up::around;
using made_up::decided;
using made_up::pair_of_models;
using made_up::sum;

TEST_CASE("runs are paired by their seed, whatever their order", "[verdict]") {
  const std::vector<Run> runs = pair_of_models(0.1, 24);
  const std::vector<Run> reversed(runs.rbegin(), runs.rend());
  CHECK(decided("lstm > gru", 0, reversed).parts[0].values == decided("lstm > gru", 0, runs).parts[0].values);
  CHECK(decided("lstm > gru", 0, reversed).verdict == Verdict::supported);
  // The same numbers with other partners: the spread between seeds hides the effect.
  Values gru = around(0.5, 0.2, 24, 1), lstm = sum(gru, around(0.1, 0.03, 24, 2));
  std::rotate(lstm.begin(), lstm.begin() + 5, lstm.end());
  std::vector<Run> unpaired;
  add(unpaired, "lstm", lstm);
  add(unpaired, "gru", gru);
  CHECK(decided("lstm > gru", 0, unpaired).verdict == Verdict::undecided);
}

TEST_CASE("every task has to agree, and options that are not named separate tasks", "[verdict]") {
  std::vector<Run> runs = pair_of_models(0.2, 24);
  const Values gru = around(0.4, 0.1, 24, 5);
  add(runs, "lstm", sum(gru, around(-0.2, 0.02, 24, 6)), {{"length", 50}});
  add(runs, "gru", gru, {{"length", 50}});
  const Outcome outcome = decided("lstm > gru", 0.05, runs);
  REQUIRE(outcome.parts.size() == 2);
  CHECK(outcome.parts[0].label == "lstm - gru on copy length 20");
  CHECK(outcome.parts[1].label == "lstm - gru on copy length 50");
  CHECK(outcome.parts[0].verdict == Verdict::supported);
  CHECK(outcome.parts[1].verdict == Verdict::contradicted);
  CHECK(outcome.verdict == Verdict::mixed);
  // Named settings choose.
  CHECK(decided("lstm{length=20} > gru{length=20}", 0.05, runs).verdict == Verdict::supported);
  CHECK(decided("lstm{length=50} < gru{length=50}", 0.05, runs).verdict == Verdict::supported);
  CHECK(decided("lstm{length=20} > gru{length=50}", 0, runs).parts.size() == 1);
}

TEST_CASE("parts on tasks that differ in their file are called by its name", "[verdict]") {
  const auto on_files = [](const std::string& first, const std::string& second) {
    std::vector<Run> runs;
    for (const auto& [path, hash] : {std::pair{first, "0123456789abcdef"}, std::pair{second, "fedcba9876543210"}})
      for (Run& run : pair_of_models(0.2, 24)) {
        run.spec["task"]["file"] = path;
        run.spec["task"]["file-hash"] = hash;
        runs.push_back(std::move(run));
      }
    std::vector<std::string> labels;
    for (const auto& part : decided("lstm > gru", 0.05, runs).parts) labels.push_back(part.label);
    return labels;
  };
  CHECK(on_files("data/music/nottingham.json", "b.json") ==
        std::vector<std::string>{"lstm - gru on copy nottingham", "lstm - gru on copy b"});
  CHECK(on_files("data/a.json", "more/a.json") ==
        std::vector<std::string>{"lstm - gru on copy file data/a.json file-hash 0123456789abcdef",
                                 "lstm - gru on copy file more/a.json file-hash fedcba9876543210"});
}

TEST_CASE("a slope is one number for each seed, per doubling", "[verdict]") {
  const Values offset = around(0.5, 0.1, 24, 8), tilt = around(0.05, 0.004, 24, 9);
  std::vector<Run> runs;
  for (const int length : {20, 40, 80, 160}) {
    const double doublings = std::log2(length);
    Values lstm, gru;
    for (std::size_t i = 0; i < 24; ++i) {
      lstm.push_back(offset[i] - tilt[i] * doublings);
      gru.push_back(offset[i] - 0.01 * doublings);
    }
    add(runs, "lstm", lstm, {{"length", length}});
    if (length != 160) add(runs, "gru", gru, {{"length", length}});
  }
  const Outcome slope = decided("slope(lstm over length) < 0", 0.02, runs);
  REQUIRE(slope.parts.size() == 1);
  for (std::size_t i = 0; i < 24; ++i) CHECK(all_values(slope.parts[0]).at(i) == Approx(-tilt[i]));
  CHECK(slope.verdict == Verdict::supported);
  // The interaction, over the lengths that both have.
  const Outcome interaction = decided("slope(lstm - gru over length) < 0", 0.02, runs);
  for (std::size_t i = 0; i < 24; ++i) CHECK(all_values(interaction.parts[0]).at(i) == Approx(0.01 - tilt[i]));
  CHECK(interaction.verdict == Verdict::supported);
  CHECK(decided("slope(lstm over length) < slope(gru over length)", 0.02, runs).verdict == Verdict::supported);
}

TEST_CASE("ratios and aggregates are taken seed by seed", "[verdict]") {
  std::vector<Run> runs;
  const Values a = around(0.6, 0.1, 20, 11), b = around(0.3, 0.02, 20, 12), c = around(0.5, 0.1, 20, 13);
  add(runs, "lstm", a);
  add(runs, "gru", b);
  add(runs, "rnn", c);
  const Outcome ratio = decided("lstm / gru > 1", 0.05, runs);
  const Outcome difference = decided("lstm - gru > 0", 0, runs);
  const Outcome min = decided("min(lstm, rnn) > gru", 0, runs), max = decided("max(lstm, rnn) > 0", 0, runs),
                middle = decided("mean(lstm, gru, rnn) > 0", 0, runs);
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(all_values(ratio.parts[0]).at(i) == Approx(a[i] / b[i]));
    CHECK(all_values(difference.parts[0]).at(i) == Approx(a[i] - b[i]));
    CHECK(all_values(min.parts[0]).at(i) == Approx(std::min(a[i], c[i]) - b[i]));
    CHECK(all_values(max.parts[0]).at(i) == Approx(std::max(a[i], c[i])));
    CHECK(all_values(middle.parts[0]).at(i) == Approx((a[i] + b[i] + c[i]) / 3));
  }
  CHECK(ratio.verdict == Verdict::supported);
}

TEST_CASE("a model can be named by an option that is not set", "[verdict]") {
  std::vector<Run> runs;
  const Values unset = around(0.6, 0.1, 20, 11), one = around(0.3, 0.1, 20, 12);
  add(runs, "lstm", unset);
  add(runs, "lstm", one, {{"forget-bias", 1}});
  const Outcome outcome = decided("lstm{forget-bias=unset} > lstm{forget-bias=1}", 0, runs);
  for (std::size_t i = 0; i < 20; ++i) CHECK(all_values(outcome.parts[0]).at(i) == Approx(unset[i] - one[i]));
}

TEST_CASE("diverged runs stay, as the worst", "[verdict]") {
  std::vector<Run> runs = pair_of_models(0.1, 24);
  const double gru = *value_of(parse_measurement("recall"), runs[24 + 4]);
  runs[4] = made_up::diverged(runs[4]);
  const Outcome outcome = decided("lstm > gru", 0, runs);
  CHECK(outcome.parts[0].values[0].size() == 12);
  CHECK(outcome.parts[0].values[0][4] == Approx(0 - gru));
  CHECK(outcome.parts[0].failures == 1);
  CHECK(outcome.verdict == Verdict::undecided);  // without it the claim is supported
  runs.erase(runs.begin() + 4);
  CHECK(decided("lstm > gru", 0, runs).verdict == Verdict::supported);

  // A run that diverged has no gates to compare, but its score is as bad as with any other run.
  std::vector<Run> probed = pair_of_models(0.1, 24);
  for (Run& run : probed) run.record->result["probe"] = {{"scalars", {{"forget gate idle", 0.9}}}};
  probed[4] = made_up::diverged(probed[4]);
  CHECK(decided("lstm > 0.5 on forget gate idle", 0, probed).parts[0].size() == 23);
  CHECK(decided("lstm > gru", 0, probed).parts[0].size() == 24);
  CHECK(decided("lstm > gru", 0, probed).parts[0].values[0][4] == Approx(0 - gru));
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
