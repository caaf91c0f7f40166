#include "experiments/running/runner.h"

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <cstdio>
#include <mutex>
#include <new>
#include <set>
#include <signal.h>
#include <unistd.h>

#include "core/error.h"
#include "core/plain_text.h"
#include "core/threads.h"
#include "experiments/records/environment.h"
#include "experiments/records/weights.h"
#include "experiments/running/progress.h"
#include "models/network.h"

namespace rnnbench::experiments {

namespace {

std::atomic<int> interrupts{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler uses it");

extern "C" void on_interrupt(int) {
  if (++interrupts > 1) ::_exit(interrupted_code);
}

// While it lives, the first Ctrl-C (or SIGTERM, SIGHUP) makes all runs save a checkpoint and stop; the second one ends
// the program at once.
class InterruptGuard {
 public:
  InterruptGuard() {
    interrupts = 0;
    struct sigaction action {};
    action.sa_handler = on_interrupt;
    action.sa_flags = SA_RESTART;
    for (std::size_t i = 0; i < std::size(signals); ++i) {
      ::sigaction(signals[i], &action, &before_[i]);
      if (signals[i] == SIGHUP && before_[i].sa_handler == SIG_IGN) ::sigaction(SIGHUP, &before_[i], nullptr);  // nohup
    }
  }
  ~InterruptGuard() {
    for (std::size_t i = 0; i < std::size(signals); ++i) ::sigaction(signals[i], &before_[i], nullptr);
  }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  static constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction before_[std::size(signals)];
};

void say(const std::string& sentence) { std::fputs((plain_text(sentence) + "\n").c_str(), stderr); }

// Restores the floating-point mode of the calling thread, which trains and evaluates too: networks are computed with
// denormal numbers flushed to zero, but analysis must not be.
class FloatingPointMode {
 public:
  FloatingPointMode() { std::fegetenv(&before_); }
  ~FloatingPointMode() { std::fesetenv(&before_); }
  FloatingPointMode(const FloatingPointMode&) = delete;
  FloatingPointMode& operator=(const FloatingPointMode&) = delete;

 private:
  std::fenv_t before_;
};

// What became of the runs of an experiment.
struct Outcome {
  std::size_t recorded = 0, diverged = 0;  // diverged runs are recorded too
  std::size_t done = 0;                    // recorded, and with weights if they are wanted
  std::size_t saved = 0;                   // interrupted runs, with a checkpoint
  std::vector<std::string> failures;       // one sentence for each run that failed
};

// Whether a recorded run has to be trained again because its weights are wanted, but their file is missing or damaged.
bool needs_weights(const ResultsFolder& results_folder, const Record& record, const RunnerOptions& options) {
  return options.weights && !weights_problem(results_folder.weights_path(record.id()), record).empty();
}

// Trains runs on several threads and records them.
class Pool {
 public:
  // `outcome`: counts the runs that were done earlier; the others are added to it.
  Pool(const ResultsFolder& results_folder, std::vector<RunSpec> runs, Outcome& outcome, RunnerOptions options)
      : results_folder_(results_folder),
        runs_(std::move(runs)),
        outcome_(outcome),
        team_(options.jobs, [] {}),
        options_(with_jobs(std::move(options), team_.size())),
        reporter_(Schedule(runs_, outcome.done, options_.jobs), options_.progress) {}

  void work() {
    team_.run(team_.size(), [this](int, int) { take_runs(); });
  }

 private:
  // Records say how many runs were computed at the same time, so this is the number of threads that were started.
  static RunnerOptions with_jobs(RunnerOptions options, int started) {
    if (started < options.jobs)
      say("note: the system started only " + std::to_string(started) + " of " + std::to_string(options.jobs) +
          " threads, so fewer runs are computed at the same time");
    options.jobs = started;
    return options;
  }

  class RunObserver : public Observer {
   public:
    RunObserver(Pool& pool, std::size_t run) : pool_(pool), run_(run) {}
    void progress(std::int64_t update, std::int64_t, double loss) override {
      pool_.reporter_.advance(run_, update, loss);
    }
    bool stop() override { return pool_.stopping(); }
    void note(const std::string& sentence) override {
      pool_.reporter_.message("note: " + run_label(pool_.runs_[run_]) + ": " + sentence);
    }

   private:
    Pool& pool_;
    const std::size_t run_;
  };

  bool stopping() const { return interrupts > 0 || failed_fast_; }

  void take_runs() {
    for (std::size_t run; !stopping() && (run = next_++) < runs_.size();) {
      reporter_.begin(run);
      try {
        finish(run);
      } catch (const std::bad_alloc&) {
        fail(run, "not enough memory");
      } catch (const std::exception& error) {
        fail(run, error.what());
      }
      reporter_.end(run);
    }
  }

  void finish(std::size_t run) {
    const RunSpec& spec = runs_[run];
    // Another process may have recorded the run meanwhile.
    std::optional<Record> record = results_folder_.load(spec.id());
    const bool was_recorded = record.has_value();
    if (!record || needs_weights(results_folder_, *record, options_)) {
      RunObserver observer(*this, run);
      TrainOutcome outcome = train(spec, results_folder_, options_, observer);
      if (!outcome.finished) {
        const std::lock_guard lock(mutex_);
        ++outcome_.saved;
        return;
      }
      results_folder_.commit(outcome.record, outcome.weights);
      record = std::move(outcome.record);
    }
    results_folder_.discard_checkpoint(spec.id());
    const std::lock_guard lock(mutex_);
    ++outcome_.done;
    if (was_recorded) return;
    ++outcome_.recorded;
    if (record->result["status"] == "diverged") ++outcome_.diverged;
  }

  void fail(std::size_t run, const std::string& why) {
    const std::string sentence = "failed: " + run_label(runs_[run]) + " (" + runs_[run].id() + "): " + why;
    if (!options_.keep_going) failed_fast_ = true;
    const std::lock_guard lock(mutex_);
    outcome_.failures.push_back(sentence);
    reporter_.message(sentence);
  }

  const ResultsFolder& results_folder_;
  const std::vector<RunSpec> runs_;
  Outcome& outcome_;
  ThreadTeam team_;
  const RunnerOptions options_;
  Reporter reporter_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_fast_{false};
  std::mutex mutex_;  // protects outcome_
};

// With `jobs` and `threads` chosen where they are 0. Throws UserError when they need more cores than there are.
RunnerOptions resolved(RunnerOptions options, std::size_t runs) {
  const int cores = available_cores();
  const bool jobs_given = options.jobs > 0;
  if (options.jobs <= 0) options.jobs = std::max(1, cores / std::max(1, options.threads));
  options.jobs = static_cast<int>(std::min<std::size_t>(options.jobs, std::max<std::size_t>(1, runs)));
  if (options.threads <= 0) options.threads = std::max(1, cores / options.jobs);
  if (!options.oversubscribe && options.jobs * options.threads > cores)
    throw UserError((jobs_given ? "jobs = " + std::to_string(options.jobs) + " with threads = " : "threads = ") +
                    std::to_string(options.threads) + " needs " + std::to_string(options.jobs * options.threads) +
                    " cores, but this process may use " + std::to_string(cores) +
                    ", so recorded times would be wrong; choose fewer, or add --oversubscribe, which records state");
  return options;
}

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

void print_summary(const Experiment& experiment, const ResultsFolder& results_folder, const Outcome& outcome,
                   bool interrupted, const RunnerOptions& options) {
  const std::string count =
      std::to_string(outcome.recorded) + " of " + std::to_string(experiment.runs.size()) + " runs recorded";
  if (outcome.failures.size() > 1)
    for (const std::string& failure : outcome.failures) say(failure);
  if (interrupted) {
    say("interrupted: " + count + ", " + std::to_string(outcome.saved) +
        " saved as checkpoints; to continue: " + (options.command.empty() ? "repeat the command" : options.command));
    return;
  }
  std::string line = experiment.name + ": " + count + " in " + results_folder.path().string();
  if (outcome.diverged > 0) line += ", " + std::to_string(outcome.diverged) + " of them diverged";
  if (!outcome.failures.empty()) line += ", " + std::to_string(outcome.failures.size()) + " failed";
  if (!outcome.failures.empty() && !options.keep_going) line += ", stopped at the first failure";
  say(line);
}

}  // namespace

int run_experiment(const Experiment& experiment, const std::filesystem::path& results, const RunnerOptions& options) {
  const FloatingPointMode restored;
  ResultsFolder results_folder(results, experiment.name);
  std::vector<RunSpec> missing;
  Outcome outcome;
  std::set<std::string> checked;  // canonical texts without their seeds
  for (const RunSpec& spec : experiment.runs) {
    const std::string id = spec.id();
    const auto record = results_folder.load(id);
    if (record) {
      if (checked.insert(without_seed(spec).canonical()).second)
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
  const RunnerOptions run_options = resolved(options, missing.size());
  if (const std::size_t without = outcome.recorded - outcome.done; without > 0 && options.summary)
    say("note: the weights of " + std::to_string(without) + (without == 1 ? " recorded run" : " recorded runs") +
        " are missing or damaged; training again to write them (not with --no-weights)");
  results_folder.remove_leftovers();
  const InterruptGuard guard;  // before the first file is written
  if (!missing.empty()) {
    static_cast<void>(best_isa());  // throws for a wrong RNNBENCH_ISA before any run starts
    results_folder.prepare();
  }
  Pool(results_folder, std::move(missing), outcome, run_options).work();

  const bool interrupted = interrupts > 0 && outcome.done + outcome.failures.size() < experiment.runs.size();
  if (options.summary) print_summary(experiment, results_folder, outcome, interrupted, options);
  return interrupted ? interrupted_code : outcome.failures.empty() ? 0 : 1;
}

}  // namespace rnnbench::experiments
