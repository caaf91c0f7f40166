#include "experiments/running/pool.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>

#include "core/error.h"
#include "core/plain_text.h"
#include "core/threads.h"
#include "experiments/records/environment.h"
#include "experiments/running/progress.h"

namespace rnnbench::experiments {
namespace {

class Pool {
 public:
  // `outcome`: counts the runs that were done earlier; the others are added to it.
  Pool(const ResultsFolder& results_folder, std::vector<RunSpec> runs, RunStore& store, Outcome& outcome,
       RunnerOptions options, const InterruptGuard& guard)
      : results_folder_(results_folder),
        store_(store),
        guard_(guard),
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

  bool stopping() const { return guard_.interrupted() || failed_fast_; }

  void take_runs() {
    for (std::size_t run; !stopping() && (run = next_++) < runs_.size();) {
      reporter_.begin(run);
      try {
        finish(run);
      } catch (const std::exception& error) {
        fail(run, sentence_of(error));
      }
      reporter_.end(run);
    }
  }

  void finish(std::size_t run) {
    const RunSpec& spec = runs_[run];
    const RunStore::State state = store_.state_of(spec);
    bool diverged = false;
    if (state != RunStore::State::complete) {
      RunObserver observer(*this, run);
      const TrainOutcome outcome = train(spec, results_folder_, options_, observer);
      if (!outcome.finished) {
        const std::lock_guard lock(mutex_);
        outcome_.saved += outcome.saved;
        return;
      }
      store_.store(spec, outcome);
      diverged = outcome.record.result["status"] == "diverged";
    }
    results_folder_.discard_checkpoint(spec.id());
    const std::lock_guard lock(mutex_);
    ++outcome_.done;
    if (state != RunStore::State::missing) return;
    ++outcome_.recorded;
    outcome_.diverged += diverged;
  }

  void fail(std::size_t run, const std::string& why) {
    const std::string sentence = "failed: " + run_label(runs_[run]) + " (" + runs_[run].id() + "): " + why;
    if (!options_.keep_going) failed_fast_ = true;
    const std::lock_guard lock(mutex_);
    outcome_.failures.push_back(sentence);
    reporter_.message(sentence);
  }

  const ResultsFolder& results_folder_;
  RunStore& store_;
  const InterruptGuard& guard_;
  const std::vector<RunSpec> runs_;
  Outcome& outcome_;
  ThreadTeam team_;
  const RunnerOptions options_;
  Reporter reporter_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_fast_{false};
  std::mutex mutex_;  // protects outcome_
};

}  // namespace

void say(const std::string& sentence) { std::fputs((plain_text(sentence) + "\n").c_str(), stderr); }

RunnerOptions resolved(RunnerOptions options, std::size_t runs) {
  const int cores = available_cores();
  const int given = options.jobs;
  if (options.jobs <= 0) options.jobs = std::max(1, cores / std::max(1, options.threads));
  options.jobs = static_cast<int>(std::min<std::size_t>(options.jobs, std::max<std::size_t>(1, runs)));
  if (options.threads <= 0) options.threads = std::max(1, cores / options.jobs);
  if (!options.oversubscribe && options.jobs * options.threads > cores)
    throw UserError((given <= 0 ? "threads = "
                                : "jobs = " + std::to_string(given) +
                                      (given > options.jobs ? ", of which " + std::to_string(options.jobs) +
                                                                  " would have a run, with threads = "
                                                            : " with threads = ")) +
                    std::to_string(options.threads) + " needs " + std::to_string(options.jobs * options.threads) +
                    " cores, but this process may use " + std::to_string(cores) +
                    ", so recorded times would be wrong; choose fewer, or add --oversubscribe, which records state");
  return options;
}

void train_runs(const ResultsFolder& results_folder, std::vector<RunSpec> runs, RunStore& store, Outcome& outcome,
                const RunnerOptions& options, const InterruptGuard& guard) {
  const FinishAnyway finish;  // runs look at the guard themselves
  Pool(results_folder, std::move(runs), store, outcome, options, guard).work();
}

}  // namespace rnnbench::experiments
