// What limits an answer, on the page of a finding: ceiling, budget and margin.
#pragma once

#include <string>

#include "analysis/study.h"
#include "findings/evaluation.h"

namespace rnnbench::findings {

// Whether the scores of the last rungs left room for a difference.
std::string ceiling_section(const FindingResult& result);
// Whether the validation scores still improved when training ended. `study` is finding_study of the result.
std::string budget_section(const FindingResult& result, const Study& study);
// The verdict at half and at twice the margin.
std::string margin_section(const FindingResult& result);

// The mean change of a model's validation score from three quarters of its updates to the end, oriented so that more is
// better, with its interval where there is one. Runs that stopped when they had solved the task keep their last score;
// diverged ones are left out. Nothing without such a run.
struct LastQuarter {
  double half = 0, three_quarters = 0, end = 0;  // mean scores
  double improvement = 0;
  std::optional<Interval> interval;
  bool still_rises = false;  // the interval lies above 0
};
std::optional<LastQuarter> last_quarter(const TaskRuns& task, const ModelRuns& model);

}  // namespace rnnbench::findings
