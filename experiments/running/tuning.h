// The search for settings before models are compared. Every model gets the same number of random trials from the same
// ranges, and the settings of the file as one more candidate. Candidates are trained with seeds of their own and chosen
// by their validation scores.
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
//   trials = 8                            number of random trials for each model on each task
//   seeds = 101, 102                      seeds of the trials, different from those of the reported runs
//   learning-rate = 0.0003..0.03 log      a range of an option; "log": the logarithm is drawn uniformly
//   clip-norm = 0.5..5                    a range; the value is drawn uniformly
//   forget-bias = 0, 1, 3                 a list in random order; no value is repeated before all have been tried
// Options that a model does not use are not searched for it.
class Tuning {
 public:
  // Throws UserError with the place of what is wrong.
  Tuning(const std::string& file, const std::vector<Assignment>& written);

  // The random trials, then the settings of the file, so that a search of few trials never makes a model worse.
  int candidates() const { return trials_ + 1; }
  bool is_declared(int number) const {
    return number >= trials_;
  }  // whether this candidate is the settings of the file
  const std::vector<std::uint64_t>& seeds() const { return seeds_; }
  std::vector<std::string> keys() const;
  // "8 random trials and the settings of the file x 2 seeds: learning-rate in 0.0003..0.03 log; forget-bias in 0, 1, 3"
  std::string text() const;
  void limit_trials(int max) { trials_ = std::min(trials_, max); }

  // Throws UserError when no run uses a searched option, or when runs of the grid are compared by one.
  void check(const std::vector<RunSpec>& runs) const;

  // `run` with the settings of candidate `number`, from 0. The value of an option in a random trial depends only on the
  // option's name and the trial's number, so all models try the same values.
  RunSpec trial(const RunSpec& run, int number, std::uint64_t seed) const;

  // Every candidate of every group, with every seed of the search. A group is the runs that differ only in the seed.
  std::vector<RunSpec> trial_runs(const std::vector<RunSpec>& runs) const;

 private:
  struct Range {
    Option option;
    std::string written, place;  // the value as it is written, and "file:line: [tuning] "
    double low = 0, high = 0;
    bool logarithmic = false;
    std::vector<std::string> values;  // of a list
    std::string value(int trial) const;
  };
  static Range parse_range(const Assignment& assignment, const std::vector<Option>& options);

  int trials_ = 0;
  std::vector<std::uint64_t> seeds_;
  std::vector<Range> ranges_;
};

// The result of a search for one group of runs.
struct TuningChoice {
  std::string group;                                        // canonical text of the group's run with seed 1
  int trial = -1;                                           // number of the chosen candidate
  std::vector<std::pair<std::string, std::string>> values;  // its searched settings: key, value
  std::optional<double> score;                              // its mean validation score; nothing when a run diverged
  std::string measure;                                      // the name of that score
  bool all_diverged = false;                                // every run of every candidate
};

struct TunedExperiment {
  std::vector<RunSpec> runs;          // the declared runs with the chosen settings
  std::vector<TuningChoice> choices;  // one for each group, in order
};

// Chooses from the records of the trials: the candidate with the most solved seeds; if all seeds are solved, the one
// with the fewest updates to solve; among equals the one with the best mean validation score under the task's measure,
// then the lowest validation loss, then the first. Nothing when a trial has no record yet.
std::optional<TunedExperiment> tuned(const Tuning& tuning, const std::vector<RunSpec>& runs,
                                     const ResultsFolder& results_folder);
// The same for a caller that has read the records: `find` gives the record of an id, nullptr when there is none.
using FindRecord = std::function<const Record*(const std::string& id)>;
std::optional<TunedExperiment> tuned(const Tuning& tuning, const std::vector<RunSpec>& runs, const FindRecord& find);

}  // namespace rnnbench::experiments
