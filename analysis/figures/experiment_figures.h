// The figures of an experiment.
#pragma once

#include <vector>

#include "analysis/figures/gnuplot.h"
#include "analysis/figures/panels.h"
#include "analysis/study.h"

namespace rnnbench::analysis {

// Validation loss over updates: median line and band, the memoryless baseline, and below it when each run
// solved.
Figure learning_curves(const Study& study);
// Its parts, for figures that have more panels: what a panel needs, one task's panel, what it shows in words.
double learning_curves_height(const Study& study);
void draw_learning_curves(Panels& panels, const TaskRuns& task, Rectangle frame);
std::string learning_curves_caption(const Study& study);
// Test score against the length of the sequences; nothing unless some task was scored at several lengths.
std::vector<Figure> score_by_length(const Study& study);
// Test score against training speed, and against the number of parameters: every run, and the median of each
// model.
Figure score_by_speed(const Study& study);
Figure score_by_parameters(const Study& study);

std::vector<Figure> all_figures(const Study& study);

}  // namespace rnnbench::analysis
