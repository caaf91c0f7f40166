#include "findings/page/settings.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/text.h"
#include "findings/page/runs_shown.h"
#include "findings/page/strips.h"

namespace rnnbench::findings {
namespace {

// The values of the setting and where they lie on the horizontal axis.
struct SettingAxis {
  std::vector<std::string> values;  // as written; numbers in order of size, others in the order of the declaration
  Values at;
  Axis axis;
};

// Numbers lie at their size, on a logarithmic axis if they span a factor of four; other values at equal distances.
SettingAxis setting_axis(const Study& study, const std::string& key) {
  std::vector<std::string> seen;
  for (const TaskRuns& task : study.tasks)
    for (const ModelRuns& model : task.models)
      for (const Run& run : model.runs)
        if (run.recorded() && !std::count(seen.begin(), seen.end(), trained_setting(run, key)))
          seen.push_back(trained_setting(run, key));
  std::map<double, std::string> numbers;
  for (const std::string& value : seen)
    if (const auto number = parse_number<double>(value)) numbers[drawable(*number)] = value;
  SettingAxis places;
  if (numbers.size() == seen.size() && !seen.empty()) {
    for (const auto& [number, value] : numbers) {
      places.at.push_back(number);
      places.values.push_back(value);
    }
    const double low = places.at.front(), high = places.at.back();
    const bool logarithmic = low > 0 && high >= 4 * low;
    const double room = logarithmic ? std::pow(high / low, 0.06) : std::max(0.06 * (high - low), 1e-9);
    places.axis = logarithmic ? Axis{low / room, high * room, true} : Axis{low - room, high + room, false};
  } else {
    places.values = seen;
    for (std::size_t i = 0; i < seen.size(); ++i) places.at.push_back(static_cast<double>(i));
    places.axis = {-0.5, std::max(0.5, static_cast<double>(seen.size()) - 0.5), false};
  }
  return places;
}

std::string tics_command(const SettingAxis& places) {
  std::vector<std::string> tics;
  for (std::size_t i = 0; i < places.at.size(); ++i)
    tics.push_back(gnuplot_quoted(places.values[i]) + " " + number_text(places.at[i]));
  return "set xtics (" + join(tics) + ")";
}

// The 95 % interval of the mean if there is a reliable one, otherwise the smallest and the largest value.
Interval mean_band(const Measurement& measurement, const Values& values) {
  if (const auto interval = Effect(values, {}, scale_of(measurement.name)).interval(0.95)) return *interval;
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  return {*min, *max};
}

void draw_setting(Panels& panels, const TaskRuns& task, const Rectangle& frame, const FindingResult& result,
                  const SettingAxis& places, const std::string& key) {
  const Finding& finding = *result.finding;
  const Measurement& measurement = finding.primary.measurement;
  const auto failed = value_of_failure(measurement, runs_of(task));
  Values all;
  for (const ModelRuns& model : task.models)
    if (const auto values = values_of_model(measurement, pointers(model.runs), failed))
      all.insert(all.end(), values->values.begin(), values->values.end());
  const Values boundaries = boundaries_for_values(result);
  all.insert(all.end(), boundaries.begin(), boundaries.end());
  if (all.empty()) all.push_back(0);
  const Axis axis = widened(value_axis(all));
  panels.command(places.axis.commands('x'));
  panels.command(tics_command(places));
  panels.command(axis.commands('y'));
  for (const double boundary : boundaries) {
    const std::string at = "first " + number_text(drawable(boundary));
    panels.command("set arrow from graph 0, " + at + " to graph 1, " + at +
                   " nohead dashtype (10,6) linewidth 1.2 linecolor rgb '#444444'");
    panels.command("set label 'boundary' at graph 1.02, " + at + " left font font_note textcolor rgb '#444444'");
  }
  std::vector<std::string> points = {"NaN"}, bands, lines;
  for (std::size_t m = 0; m < task.models.size(); ++m) {
    const ModelRuns& model = task.models[m];
    // The points of each model are moved sideways a little, so that they do not hide those of the others.
    const double shift = 0.014 * (static_cast<double>(m) - (static_cast<double>(task.models.size()) - 1) / 2);
    std::vector<Values> every, failures, means, published;
    for (std::size_t i = 0; i < places.at.size(); ++i) {
      std::vector<const Run*> runs;
      for (const Run& run : model.runs)
        if (run.recorded() && trained_setting(run, key) == places.values[i]) runs.push_back(&run);
      const auto values = values_of_model(measurement, runs, failed);
      if (!values || values->values.empty()) continue;
      const double x = places.axis.logarithmic ? places.at[i] * std::pow(places.axis.high / places.axis.low, shift)
                                               : places.at[i] + shift * (places.axis.high - places.axis.low);
      for (std::size_t v = 0; v < values->values.size(); ++v)
        (values->failed[v] ? failures : every).push_back({x, values->values[v], values->seeds[v]});
      const Interval band = mean_band(measurement, values->values);
      means.push_back({places.at[i], drawable(mean(values->values)), band.low, band.high});
      for (const Published& p : finding.published)
        if (matches(p.model, {runs.front()->record->spec, std::nullopt})) published.push_back({x, p.value});
    }
    const Style& style = panels.style(model.label);
    const std::string who = task.label + ", " + model.label;
    const auto add = [&](std::vector<std::string>& curves, const std::string& what, const std::vector<Values>& rows,
                         const std::string& clause) {
      if (rows.empty()) return 0;
      const int block = panels.add_data(who + ": " + what, rows);
      curves.push_back("data index " + std::to_string(block) + " using " + clause);
      return block;
    };
    Style faint = style;
    faint.point = 7;
    add(points, key + ", every run", every,
        "1:2:" + tooltip(model.label, ", seed %.0f: %.4g", "$3, $2") + " " + run_clause(faint, 0.3));
    add(points, key + ", failed", failures,
        "1:2:" + tooltip(model.label, ", seed %.0f: failed", "$3") + " " + run_clause({style.color, "1", 2}, 0.6));
    add(lines, key + ", published", published,
        "1:2 with points pointtype 12 pointsize 1.4 linecolor rgb " + gnuplot_quoted(style.color));
    if (means.empty()) continue;
    const int block = add(bands, key + ", mean, low, high", means, "1:3:4 " + band_clause(style));
    const std::string data = "data index " + std::to_string(block) + " using 1:2 ";
    lines.push_back(data + line_clause(style));
    lines.push_back(data + point_clause(style, 0.75));
  }
  points.insert(points.begin(), bands.begin(), bands.end());
  points.insert(points.end(), lines.begin(), lines.end());
  panels.plot(frame, points);
}

}  // namespace

PanelGroup setting_panels(const FindingResult& result, const Study& study, const std::string& key) {
  PanelGroup group;
  group.panels = static_cast<int>(study.tasks.size());
  group.caption =
      "Lines: mean over seeds. Bands: its 95 % interval if there are ten runs and a reliable one, otherwise the range of "
      "all seeds. "
      "Small points: every run; crosses: runs that failed, which count as the worst value." +
      std::string(result.finding->published.empty() ? "" : " Hollow diamonds: published numbers.");
  const SettingAxis places = setting_axis(study, key);
  group.draw = [&result, &study, key, places](Panels& panels) {
    for (std::size_t t = 0; t < study.tasks.size(); ++t) {
      const Rectangle frame = panels.panel(static_cast<int>(t));
      panels.headings(frame, study.tasks[t].label,
                      measure_heading(result.finding->primary.measurement, pointers(result.runs())), key);
      draw_setting(panels, study.tasks[t], frame, result, places, key);
    }
  };
  return group;
}

}  // namespace rnnbench::findings
