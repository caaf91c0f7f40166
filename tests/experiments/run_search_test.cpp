// A whole search of small runs: what it leaves behind, shared and verified.
#include "experiments/search/run_search.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/text.h"
#include "experiments/running/interrupt_guard.h"
#include "experiments/running/verify.h"
#include "experiments/search/find_trial.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;
using Catch::Contains;

namespace {

Search small_search() {
  return Search("x.ini", "adding",
                {{"rungs", "4 x 1 at 1/4, 3 x 1 at 1/2, 2 x 2 at 1", "search", 1},
                 {"learning-rate", "0.001..0.1 log", "search", 2},
                 {"schedule", "constant, cosine", "search", 3}});
}
constexpr std::size_t small_search_trials = 2 * 2 * (4 + 3 + 4);  // searches, models

Experiment searched_experiment(const std::string& updates) {
  Experiment experiment = declared({{"task", "adding"},
                                    {"length", "12"},
                                    {"cell", "lstm,gru"},
                                    {"hidden", "8"},
                                    {"batch", "8"},
                                    {"updates", updates},
                                    {"seed", "1..3"}});
  experiment.name = "adding";
  return experiment;
}

RunnerOptions search_runner(int jobs = 1) {
  RunnerOptions options = quiet_runner();
  options.jobs = jobs;
  options.oversubscribe = true;
  return options;
}

// What has to be the same after any interruption: every trial but its time, in the order of the file. As in a
// TrialFile, an incomplete last line, which a killed process may leave, is no trial.
std::vector<std::string> trials_in_order(const fs::path& results, char letter) {
  const fs::path path = TrialFile::path_in(results / "adding", letter);
  std::vector<std::string> trials;
  if (!fs::exists(path)) return trials;
  const TrialFile file(path);
  const std::string text = read_file(path);
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    const TrialRecord* trial = file.find(nlohmann::json::parse(text.substr(at, end - at)).at("id"));
    REQUIRE(trial != nullptr);
    trials.push_back(trial_json(*trial).dump());
  }
  return trials;
}

std::vector<std::string> trials_sorted(const fs::path& results) {
  std::vector<std::string> trials;
  for (const char letter : searches)
    for (const std::string& trial : trials_in_order(results, letter)) trials.push_back(letter + trial);
  std::sort(trials.begin(), trials.end());
  return trials;
}

pid_t start_search(const Experiment& experiment, const fs::path& results, const RunnerOptions& options) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
    int code = 3;
    try {
      code = run_search(small_search(), experiment, results, options);
    } catch (...) {
    }
    ::_exit(code);
  }
  return child;
}

// While it lives, standard error goes to a file.
class StandardErrorIn {
 public:
  explicit StandardErrorIn(const fs::path& file) : before_(::dup(STDERR_FILENO)) {
    ::dup2(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
  }
  ~StandardErrorIn() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
  }
  StandardErrorIn(const StandardErrorIn&) = delete;

 private:
  int before_;
};

const std::vector<std::string> both_files = {"adding/search-A.jsonl", "adding/search-B.jsonl"};

}  // namespace

TEST_CASE("a search leaves its trials and nothing else, and finds its choice in them", "[search][runner]") {
  const TemporaryFolder folder;
  const Experiment experiment = searched_experiment("80");
  REQUIRE(run_search(small_search(), experiment, folder.path(), search_runner()) == 0);
  CHECK(file_names(folder.path()) == both_files);
  std::size_t trials = 0;
  for (const char letter : searches) {
    const TrialFile file(TrialFile::path_in(folder.path() / "adding", letter));
    trials += file.size();
    const SearchState state = search_state(small_search(), experiment.runs, letter, file);
    CHECK(state.due.empty());
    REQUIRE(state.choices.size() == 2);
    for (const SearchChoice& choice : state.choices) {
      CHECK(choice.trials.size() == 4 + 3 + 2);
      CHECK(choice.measure == "mse");
      CHECK_FALSE(choice.higher_is_better);
    }
    for (const auto& [id, trial] : file.trials()) {
      CHECK(trial.baseline > 0);
      CHECK(trial.cpu_seconds > 0);
      CHECK(trial.score("loss").has_value());
      CHECK(spec_of(trial).id() == id);
    }
    // As a run of its own, a trial gives the same result.
    const auto& [id, trial] = *file.trials().begin();
    Experiment alone = experiment;
    alone.runs = {spec_of(trial)};
    CHECK(records_of(alone).at(0).result.at("hash") == trial.result_hash);
  }
  CHECK(trials == small_search_trials);
  // Once more, nothing is trained, and what a process left that was killed just after its last trial is removed.
  const auto before = read_file(folder.path() / both_files[0]);
  const TrialFile last(TrialFile::path_in(folder.path() / "adding", 'B'));
  overwrite(folder.path() / "adding" / "runs" / (last.trials().begin()->first + ".checkpoint"), "left");
  CHECK(run_search(small_search(), experiment, folder.path(), search_runner()) == 0);
  CHECK(read_file(folder.path() / both_files[0]) == before);
  CHECK(file_names(folder.path()) == both_files);
  // The reported runs go to the same folder.
  CHECK(run_experiment(experiment, folder.path(), search_runner()) == 0);
  CHECK(ResultsFolder(folder.path(), "adding").load_all().size() == 6);
  // Without records, as git keeps it, the folder is still that of a study.
  fs::remove_all(folder.path() / "adding" / "runs");
  CHECK(run_search(small_search(), experiment, folder.path(), search_runner()) == 0);
  overwrite(folder.path() / "adding" / "thesis.txt", "mine");
  CHECK_THROWS_WITH(run_search(small_search(), experiment, folder.path(), search_runner()),
                    Contains("this does not belong to an experiment's results"));
}

