// The search for settings: what is tried, for whom, and what is chosen.
#include "experiments/running/tuning.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "experiments/declaration/grid.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

Tuning tuning(const Lines& lines) {
  std::vector<Assignment> written;
  for (const auto& [key, value] : lines)
    written.push_back({key, value, "tuning", 10 + static_cast<int>(written.size())});
  return Tuning("x.ini", written);
}
Tuning tuning_of(const std::string& key, const std::string& value, int trials = 200) {
  return tuning({{"trials", std::to_string(trials)}, {"seeds", "101"}, {key, value}});
}

std::vector<RunSpec> runs(const Lines& settings) {
  Declaration declaration;
  for (const auto& [key, value] : settings) declaration.overrides.push_back({key, value, "", 0});
  return expand(declaration).runs;
}
std::vector<RunSpec> three_models() {
  return runs({{"task", "adding"}, {"cell", "rnn, lstm, gru"}, {"hidden", "4"}, {"seed", "1..3"}});
}

std::string refusal(const Lines& lines, const std::vector<RunSpec>& of = three_models()) {
  try {
    tuning(lines).check(of);
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

// The part of a trial's result that the choice depends on.
struct TrialOutcome {
  bool solved;
  int updates;
  double score, loss;
  bool diverged = false;
};
void commit(const ResultsFolder& results_folder, const RunSpec& run, const TrialOutcome& outcome,
            bool higher_is_better) {
  Record record = example_record(1);
  record.spec = run.json();
  const auto known = [&](double value) { return outcome.diverged ? Json(nullptr) : Json(value); };
  const Json scores = {{"score", known(outcome.score)}, {"loss", known(outcome.loss)}};
  Json& result = record.result;
  result["status"] = outcome.diverged ? "diverged" : outcome.solved ? "solved" : "finished";
  result["solved"] = outcome.solved;
  result["updates_to_solve"] = outcome.solved ? Json(outcome.updates) : Json(nullptr);
  result["measure"]["name"] = "score";
  result["measure"]["higher_is_better"] = higher_is_better;
  result["final"] = {{"validation", scores}, {"test", scores}};
  result["hash"] = result_hash(result);
  results_folder.commit(record);
}

// The choice among as many candidates as there are rows (a row: one outcome for each of the seeds). The last is what
// the runs declare.
TuningChoice choice(const std::vector<std::vector<TrialOutcome>>& trials, bool higher_is_better = true) {
  const TemporaryFolder folder;
  ResultsFolder results_folder(folder.path(), "x");
  results_folder.prepare();
  const Tuning search = tuning(
      {{"trials", std::to_string(trials.size() - 1)}, {"seeds", "101, 102"}, {"learning-rate", "0.001..0.1 log"}});
  const std::vector<RunSpec> declared = runs({{"task", "adding"}, {"cell", "lstm"}, {"hidden", "4"}, {"seed", "1..3"}});
  for (std::size_t t = 0; t < trials.size(); ++t)
    for (std::size_t s = 0; s < 2; ++s) {
      CHECK_FALSE(tuned(search, declared, results_folder));  // not before all are there
      commit(results_folder, search.trial(declared[0], static_cast<int>(t), search.seeds()[s]), trials[t][s],
             higher_is_better);
    }
  const auto result = tuned(search, declared, results_folder);
  REQUIRE(result);
  REQUIRE(result->choices.size() == 1);
  REQUIRE(result->runs.size() == 3);
  const int trial = result->choices[0].trial;
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(result->runs[i].seed == i + 1);
    CHECK(result->runs[i].canonical() == search.trial(declared[i], trial, i + 1).canonical());
  }
  CHECK(result->choices[0].values == Lines{{"learning-rate", result->runs[0].training.text("learning-rate")}});
  return result->choices[0];
}

int chosen(const std::vector<std::vector<TrialOutcome>>& trials, bool higher_is_better = true) {
  return choice(trials, higher_is_better).trial;
}

}  // namespace

