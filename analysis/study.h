// The runs of an experiment with their records, grouped by task and model, and the results of other programs beside
// them. All tables, figures and comparisons are made from a Study.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/statistics/statistics.h"
#include "experiments/declaration/spec.h"
#include "experiments/records/imported.h"
#include "experiments/records/record.h"
#include "experiments/records/results_folder.h"

namespace rnnbench::analysis {

// A declared run. A run without a record failed, was interrupted or has not run yet. It counts as unsolved, and is
// never left out. Or an imported run: a result of another program, which has no record and never counts as solved.
struct Run {
  Json spec;                     // of an imported run: the task, the cell (the name of the model in its file), the seed
  std::optional<Record> record;  // never of an imported run
  std::optional<ImportedRun> imported = {};

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
  // A final score on test data. Empty when the run diverged or has no such score, or the score is not finite.
  std::optional<double> test_score(const std::string& name) const;
};

// What to say where an interval is computed from such runs.
inline constexpr const char* caveat_of_list_test =
    "all runs are tested on the same sequences of a file, whose sampling error is not part of the intervals";

// The runs of one model on one task, sorted by seed. They differ only in the seed.
struct ModelRuns {
  std::string label;    // "lstm + additive attention (hidden 64)"
  std::string base;     // "lstm + additive attention": cell and attention; of imported runs the same as the label
  std::string variant;  // "hidden 64": the settings that vary among models of this base on this task; or ""
  std::string cell;     // of imported runs: the name in their file
  std::vector<Run> runs;
  bool imported() const { return runs.front().imported.has_value(); }  // then label and base end with [imported]
};

struct TaskRuns {
  std::string label;    // "copy", "copy (length 50)"
  std::string name;     // "copy"
  std::string options;  // all settings of the task: "length 50, items 10, ..."
  std::vector<ModelRuns> models;

  // From the records. Without any, measure and direction are those of imported runs, and the others are unknown: they
  // have defaults.
  std::string measure;  // "recall"; "": neither a record nor an imported run
  bool has_record = false;
  std::string definition;
  bool higher_is_better = true;
  double solved_at = 0;
  bool judges_solving = true;  // enough validation sequences to say which runs solved the task; not if all are imported
  double baseline = 0;         // expected loss of the memoryless baseline
  std::optional<double> optimum;  // lowest possible expected loss
};

struct Study {
  std::string name, title, file;
  std::vector<TaskRuns> tasks;  // tasks and models are in the order of the experiment
};

// Groups and labels the runs, which must be in the order of the experiment, imported ones behind all others.
Study make_study(std::string name, std::string title, std::string file, std::vector<Run> runs);
// Reads the records of an experiment; `imported` are results of other programs on its tasks. Throws UserError if a
// record is damaged.
Study load_study(const Experiment& experiment, const ResultsFolder& results_folder, std::vector<Run> imported);

// A value of a spec as it is written on the command line: "0.005", "lstm", "50,100,200".
std::string option_text(const Json& value);

// The labels of all models, in order of first appearance, imported models last: so the others have the same numbers in
// figures, tables and switches that leave imported models out.
std::vector<std::string> model_labels(const Study& study);

// Whether `name` means this model: its label, the label without its parentheses or, unless a model of rnnbench is
// called so, the name of an imported model without its mark.
bool is_named(const Study& study, const ModelRuns& model, const std::string& name);
// Throws UserError unless the name means a model.
void check_model(const Study& study, const std::string& name);
// The study with the named models only, in the order of the study. Throws as check_model does.
Study with_models(Study study, const std::vector<std::string>& names);

// Whether there are imported runs, and the study without them and their tasks.
bool has_imported(const Study& study);
Study without_imported(Study study);

// One sentence for every run that diverged or has no record, in the order of the study.
std::vector<std::string> problems(const Study& study);

}  // namespace rnnbench::analysis
