// The search for settings before models are compared: successive halving over points that fill the space of settings
// evenly, the same points for all models of a study. Two searches, A and B, are independent of each other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "experiments/declaration/ini.h"
#include "experiments/declaration/spec.h"
#include "experiments/search/space.h"
#include "experiments/search/trials.h"

namespace rnnbench::experiments {

inline constexpr std::string_view searches = "AB";
// In a tuning seed, the thousands are the search, the hundreds the rung, the rest is the number of the seed.
inline constexpr std::size_t max_rungs = 9;

// A rung trains `points` points with `seeds` seeds for `fraction` of the declared updates.
struct Rung {
  int points = 0, seeds = 0;
  double fraction = 1;
  std::string text;  // "16 x 1 at 1/4", in canonical spelling
};

// [search] of a study's file:
//   learning-rate = 0.0003..0.05 log      the range if this key is missing; "log": even on a logarithmic scale
//   forget-bias = 0, 1, 3, 5              a list or a range of an option
//   rungs = 16 x 1 at 1/4, 5 x 2 at 1/2, 2 x 4 at 1      the default: points x seeds at a fraction of the updates
//   select = score                        (default) the task's measure on validation sequences, or time: updates to
//                                         solve
// An option that a model does not use is not searched for it.
//
// Every rung trains from the start with a schedule of its own length: `updates` is the fraction of the declared number
// (rounded, at least 1), and warmup-updates the same fraction of theirs (below `updates`). Into a rung of three or more
// points go the best point of each third of the learning rates, because late learners lose short rungs, and then the
// best others; into a smaller rung, the best.
class Search {
 public:
  // `study`: the name of the study, which its points depend on. Throws UserError with the place of what is wrong.
  Search(const std::string& file, const std::string& study, const std::vector<Assignment>& written);

  const std::vector<Rung>& rungs() const { return rungs_; }
  bool selects_time() const { return selects_time_; }
  const SearchSpace& space() const { return space_; }
  std::vector<std::string> keys() const { return space_.keys(); }

  // "16 points x 1 seed at 1/4 of the updates, then 5 x 2 at 1/2 and 2 x 4 at 1; learning-rate in 0.0003..0.05 log;
  // chosen by validation score"
  std::string text() const;
  // One `key = value` line for everything that determines trials and choice: for the hash of a frozen protocol.
  std::string canonical() const;
  // One trial of one full rung: enough to test a study.
  void limit_for_smoke();

  // Throws UserError when no run uses a searched option, when runs are compared by one, when a run has a seed of the
  // search, when a trial cannot be trained, when select = time but a run cannot decide whether it solved its task, or
  // when there are more than max_runs trials.
  void check(const std::vector<RunSpec>& runs) const;

  // Tuning seed `seed` of rung `rung`, both counted from 0: 1101 for the first of search A, 2101 of search B.
  static std::uint64_t seed(char search, int rung, int seed);
  // The search and the rung (from 0) that such a seed belongs to.
  static char letter_of(std::uint64_t seed) { return searches.at(seed / 1000 - 1); }
  static int rung_of(std::uint64_t seed) { return static_cast<int>(seed / 100 % 10) - 1; }
  // `run` with the settings of a point (from 0). Its seed and its number of updates stay.
  RunSpec with_point(const RunSpec& run, char search, int point) const;
  // The same with the seed and the number of updates of a trial, without probe and test lengths.
  RunSpec trial(const RunSpec& run, char search, int rung, int point, int seed) const;
  // The searched settings of `run` that it uses, in the order of keys(): key, value.
  std::vector<std::pair<std::string, std::string>> values(const RunSpec& run) const;

  // Where a point lies on an axis, in [0, 1).
  double position(const RunSpec& run, const SearchAxis& axis, char search, int point) const {
    return space_.position(run, axis, study_, search, point);
  }

  // As many runs as one search trains, with the updates of each rung, all with the settings of the first point: to
  // estimate the cost.
  std::vector<RunSpec> planned_trials(const std::vector<RunSpec>& runs, char search) const;

 private:
  void check_axes(const std::vector<RunSpec>& runs) const;
  void check_trials(const std::vector<const RunSpec*>& groups) const;

  std::string file_, study_;
  std::string rungs_place_, select_place_;  // "file:line: [search] "
  SearchSpace space_;
  std::vector<Rung> rungs_;
  bool selects_time_ = false;
};

// How a point did in a rung.
struct TrialScore {
  int rung = 0, point = 0;                                  // both from 0
  std::vector<std::pair<std::string, std::string>> values;  // the searched settings: key, value
  std::vector<const TrialRecord*> records;                  // by seed; they belong to the TrialFile
  // Means over the seeds. A seed that failed counts as the worst of the rung and as no better than a model without
  // memory; nothing when all failed.
  std::optional<double> measure, loss;
  double worst = 0;             // what the measure of a seed that failed counts as
  double updates_to_solve = 0;  // mean over all seeds; an unsolved run counts all updates of the rung
  int solved = 0, failed = 0;   // numbers of seeds: solved; diverged, or without a finite score
  bool diverged() const { return failed > 0; }
};

// The result of a search for one group of runs.
struct SearchChoice {
  std::string group;  // canonical text of the group's run with seed 1
  char search = 'A';
  int point = -1;
  std::vector<std::pair<std::string, std::string>> values;  // of the chosen point: key, value
  std::string measure;                                      // the name of the task's measure
  bool higher_is_better = true;
  std::vector<TrialScore> trials;  // of all rungs, by rung and point
  std::size_t chosen = 0;          // index of the chosen point's last rung in `trials`
  // Numerical options whose chosen value is an end of their list or within 5 % of an end of their range.
  std::vector<std::string> edges;
  bool all_diverged = false;  // every trial of every rung
};

struct SearchState {
  std::vector<RunSpec> due;  // trials that can be trained now; empty: the search is finished
  // Of each due trial, its position among all trials of its rung: by group, point and seed, whatever is recorded.
  std::vector<std::size_t> positions;
  std::vector<SearchChoice> choices;  // of a finished search: one for each group, in order
};

// What is known of search 'A' or 'B' from its trials. A group is the runs that differ only in the seed. The choice
// points to records of `file`, which has to outlive it.
SearchState search_state(const Search& search, const std::vector<RunSpec>& runs, char letter, const TrialFile& file);

// The runs with the chosen settings of their groups. Their seeds are kept.
std::vector<RunSpec> reported_runs(const Search& search, const std::vector<RunSpec>& declared,
                                   const std::vector<SearchChoice>& choices);

}  // namespace rnnbench::experiments
