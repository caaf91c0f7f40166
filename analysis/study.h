// An experiment's runs with what was recorded of them, grouped by task and model: what all tables, figures
// and comparisons are made of.
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

// A declared run. Without a record it failed, was interrupted or has not run yet; it stays in every
// denominator.
struct Run {
  Json spec;
  std::optional<Record> record;

  std::string id() const { return spec.at("id").get<std::string>(); }
  std::uint64_t seed() const { return spec.at("seed").get<std::uint64_t>(); }
  bool recorded() const { return record.has_value(); }
  bool diverged() const;
  bool solved() const;  // a diverged run is unsolved, whatever it reached before
  // A final score on the test stream; nothing when the run diverged or has no record, or the score is not
  // finite.
  std::optional<double> test_score(const std::string& name) const;
};

// The runs of one model on one task; they differ in nothing but the seed, by which they are sorted.
struct ModelRuns {
  std::string label;    // "lstm + additive attention (hidden 64)": what varies on this task is in parentheses
  std::string base;     // "lstm + additive attention"
  std::string variant;  // "hidden 64", or ""
  std::string cell;
  std::vector<Run> runs;
};

struct TaskRuns {
  std::string label;    // "copy", "copy (length 50)"
  std::string name;     // "copy"
  std::string options;  // all of them: "length 50, items 10, ..."
  std::vector<ModelRuns> models;

  // From the records; defaults as long as there is none.
  std::string measure;  // "recall"
  std::string definition;
  bool higher_is_better = true;
  double solved_at = 0;
  double baseline = 0;            // expected loss of the memoryless predictor
  std::optional<double> optimum;  // lowest possible expected loss
  // What a run without a final score counts as: 0 where higher is better (the worst of all our measures), the
  // largest of the baseline and all scores of this task where lower is better.
  double worst_score = 0;

  // One value for every declared run, in order.
  Values scores(const ModelRuns& model) const;
};

struct Study {
  std::string name, title, file;
  std::vector<TaskRuns> tasks;  // in the order of the experiment, as are the models of each
};

// Groups and labels runs given in the order of the experiment.
Study make_study(std::string name, std::string title, std::string file, std::vector<Run> runs);
// The experiment's runs with their records. Throws UserError when not one run has a record, or a record is
// damaged.
Study load_study(const Experiment& experiment, const ResultsFolder& results_folder);

// A value of a spec as it is written on the command line: 0.005, lstm, 50,100,200.
std::string option_text(const Json& value);

// Every model's label once, in order of appearance.
std::vector<std::string> model_labels(const Study& study);

// One sentence for every run that diverged or has no record, in the order of the study.
std::vector<std::string> trouble(const Study& study);

}  // namespace rnnbench::analysis
