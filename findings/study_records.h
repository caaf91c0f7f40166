// What is recorded of a study, read once for all of its claims.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/study.h"
#include "experiments/search/trials.h"
#include "findings/finding.h"

namespace rnnbench::findings {

struct StudyRecords {
  std::shared_ptr<const DeclaredStudy> study;
  // Of searches A and B; empty without a search. Choices point into the files.
  std::vector<std::unique_ptr<const TrialFile>> trials;
  std::array<std::vector<SearchChoice>, 2> choices;  // one for each group of runs; empty as long as not finished
  bool searched = false;                             // both searches are finished, or there is none
  // The reported runs after search A, then those after B, with the settings that each chose; their specs are as
  // trained. Empty as long as not searched.
  std::vector<Run> runs;
  std::vector<RunSpec> declared;           // the same runs in the same order, as declared
  std::size_t recorded = 0, diverged = 0;  // of `runs`
  double cpu_seconds = 0;                  // of trials and reported runs
  bool any() const;                        // whether a trial or a reported run is recorded
  bool complete() const { return searched && recorded == declared.size(); }
};

// Throws UserError when a record or a line of trials is damaged.
std::shared_ptr<StudyRecords> read_study_records(const std::shared_ptr<const DeclaredStudy>& study,
                                                 const std::filesystem::path& results);

// The reported runs of a finished search, as in StudyRecords::runs, without records; nothing as long as it is not
// finished.
std::optional<std::vector<RunSpec>> runs_to_report(const DeclaredStudy& study, const std::filesystem::path& results);

// The chosen point of a search for the group of a run; nullptr when there is none.
const SearchChoice* choice_of(const StudyRecords& records, std::size_t search, const RunSpec& declared);

}  // namespace rnnbench::findings
