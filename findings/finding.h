// A finding: a published claim, the experiment that tests it, and the rule that decides it. One file declares all three
// before anything runs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "experiments/declaration/experiment_file.h"
#include "experiments/declaration/spec.h"
#include "experiments/running/tuning.h"
#include "findings/comparison.h"

namespace rnnbench::findings {

// A published number. It is shown next to ours and has no influence on the verdict.
struct Published {
  Expression model;
  double value = 0;
  std::string certainty;  // how we know the number: "read", "secondary copy", "from memory", "computed"
};

struct Finding {
  std::string name;  // of the file, without its ending
  std::filesystem::path file;
  int number = 0;  // place in the table of findings
  std::string claim, source;
  DeclaredComparison primary;            // `compare`: decides the verdict
  int parts = 1;                         // of the primary comparison: one for each left side on each task
  std::vector<DeclaredComparison> also;  // further comparisons, shown with intervals and without a verdict
  double margin = 0;                     // in the unit of the primary comparison
  std::string margin_reason;
  std::vector<Published> published;
  std::string not_applicable;  // why there is no verdict; "" when there is one
  std::string figure;          // "models", "over KEY", "gradients", "gates", "time to solve", "curves", "profile"
  std::string note;            // what a reader should know
  std::string checked;         // what was checked before contradicting the literature
  std::optional<Tuning> tuning;
  Profile profile = Profile::lab;
  Experiment experiment;  // the declared runs, untuned

  // The margin of a further comparison: that of the primary one when both have the same unit (the same measure, or two
  // ratios), otherwise 0.
  double margin_of(const DeclaredComparison& further) const;
  // The results folder of its profile: `results` itself for lab, results/smoke and results/full for the others.
  std::filesystem::path results(const std::filesystem::path& results) const;
  // All runs that do not depend on others: the declared ones, and the trials of the search.
  Experiment first_runs() const;
};

// Reads [finding] and the experiment around it; docs/add-a-finding.md describes the keys. Throws UserError with file
// and line when a key is missing, unknown or malformed, or when a comparison names a model that no run has.
Finding read_finding(const std::filesystem::path& file, Profile profile = Profile::lab);

bool is_finding(const std::filesystem::path& file);  // whether it has a section [finding]

// The findings among the files of a catalogue, by number. Throws UserError when two have the same number or name; when
// one compares means that have no reliable interval; when one has too few seeds for an interval; or when the seeds of
// one could decide nothing in a family of so many findings, because even the smallest possible p-value would not
// survive Holm's correction, or because so few binary outcomes cannot establish equivalence. The smoke profile decides
// nothing, and neither is checked there.
std::vector<Finding> read_findings(const std::vector<std::filesystem::path>& files, Profile profile = Profile::lab);

}  // namespace rnnbench::findings
