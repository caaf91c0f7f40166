// The figure of final test scores side by side, drawn if there are imported runs: these have no learning curves.
#pragma once

#include <string>

#include "analysis/figures/gnuplot.h"
#include "analysis/figures/panels.h"
#include "analysis/study.h"

namespace rnnbench::analysis {

// Every run and the median of each model, one panel per task. `measure` is as in score_figures.h. The study has a model
// with a score or a diverged run.
Figure score_by_model(const Study& study, const FigureLayout& layout, const std::string& measure);

}  // namespace rnnbench::analysis
