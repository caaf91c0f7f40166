// The figure of a finding: what its file asks for with `figure = ...`, and the comparison that decides.
#pragma once

#include "analysis/figures/panels.h"
#include "findings/evaluation.h"

namespace rnnbench::findings {

// Named after the claim (Finding::short_name). At least one run has to be recorded; runs without a record are left out,
// and the caption says how many.
//   models          for each model: every seed, mean and interval of the compared number, and published numbers
//   over KEY        the compared number against a setting
//   curves          validation loss over updates
//   time to solve   the share of runs that have solved their task, over updates or CPU seconds (Kaplan-Meier)
//   profile         the share of runs whose number reaches a value, over all tasks (performance profile)
//   gradients       log10 of the gradient's norm against the lag, before and after training
//   gates           mean gates of every unit, relevant against idle steps, before and after training
Figure finding_figure(const FindingResult& result, const FigureLayout& layout = screen_layout());

}  // namespace rnnbench::findings