TEST_CASE("every model tries the same values, with the trials' own seeds", "[tuning]") {
  const Tuning search = tuning({{"trials", "5"},
                                {"seeds", "101, 102"},
                                {"learning-rate", "0.001..0.1 log"},
                                {"forget-bias", "0, 1, 3"},
                                {"clip-norm", "0.5..5"}});
  const std::vector<RunSpec> declared = three_models();
  search.check(declared);
  const std::vector<RunSpec> trials = search.trial_runs(declared);
  // Models, trials and the declared settings, seeds; the seeds that are reported add nothing.
  CHECK(trials.size() == 3 * (5 + 1) * 2);
  std::map<std::string, std::set<std::string>> rates;
  std::set<std::string> biases;
  for (const RunSpec& trial : trials) {
    CHECK((trial.seed == 101 || trial.seed == 102));
    rates[trial.model.text("cell")].insert(trial.training.text("learning-rate") + " " +
                                           trial.training.text("clip-norm"));
    if (trial.model.text("cell") == "lstm") biases.insert(trial.model.text("forget-bias"));
    if (trial.model.text("cell") != "lstm") CHECK_FALSE(trial.model.values().contains("forget-bias"));
  }
  for (const std::uint64_t seed : {101, 102}) {
    RunSpec as_declared = declared[0];
    as_declared.seed = seed;
    CHECK(search.trial(declared[0], 5, seed).canonical() == as_declared.canonical());
    CHECK(std::count_if(trials.begin(), trials.end(),
                        [&](const RunSpec& run) { return run.canonical() == as_declared.canonical(); }) == 1);
  }
  CHECK(rates["lstm"].size() == 6);
  CHECK(rates["lstm"] == rates["gru"]);
  CHECK(rates["lstm"] == rates["rnn"]);
  for (const std::string& bias : biases) CHECK((bias.empty() || bias == "0" || bias == "1" || bias == "3"));
  // A value depends on the option and the trial alone: another search with more trials begins alike.
  const Tuning longer = tuning_of("learning-rate", "0.001..0.1 log", 9);
  for (int t = 0; t < 5; ++t)
    CHECK(longer.trial(declared[0], t, 1).training.text("learning-rate") ==
          search.trial(declared[0], t, 7).training.text("learning-rate"));
  CHECK(search.text() ==
        "5 random trials and the settings of the file x 2 seeds: learning-rate in 0.001..0.1 log; "
        "forget-bias in 0, 1, 3; clip-norm in 0.5..5");
}

TEST_CASE("values of ranges are uniform, with 'log' in their logarithm", "[tuning]") {
  const RunSpec run = three_models()[3];
  const auto median_of = [&](const std::string& key, const std::string& range, double low, double high) {
    const Tuning search = tuning_of(key, range);
    std::vector<double> values;
    for (int t = 0; t < 200; ++t) {
      values.push_back(search.trial(run, t, 101).training.real(key));
      REQUIRE(values.back() >= low);
      REQUIRE(values.back() <= high);
    }
    std::sort(values.begin(), values.end());
    CHECK(std::set<double>(values.begin(), values.end()).size() > 100);
    return values[100];
  };
  // The median of 200 uniform numbers has a standard deviation of 0.035 of the range.
  CHECK(std::log10(median_of("learning-rate", "0.0001..0.01 log", 0.0001, 0.01)) == Approx(-3).margin(4 * 0.035 * 2));
  CHECK(median_of("learning-rate", "0.0001..0.01", 0.0001, 0.01) == Approx(0.00505).margin(4 * 0.035 * 0.0099));
  CHECK(median_of("clip-norm", "1..3", 1, 3) == Approx(2).margin(4 * 0.035 * 2));
  const Tuning whole = tuning_of("training-set", "500..20000");  // thousands need no exponent
  for (int t = 0; t < 20; ++t) CHECK(whole.trial(run, t, 101).training.integer("training-set") >= 500);
}

TEST_CASE("every value of a list is tried before one is repeated, in a new order each time", "[tuning]") {
  const Tuning search = tuning_of("forget-bias", "0, 1, 3", 30);
  const RunSpec run = three_models()[3];
  REQUIRE(run.model.text("cell") == "lstm");
  std::set<std::vector<std::string>> orders;
  for (int round = 0; round < 10; ++round) {
    std::vector<std::string> order;
    for (int i = 0; i < 3; ++i) order.push_back(search.trial(run, 3 * round + i, 101).model.text("forget-bias"));
    orders.insert(order);
    std::sort(order.begin(), order.end());
    CHECK(order == std::vector<std::string>{"0", "1", "3"});
  }
  CHECK(orders.size() >= 4);  // of six; ten draws that meet three or fewer have a chance of 0.02
}

TEST_CASE("the choice prefers solved seeds, then fewer updates, then better validation scores, then the first trial",
          "[tuning]") {
  const TrialOutcome bad{false, 0, 0.5, 1}, good{false, 0, 0.9, 1}, solved{true, 100, 0.5, 1}, sooner{true, 50, 0.5, 1},
      lower{false, 0, 0.9, 0.5}, lost{false, 0, 0, 0, true};
  CHECK(chosen({{bad, bad}, {good, good}}) == 1);
  CHECK(chosen({{good, good}, {bad, bad}}) == 0);
  CHECK(chosen({{bad, bad}, {good, good}}, /*higher_is_better=*/false) == 0);
  CHECK(chosen({{good, good}, {bad, solved}}) == 1);         // one seed solved beats none
  CHECK(chosen({{solved, solved}, {sooner, solved}}) == 1);  // all solved: the mean of updates
  CHECK(chosen({{good, solved}, {bad, sooner}}) == 0);       // not all solved: the score, not the updates
  CHECK(chosen({{good, good}, {lower, lower}}) == 1);
  CHECK(chosen({{good, good}, {good, good}}) == 0);  // alike: the first
  CHECK(chosen({{lost, good}, {bad, bad}}) == 1);    // a divergence is worse than any score
  CHECK(chosen({{lost, good}, {bad, bad}}, /*higher_is_better=*/false) == 1);
  CHECK(chosen({{lost, lost}, {lost, good}}) == 1);
  // A search in which every run diverged chooses nothing, and says so.
  CHECK(choice({{lost, lost}, {lost, lost}}).all_diverged);
  CHECK(choice({{lost, lost}, {lost, lost}}).trial == 0);
  CHECK_FALSE(choice({{lost, lost}, {lost, good}}).all_diverged);
  CHECK_FALSE(choice({{lost, good}, {lost, lost}}).all_diverged);
  CHECK_FALSE(choice({{lost, lost}, {lost, good}}).score);
}

