#include "analysis/figures/score_by_model.h"

#include <algorithm>

#include "analysis/figures/score_figures.h"
#include "analysis/format.h"
#include "analysis/imported.h"

namespace rnnbench::analysis {

namespace {

constexpr double height_of_panel = 210;

struct Column {
  double place = 0;
  std::vector<Values> scored, failed;  // place, score, seed
  Values all;                          // scores of all runs; missing ones, which are not drawn, count as the worst
};

// `labels` are those of the legend. A model has the same place in all panels.
void draw_models(Panels& panels, const TaskRuns& task, const Rectangle& frame, const std::string& wanted,
                 const std::vector<std::string>& labels) {
  const Measurement measurement = shown_measure(task, wanted);
  std::vector<Column> columns;
  Values all;
  for (const ModelRuns& model : task.models) {
    const auto failed = value_of_failure(measurement, runs_beside(task, model));
    Column& column = columns.emplace_back();
    column.place = static_cast<double>(std::find(labels.begin(), labels.end(), model.label) - labels.begin()) + 0.5;
    for (const Run& run : model.runs) {
      const auto score = value_or_failure(measurement, run, failed);
      if (!score) continue;
      column.all.push_back(drawable(*score));
      if (!run.recorded() && !run.imported) continue;
      all.push_back(*score);
      (value_of(measurement, run) ? column.scored : column.failed)
          .push_back({column.place, drawable(*score), static_cast<double>(run.seed())});
    }
  }
  panels.headings(frame, task.label, all.empty() ? "no record yet" : measure_heading(measurement, runs_of(task)),
                  "models, in the order of the legend");
  panels.command("unset logscale x; set xrange [0:" + std::to_string(labels.size()) + "]; set xtics ('' -1)");
  const bool judged = task.has_record && measurement.text == task.measure;
  if (judged) all.push_back(task.solved_at);
  panels.command(widened(score_axis(higher_is_better(measurement, runs_of(task)), all)).commands('y'));
  if (judged) draw_criterion(panels, task);
  std::vector<std::string> small = {"NaN"}, large;
  for (std::size_t m = 0; m < columns.size(); ++m) {
    const std::string& label = task.models[m].label;
    const std::string what = task.label + ", " + label + ": place, " + measurement.text;
    const Style& style = panels.style(label);
    for (const auto& [rows, look, size, kind] : {std::tuple{&columns[m].scored, style, 0.45, "every run"},
                                                 {&columns[m].failed, Style{style.color, "1", 2}, 0.7, "no score"}}) {
      if (rows->empty()) continue;
      small.push_back("data index " + std::to_string(panels.add_data(what + ", seed, " + kind, *rows)) +
                      " using 1:2:" + tooltip(label, ", seed %.0f: %.4g", "$3, $2") + " " + run_clause(look, size));
    }
    if (columns[m].scored.empty()) continue;
    const int block = panels.add_data(what + ", median", {{columns[m].place, median(columns[m].all)}});
    large.push_back("data index " + std::to_string(block) + " using 1:2 " + point_clause(style, 1.25));
  }
  small.insert(small.end(), large.begin(), large.end());
  panels.plot(frame, small);
}

}  // namespace

Figure score_by_model(const Study& study, const FigureLayout& layout, const std::string& measure) {
  Panels panels(layout, study, "score-by-model", study.title + ": scores of all models",
                "Small: each run. Large: the medians of each model over its runs." + caption_of_marks(study, measure),
                static_cast<int>(study.tasks.size()), layout.panel_height * height_of_panel);
  const std::vector<std::string> labels = model_labels(study);
  for (std::size_t t = 0; t < study.tasks.size(); ++t)
    draw_models(panels, study.tasks[t], panels.panel(static_cast<int>(t)), measure, labels);
  return panels.finish();
}

}  // namespace rnnbench::analysis
