// The runs of an experiment with their records, grouped by task and model. All tables, figures and comparisons are made
// from a Study.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/statistics/statistics.h"
#include "experiments/declaration/spec.h"
#include "experiments/records/record.h"
#include "experiments/records/results_folder.h"

namespace rnnbench::analysis {

// A declared run. A run without a record failed, was interrupted or has not run yet. It counts as unsolved, and is
// never left out.
struct Run {
  Json spec;
  std::optional<Record> record;

  std::string id() const { return spec.at("id").get<std::string>(); }
  std::uint64_t seed() const { return spec.at("seed").get<std::uint64_t>(); }
  bool recorded() const { return record.has_value(); }
  bool diverged() const;
  bool solved() const;  // false if the run diverged, whatever it reached before
  // The value of `stop` if training ended early because of it, else "never".
  std::string stopped() const;
  bool stopped_when_solved() const { return stopped() == "solved"; }
  // Whether the tested weights are those of the best validation score (keep = best).
  bool kept_best() const;
  // Whether the test sequences are a fixed list, the same for every run, so that their sampling error is in no
  // interval.
  bool tested_on_list() const;
  // A final score on test data. Empty when the run diverged or has no record, or the score is not finite.
  std::optional<double> test_score(const std::string& name) const;
};

// What to say where an interval is computed from such runs.
inline constexpr const char* caveat_of_list_test =
    "all runs are tested on the same sequences of a file, whose sampling error is not part of the intervals";

// The runs of one model on one task, sorted by seed. They differ only in the seed.
struct ModelRuns {
  std::string label;    // "lstm + additive attention (hidden 64)"
  std::string base;     // "lstm + additive attention": cell and attention
  std::string variant;  // "hidden 64": the settings that vary among models of this base on this task; or ""
  std::string cell;
  std::vector<Run> runs;
};

struct TaskRuns {
  std::string label;    // "copy", "copy (length 50)"
  std::string name;     // "copy"
  std::string options;  // all settings of the task: "length 50, items 10, ..."
  std::vector<ModelRuns> models;

  // From the records. Defaults if there are none.
  std::string measure;  // "recall"
  std::string definition;
  bool higher_is_better = true;
  double solved_at = 0;
  bool judges_solving = true;     // enough validation sequences to say which runs solved the task
  double baseline = 0;            // expected loss of the memoryless baseline
  std::optional<double> optimum;  // lowest possible expected loss
  // The score of runs that have none. Where higher is better, it is the minimum of 0 and all scores on this task;
  // where lower is better, the maximum of the baseline and all scores.
  double worst_score = 0;
};

struct Study {
  std::string name, title, file;
  std::vector<TaskRuns> tasks;  // tasks and models are in the order of the experiment
};

// Groups and labels the runs, which must be in the order of the experiment.
Study make_study(std::string name, std::string title, std::string file, std::vector<Run> runs);
// Reads the records of an experiment. Throws UserError when no run has a record, or a record is damaged.
Study load_study(const Experiment& experiment, const ResultsFolder& results_folder);

// A value of a spec as it is written on the command line: "0.005", "lstm", "50,100,200".
std::string option_text(const Json& value);

// The labels of all models, in order of first appearance.
std::vector<std::string> model_labels(const Study& study);

// Throws UserError unless a model has this label, or this label without its parentheses.
void check_model(const Study& study, const std::string& name);
// The study with the named models only, in the order of the study. Throws as check_model does.
Study with_models(Study study, const std::vector<std::string>& names);

// One sentence for every run that diverged or has no record, in the order of the study.
std::vector<std::string> problems(const Study& study);

}  // namespace rnnbench::analysis
