// What the records say about each claim, and the verdicts once the number of claims is taken into account.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "findings/finding.h"
#include "findings/verdict.h"

namespace rnnbench::findings {

// Whether the published numbers agree with ours; nothing where they do not allow the comparison.
struct PublishedAgreement {
  std::optional<bool> sign;     // our difference has the sign of theirs
  std::optional<bool> size;     // our interval contains theirs
  std::optional<bool> ranking;  // no two models change places
};

struct FindingResult {
  const Finding* finding = nullptr;
  Verdict verdict = Verdict::not_run;
  std::string reason;                      // why it is undecided, not run, or not applicable
  bool refused = false;                    // no number of seeds decides it: its times cannot be compared
  std::vector<std::string> caveats;        // what the intervals do not include, or what the scores are of
  std::size_t declared = 0, recorded = 0;  // runs that the verdict is based on
  std::size_t diverged = 0;
  int seeds = 0;
  double cpu_seconds = 0;    // of all its records, including the search
  std::vector<Run> runs;     // tuned, if there is a search
  std::vector<Run> untuned;  // if there is a search: with the settings of the file
  std::vector<TuningChoice> choices;
  std::optional<Outcome> primary;  // once all runs are recorded
  std::optional<Outcome> untuned_primary;
  std::vector<Outcome> also;
  std::optional<double> adjusted_p;  // Holm, over the family of all findings that can have a verdict
  PublishedAgreement published;
};

// Reads the records of every finding below `results`, each once. The family is all of `findings`, whether run or not;
// the results point into it. A comparison of times that were measured on a busy machine or on different CPUs stays
// undecided, unless `any_times`. Throws UserError that names the finding's file.
std::vector<FindingResult> evaluate_findings(const std::vector<Finding>& findings, const std::filesystem::path& results,
                                             bool any_times = false);

// The mean of the primary measure over the runs of a model expression; nothing when none has a value.
std::optional<double> mean_of_model(const FindingResult& result, const Expression& model);

}  // namespace rnnbench::findings
