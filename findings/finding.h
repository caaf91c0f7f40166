// A finding: a published claim, the experiment that tests it, and the rule by which it is decided, all of them in one
// file and declared before anything runs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "experiments/declaration/experiment_file.h"
#include "experiments/declaration/spec.h"
#include "experiments/running/tuning.h"
#include "findings/measurement.h"
#include "findings/statement.h"

namespace rnnbench::findings {

// A number of a publication, shown beside ours and never a pass mark.
struct Published {
  Expression model;
  double value = 0;
  std::string certainty;  // how sure we are of the number: "read", "secondary copy", "from memory", "computed"
};

// A comparison with what it is measured by.
struct MeasuredStatement {
  Statement statement;
  Measurement measurement;
};

struct Finding {
  std::string name;  // of the file, without ending
  std::filesystem::path file;
  int number = 0;  // place in the ledger
  std::string claim, source;
  MeasuredStatement primary;            // `compare`: the one that is decided
  int parts = 1;                        // of it: one for each left side on each task
  std::vector<MeasuredStatement> also;  // shown with intervals only
  double margin = 0;                    // in the unit of what `compare` compares
  std::string margin_reason;
  std::vector<Published> published;
  std::string not_applicable;  // why no verdict is given; "" = one is
  std::string figure;          // "models", "over KEY", "gradients", "gates", "time to solve", "curves", "profile"
  std::string note, checked;   // what a reader should know; what was checked where we contradict the literature
  std::optional<Tuning> tuning;
  Profile profile = Profile::lab;
  Experiment experiment;  // the runs with the settings of the file, untuned

  // That of a further comparison: none when it is of another unit, which a ratio does not have.
  double margin_of(const MeasuredStatement& also) const;
  // Where its records lie: results for the lab protocol, results/smoke and results/full for the others.
  std::filesystem::path results(const std::filesystem::path& results) const;
  // All runs that do not depend on others: the declared ones, and the trials of the search.
  Experiment first_runs() const;
};

// [finding] takes claim, source, number, measure, compare, margin ("0.05 (its reason)"), and optionally also
// (comparisons,
// ';' between), published ("lstm 256 (from memory), gru 39 (from memory)"), figure, note, checked, not-applicable.
// Throws UserError with file and line: a key that is missing, unknown or malformed, a model that no run is.
Finding read_finding(const std::filesystem::path& file, Profile profile = Profile::lab);

bool is_finding(const std::filesystem::path& file);  // has a section [finding]

// The findings among the files of a catalogue, by number. Throws UserError when two have the same, when one has too few
// seeds for an interval, or when so many claims could not be decided together: with the seeds of one, even the smallest
// possible p-value would not survive Holm's correction for the family. The smoke profile decides nothing and takes all.
std::vector<Finding> read_findings(const std::vector<std::filesystem::path>& files, Profile profile = Profile::lab);

}  // namespace rnnbench::findings
