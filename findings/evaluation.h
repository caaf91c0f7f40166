// What the records say about each claim, and the verdicts once the number of comparisons is taken into account.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "findings/ceiling.h"
#include "findings/finding.h"
#include "findings/study_records.h"
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
  std::shared_ptr<const StudyRecords> records;
  Verdict verdict = Verdict::not_run;
  std::string reason;                // why it is not testable, not run, or not applicable
  bool refused = false;              // a verdict is refused: times cannot be compared, or the protocol does not match
  std::vector<std::string> caveats;  // what the intervals do not include, or what the scores are of
  std::vector<Ceiling> ceilings;
  std::optional<Outcome> primary;  // once all reported runs are recorded
  std::vector<Outcome> also;
  // The same comparison at half and at twice the margin, judged in the same family; nothing if the margin is 0.
  std::optional<Outcome> half_margin, twice_margin;
  std::vector<std::optional<double>> our_means;  // beside each published number
  PublishedAgreement published;
  int family = 0;       // number of comparisons whose p-values were corrected together
  std::string heading;  // "skill (higher is better)": of the measure that decides

  const std::vector<Run>& runs() const { return records->runs; }
  int seeds() const { return static_cast<int>(finding->study->seeds[0].size() + finding->study->seeds[1].size()); }
};

// What stays in memory of the records after a study has been evaluated.
enum class Keep { records, numbers };

// Reads the records of every study below `results`, each once. The family is all of `findings`, whether run or not; the
// results point into it. p-values are corrected by Holm's method over all parts of all findings that can have a
// verdict; parts that were not run or were refused count with p = 1, parts that are not testable do not count. A
// comparison of times that were measured on a busy machine or on different CPUs gets no verdict, unless `any_times`;
// nor does a finding whose protocol was not frozen as it is now, or whose comparison cannot be computed (in the smoke
// profile this throws). Throws UserError that names the study's file.
// Each result states the number of comparisons that were corrected together (FindingResult::family).
std::vector<FindingResult> evaluate_findings(const std::vector<Finding>& findings, const std::filesystem::path& results,
                                             bool any_times = false, Keep keep = Keep::records);

// The mean of the primary measure over the runs of a model expression, where failed ones count as value_of_failure
// says; nothing when none has a value.
std::optional<double> mean_of_model(const FindingResult& result, const Expression& model);

}  // namespace rnnbench::findings
