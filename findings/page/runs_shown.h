// The runs of a finding as readers see them: under the names of its declaration, with the number it compares for each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/study.h"
#include "findings/evaluation.h"

namespace rnnbench::findings {

// The runs that the verdict is made of (the untuned ones as long as the search is not finished), with the settings of
// the finding's file in their specs: labels do not speak of what a search chose. `without`: a setting that is left out,
// so that its values fall into one model; setting_of(Run) of the record still has it.
Study finding_study(const FindingResult& result, const std::string& without = "");
bool has_records(const FindingResult& result);  // of at least one of these runs

struct ModelValues {
  Values values;             // of the recorded runs, by seed; a failed one counts as `worst`
  std::vector<bool> failed;  // which: they diverged, or their score is not finite
  int failures = 0;          // of these, and of those that have no such number at all (a probe of a run that diverged)
};
// Nothing when the model has no such number: no run has, though it finished (the forget gate of a GRU).
std::optional<ModelValues> values_of_model(const Measurement& measurement, const std::vector<const Run*>& runs,
                                           double worst);
// What a failed run of a task counts as (worst_value of all its runs).
double worst_on(const Measurement& measurement, const TaskRuns& task);

// A setting of a run as it was trained: of its record.
std::string trained_setting(const Run& run, const std::string& key);

}  // namespace rnnbench::findings
