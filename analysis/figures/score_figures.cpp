#include "analysis/figures/score_figures.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "analysis/figures/panels.h"
#include "analysis/format.h"
#include "analysis/imported.h"
#include "analysis/summary.h"

namespace rnnbench::analysis {

namespace {

constexpr double panel_height = 210;

std::string score_heading(const std::string& measure, bool higher_is_better) {
  return "test " + measure + (higher_is_better ? " (higher is better)" : " (lower is better)");
}

// Whether any run diverged, or has a measure that is not finite.
bool any_failed(const Study& study, const std::string& measure) {
  for (const TaskRuns& task : study.tasks) {
    const Measurement measurement = shown_measure(task, measure);
    for (const Run* run : runs_of(task))
      if (run->diverged() || (has_measure(measurement, *run) && !value_of(measurement, *run))) return true;
  }
  return false;
}

}  // namespace

Measurement shown_measure(const TaskRuns& task, const std::string& measure) {
  return parse_measurement(!measure.empty() ? measure : task.measure.empty() ? "loss" : task.measure);
}

Axis score_axis(bool higher_is_better, Values values) {
  if (!higher_is_better) {
    std::erase_if(values, [](double value) { return value <= 0; });
    if (!values.empty()) return logarithmic_axis(values);
  }
  const bool shares = std::all_of(values.begin(), values.end(), [](double v) { return v >= 0 && v <= 1; });
  return shares ? Axis{0, 1, false} : linear_axis(values);
}

void draw_criterion(Panels& panels, const TaskRuns& task) {
  const std::string level = "first " + number_text(drawable(task.solved_at));
  panels.command("set arrow from graph 0, " + level + " to graph 1, " + level +
                 " nohead dashtype (10,6) linewidth 1 linecolor rgb '#444444'");
  panels.command("set label 'solved' at graph 1.02, " + level + " left font font_note textcolor rgb '#444444'");
}

std::string caption_of_marks(const Study& study, const std::string& measure) {
  const bool judged = std::any_of(study.tasks.begin(), study.tasks.end(), [&](const TaskRuns& task) {
    return task.has_record && (measure.empty() || measure == task.measure);
  });
  return std::string(judged ? " Dashed: the score from which the task counts as solved." : "") +
         (any_failed(study, measure) ? " Crosses: runs that diverged or have no finite score, at the worst one." : "") +
         (has_imported(study) ? std::string(" ") + caption_of_imported : "");
}

namespace {

struct LengthScores {
  std::string measure;
  bool higher_is_better = true;
  double trained = 0;
  Values lengths, scores;  // of all runs, for the axes
  std::map<const ModelRuns*, std::map<double, Values>> by_model;
};

// Whether the run diverged, or its score at this length, or at any if none is given, is not finite.
bool failed_at(const Run& run, const std::string& measure, std::optional<double> length) {
  if (!run.recorded()) return false;
  const Json& lengths = run.record->result.at("lengths");
  return run.diverged() || std::any_of(lengths.begin(), lengths.end(), [&](const Json& at) {
           return (!length || at.at("length").get<double>() == *length) && at.contains(measure) &&
                  at.at(measure).is_null();
         });
}

// A run without a score counts with the worst one, at every length if it diverged: 0, or the maximum of the baseline
// and all losses there.
void add_failed(const TaskRuns& task, LengthScores& result) {
  std::map<double, double> worst;
  for (const auto& [model, lengths] : result.by_model) {
    for (const auto& [length, scores] : lengths) {
      double& value = worst.try_emplace(length, result.higher_is_better ? 0 : task.baseline).first->second;
      if (!result.higher_is_better) value = std::max(value, *std::max_element(scores.begin(), scores.end()));
    }
  }
  for (const ModelRuns& model : task.models) {
    for (const Run& run : model.runs) {
      for (const auto& [length, score] : worst) {
        if (!failed_at(run, result.measure, length)) continue;
        result.by_model[&model][length].push_back(score);
        result.scores.push_back(score);
      }
    }
  }
}

LengthScores length_scores(const TaskRuns& task, const std::string& measure) {
  const TestLengths tested = test_lengths(task);
  LengthScores result;
  result.measure = measure.empty() ? tested.measure : measure;
  result.higher_is_better = higher_is_better(parse_measurement(result.measure), runs_of(task));
  for (const ModelRuns& model : task.models) {
    for (const Run& run : model.runs) {
      if (!run.recorded() || run.diverged()) continue;
      for (const Json& point : run.record->result.at("lengths")) {
        if (!point.contains(result.measure) || !point.at(result.measure).is_number()) continue;
        const double length = point.at("length"), score = drawable(point.at(result.measure));
        if (point.value("trained", false)) result.trained = length;
        result.by_model[&model][length].push_back(score);
        result.lengths.push_back(length);
        result.scores.push_back(score);
      }
    }
  }
  std::sort(result.lengths.begin(), result.lengths.end());
  add_failed(task, result);
  return result;
}

bool has_lengths(const LengthScores& scores) {
  return !scores.lengths.empty() && scores.lengths.front() < scores.lengths.back();
}

void draw_lengths(Panels& panels, const TaskRuns& task, const LengthScores& scores, const Rectangle& frame) {
  const Axis lengths = widened(logarithmic_axis(scores.lengths));
  Values shown = scores.scores;
  if (scores.measure == task.measure) shown.push_back(task.solved_at);
  const Axis values = widened(score_axis(scores.higher_is_better, shown));
  panels.headings(frame, task.label, score_heading(scores.measure, scores.higher_is_better), "length");
  panels.command(lengths.commands('x'));
  panels.command(values.commands('y'));
  if (scores.measure == task.measure) draw_criterion(panels, task);
  if (scores.trained > 0) {
    const std::string at = "first " + number_text(scores.trained) + ", graph ";
    panels.command("set arrow from " + at + "0 to " + at +
                   "1 nohead dashtype (10,6) linewidth 1 linecolor rgb '#444444'");
    panels.command("set label 'trained' at " + at + "1 center offset 0,0.4 font font_note textcolor rgb '#444444'");
  }
  std::vector<std::string> bands, lines;
  for (const ModelRuns& model : task.models) {
    if (!scores.by_model.count(&model)) continue;
    const bool quartiles = static_cast<int>(model.runs.size()) >= min_runs_for_interval;
    std::vector<Values> rows;
    for (const auto& [length, s] : scores.by_model.at(&model)) {
      Values row = {length, median(s), quantile(s, quartiles ? 0.25 : 0), quantile(s, quartiles ? 0.75 : 1)};
      if (values.logarithmic) {
        for (double& value : row) value = std::max(value, values.low);
      }
      rows.push_back(row);
    }
    const int block =
        panels.add_data(task.label + ", " + model.label + ": length, median, low, high", rows, model.label);
    const std::string data = "data index " + std::to_string(block) + " using ";
    const Style& style = panels.style(model.label);
    bands.push_back(data + "1:3:4 " + band_clause(style));
    lines.push_back(data + "1:2 " + line_clause(style));
    lines.push_back(data + "1:2 " + point_clause(style, 0.75));
  }
  bands.insert(bands.end(), lines.begin(), lines.end());
  panels.plot(frame, bands);
}

using Quantity = std::function<std::optional<double>(const Run&)>;

void draw_scatter(Panels& panels, const TaskRuns& task, const Rectangle& frame, const std::string& axis_name,
                  const Quantity& quantity, const std::string& wanted) {
  const Measurement measurement = shown_measure(task, wanted);
  Values all_x, all_y;
  std::vector<std::vector<Values>> points(task.models.size()), failures(task.models.size());
  std::vector<Values> scores(task.models.size());  // of all runs, also of those without a place on the horizontal axis
  for (std::size_t m = 0; m < task.models.size(); ++m) {
    const auto failed = value_of_failure(measurement, runs_beside(task, task.models[m]));
    for (const Run& run : task.models[m].runs) {
      const auto x = quantity(run);
      const auto y = value_or_failure(measurement, run, failed);
      if (y) scores[m].push_back(drawable(*y));
      if (!y || !x || *x <= 0) continue;
      (value_of(measurement, run) ? points : failures)[m].push_back(
          {drawable(*x), drawable(*y), static_cast<double>(run.seed())});
      all_x.push_back(*x);
      all_y.push_back(*y);
    }
  }
  panels.headings(frame, task.label, all_x.empty() ? "no record yet" : measure_heading(measurement, runs_of(task)),
                  axis_name);
  if (all_x.empty()) {
    panels.plot_nothing(frame);
    return;
  }
  const bool judged = task.has_record && measurement.text == task.measure;
  panels.command(widened(logarithmic_axis(all_x)).commands('x'));
  if (judged) all_y.push_back(task.solved_at);
  panels.command(widened(score_axis(higher_is_better(measurement, runs_of(task)), all_y)).commands('y'));
  if (judged) draw_criterion(panels, task);
  std::vector<std::string> small = {"NaN"}, large;
  for (std::size_t m = 0; m < task.models.size(); ++m) {
    const std::string& label = task.models[m].label;
    const std::string who = task.label + ", " + label + ": " + axis_name + ", " + measurement.text;
    const Style& style = panels.style(label);
    const auto add_runs = [&](const std::string& what, const std::vector<Values>& rows, const Style& look,
                              double size) {
      if (rows.empty()) return;
      small.push_back("data index " + std::to_string(panels.add_data(who + ", seed, " + what, rows, label)) +
                      " using 1:2:" + tooltip(label, ", seed %.0f: %.4g at %.4g", "$3, $2, $1") + " " +
                      run_clause(look, size));
    };
    add_runs("every run", points[m], style, 0.45);
    add_runs("no score", failures[m], {style.color, "1", 2}, 0.7);
    if (points[m].empty()) continue;
    Values x;
    for (const auto* drawn : {&points[m], &failures[m]})
      for (const Values& point : *drawn) x.push_back(point[0]);
    const int block = panels.add_data(who + ", median", {{median(x), median(scores[m])}}, label);
    large.push_back("data index " + std::to_string(block) + " using 1:2 " + point_clause(style, 1.25));
  }
  small.insert(small.end(), large.begin(), large.end());
  panels.plot(frame, small);
}

Figure scatter(const FigureLayout& layout, const Study& study, const std::string& measure, const std::string& name,
               const std::string& title, const std::string& axis_name, const Quantity& quantity) {
  Panels panels(layout, study, name, study.title + ": " + title,
                "Small: each seed. Large: the medians of each model over seeds." + caption_of_marks(study, measure),
                static_cast<int>(study.tasks.size()), layout.panel_height * panel_height);
  for (std::size_t t = 0; t < study.tasks.size(); ++t) {
    draw_scatter(panels, study.tasks[t], panels.panel(static_cast<int>(t)), axis_name, quantity, measure);
  }
  return panels.finish();
}

std::optional<double> positive(const Json& section, const std::string& key) {
  if (!section.contains(key) || !section.at(key).is_number()) return std::nullopt;
  return section.at(key).get<double>();
}

}  // namespace

std::vector<Figure> score_by_length(const Study& study, const FigureLayout& layout, const std::string& measure) {
  std::vector<std::pair<const TaskRuns*, LengthScores>> tasks;
  for (const TaskRuns& task : study.tasks) {
    if (task.measure.empty()) continue;  // no record yet
    LengthScores scores = length_scores(task, measure);
    if (has_lengths(scores)) tasks.emplace_back(&task, std::move(scores));
  }
  if (tasks.empty()) return {};
  const bool criterion =
      std::any_of(tasks.begin(), tasks.end(), [](const auto& t) { return t.second.measure == t.first->measure; });
  const bool failed = std::any_of(tasks.begin(), tasks.end(), [](const auto& t) {
    const std::vector<const Run*> runs = runs_of(*t.first);
    return std::any_of(runs.begin(), runs.end(),
                       [&](const Run* run) { return failed_at(*run, t.second.measure, std::nullopt); });
  });
  Panels panels(
      layout, study, "score-by-length", study.title + ": score against length",
      std::string("Median over seeds. The band spans all seeds if there are fewer than ten, otherwise the quartiles. "
                  "Thin dashes: the length in training") +
          (criterion ? ", and the score from which the task counts as solved" : "") + "." +
          (failed ? " Runs that diverged or have no finite score count with the worst one." : ""),
      static_cast<int>(tasks.size()), layout.panel_height * panel_height);
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    draw_lengths(panels, *tasks[t].first, tasks[t].second, panels.panel(static_cast<int>(t)));
  }
  return {panels.finish()};
}

Figure score_by_speed(const Study& study, const FigureLayout& layout, const std::string& measure) {
  return scatter(layout, study, measure, "score-by-speed", "score against training speed", "sequences per CPU second",
                 [](const Run& run) {
                   return run.recorded() ? positive(run.record->measured, "sequences_per_second") : std::nullopt;
                 });
}

Figure score_by_state_size(const Study& study, const FigureLayout& layout, const std::string& measure) {
  return scatter(layout, study, measure, "score-by-state-size", "score against the size of the state",
                 "values carried from one step to the next", [](const Run& run) {
                   return run.recorded() ? positive(run.record->result, "state_size") : std::nullopt;
                 });
}

Figure score_by_parameters(const Study& study, const FigureLayout& layout, const std::string& measure) {
  return scatter(layout, study, measure, "score-by-parameters", "score against parameters", "parameters",
                 [](const Run& run) {
                   return run.imported     ? imported_number("parameters", *run.imported)
                          : run.recorded() ? positive(run.record->result, "parameters")
                                           : std::nullopt;
                 });
}

}  // namespace rnnbench::analysis