TEST_CASE("each group of runs gets the settings that were best for it", "[tuning]") {
  const TemporaryFolder folder;
  ResultsFolder results_folder(folder.path(), "x");
  results_folder.prepare();
  const Tuning search = tuning_of("learning-rate", "0.001..0.1 log", 2);
  const std::vector<RunSpec> declared =
      runs({{"task", "adding"}, {"cell", "lstm, gru"}, {"length", "10, 20"}, {"hidden", "4"}, {"seed", "1, 2"}});
  // An LSTM does best with the first trial, a GRU with the second.
  for (const RunSpec& run : search.trial_runs(declared)) {
    const bool first = run.training.text("learning-rate") == search.trial(run, 0, 1).training.text("learning-rate");
    commit(results_folder, run, {false, 0, first == (run.model.text("cell") == "lstm") ? 1.0 : 0.0, 1}, true);
  }
  const auto result = tuned(search, declared, results_folder);
  REQUIRE(result);
  CHECK(result->choices.size() == 4);
  REQUIRE(result->runs.size() == declared.size());
  for (std::size_t i = 0; i < declared.size(); ++i) {
    const int trial = declared[i].model.text("cell") == "lstm" ? 0 : 1;
    CHECK(result->runs[i].canonical() == search.trial(declared[i], trial, declared[i].seed).canonical());
  }
}

TEST_CASE("a malformed or unfair search is refused with file and line", "[tuning][errors]") {
  const Lines head = {{"trials", "2"}, {"seeds", "101"}};
  const auto with = [&](const std::string& key, const std::string& value) {
    Lines lines = head;
    lines.emplace_back(key, value);
    return lines;
  };
  CHECK(refusal(with("learning-rate", "0.001..0.1 log")) == "accepted");
  CHECK(refusal(with("learning-rat", "0.1")) ==
        "x.ini:12: [tuning] unknown key 'learning-rat'; allowed are trials, seeds and options of training and "
        "models; did you mean 'learning-rate'?");
  for (const char* compared : {"hidden", "cell", "updates", "seed", "budget", "length"})
    CHECK(refusal(with(compared, "1")).starts_with(std::string("x.ini:12: [tuning] unknown key '") + compared + "'"));
  const std::string form = " is neither a list nor a range such as 0.001..0.1 log";
  CHECK(refusal(with("learning-rate", "0.1..x")) == "x.ini:12: [tuning] learning-rate = 0.1..x" + form);
  CHECK(refusal(with("learning-rate", "0.1..0.01")) ==
        "x.ini:12: [tuning] learning-rate = 0.1..0.01" + form + " with low < high");
  CHECK(refusal(with("clip-norm", "0..5 log")) ==
        "x.ini:12: [tuning] clip-norm = 0..5 log" + form + " with low < high, both above 0");
  CHECK(refusal(with("learning-rate", "0.1..200"))
            .starts_with("x.ini:12: [tuning] learning-rate = 200 is not a number from"));
  CHECK(refusal(with("optimizer", "adm"))
            .starts_with("x.ini:12: [tuning] optimizer = adm is not one of adam, rmsprop, sgd"));
  CHECK(refusal({{"trials", "0"}, {"seeds", "101"}, {"clip-norm", "1..2"}}) ==
        "x.ini:10: [tuning] trials = 0 is not a whole number from 1 to 1000");
  for (std::size_t missing = 0; missing < 3; ++missing) {
    Lines lines = with("clip-norm", "1..2");
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(missing));
    CHECK(refusal(lines) == "x.ini: [tuning] needs trials, seeds and a list or range for at least one option");
  }
  // Options that no run uses, and options by which runs are compared.
  CHECK(refusal(with("update-bias", "0, 1"), runs({{"task", "adding"}, {"cell", "lstm"}})) ==
        "x.ini:12: [tuning] update-bias = 0, 1 is used by no run of this grid");
  CHECK(refusal(with("momentum", "0.1..0.9")) ==
        "x.ini:12: [tuning] momentum = 0.1..0.9 is used by no run of this grid");
  CHECK(refusal(with("momentum", "0.1..0.9"), runs({{"task", "adding"}, {"cell", "lstm"}, {"optimizer", "sgd"}})) ==
        "accepted");
  CHECK(
      refusal(with("learning-rate", "0.001..0.1"),
              runs({{"task", "adding"}, {"cell", "lstm"}, {"learning-rate", "0.01, 0.02"}})) ==
      "x.ini:12: [tuning] learning-rate cannot be searched, because runs of the grid are compared by it (0.01, 0.02)");
}
