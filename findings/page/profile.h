// `figure = profile`: the performance profile of a finding.
#pragma once

#include "findings/evaluation.h"
#include "findings/page/figure_panels.h"

namespace rnnbench::findings {

// Over all tasks, the share of runs whose measure reaches a value, for the models that were run on every task. `study`
// and `result` outlive the group.
PanelGroup profile_panels(const FindingResult& result, const Study& study);

}  // namespace rnnbench::findings
