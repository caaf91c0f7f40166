// The search for settings that a fair comparison owes every model: the same number of random trials from the same
// ranges, and the settings that the file declares, judged on validation sequences after training with seeds of their
// own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/declaration/ini.h"
#include "experiments/declaration/spec.h"
#include "experiments/records/results_folder.h"

namespace rnnbench::experiments {

// [tuning] of an experiment file:
//   trials = 8                            random settings tried for each model on each task
//   seeds = 101, 102                      of the trials; not among those that are reported
//   learning-rate = 0.0003..0.03 log      an option's range, uniform in its logarithm
//   clip-norm = 0.5..5                    uniform
//   forget-bias = 0, 1, 3                 a list, in random order, all of it before a value comes again
// A model whose runs do not read an option searches among the others only.
class Tuning {
 public:
  // Throws UserError with the place of what is wrong.
  Tuning(const std::string& file, const std::vector<Assignment>& written);

  // The random trials, then the declared settings: a search of few trials would else choose worse ones than nobody.
  int candidates() const { return trials_ + 1; }
  bool is_declared(int number) const { return number >= trials_; }
  const std::vector<std::uint64_t>& seeds() const { return seeds_; }
  std::vector<std::string> keys() const;
  // "8 random trials and the settings of the file x 2 seeds: learning-rate in 0.0003..0.03 log; forget-bias in 0, 1, 3"
  std::string text() const;
  void limit_trials(int max) { trials_ = std::min(trials_, max); }

  // Throws UserError when no run reads a searched option, or the runs already differ in one.
  void check(const std::vector<RunSpec>& runs) const;

  // The settings of a candidate (from 0) in place of those of `run`. The value of an option in a random trial is a pure
  // function of its name and the trial's number, so all models try the same ones.
  RunSpec trial(const RunSpec& run, int number, std::uint64_t seed) const;

  // Every candidate of every group of runs that differ in nothing but the seed.
  std::vector<RunSpec> trial_runs(const std::vector<RunSpec>& runs) const;

 private:
  struct Range {
    Option option;
    std::string written, place;  // the value, and "file:line: [tuning] "
    double low = 0, high = 0;
    bool logarithmic = false;
    std::vector<std::string> values;  // of a list
    std::string value(int trial) const;
  };
  int trials_ = 0;
  std::vector<std::uint64_t> seeds_;
  std::vector<Range> ranges_;
};

// What a search came to for one group of runs.
struct TuningChoice {
  std::string group;                                        // canonical text of the group's run of seed 1
  int trial = -1;                                           // number of the candidate
  std::vector<std::pair<std::string, std::string>> values;  // chosen: key, value
  std::optional<double>
      score;  // mean validation score of the chosen trial, under the task's measure; none: it diverged
  std::string measure;
};

struct TunedExperiment {
  std::vector<RunSpec> runs;          // the declared runs with what was chosen for each
  std::vector<TuningChoice> choices;  // one for each group, in order
};

// The choice from the trials' records: the most seeds solved; then, where all are, the fewest updates to solve; then
// the best mean of the task's measure on validation sequences; then the lowest validation loss; then the first. Nothing
// when a trial has no record yet.
std::optional<TunedExperiment> tuned(const Tuning& tuning, const std::vector<RunSpec>& runs,
                                     const ResultsFolder& results_folder);
// The same for a caller that has read the records: `find` gives the record of an id, nullptr when there is none.
using FindRecord = std::function<const Record*(const std::string& id)>;
std::optional<TunedExperiment> tuned(const Tuning& tuning, const std::vector<RunSpec>& runs, const FindRecord& find);

}  // namespace rnnbench::experiments
