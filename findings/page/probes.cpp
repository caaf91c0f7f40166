#include "findings/page/probes.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/statistics/survival.h"
#include "analysis/summary.h"
#include "core/text.h"

namespace rnnbench::findings {
namespace {

constexpr double square = 236;  // pixels of a gate panel

void draw_no_runs(Panels& panels, const Rectangle& frame, const std::string& title) {
  panels.headings(frame, title, "no record, or every run diverged", "");
  panels.plot_nothing(frame);
}

// --- times to solve

// Rows of time, share solved, low, high: two for each event, so that the lines between them form steps. The band begins
// with the first event, because before it the intervals of all models are about the same and would hide each other.
std::vector<Values> stairs(const Lifetimes& lifetimes, double end) {
  Values level = {0, 0, 0};
  std::vector<Values> rows = {{0, level[0], level[1], level[2]}};
  for (const SurvivalStep& step : kaplan_meier(lifetimes)) {
    rows.push_back({step.time, level[0], level[1], level[2]});
    level = {1 - step.share, 1 - step.interval.high, 1 - step.interval.low};
    rows.push_back({step.time, level[0], level[1], level[2]});
  }
  rows.push_back({end, level[0], level[1], level[2]});
  return rows;
}

void draw_solves(Panels& panels, const TaskRuns& task, const Rectangle& frame, bool seconds) {
  std::vector<std::pair<const ModelRuns*, Lifetimes>> models;
  double end = 0;
  for (const ModelRuns& model : task.models) {
    ModelRuns recorded = model;
    std::erase_if(recorded.runs, [](const Run& run) { return !run.recorded(); });
    if (recorded.runs.empty()) continue;
    const Summary summary = summarize(task, recorded);
    models.emplace_back(&model, seconds ? summary.cpu_seconds.runs : summary.updates.runs);
    for (const Lifetime& life : models.back().second)
      if (std::isfinite(life.time)) end = std::max(end, life.time);
  }
  if (models.empty()) return draw_no_runs(panels, frame, task.label);
  panels.headings(frame, task.label, "share of runs that have solved", seconds ? "CPU seconds of training" : "updates");
  panels.command(Axis{0, end > 0 ? 1.04 * drawable(end) : 1, false}.commands('x'));  // room for a step at the very end
  panels.command(widened({0, 1, false}).commands('y'));
  std::vector<std::string> bands, lines;
  for (const auto& [model, lifetimes] : models) {
    if (lifetimes.empty()) continue;
    const int block =
        panels.add_data(task.label + ", " + model->label + ": time, share solved, low, high", stairs(lifetimes, end));
    const std::string data = "data index " + std::to_string(block) + " using ";
    bands.push_back(data + "1:3:4 " + band_clause(panels.style(model->label)));
    lines.push_back(data + "1:2 " + line_clause(panels.style(model->label)));
  }
  bands.insert(bands.end(), lines.begin(), lines.end());
  panels.plot(frame, bands);
}

// --- gradients

// Not a number where the record has null, because what was measured was none.
Values values_of(const Json& list) {
  Values values;
  for (const Json& value : list)
    values.push_back(value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN());
  return values;
}

// For each run with this probe: log10 of the gradient's norm at lags 1, 2, ..., relative to lag 1, until it vanishes.
std::vector<Values> norms_of(const ModelRuns& model, const std::string& when) {
  std::vector<Values> runs;
  for (const Run& run : model.runs) {
    if (!run.recorded() || run.diverged() || !run.record->result.contains("probe")) continue;
    const Json& probe = run.record->result.at("probe");
    if (!probe.contains(when)) continue;
    Values norms = values_of(probe.at(when));
    norms.erase(std::find_if(norms.begin(), norms.end(), [](double norm) { return !std::isfinite(norm); }),
                norms.end());
    if (norms.empty()) continue;
    const double first = norms.front();
    for (double& norm : norms) norm -= first;
    runs.push_back(std::move(norms));
  }
  return runs;
}

// Rows of lag, median, low, high.
std::vector<Values> over_lags(const std::vector<Values>& runs) {
  std::size_t lags = runs.front().size();
  for (const Values& run : runs) lags = std::min(lags, run.size());
  const bool quartiles = static_cast<int>(runs.size()) >= min_runs_for_interval;
  std::vector<Values> rows;
  for (std::size_t lag = 0; lag < lags; ++lag) {
    Values values;
    for (const Values& run : runs) values.push_back(run[lag]);
    rows.push_back({static_cast<double>(lag + 1), median(values), quantile(values, quartiles ? 0.25 : 0),
                    quantile(values, quartiles ? 0.75 : 1)});
  }
  return rows;
}

constexpr std::size_t max_curves = 8;  // more cannot be told apart in one panel

struct LagCurve {
  const ModelRuns* model;
  std::string when;   // "untrained", "trained"
  std::string name;   // within its panel
  std::string color;  // of a line without dashes; empty: the model's own style
};

struct LagPanel {
  std::string title;
  std::vector<LagCurve> curves;
};

bool crowded(const TaskRuns& task) { return task.models.size() > max_curves; }

// One panel with all models before training, one with all models after it, for each task. When a task has too many
// models for that, only the first such task is shown, with a panel for each model.
std::vector<LagPanel> lag_panels(const Study& study) {
  std::vector<LagPanel> panels;
  const auto shown = std::find_if(study.tasks.begin(), study.tasks.end(), crowded);
  if (shown != study.tasks.end()) {
    for (const ModelRuns& model : shown->models)
      panels.push_back(
          {model.label, {{&model, "untrained", "untrained", "#999999"}, {&model, "trained", "trained", ""}}});
    return panels;
  }
  for (const std::string when : {"untrained", "trained"}) {
    for (const TaskRuns& task : study.tasks) {
      panels.push_back({task.label + ", " + when, {}});
      for (const ModelRuns& model : task.models) panels.back().curves.push_back({&model, when, model.label, ""});
    }
  }
  return panels;
}

void draw_lags(Panels& panels, const LagPanel& lag_panel, const Rectangle& frame, const Axis& norms) {
  std::vector<std::string> bands, lines;
  double max = 1;
  for (const auto& [model, when, name, color] : lag_panel.curves) {
    const std::vector<Values> runs = norms_of(*model, when);
    if (runs.empty()) continue;
    const std::vector<Values> rows = over_lags(runs);
    max = std::max(max, rows.back()[0]);
    const int block = panels.add_data(lag_panel.title + ", " + name + ": lag, median, low, high", rows);
    const std::string data = "data index " + std::to_string(block) + " using ";
    Style style = panels.style(model->label);
    if (!color.empty()) style.color = color, style.dash = "1";
    bands.push_back(data + "1:3:4 " + band_clause(style));
    lines.push_back(data + "1:2 " + line_clause(style));
  }
  if (bands.empty()) return draw_no_runs(panels, frame, lag_panel.title);
  panels.headings(frame, lag_panel.title, "log10 of the gradient's norm, relative to lag 1", "lag in steps");
  panels.command(linear_axis({0, max}).commands('x'));
  panels.command(norms.commands('y'));
  bands.insert(bands.end(), lines.begin(), lines.end());
  panels.plot(frame, bands);
}

// One axis for all panels makes gradients before and after training comparable.
Axis norm_axis(const std::vector<LagPanel>& all) {
  Values values = {0};
  for (const LagPanel& lag_panel : all) {
    for (const LagCurve& curve : lag_panel.curves) {
      const std::vector<Values> runs = norms_of(*curve.model, curve.when);
      if (runs.empty()) continue;
      for (const Values& row : over_lags(runs)) values.insert(values.end(), row.begin() + 1, row.end());
    }
  }
  return linear_axis(values);
}

// --- gates

struct GatePanel {
  const TaskRuns* task;
  const ModelRuns* model;
  std::string gate;
};

std::vector<GatePanel> gates_of(const Study& study) {
  std::vector<GatePanel> gates;
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) {
      for (const Run& run : model.runs) {
        if (!run.recorded() || !run.record->result.contains("probe")) continue;
        const Json& probe = run.record->result.at("probe");
        if (!probe.contains("gates")) continue;
        for (const Json& gate : probe.at("gates")) gates.push_back({&task, &model, gate.at("gate")});
        break;
      }
    }
  }
  return gates;
}

