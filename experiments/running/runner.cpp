// The pool: runs of an experiment side by side, each ending as a record.
#include "experiments/running/runner.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <new>
#include <signal.h>
#include <thread>
#include <unistd.h>

#include "experiments/records/environment.h"
#include "experiments/running/progress.h"
#include "models/network.h"

namespace rnnbench::experiments {

namespace {

std::atomic<int> interrupts{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler uses it");

extern "C" void on_interrupt(int) {
  if (++interrupts > 1) ::_exit(interrupted_code);
}

// Once: save and stop. Twice: stop at once.
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

class Pool {
 public:
  Pool(const ResultsFolder& results_folder, std::vector<RunSpec> runs, std::size_t recorded,
       const RunnerOptions& options)
      : results_folder_(results_folder),
        runs_(std::move(runs)),
        options_(options),
        reporter_(Schedule(runs_, recorded, options.jobs), options.progress) {}

  void work() {
    std::vector<std::thread> threads;
    for (int i = 0; i < options_.jobs; ++i) threads.emplace_back([this] { take_runs(); });
    for (std::thread& thread : threads) thread.join();
  }

  std::size_t recorded = 0, diverged = 0, saved = 0;
  std::vector<std::string> failures;

 private:
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
    // Another process with the same results folder may have been faster.
    std::optional<Record> record = results_folder_.load(spec.id());
    if (!record) {
      RunObserver observer(*this, run);
      TrainOutcome outcome = train(spec, results_folder_, options_, observer);
      if (!outcome.finished) {
        const std::lock_guard lock(mutex_);
        ++saved;
        return;
      }
      results_folder_.commit(outcome.record);
      record = std::move(outcome.record);
    }
    results_folder_.discard_checkpoint(spec.id());
    const std::lock_guard lock(mutex_);
    ++recorded;
    if (record->result["status"] == "diverged") ++diverged;
  }

  void fail(std::size_t run, const std::string& why) {
    const std::string sentence = "failed: " + run_label(runs_[run]) + " (" + runs_[run].id() + "): " + why;
    if (!options_.keep_going) failed_fast_ = true;
    const std::lock_guard lock(mutex_);
    failures.push_back(sentence);
    reporter_.message(sentence);
  }

  const ResultsFolder& results_folder_;
  const std::vector<RunSpec> runs_;
  const RunnerOptions& options_;
  Reporter reporter_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_fast_{false};
  std::mutex mutex_;  // of the counts and failures
};

void say(const std::string& sentence) { std::fputs((sentence + "\n").c_str(), stderr); }

RunnerOptions resolved(RunnerOptions options, std::size_t runs) {
  const int cores = available_cores();
  if (options.jobs <= 0) options.jobs = std::max(1, cores / std::max(1, options.threads));
  options.jobs = static_cast<int>(std::min<std::size_t>(options.jobs, std::max<std::size_t>(1, runs)));
  if (options.threads <= 0) options.threads = std::max(1, cores / options.jobs);
  return options;
}

}  // namespace

int run_experiment(const Experiment& experiment, const std::filesystem::path& results, const RunnerOptions& options) {
  ResultsFolder results_folder(results, experiment.name);
  std::vector<RunSpec> missing;
  std::size_t recorded = 0, diverged = 0;
  for (const RunSpec& spec : experiment.runs) {
    const std::string id = spec.id();
    if (const auto record = results_folder.load(id)) {
      ++recorded;
      if (record->result["status"] == "diverged") ++diverged;
      results_folder.discard_checkpoint(id);  // of a process that was killed just after the record
    } else {
      missing.push_back(spec);
    }
  }
  const InterruptGuard guard;  // from the first file on, an interrupt is answered
  if (!missing.empty()) {
    static_cast<void>(best_isa());  // refuses a wrong RNNBENCH_ISA before any run starts
    results_folder.prepare();
  }
  const RunnerOptions run_options = resolved(options, missing.size());
  std::size_t saved = 0;
  std::vector<std::string> failures;
  {
    Pool pool(results_folder, std::move(missing), recorded, run_options);
    pool.work();
    recorded += pool.recorded;
    diverged += pool.diverged;
    saved = pool.saved;
    failures = std::move(pool.failures);
  }

  const bool interrupted = interrupts > 0 && recorded + failures.size() < experiment.runs.size();
  const int code = interrupted ? interrupted_code : failures.empty() ? 0 : 1;
  if (!options.summary) return code;
  const std::string count =
      std::to_string(recorded) + " of " + std::to_string(experiment.runs.size()) + " runs recorded";
  if (failures.size() > 1)
    for (const std::string& failure : failures) say(failure);
  if (interrupted) {
    say("interrupted: " + count + ", " + std::to_string(saved) + " saved in the middle; to continue: " +
        (options.command.empty() ? "give the same command again" : options.command));
    return code;
  }
  std::string line = experiment.name + ": " + count;
  if (diverged > 0) line += ", " + std::to_string(diverged) + " of them diverged";
  if (!failures.empty()) line += ", " + std::to_string(failures.size()) + " failed";
  if (!failures.empty() && !options.keep_going) line += ", stopped at the first failure";
  say(line + ": " + results_folder.path().string());
  return code;
}

}  // namespace rnnbench::experiments
