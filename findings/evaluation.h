// The ledger of findings: what the records say of each claim.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "analysis/format.h"
#include "findings/finding.h"
#include "findings/verdict.h"

namespace rnnbench::findings {

// Whether what was published agrees with what we found; nothing where it does not say.
struct PublishedMet {
  std::optional<bool> sign, size, ranking;
};

struct FindingResult {
  const Finding* finding = nullptr;
  Verdict verdict = Verdict::not_run;
  std::string reason;                      // why it is undecided, not run, or not applicable
  std::size_t declared = 0, recorded = 0;  // runs that the verdict is made of
  std::size_t diverged = 0;
  int seeds = 0;
  double cpu_seconds = 0;    // of all its records, those of the search included
  std::vector<Run> runs;     // tuned, where there is a search
  std::vector<Run> untuned;  // with the settings of the file, where there is a search
  std::vector<TuningChoice> choices;
  std::optional<Outcome> primary;  // as soon as all runs are recorded
  std::optional<Outcome> untuned_primary;
  std::vector<Outcome> also;
  std::optional<double> adjusted_p;  // Holm, over the family of all findings that can have a verdict
  PublishedMet published;
};

// Reads the records of every finding below `results`. The family is all of `findings`, whether run or not.
std::vector<FindingResult> evaluate_findings(const std::vector<Finding>& findings,
                                             const std::filesystem::path& results);

// The mean of a measure over the runs of a model expression; nothing when none has a value.
std::optional<double> mean_of_model(const FindingResult& result, const Expression& model);

std::string findings_text(const std::vector<FindingResult>& results);  // for a terminal
std::string findings_markdown(
    const std::vector<FindingResult>& results);  // the table of the README; claims link their files
Json findings_json(const std::vector<FindingResult>& results);
std::string published_text(const FindingResult& result);  // "lstm 256 (from memory), ours 302; sign met, size not met"

}  // namespace rnnbench::findings
