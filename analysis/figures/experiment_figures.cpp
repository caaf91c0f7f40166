#include "analysis/figures/experiment_figures.h"

namespace rnnbench::analysis {

std::vector<Figure> all_figures(const Study& study, const FigureLayout& layout, const std::string& measure) {
  std::vector<Figure> figures = {learning_curves(study, layout)};
  for (Figure& figure : score_by_length(study, layout, measure)) figures.push_back(std::move(figure));
  figures.push_back(score_by_speed(study, layout, measure));
  figures.push_back(score_by_parameters(study, layout, measure));
  figures.push_back(score_by_state_size(study, layout, measure));
  return figures;
}

}  // namespace rnnbench::analysis
