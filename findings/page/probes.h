// `figure = time to solve`, `gradients` and `gates`: what happens over updates, lags and units.
#pragma once

#include "findings/evaluation.h"
#include "findings/page/figure_panels.h"

namespace rnnbench::findings {

// The share of runs that have solved their task, over updates or CPU seconds (Kaplan-Meier). `study` outlives the
// group.
PanelGroup solve_panels(const FindingResult& result, const Study& study);
// log10 of the gradient's norm against the lag, before and after training.
PanelGroup gradient_panels(const Study& study);
// The mean gates of every unit, relevant against idle steps, before and after training.
PanelGroup gate_panels(const Study& study);

}  // namespace rnnbench::findings
