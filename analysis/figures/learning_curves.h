// The figure of learning curves.
#pragma once

#include <string>

#include "analysis/figures/gnuplot.h"
#include "analysis/figures/panels.h"
#include "analysis/study.h"

namespace rnnbench::analysis {

// Validation loss over updates, one panel per task: median and band over seeds, with the memoryless baseline, and below
// it the update at which each run solved the task.
Figure learning_curves(const Study& study, const FigureLayout& layout = screen_layout());

// Its parts, for figures with further panels: the height of a panel in pixels, the panel of one task in `frame`, and
// the caption.
double learning_curves_height(const Study& study, const FigureLayout& layout);
void draw_learning_curves(Panels& panels, const TaskRuns& task, Rectangle frame);
std::string learning_curves_caption(const Study& study);

}  // namespace rnnbench::analysis
