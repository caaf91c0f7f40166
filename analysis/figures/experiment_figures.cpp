#include "analysis/figures/experiment_figures.h"

namespace rnnbench::analysis {

std::vector<Figure> all_figures(const Study& study) {
  std::vector<Figure> figures = {learning_curves(study)};
  for (Figure& figure : score_by_length(study)) figures.push_back(std::move(figure));
  figures.push_back(score_by_speed(study));
  figures.push_back(score_by_parameters(study));
  figures.push_back(score_by_state_size(study));
  return figures;
}

}  // namespace rnnbench::analysis
