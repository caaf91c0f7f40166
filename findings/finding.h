// A study is one file: a grid of runs, one search for settings, one results folder, and the claims that are tested on
// these runs. A finding is one of the claims, with the comparison that decides it. All is declared before anything
// runs.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiments/declaration/experiment_file.h"
#include "experiments/declaration/spec.h"
#include "experiments/search/search.h"
#include "findings/comparison.h"

namespace rnnbench::findings {

// The results folder of a profile: `results` itself for lab, results/smoke and results/full for the others.
std::filesystem::path results_of_profile(const std::filesystem::path& results, Profile profile);

struct DeclaredStudy {
  std::string name;  // of the file, without its ending
  std::filesystem::path file;
  Profile profile = Profile::lab;
  Experiment experiment;         // the declared runs: every model on every task with every reported seed
  std::optional<Search> search;  // without one, the declared settings are compared
  // The reported seeds: those of the runs after search A are the first half of the declared ones, those after search B
  // the second half. Both halves have the same size.
  std::array<std::vector<std::uint64_t>, 2> seeds;

  std::filesystem::path results(const std::filesystem::path& results) const;
  // What a command calls it: the name of a file of the catalogue, the path of any other.
  std::string argument() const;
  // The declared runs with the seeds that are reported after a search, 0 (A) or 1 (B).
  std::vector<RunSpec> runs_after(std::size_t search) const;
};

// A published number. It is shown next to ours and has no influence on the verdict.
struct Published {
  Expression model;
  double value = 0;
  std::string certainty;  // how we know the number: "read", "secondary copy", "from memory", "computed"
};

struct Finding {
  std::shared_ptr<const DeclaredStudy> study;
  std::string name;  // "counting/anbn" for [claim anbn] of counting.ini; "counting" for [claim]
  int number = 0;    // place in the table of findings
  std::string claim, source;
  DeclaredComparison primary;            // `compare`: decides the verdict
  int parts = 1;                         // of the primary comparison: one for each left side on each task
  std::vector<DeclaredComparison> also;  // further comparisons, shown with intervals and without a verdict
  double margin = 0;                     // in the unit of the primary comparison
  std::string margin_reason;
  std::vector<Published> published;
  std::string replaces;        // "N (reason)": the earlier claim that this one takes the place of; "" if none
  std::string not_applicable;  // why there is no verdict; "" when there is one
  std::string figure;          // "models", "over KEY", "gradients", "gates", "time to solve", "curves", "profile"
  std::string note;            // what a reader should know
  std::string checked;         // what was checked before contradicting the literature
  std::string replication;     // what another program gives with the settings of the published records

  // The margin of a further comparison: that of the primary one when both have the same unit (the same measure, or two
  // ratios), otherwise 0.
  double margin_of(const DeclaredComparison& further) const;
  // The name without the study, for files: "anbn", or "claim" for [claim].
  std::string short_name() const;
};

// Reads the claims of a study; docs/add-a-finding.md describes the keys. Throws UserError with file and line when a key
// is missing, unknown or malformed, when a comparison names a model that no run has, or when the claims cannot be
// decided by the declared seeds (not in the smoke profile, which decides nothing).
std::vector<Finding> read_study(const std::filesystem::path& file, Profile profile = Profile::lab);
// The same for a file that was read under the profile.
std::vector<Finding> study_of(const std::filesystem::path& file, const ExperimentFile& read, Profile profile);

bool is_study(const std::filesystem::path& file);  // whether it has a claim

// The findings of all studies among these files, by number. Throws UserError as read_study, and when two have the same
// number, or two studies the same name.
std::vector<Finding> read_findings(const std::vector<std::filesystem::path>& files, Profile profile = Profile::lab);

}  // namespace rnnbench::findings
