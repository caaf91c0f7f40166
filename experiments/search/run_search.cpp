#include "experiments/search/run_search.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "core/error.h"
#include "core/read_file.h"
#include "experiments/running/pool.h"
#include "models/network.h"

namespace rnnbench::experiments {
namespace fs = std::filesystem;

namespace {

struct DueTrials {
  std::vector<RunSpec> own;   // of this shard
  std::size_t of_others = 0;  // due trials of other shards
};

// The files of both searches. A trial goes to the file of the search whose seed it has.
class TrialStore : public RunStore {
 public:
  explicit TrialStore(const ResultsFolder& results_folder) {
    for (const char letter : searches)
      files_.try_emplace(letter, TrialFile::path_in(results_folder.path(), letter), results_folder.files());
  }
  const TrialFile& file(char letter) const { return files_.at(letter); }
  void check_writable() const {
    for (const auto& [letter, file] : files_) file.check_writable();
  }

  // The trials of both searches that are trained next: those of the lowest rung that is not finished. Groups wait for
  // each other, so that one job stores the trials in the same order however often it is interrupted. Reads what other
  // processes have stored.
  DueTrials due(const Search& search, const std::vector<RunSpec>& runs, const Shard& shard) {
    std::vector<RunSpec> all;
    std::vector<std::size_t> positions;
    for (const char letter : searches) {
      files_.at(letter).refresh();
      SearchState state = search_state(search, runs, letter, file(letter));
      all.insert(all.end(), state.due.begin(), state.due.end());
      // The trials of both searches alternate.
      for (const std::size_t position : state.positions) positions.push_back(2 * position + (letter == 'B'));
    }
    int lowest = static_cast<int>(max_rungs);
    for (const RunSpec& run : all) lowest = std::min(lowest, Search::rung_of(run.seed));
    DueTrials due;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (Search::rung_of(all[i].seed) > lowest) continue;
      if (shard.owns(positions[i]))
        due.own.push_back(std::move(all[i]));
      else
        ++due.of_others;
    }
    return due;
  }

  State state_of(const RunSpec& run) override {
    const std::lock_guard lock(mutex_);
    TrialFile& file = file_of(run);
    file.refresh();
    return file.find(run.id()) ? State::complete : State::missing;
  }
  void store(const RunSpec& run, const TrainOutcome& outcome) override {
    const TrialRecord trial = trial_record(run, outcome.record);
    const std::lock_guard lock(mutex_);
    file_of(run).add(trial);
  }

 private:
  TrialFile& file_of(const RunSpec& run) { return files_.at(Search::letter_of(run.seed)); }

  std::map<char, TrialFile> files_;
  std::mutex mutex_;
};

// Removes the checkpoints of trials that are stored: of a process that was killed just after it had stored one.
void discard_checkpoints(const ResultsFolder& results_folder, const TrialStore& store) {
  const fs::path runs = results_folder.path() / "runs";
  if (!path_exists(runs)) return;
  for (const fs::path& path : paths_in(runs)) {
    if (path.extension() != ".checkpoint") continue;
    const std::string id = path.stem().string();
    for (const char letter : searches)
      if (store.file(letter).find(id)) results_folder.discard_checkpoint(id);
  }
}

void print_summary(const std::string& study, const ResultsFolder& results_folder, const TrialStore& store,
                   const Outcome& outcome, std::size_t left_to_others, bool interrupted, const RunnerOptions& options) {
  const std::string stored =
      std::to_string(store.file('A').size() + store.file('B').size()) + " trials of searches A and B stored";
  if (outcome.failures.size() > 1)
    for (const std::string& failure : outcome.failures) say(failure);
  if (interrupted) {
    say(interruption_text() + ": " + stored + ", " + std::to_string(outcome.saved) +
        " saved as checkpoints; to continue: " + (options.command.empty() ? "repeat the command" : options.command));
    return;
  }
  std::string line = study + ": " + stored + " in " + results_folder.path().string();
  if (!outcome.failures.empty())
    line += ", " + std::to_string(outcome.failures.size()) + " failed, so the search is not finished";
  if (left_to_others > 0)
    line += "; shard " + options.shard.text() + " has done its part of this rung, of which " +
            std::to_string(left_to_others) + " trials of other shards are not stored yet";
  say(line);
}

}  // namespace

int run_search(const Search& search, const Experiment& experiment, const fs::path& results,
               const RunnerOptions& options) {
  const InterruptGuard guard;  // also while trials are read
  search.check(experiment.runs);
  ResultsFolder results_folder(results, experiment.name);
  TrialStore store(results_folder);
  discard_checkpoints(results_folder, store);
  results_folder.remove_leftovers();
  RunnerOptions trial_options = options;
  trial_options.weights = false;
  DueTrials due = store.due(search, experiment.runs, options.shard);
  check_inputs(due.own);
  resolved(trial_options, due.own.size());  // refuses too many threads before anything is written
  if (!due.own.empty()) {
    static_cast<void>(best_isa());  // throws for a wrong RNNBENCH_ISA before any trial starts
    results_folder.prepare();
    store.check_writable();
  }
  // Each round trains a rung of every group.
  Outcome outcome;
  while (!due.own.empty() && outcome.failures.empty() && !guard.interrupted()) {
    const RunnerOptions round_options = resolved(trial_options, due.own.size());
    // The progress line counts the trials of this round.
    outcome.done = 0;
    train_runs(results_folder, std::move(due.own), store, outcome, round_options, guard);
    due = store.due(search, experiment.runs, options.shard);
  }
  const bool interrupted = guard.interrupted() && !due.own.empty();
  if (options.summary)
    print_summary(experiment.name, results_folder, store, outcome, due.of_others, interrupted, options);
  return interrupted ? interrupted_code : outcome.failures.empty() ? 0 : 1;
}

}  // namespace rnnbench::experiments
