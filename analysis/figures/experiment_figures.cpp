#include "analysis/figures/experiment_figures.h"

#include <algorithm>
#include <optional>

#include "analysis/figures/score_by_model.h"

namespace rnnbench::analysis {

namespace {

// Without the imported models of which no number of parameters is known, and the tasks that have no others.
Study with_parameters(Study study) {
  const auto is_known = [](const Run& run) { return run.imported->parameters.has_value(); };
  for (TaskRuns& task : study.tasks)
    std::erase_if(task.models, [&](const ModelRuns& model) {
      return model.imported() && std::none_of(model.runs.begin(), model.runs.end(), is_known);
    });
  std::erase_if(study.tasks, [](const TaskRuns& task) { return task.models.empty(); });
  return study;
}

}  // namespace

std::vector<Figure> all_figures(const Study& study, const FigureLayout& layout, const std::string& measure) {
  const bool imported = has_imported(study);
  // Of imported runs, only scores and perhaps sizes are known.
  std::optional<Study> without, with_sizes;
  const Study& own = imported ? without.emplace(without_imported(study)) : study;
  const Study& sized = imported ? with_sizes.emplace(with_parameters(study)) : study;
  std::vector<Figure> figures;
  if (!own.tasks.empty()) figures.push_back(learning_curves(own, layout));
  if (imported) figures.push_back(score_by_model(study, layout, measure));
  for (Figure& figure : score_by_length(own, layout, measure)) figures.push_back(std::move(figure));
  if (!own.tasks.empty()) figures.push_back(score_by_speed(own, layout, measure));
  if (!sized.tasks.empty()) figures.push_back(score_by_parameters(sized, layout, measure));
  if (!own.tasks.empty()) figures.push_back(score_by_state_size(own, layout, measure));
  return figures;
}

}  // namespace rnnbench::analysis
