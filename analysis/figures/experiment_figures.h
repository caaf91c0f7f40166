// All figures of an experiment.
#pragma once

#include <vector>

#include "analysis/figures/learning_curves.h"
#include "analysis/figures/score_figures.h"

namespace rnnbench::analysis {

// If there are imported runs, a figure of all scores too; they are not in figures of what is not known of them.
// `measure` is that of the figures of scores; "" is the measure of each task.
std::vector<Figure> all_figures(const Study& study, const FigureLayout& layout = screen_layout(),
                                const std::string& measure = "");

}  // namespace rnnbench::analysis
