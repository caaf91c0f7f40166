// `figure = models`: the compared number of every run, in one strip for each model; and the panel of the comparison
// that decides, in one strip for each part.
#pragma once

#include "findings/evaluation.h"
#include "findings/page/figure_panels.h"

namespace rnnbench::findings {

// A panel for each task; `study` and `result` outlive the group.
PanelGroup strip_panels(const FindingResult& result, const Study& study, const FigureLayout& layout);

// Both boundaries, or the one that they have in common.
Values distinct(Boundaries boundaries);

// The parts of a comparison after searches A and B: the number of every seed, mean with interval, and the declared
// boundaries. The height, in pixels, depends on the number of parts.
double comparison_height(const Outcome& outcome, const FigureLayout& layout);
void draw_comparison(Panels& panels, Rectangle frame, const Outcome& outcome);

// An axis for values of a measure: logarithmic when they span orders of magnitude, from 0 to 1 for shares.
Axis value_axis(const Values& values);

// The boundaries of the claim when single runs can be compared with them: when the claim compares models with a number.
Values boundaries_for_values(const FindingResult& result);

}  // namespace rnnbench::findings