// Rows of idle mean, relevant mean, size of the point: the more the loss depends on a unit's memory, the larger.
std::vector<Values> units_of(const GatePanel& gate, const std::string& when) {
  std::vector<Values> rows;
  for (const Run& run : gate.model->runs) {
    if (!run.recorded() || run.diverged() || !run.record->result.contains("probe")) continue;
    const Json& probe = run.record->result.at("probe");
    if (!probe.contains("gates")) continue;
    const Values sensitivity = values_of(probe.at("sensitivity").at(when));
    double max = 0;
    for (const double value : sensitivity)
      if (value > max) max = value;
    for (const Json& entry : probe.at("gates")) {
      if (entry.at("gate") != gate.gate) continue;
      const Values idle = values_of(entry.at(when).at("idle")), relevant = values_of(entry.at(when).at("relevant"));
      for (std::size_t u = 0; u < std::min(idle.size(), relevant.size()); ++u) {
        const double share = u < sensitivity.size() && sensitivity[u] > 0 ? sensitivity[u] / max : 0;
        rows.push_back({idle[u], relevant[u], 0.25 + 1.25 * std::sqrt(share)});
      }
    }
  }
  // Large points first, so that they do not hide small ones.
  std::stable_sort(rows.begin(), rows.end(), [](const Values& a, const Values& b) { return a[2] > b[2]; });
  return rows;
}