TEST_CASE("an interrupted search says how many trials are stored, and how to continue", "[search][runner]") {
  const TemporaryFolder folder, messages;
  const Experiment experiment = searched_experiment("80");
  RunnerOptions options = search_runner();
  options.command = "rnnbench reproduce x.ini";
  options.summary = true;
  {
    const InterruptGuard whole;
    ::raise(SIGTERM);  // a shell may have started the tests with SIGINT ignored
    const StandardErrorIn file(messages.path() / "stderr");
    CHECK(run_search(small_search(), experiment, folder.path(), options) == interrupted_code);
  }
  CHECK(read_file(messages.path() / "stderr") ==
        "interrupted: 0 trials of searches A and B stored, 0 saved as checkpoints; to continue: rnnbench reproduce "
        "x.ini\n");
  CHECK(run_search(small_search(), experiment, folder.path(), search_runner()) == 0);
}

TEST_CASE("two processes share a search", "[search][runner]") {
  const TemporaryFolder alone, shared;
  const Experiment experiment = searched_experiment("400");
  REQUIRE(run_search(small_search(), experiment, alone.path(), search_runner(2)) == 0);
  const pid_t one = start_search(experiment, shared.path(), search_runner());
  const pid_t other = start_search(experiment, shared.path(), search_runner());
  CHECK(wait_for(one) == 0);
  CHECK(wait_for(other) == 0);
  // Both may have trained a trial at the same time. Two equal lines count as one trial.
  std::vector<std::string> trials = trials_sorted(shared.path());
  trials.erase(std::unique(trials.begin(), trials.end()), trials.end());
  CHECK(trials == trials_sorted(alone.path()));
  CHECK(file_names(shared.path()) == both_files);
}

TEST_CASE("shards of a search wait for each other at every rung", "[search][runner][shard]") {
  const TemporaryFolder alone, shared;
  const Experiment experiment = searched_experiment("80");
  REQUIRE(run_search(small_search(), experiment, alone.path(), search_runner()) == 0);
  const auto run_shard = [&](int part) {
    RunnerOptions options = search_runner();
    options.shard = {part, 3};
    REQUIRE(run_search(small_search(), experiment, shared.path(), options) == 0);
    return trials_sorted(shared.path()).size();
  };
  // Of the first rung, which has 2 x 2 x 4 trials, each shard has every third. The last one goes on with its part of
  // the second rung, which has 2 x 2 x 3.
  CHECK(run_shard(1) == 6);
  CHECK(run_shard(1) == 6);
  CHECK(run_shard(3) == 6 + 5);
  CHECK(run_shard(2) == 16 + 4);
  CHECK(run_shard(1) == 16 + 8);
  for (int round = 0; round < 2; ++round)
    for (int part = 1; part <= 3; ++part) run_shard(part);
  CHECK(trials_sorted(shared.path()) == trials_sorted(alone.path()));
  CHECK(file_names(shared.path()) == both_files);
}

TEST_CASE("a damaged file of trials stops a search before it trains", "[search][runner][errors]") {
  const TemporaryFolder folder;
  const Experiment experiment = searched_experiment("8");
  fs::create_directories(folder.path() / "adding" / "runs");
  overwrite(folder.path() / "adding" / "search-B.jsonl", "{}\n");
  CHECK_THROWS_WITH(run_search(small_search(), experiment, folder.path(), search_runner()),
                    Contains("search-B.jsonl:1: this trial cannot be used"));
  CHECK(file_names(folder.path()) == std::vector<std::string>{"adding/search-B.jsonl"});
}

