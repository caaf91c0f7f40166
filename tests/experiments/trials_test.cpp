// The file of trials: what is read from it, and what is refused.
#include "experiments/search/trials.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/hash.h"
#include "core/text.h"
#include "experiments/declaration/grid.h"
#include "experiments/search/find_trial.h"
#include "models/catalogue.h"
#include "tasks/catalogue.h"
#include "tests/experiments/trials_fixture.h"
#include "tests/namespaces.h"
#include "tests/tasks/symbol_file.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;
using Catch::Contains;

namespace {

const std::string advice = "; restore the file, or remove the line to train the trial again";

}  // namespace

TEST_CASE("a trial is read as it was written", "[search][trials]") {
  const TemporaryTrials stored;
  CHECK(stored.path.filename() == "search-A.jsonl");
  TrialFile file = stored.open();
  CHECK(file.size() == 0);
  CHECK_FALSE(fs::exists(stored.path));  // reading creates nothing
  const TrialRecord solved = example_trial(1);
  TrialRecord diverged = example_trial(2);
  diverged.status = "diverged";
  diverged.solved = false;
  diverged.updates_to_solve.reset();
  diverged.validation = {{"loss", std::nullopt}, {"mse", std::nullopt}};
  diverged.optimum = 0.25;
  diverged.paths = {{"file", "a \"b\"/ü.txt"}};
  for (const TrialRecord& trial : {solved, diverged}) file.add(trial);
  const TrialFile again = stored.open();
  for (const TrialFile* read : {&std::as_const(file), &again}) {
    REQUIRE(read->size() == 2);
    for (const TrialRecord& trial : {solved, diverged}) {
      REQUIRE(read->find(trial.id()) != nullptr);
      CHECK(trial_line(*read->find(trial.id())) == trial_line(trial));
    }
  }
  const TrialRecord& read = *again.find(solved.id());
  CHECK(read.canonical == solved.canonical);
  CHECK(read.updates_to_solve == 40);
  CHECK(read.score("mse") == 0.1 + 0.2);
  CHECK_FALSE(read.score("max").has_value());
  CHECK_FALSE(read.optimum.has_value());
  CHECK(read.cpu_seconds == 1.25);
  CHECK(again.find(diverged.id())->paths == diverged.paths);
  CHECK(again.find("0000000000000000") == nullptr);
  CHECK(stored.text() == trial_line(solved) + trial_line(diverged));
}

TEST_CASE("no score at lengths beyond training chooses settings: counting is judged by its loss", "[search][trials]") {
  Record record = example_record(1);
  CHECK(record.result["measure"]["name"] == trial_record(small_run(1), record).measure);
  const RunSpec counting = declared({{"task", "counting"}, {"cell", "lstm"}}).runs.at(0);
  record.result["measure"]["name"] = "longest_accepted";
  const TrialRecord trial = trial_record(counting, record);
  CHECK(trial.measure == "loss");
  CHECK_FALSE(trial.higher_is_better);
}

TEST_CASE("an edited line is refused with file and line number", "[search][trials][errors]") {
  const TemporaryTrials stored;
  TrialFile file = stored.open();
  for (int seed = 1; seed <= 3; ++seed) file.add(example_trial(seed));
  const std::string text = stored.text();
  const std::string sentence = "FILE:2: this trial cannot be used: ";
  const auto second = text.find('\n') + 1;
  std::string edited = text;
  edited[text.find("1.25", second)] = '2';
  overwrite(stored.path, edited);
  CHECK(stored.refusal() == sentence + "the line does not have the hash that it states, so it was edited" + advice);
  overwrite(stored.path, text.substr(0, second) + text.substr(second + 1));
  CHECK(stored.refusal() == sentence + "the line does not have the hash that it states, so it was edited" + advice);
  overwrite(stored.path, text.substr(0, second) + "\n" + text.substr(second));
  CHECK(stored.refusal() == sentence + "the line does not have the hash that it states, so it was edited" + advice);
  // Lines with a correct hash of a program that wrote something else.
  TrialRecord wrong = example_trial(2);
  wrong.status = "fine";
  overwrite(stored.path, trial_line(example_trial(1)) + trial_line(wrong));
  CHECK(stored.refusal() == sentence + "its status is none of solved, finished and diverged" + advice);
  wrong = example_trial(2);
  wrong.measure = "recall";
  overwrite(stored.path, trial_line(example_trial(1)) + trial_line(wrong));
  CHECK(stored.refusal() == sentence + "it has no validation score of its measure" + advice);
  wrong = example_trial(2);
  wrong.canonical += "\x1b[2J";
  overwrite(stored.path, trial_line(example_trial(1)) + trial_line(wrong));
  CHECK(stored.refusal() == sentence + "one of its texts contains a control character" + advice);
  fs::remove(stored.path);
  fs::create_directory(stored.path);
  CHECK(stored.refusal() == "FILE: this is not a file of trials");
}

TEST_CASE("a trial that is there twice counts once, with different results not at all", "[search][trials]") {
  const TemporaryTrials stored;
  const TrialRecord trial = example_trial(1), other = example_trial(1, "00000000000000cd");
  overwrite(stored.path, trial_line(trial) + trial_line(example_trial(2)) + trial_line(trial));
  CHECK(stored.open().size() == 2);
  overwrite(stored.path, trial_line(trial) + trial_line(other));
  CHECK(stored.refusal() ==
        "FILE:2: this trial cannot be used: an earlier line has the same trial with a different result" + advice);
  overwrite(stored.path, trial_line(trial));
  TrialFile file = stored.open();
  file.add(trial);  // adds nothing
  CHECK(stored.text() == trial_line(trial));
  CHECK_THROWS_WITH(file.add(other), Contains("was recorded earlier or by another process with a different result"));
  CHECK(stored.text() == trial_line(trial));
}

