#include "analysis/figures/learning_curves.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "analysis/format.h"

namespace rnnbench::analysis {

namespace {

constexpr double curves_height = 200, row_height = 12;

struct Curve {
  std::vector<std::pair<double, double>> points;  // update, loss above the optimum; none if it diverged at once
  bool diverged = false;

  // The loss of the last evaluation until this update. A run that has stopped keeps its last loss; after divergence,
  // the loss is `diverged_loss`.
  double at(double update, double diverged_loss) const {
    if (diverged && (points.empty() || update > points.back().first)) return diverged_loss;
    double value = points.front().second;
    for (const auto& [when, loss] : points) {
      if (when > update) break;
      value = loss;
    }
    return value;
  }
};

std::vector<Curve> curves_of(const TaskRuns& task, const ModelRuns& model) {
  std::vector<Curve> curves;
  for (const Run& run : model.runs) {
    if (!run.recorded()) continue;
    Curve curve;
    curve.diverged = run.diverged();
    for (const Json& point : run.record->result.at("curve")) {
      if (!point.at("loss").is_number() || point.at("update").get<double>() < 1) continue;  // update 0 has no logarithm
      const double loss = point.at("loss").get<double>() - task.optimum.value_or(0);
      curve.points.emplace_back(point.at("update"), drawable(loss));
    }
    if (curve.diverged || !curve.points.empty()) curves.push_back(std::move(curve));
  }
  return curves;
}

// Rows of update, median, lower and upper end of the band; infinite where that is a run that has diverged.
std::vector<Values> band_of(const std::vector<Curve>& curves) {
  const bool quartiles = static_cast<int>(curves.size()) >= min_runs_for_interval;
  std::set<double> updates;
  for (const Curve& curve : curves) {
    for (const auto& [update, loss] : curve.points) updates.insert(update);
  }
  std::vector<Values> rows;
  for (double update : updates) {
    Values values;
    for (const Curve& curve : curves) values.push_back(curve.at(update, std::numeric_limits<double>::infinity()));
    rows.push_back(
        {update, median(values), quantile(values, quartiles ? 0.25 : 0), quantile(values, quartiles ? 0.75 : 1)});
  }
  return rows;
}

// The bands of all models of a task, in their order; empty for models without a curve.
std::vector<std::vector<Values>> bands_of(const TaskRuns& task) {
  std::vector<std::vector<Values>> bands;
  for (const ModelRuns& model : task.models) bands.push_back(band_of(curves_of(task, model)));
  return bands;
}

// The loss of a model without memory, above the optimum.
double baseline_of(const TaskRuns& task) { return drawable(task.baseline - task.optimum.value_or(0)); }

// Whole decades that contain everything that is drawn and positive, but at most six below the baseline.
Axis loss_axis(const TaskRuns& task, const std::vector<std::vector<Values>>& bands) {
  Values losses = {baseline_of(task)};
  for (const std::vector<Values>& band : bands)
    for (const Values& row : band) losses.insert(losses.end(), row.begin() + 1, row.end());
  std::erase_if(losses, [](double loss) { return !(loss > 0 && std::isfinite(loss)); });
  if (losses.empty()) losses.push_back(1);
  const auto [min, max] = std::minmax_element(losses.begin(), losses.end());
  const double lowest = std::ceil(std::log10(baseline_of(task) > 0 ? baseline_of(task) : *max)) - 6;
  const double low = std::max(std::floor(std::log10(*min)), lowest);
  return {std::pow(10, low), std::pow(10, std::max(std::ceil(std::log10(*max)), low + 1)), true};
}

Axis update_axis(const TaskRuns& task) {
  double first = std::numeric_limits<double>::infinity(), last = 1;
  for (const ModelRuns& model : task.models) {
    for (const Curve& curve : curves_of(task, model))
      if (!curve.points.empty()) first = std::min(first, curve.points.front().first);
    for (const Run& run : model.runs) last = std::max(last, run.spec.at("training").at("updates").get<double>());
  }
  return {std::min(first, last / 10), last, true};
}

void draw_curves(Panels& panels, const TaskRuns& task, const Rectangle& frame, const Axis& updates) {
  std::vector<std::vector<Values>> rows = bands_of(task);
  const Axis losses = loss_axis(task, rows);
  const bool excess = task.optimum.value_or(0) != 0;
  panels.headings(frame, task.label, excess ? "validation loss above the optimum" : "validation loss", "");
  if (baseline_of(task) > 0) {  // others have no place on a logarithmic axis
    const std::string level = number_text(baseline_of(task));
    panels.command("set arrow from graph 0, first " + level + " to graph 1, first " + level +
                   " nohead dashtype (10,6) linewidth 1 linecolor rgb '#444444'");
    panels.command("set label 'baseline' at graph 1.02, first " + level +
                   " left font font_note textcolor rgb '#444444'");
  }
  panels.command(updates.commands('x', false));
  panels.command(losses.commands('y'));
  std::vector<std::string> bands, lines;
  for (std::size_t m = 0; m < task.models.size(); ++m) {
    if (rows[m].empty()) continue;
    for (Values& row : rows[m])
      for (std::size_t i = 1; i < row.size(); ++i) row[i] = std::clamp(row[i], losses.low, losses.high);
    const std::string& label = task.models[m].label;
    const int block = panels.add_data(task.label + ", " + label + ": update, median, low, high", rows[m], label);
    const std::string data = "data index " + std::to_string(block) + " using ";
    bands.push_back(data + "1:3:4 " + band_clause(panels.style(label)));
    lines.push_back(data + "1:2 " + line_clause(panels.style(label)));
  }
  bands.insert(bands.end(), lines.begin(), lines.end());
  if (bands.empty()) bands.push_back("NaN");
  panels.plot(frame, bands);
}

// One row per model: a point where a run solved the task, or a cross at the end of its training if it did not.
void draw_solves(Panels& panels, const TaskRuns& task, const Rectangle& frame, const Axis& updates) {
  const double rows = static_cast<double>(task.models.size());
  panels.command(updates.commands('x'));
  panels.command("unset logscale y; set yrange [" + number_text(rows) + ":0]; set ytics ('' -1)");
  panels.text(frame.left - 8, frame.top + frame.height / 2, "solved", "right font font_tic textcolor rgb '#555555'");
  panels.text(frame.left + frame.width / 2, frame.top + frame.height + 35, "updates",
              "center font font_label textcolor rgb '#555555'");
  std::vector<std::string> curves = {"NaN"};
  for (std::size_t m = 0; m < task.models.size(); ++m) {
    const ModelRuns& model = task.models[m];
    const double height = static_cast<double>(m) + 0.5;
    std::vector<Values> solved, unsolved;
    for (const Run& run : model.runs) {
      if (!run.recorded() || !task.judges_solving) continue;
      const bool is_solved = run.solved() && run.record->result.at("updates_to_solve").is_number();
      const double when = run.record->result.at(is_solved ? "updates_to_solve" : "updates");
      (is_solved ? solved : unsolved)
          .push_back({std::max(when, updates.low), height, static_cast<double>(run.seed()), when});
    }
    const Style& style = panels.style(model.label);
    for (const auto& [points, look, what] :
         {std::tuple{&unsolved, Style{style.color, "1", 2}, "not solved, end of training"},
          std::tuple{&solved, style, "updates to solve"}}) {
      if (points->empty()) continue;
      const int block =
          panels.add_data(task.label + ", " + model.label + ": " + what + ", row, seed, updates", *points, model.label);
      const std::string says = points == &solved ? "solved after %.0f updates" : "not solved after %.0f updates";
      curves.push_back("data index " + std::to_string(block) + " using 1:2:" +
                       tooltip(model.label, ", seed %.0f: " + says, "$3, $4") + " " + run_clause(look, 0.65));
    }
    panels.text(frame.left + frame.width + 10, frame.top + height * row_height,
                !task.judges_solving ? "-" : std::to_string(solved.size()) + "/" + std::to_string(model.runs.size()),
                "left font " + panels.font_of_model(model.label, "font_tic") + " textcolor rgb '#333333'");
  }
  panels.plot(frame, curves);
}

}  // namespace

std::string learning_curves_caption(const Study& study) {
  std::set<std::size_t> counts;
  bool diverged = false, solved = false, unsolved = false, baseline = false;
  for (const TaskRuns& task : study.tasks) {
    baseline = baseline || baseline_of(task) > 0;
    for (const ModelRuns& model : task.models) {
      if (const std::size_t drawn = curves_of(task, model).size(); drawn > 0) counts.insert(drawn);
      for (const Run& run : model.runs) {
        diverged = diverged || run.diverged();
        solved = solved || (task.judges_solving && run.solved());
        unsolved = unsolved || (task.judges_solving && run.recorded() && !run.solved());
      }
    }
  }
  if (counts.empty()) counts.insert(0);
  const std::size_t fewest = *counts.begin(), max = *counts.rbegin();
  const std::string n = "n = " + std::to_string(fewest) + (max > fewest ? " to " + std::to_string(max) : "");
  const bool range = fewest < min_runs_for_interval, quartiles = max >= min_runs_for_interval;
  const std::string band = range && quartiles ? "all seeds if there are fewer than ten, otherwise the quartiles"
                           : range            ? "all seeds"
                                              : "the quartiles";
  return "Median over seeds (" + n + "); the band spans " + band + ". After a run has stopped, its last value counts" +
         (diverged ? "; after it has diverged, the top of the axis" : "") + "." +
         (baseline ? " Baseline: the loss of a model without memory." : "") +
         (solved ? " Points below: the update at which each run solved the task." : "") +
         (unsolved ? " Crosses below: the end of training without success." : "") +
         " To the right: number of solved runs.";
}

double learning_curves_height(const Study& study, const FigureLayout& layout) {
  std::size_t max_models = 1;
  for (const TaskRuns& task : study.tasks) max_models = std::max(max_models, task.models.size());
  return layout.panel_height * curves_height + 14 + row_height * static_cast<double>(max_models);
}

void draw_learning_curves(Panels& panels, const TaskRuns& task, Rectangle frame) {
  if (task.measure.empty()) {
    panels.headings(frame, task.label, "no record yet", "");
    panels.plot_nothing(frame);
    return;
  }
  const Axis updates = update_axis(task);
  frame.height = panels.layout().panel_height * curves_height;
  draw_curves(panels, task, frame, updates);
  frame.top += frame.height + 14;
  frame.height = row_height * static_cast<double>(task.models.size());
  draw_solves(panels, task, frame, updates);
}

Figure learning_curves(const Study& study, const FigureLayout& layout) {
  Panels panels(layout, study, "learning-curves", study.title + ": learning curves", learning_curves_caption(study),
                static_cast<int>(study.tasks.size()), learning_curves_height(study, layout));
  for (std::size_t t = 0; t < study.tasks.size(); ++t)
    draw_learning_curves(panels, study.tasks[t], panels.panel(static_cast<int>(t)));
  return panels.finish();
}

}  // namespace rnnbench::analysis