TEST_CASE("a search does not begin when its trials could not be stored", "[search][runner][errors]") {
  const TemporaryFolder folder;
  const fs::path study = folder.path() / "adding", mine = folder.path() / "findings.html";
  fs::create_directories(study / "runs");
  overwrite(mine, "");
  fs::create_hard_link(mine, study / "search-B.jsonl");
  CHECK_THROWS_WITH(run_search(small_search(), searched_experiment("8"), folder.path(), search_runner()),
                    Contains("search-B.jsonl: this file has 2 names (hard links)"));
  CHECK(file_names(study) == std::vector<std::string>{"search-B.jsonl"});
}

TEST_CASE("verify trains a trial again and compares its result", "[search][verify]") {
  const TemporaryFolder folder;
  const Experiment experiment = searched_experiment("40");
  const fs::path results = folder.path() / "results";
  REQUIRE(run_search(small_search(), experiment, results, search_runner()) == 0);
  const auto verify = [&](const std::string& arguments) {
    const std::string command =
        "cd '" + folder.path().string() + "' && '" RNNBENCH_PROGRAM "' verify " + arguments + " --jobs 1 >out 2>err";
    const int code = WEXITSTATUS(std::system(command.c_str()));
    return std::pair(code, read_file(folder.path() / "out") + read_file(folder.path() / "err"));
  };
  const fs::path path = TrialFile::path_in(results / "adding", 'A');
  TrialRecord trial = TrialFile(path).trials().begin()->second;
  const std::string id = trial.id();
  CHECK(find_trial(results, id.substr(0, 12))->canonical == trial.canonical);
  CHECK_FALSE(find_trial(results, "zz").has_value());
  CHECK_FALSE(find_trial(results, path.string()).has_value());

  auto [code, text] = verify(id);
  CHECK(code == 0);
  CHECK_THAT(text, Contains(id + " trial of ") && Contains(": identical\n1 of 1 runs identical"));
  // Among 17 trials, two begin with the same digit.
  const std::string trials = read_file(path);
  for (int seed = 1; TrialFile(path).size() < 17; ++seed) {
    TrialRecord other = trial;
    other.canonical += "of another seed " + std::to_string(seed);
    TrialFile(path).add(other);
  }
  std::map<char, int> first_digits;
  const TrialFile seventeen(path);
  for (const auto& [other_id, other] : seventeen.trials()) ++first_digits[other_id.front()];
  const auto shared =
      std::find_if(first_digits.begin(), first_digits.end(), [](const auto& d) { return d.second > 1; });
  REQUIRE(shared != first_digits.end());
  std::tie(code, text) = verify(std::string(1, shared->first));
  CHECK(code == 2);
  CHECK_THAT(text, Contains("records have an id that begins like this (trial "));
  overwrite(path, trials);
  // Trials and records together; the experiment file declares the runs.
  overwrite(folder.path() / "adding.ini",
            "task = adding\nlength = 12\ncell = lstm, gru\nhidden = 8\nbatch = 8\nupdates = 40\nseed = 1..3\n");
  std::tie(code, text) = verify("--sample 5 adding.ini");
  CHECK(code == 0);
  CHECK_THAT(text, Contains(" trial of ") && Contains("5 of 5 runs identical"));

  // An edited score, with a correct hash of its line, is found.
  std::string lines = read_file(path);
  const auto replace_line = [&](const TrialRecord& by) {
    const auto start = lines.find("{\"id\":\"" + id), end = lines.find('\n', start) + 1;
    overwrite(path, lines.substr(0, start) + trial_line(by) + lines.substr(end));
  };
  TrialRecord better = trial;
  for (auto& [name, value] : better.validation) value = *value / 2;
  replace_line(better);
  std::tie(code, text) = verify(id);
  CHECK(code == 1);
  CHECK_THAT(text, Contains(": different\n  trial.validation.") && Contains(", relative 1), the first of "));
  TrialRecord other = trial;
  other.result_hash = "0123456789abcdef";
  replace_line(other);
  std::tie(code, text) = verify(id);
  CHECK(code == 1);
  CHECK_THAT(text, Contains(": different\n  trial.result_hash: recorded 0123456789abcdef, now " + trial.result_hash));
  other = trial;
  other.canonical =
      replace_all(trial.canonical, "numerics_version = " + std::to_string(numerics_version), "numerics_version = 1");
  replace_line(other);
  std::tie(code, text) = verify(other.id());
  CHECK(code == 2);
  CHECK_THAT(text, Contains("this trial cannot be trained again: ") &&
                       Contains(": its numerics_version is 1, but this program uses"));
}