TEST_CASE("a number of updates that no run has is refused", "[search][trials][errors]") {
  const TemporaryTrials stored;
  const std::string sentence =
      "FILE:1: this trial cannot be used: a number of updates is not a whole number from 0 to 9007199254740992";
  const std::string good = trial_line(example_trial(1));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = replace_all(good.substr(0, good.find(",\"line_hash\"")), from, to);
    text += ",\"line_hash\":\"" + hex16(fnv1a(text)) + "\"}\n";
    overwrite(stored.path, text);
    return stored.refusal();
  };
  REQUIRE(with("\"updates\":60", "\"updates\":61") == "accepted");
  for (const char* number : {"18446744073709551615", "9223372036854775808", "9007199254740993", "-1", "1.5", "1e3"}) {
    INFO(number);
    CHECK(with("\"updates\":60", std::string("\"updates\":") + number) == sentence + advice);
    CHECK(with("\"updates_to_solve\":40", std::string("\"updates_to_solve\":") + number) == sentence + advice);
  }
  for (const char* score : {"\"0.1\"", "true", "[0.1]", "{}"})
    CHECK(with("\"loss\":0.1", std::string("\"loss\":") + score) ==
          "FILE:1: this trial cannot be used: a score is not a number" + advice);
}

TEST_CASE("a trial that cannot be trained again is named with file and line", "[search][trials][errors]") {
  const TemporaryTrials stored;
  TrialRecord foreign = example_trial(2);
  foreign.canonical = "schema = " + std::to_string(record_schema) +
                      "\nnumerics_version = " + std::to_string(numerics_version) + "\nfoo";
  overwrite(stored.path, trial_line(example_trial(1)) + trial_line(foreign));
  const TrialFile file = stored.open();
  CHECK(spec_of(*file.find(example_trial(1).id())).seed == 1);
  CHECK_THROWS_WITH(spec_of(*file.find(foreign.id())),
                    stored.path.string() + ":2: trial " + foreign.id() + ": its canonical text has no task");
}

TEST_CASE("a trial is looked for in files of trials of limited size only", "[search][trials][errors]") {
  const TemporaryTrials stored;
  const fs::path study = stored.folder.path() / "study", path = TrialFile::path_in(study, 'A');
  fs::create_directories(study);
  const std::string id = example_trial(1).id();
  const auto found = [&]() -> std::string {
    try {
      return find_trial(stored.folder.path(), id).has_value() ? "found" : "not found";
    } catch (const UserError& error) {
      return replace_all(error.what(), path.string(), "FILE");
    }
  };
  CHECK(found() == "not found");
  overwrite(path, trial_line(example_trial(1)));
  CHECK(found() == "found");
  fs::resize_file(path, std::uint64_t{3} << 30);  // without blocks on the disk
  CHECK(found() == "FILE: is too large for a file of trials");
  fs::remove(path);
  fs::create_directory(path);
  CHECK(found() == "FILE: this is not a file of trials");
  fs::remove(path);
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(found() == "FILE: this is not a file of trials");
  fs::remove(path);
  overwrite(stored.path, trial_line(example_trial(1)));
  fs::create_symlink(stored.path, path);
  CHECK_THAT(found(), Contains("FILE: this is a symbolic link"));
}

TEST_CASE("the run of a trial is found from its canonical text, for every task and cell", "[search][trials]") {
  std::vector<RunSpec> runs;
  const auto add = [&](const SettingPairs& settings) {
    const Experiment experiment = declared(settings);
    runs.insert(runs.end(), experiment.runs.begin(), experiment.runs.end());
  };
  for (const CellEntry& cell : all_cells())
    add({{"task", "adding"}, {"cell", cell.name}, {"hidden", "16"}, {"learning-rate", "0.00123"}});
  add({{"task", "adding, copy, temporal-order"}, {"cell", "lstm+gru"}, {"budget", "5000"}, {"seed", "0, 7"}});
  add({{"task", "adding"}, {"cell", "lstm"}, {"hidden", "8"}, {"test-length", "10, 20"}, {"schedule", "cosine"}});
  add({{"task", "adding"}, {"cell", "lstm"}, {"hidden", "8"}, {"init", "chrono"}});
  const SymbolFile symbols(30, 20, 200);
  add({{"task", "sequences"}, {"file", symbols.path()}, {"cell", "lstm"}, {"hidden", "8"}});
  for (const RunSpec& run : runs) {
    TrialRecord trial = example_trial(1);
    trial.canonical = run.canonical();
    trial.paths = input_paths(run);
    CAPTURE(trial.canonical);
    const RunSpec found = spec_of(trial);
    CHECK(found.canonical() == run.canonical());
    CHECK(found.json() == run.json());
  }
  CHECK(input_paths(runs.back()) == SettingPairs{{"file", symbols.path()}});
  CHECK(input_paths(runs.front()).empty());
}

TEST_CASE("a canonical text that is not one of this program is refused", "[search][trials][errors]") {
  const std::string text = small_run(1).canonical();
  const auto refusal = [](const std::string& canonical) {
    try {
      spec_from_canonical(canonical);
    } catch (const UserError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refusal(text) == "accepted");
  CHECK(refusal("") == "its canonical text has no schema");
  CHECK(refusal(text + "colour = red\n") == "its canonical text is not one of this program");
  CHECK(refusal(replace_all(text, "numerics_version = " + std::to_string(numerics_version), "numerics_version = 1")) ==
        "its numerics_version is 1, but this program uses " + std::to_string(numerics_version));
  CHECK_THAT(refusal(replace_all(text, "batch = 8", "batch = none")), Contains("batch"));
}
