// Results of other programs as runs of a Study.
#pragma once

#include <string>
#include <vector>

#include "analysis/study.h"

namespace rnnbench::analysis {

// What to say wherever imported runs are shown.
inline constexpr const char* note_on_imported =
    "[imported]: results of other programs, which rnnbench has not verified; whether they solved the task is not judged";
inline constexpr const char* caption_of_imported =
    "[imported]: results of other programs, which rnnbench has not verified.";

struct ImportedResults {
  std::vector<Run> runs;              // behind those of the experiment in a Study
  std::vector<std::string> left_out;  // a sentence for every task that the experiment does not have
};

// The imported runs on the tasks of the experiment; on all tasks, if the experiment declares no runs. The place of a
// run becomes relative to its experiment: "imported/torch.csv:12". Throws UserError for a measure that is not a score,
// such as `solved`.
ImportedResults as_runs(const std::vector<ImportedRun>& imported, const Experiment& experiment);

// What an imported run has under this measure, as value_of() of a record: its score, `diverged`, `parameters` and, if
// the updates and seconds of its training are known, `wall_ms_per_update`. Nothing for every other measure; not a
// number in place of a score that a diverged run does not have.
std::optional<double> imported_number(const std::string& measure, const ImportedRun& run);

}  // namespace rnnbench::analysis
