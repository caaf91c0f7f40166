// All figures of an experiment.
#pragma once

#include <vector>

#include "analysis/figures/learning_curves.h"
#include "analysis/figures/score_figures.h"

namespace rnnbench::analysis {

std::vector<Figure> all_figures(const Study& study);

}  // namespace rnnbench::analysis