void draw_gate(Panels& panels, const GatePanel& gate, const Rectangle& frame) {
  const std::string title = gate.model->label + ", " + gate.gate;
  panels.headings(frame, title, "mean over relevant steps", "mean over idle steps");
  panels.command(widened({0, 1, false}).commands('x'));
  panels.command(widened({0, 1, false}).commands('y'));
  panels.command("set arrow from first 0,0 to first 1,1 nohead dashtype (2,3) linewidth 1 linecolor rgb '#999999'");
  std::vector<std::string> curves = {"NaN"};
  for (const std::string when : {"trained", "untrained"}) {
    const std::vector<Values> rows = units_of(gate, when);
    if (rows.empty()) continue;
    const bool trained = when == "trained";
    const int block = panels.add_data(gate.task->label + ", " + title + ", " + when + ": idle, relevant, size", rows);
    curves.push_back("data index " + std::to_string(block) + " using 1:2:(" + (trained ? "1" : "0.3") +
                     "*$3) with points pointtype 7 pointsize variable linecolor rgb " +
                     gnuplot_quoted(trained ? "#40" + panels.style(gate.model->label).color.substr(1) : "#999999"));
  }
  panels.plot(frame, curves);
}

}  // namespace

PanelGroup solve_panels(const FindingResult& result, const Study& study) {
  const bool seconds = result.finding->primary.measurement.name == "cpu_seconds_to_solve";
  return {
      static_cast<int>(study.tasks.size()), 210, true,
      "Share of runs that have met the task's criterion (one minus the Kaplan-Meier estimate), with its pointwise 95 % "
      "interval from the first event on. Runs that did not solve the task are censored at the end of training.",
      [&study, seconds](Panels& panels) {
        for (std::size_t t = 0; t < study.tasks.size(); ++t)
          draw_solves(panels, study.tasks[t], panels.panel(static_cast<int>(t)), seconds);
      }};
}

PanelGroup gradient_panels(const Study& study) {
  const std::vector<LagPanel> all = lag_panels(study);
  const auto shown = std::find_if(study.tasks.begin(), study.tasks.end(), crowded);
  const bool alone = shown != study.tasks.end();
  return {
      static_cast<int>(all.size()), alone ? 120.0 : 210.0, !alone,
      "The norm of the derivative of the last loss with respect to all states so many steps earlier (log10, mean over "
      "sequences). Lines: median over seeds. Bands: quartiles from ten seeds on, below that the range of all seeds." +
          (alone ? " Gray: before training. Colored: after training, on " + shown->label + "." : ""),
      [all](Panels& panels) {
        const Axis norms = norm_axis(all);
        for (std::size_t p = 0; p < all.size(); ++p)
          draw_lags(panels, all[p], panels.panel(static_cast<int>(p)), norms);
      }};
}

PanelGroup gate_panels(const Study& study) {
  const std::vector<GatePanel> gates = gates_of(study);
  return {
      std::max(1, static_cast<int>(gates.size())), square, false,
      "Each point is a unit of one seed: the mean of its gate over steps on which nothing relevant arrives (idle), and "
      "over the other steps (relevant). Colored: after training. Small and gray: before training. The larger a point, the "
      "more the loss depends on the unit's memory in the middle of the sequence, relative to the unit of the same network "
      "on which it depends most. On the dotted line both means are equal.",
      [gates](Panels& panels) {
        if (gates.empty()) draw_no_runs(panels, panels.panel(0), "gates");
        for (std::size_t g = 0; g < gates.size(); ++g) draw_gate(panels, gates[g], panels.panel(static_cast<int>(g)));
      }};
}

}  // namespace rnnbench::findings
