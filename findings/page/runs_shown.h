// The runs of a finding as the page shows them: under the names of the declaration, each with the number that is
// compared.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/study.h"
#include "findings/evaluation.h"

namespace rnnbench::findings {

bool has_records(const FindingResult& result);  // whether at least one reported run has a record

// The reported runs on the tasks that the claim's comparisons are about, with the settings of the study's file in their
// specs, so that labels do not mention what a search chose. The setting `without` is left out of the specs, so that
// runs which differ in it become one model; trained_setting still gives its value.
Study finding_study(const FindingResult& result, const std::string& without = "");

struct ModelValues {
  Values values;             // of the recorded runs, by seed; a failed one as value_of_failure says
  std::vector<bool> failed;  // which of them diverged or have no finite score
  Values seeds;
  int failures = 0;  // these, and runs that have no such number at all (a probe of a run that diverged)
};
// Nothing when the model has no such number (the forget gate of a GRU): no run has one, although some finished.
// `failed` is what a run without one counts as (value_of_failure of all runs of the task).
std::optional<ModelValues> values_of_model(const Measurement& measurement, const std::vector<const Run*>& runs,
                                           const std::optional<double>& failed);

// The value of a setting that a run was trained with, from its record.
std::string trained_setting(const Run& run, const std::string& key);

}  // namespace rnnbench::findings
