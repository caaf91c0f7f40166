#include "experiments/running/runner.h"

#include <set>

#include "core/error.h"
#include "experiments/records/weights.h"
#include "experiments/running/interrupt_guard.h"
#include "experiments/running/pool.h"
#include "experiments/running/progress.h"
#include "models/network.h"

namespace rnnbench::experiments {

namespace {

// Whether a recorded run has to be trained again because its weights are wanted, but their file is missing or damaged.
bool needs_weights(const ResultsFolder& results_folder, const Record& record, const RunnerOptions& options) {
  return options.weights && !weights_problem(results_folder.weights_path(record.id()), record).empty();
}

// One file for each run.
class FolderStore : public RunStore {
 public:
  FolderStore(const ResultsFolder& results_folder, const RunnerOptions& options)
      : results_folder_(results_folder), options_(options) {}
  State state_of(const RunSpec& run) override {
    const auto record = results_folder_.load(run.id());
    if (!record) return State::missing;
    return needs_weights(results_folder_, *record, options_) ? State::incomplete : State::complete;
  }
  void store(const RunSpec&, const TrainOutcome& outcome) override {
    results_folder_.commit(outcome.record, outcome.weights);
  }

 private:
  const ResultsFolder& results_folder_;
  const RunnerOptions& options_;
};

RunSpec without_seed(RunSpec spec) {
  spec.seed = 1;
  return spec;
}

// Throws UserError when this program does not compute the scores that the run had before training: a task or a cell was
// changed since. Other seeds of the run would be mixed with results of other code.
void check_same_code(const RunSpec& spec, const Record& record, const std::filesystem::path& path) {
  const Json& recorded = record.result.at("curve").at(0);
  const Json computed = scores_before_training(spec);
  for (const auto& [name, value] : computed.items())
    if (!recorded.contains(name) || recorded[name] != value)
      throw UserError(path.string() + ": this record of " + run_label(spec) +
                      " was made by other code: its validation " + name + " before training is " +
                      (recorded.contains(name) ? recorded[name].dump() : "missing") + ", but this program computes " +
                      value.dump() + "; choose another --results folder, or move the records of the old code away");
}

void print_summary(const std::string& experiment, std::size_t runs, const ResultsFolder& results_folder,
                   const Outcome& outcome, bool interrupted, const RunnerOptions& options) {
  const std::string count = std::to_string(outcome.recorded) + " of " + std::to_string(runs) + " runs" +
                            (options.shard.is_whole() ? "" : " of shard " + options.shard.text()) + " recorded";
  if (outcome.failures.size() > 1)
    for (const std::string& failure : outcome.failures) say(failure);
  if (interrupted) {
    say(interruption_text() + ": " + count + ", " + std::to_string(outcome.saved) +
        " saved as checkpoints; to continue: " + (options.command.empty() ? "repeat the command" : options.command));
    return;
  }
  std::string line = experiment + ": " + count + " in " + results_folder.path().string();
  if (outcome.diverged > 0) line += ", " + std::to_string(outcome.diverged) + " of them diverged";
  if (!outcome.failures.empty()) line += ", " + std::to_string(outcome.failures.size()) + " failed";
  if (!outcome.failures.empty() && !options.keep_going) line += ", stopped at the first failure";
  say(line);
}

// Throws Interrupted if the signal comes before the first run is trained.
int run_guarded(const Experiment& experiment, const std::filesystem::path& results, const RunnerOptions& options,
                const InterruptGuard& guard) {
  ResultsFolder results_folder(results, experiment.name);
  const std::vector<RunSpec> runs = options.shard.of_runs(experiment.runs);
  std::vector<RunSpec> missing;
  Outcome outcome;
  std::set<std::string> checked;  // canonical texts without their seeds
  for (const RunSpec& spec : runs) {
    stop_if_interrupted();
    const std::string id = spec.id();
    const auto record = results_folder.load(id);
    if (record) {
      if (missing_input({spec}).empty() && checked.insert(without_seed(spec).canonical()).second)
        check_same_code(spec, *record, results_folder.record_path(id));
      ++outcome.recorded;
      if (record->result["status"] == "diverged") ++outcome.diverged;
    }
    if (!record || needs_weights(results_folder, *record, options)) {
      missing.push_back(spec);
      continue;
    }
    ++outcome.done;
    results_folder.discard_checkpoint(id);  // of a process that was killed just after it had written the record
  }
  check_inputs(missing);
  const RunnerOptions run_options = resolved(options, missing.size());
  if (const std::size_t without = outcome.recorded - outcome.done; without > 0 && options.summary)
    say("note: the weights of " + std::to_string(without) + (without == 1 ? " recorded run" : " recorded runs") +
        " are missing or damaged; training again to write them (not with --no-weights)");
  results_folder.remove_leftovers();
  if (!missing.empty()) {
    static_cast<void>(best_isa());  // throws for a wrong RNNBENCH_ISA before any run starts
    results_folder.prepare();
  }
  FolderStore store(results_folder, run_options);
  train_runs(results_folder, std::move(missing), store, outcome, run_options, guard);

  const bool interrupted = guard.interrupted() && outcome.done + outcome.failures.size() < runs.size();
  if (options.summary) print_summary(experiment.name, runs.size(), results_folder, outcome, interrupted, options);
  return interrupted ? interrupted_code : outcome.failures.empty() ? 0 : 1;
}

}  // namespace

int run_experiment(const Experiment& experiment, const std::filesystem::path& results, const RunnerOptions& options) {
  const InterruptGuard guard;  // also while records are read
  try {
    return run_guarded(experiment, results, options, guard);
  } catch (const Interrupted&) {
    if (options.summary)
      say(interruption_text() + ": no run was trained yet; to continue: " +
          (options.command.empty() ? "repeat the command" : options.command));
    return interrupted_code;
  }
}

int after_runs(int code, const std::function<void()>& work) {
  if (code == interrupted_code) return code;
  try {
    work();
  } catch (const std::exception& error) {
    if (code == 0) throw;
    say(sentence_of(error));
  }
  return code;
}

}  // namespace rnnbench::experiments
