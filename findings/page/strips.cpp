// Panels of a finding's figure that show one number of each run: by model, by setting, and the decided comparison.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "analysis/format.h"
#include "findings/page/figure_panels.h"

namespace rnnbench::findings {
namespace {

constexpr double label_line = 12, points_height = 28, strip_gap = 6;  // pixels
constexpr std::size_t label_bytes = 40;                               // that fit the narrowest panel

// A row of points with a name above them.
struct Strip {
  std::string label;
  Style style;
  Values values;
  std::vector<bool> failed;  // may be empty
  std::optional<Interval> interval;
  Values published;
};

double height_of(const Strip& strip) {
  return label_line * static_cast<double>(wrapped(strip.label, label_bytes).size()) + points_height + strip_gap;
}

double height_of(const std::vector<Strip>& strips) {
  double height = 0;
  for (const Strip& strip : strips) height += height_of(strip);
  return height;
}

// Between -1 and 1, the same for the same place in the list: points of equal value lie beside each other.
double jitter(std::size_t i) {
  const double turn = 0.6180339887498949 * static_cast<double>(i + 1);
  return 2 * (turn - std::floor(turn)) - 1;
}

// Measures that span orders of magnitude need a logarithm.
Axis axis_of(const Values& values) {
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  if (*min > 0 && *max > 50 * *min) return logarithmic_axis(values);
  const bool shares = *min >= 0 && *max <= 1 && *max - *min > 0.4;
  return shares ? Axis{0, 1, false} : fitted_axis(values);
}

void draw_strips(Panels& panels, Rectangle frame, const std::vector<Strip>& strips, Axis axis,
                 const std::string& comment) {
  frame.height = height_of(strips);
  panels.command(axis.commands('x'));
  panels.command("unset logscale y; set yrange [" + exact_text(frame.height) + ":0]; set ytics ('' -1)");
  std::vector<std::string> curves = {"NaN"};
  const auto add = [&](const std::string& what, const std::vector<Values>& rows, const std::string& clause) {
    if (rows.empty()) return;
    const int block = panels.add_data(comment + ", " + what, rows);
    curves.push_back("data index " + std::to_string(block) + " using " + clause);
  };
  double top = 0;
  for (const Strip& strip : strips) {
    for (const std::string& line : wrapped(strip.label, label_bytes)) {
      top += label_line;
      panels.text(frame.left + 4, frame.top + top - 2, line, "left font ',9.5' textcolor rgb '#333333'");
    }
    std::vector<Values> points, failures, published;
    for (std::size_t i = 0; i < strip.values.size(); ++i) {
      const bool failed = i < strip.failed.size() && strip.failed[i];
      (failed ? failures : points).push_back({strip.values[i], top + 8 + 4.5 * jitter(i)});
    }
    for (const double value : strip.published) published.push_back({value, top + 21});
    Style faint = strip.style, cross{strip.style.color, "1", 2};
    faint.point = 7;
    add(strip.label + ": every run", points, "1:2 " + point_clause(faint, 0.4));
    add(strip.label + ": failed", failures, "1:2 " + point_clause(cross, 0.7));
    if (!strip.values.empty()) {
      const double center = mean(strip.values);
      if (strip.interval) {
        const double low = std::max(strip.interval->low, axis.low), high = std::min(strip.interval->high, axis.high);
        add(strip.label + ": mean, low, high", {{center, top + 21, low, high}},
            "1:2:3:4 with xerrorbars pointtype " + std::to_string(strip.style.point) +
                " pointsize 0.95 linewidth 2 linecolor rgb " + quoted(strip.style.color));
      } else {
        add(strip.label + ": mean", {{center, top + 21}}, "1:2 " + point_clause(strip.style, 0.95));
      }
    }
    add(strip.label + ": published", published,
        "1:2 with points pointtype 12 pointsize 1.3 linewidth 1.5 linecolor rgb '#333333'");
    top += points_height + strip_gap;
    if (top < frame.height - 1)
      panels.command("set arrow from graph 0, first " + exact_text(top - 3) + " to graph 1, first " +
                     exact_text(top - 3) + " nohead linewidth 0.6 linecolor rgb '#dddddd'");
  }
  panels.plot(frame, curves);
}

// A vertical line over the whole panel, with a name above it.
void vertical_line(Panels& panels, double at, const std::string& name) {
  const std::string place = "first " + exact_text(at) + ", graph ";
  panels.command("set arrow from " + place + "0 to " + place +
                 "1 nohead dashtype (4,4) linewidth 1.2 linecolor rgb '#444444'");
  panels.command("set label " + quoted(name) + " at " + place +
                 "1 center offset 0,0.4 font ',9.5' textcolor rgb '#444444'");
}

std::vector<Strip> comparison_strips(const Outcome& outcome) {
  std::vector<Strip> strips;
  for (const ComparisonPart& part : outcome.parts)
    strips.push_back({part.label, {"#333333", "1", 5}, part.values, {}, part.interval, {}});
  return strips;
}

std::vector<Strip> model_strips(const Finding& finding, const TaskRuns& task,
                                const std::map<std::string, Style>& styles) {
  std::vector<Strip> strips;
  const Measurement& measurement = finding.primary.measurement;
  for (const ModelRuns& model : task.models) {
    auto values = values_of_model(measurement, pointers(model.runs), worst_on(measurement, task));
    if (!values) continue;
    Strip strip{model.label, styles.at(model.label), std::move(values->values), std::move(values->failed), {}, {}};
    if (static_cast<int>(strip.values.size()) >= min_runs_for_interval)
      strip.interval = bootstrap_interval(strip.values, mean);
    for (const Published& published : finding.published)
      if (matches(published.model, model.runs.front())) strip.published.push_back(published.value);
    strips.push_back(std::move(strip));
  }
  return strips;
}

Axis axis_of(const std::vector<Strip>& strips, const Values& more) {
  Values all = more;
  for (const Strip& strip : strips) {
    all.insert(all.end(), strip.values.begin(), strip.values.end());
    all.insert(all.end(), strip.published.begin(), strip.published.end());
    if (strip.interval && std::isfinite(strip.interval->low)) all.push_back(strip.interval->low);
    if (strip.interval && std::isfinite(strip.interval->high)) all.push_back(strip.interval->high);
  }
  if (all.empty()) all.push_back(0);
  return widened(axis_of(all));
}

bool is_plain(const Outcome& outcome) {  // compares the number itself with one
  return outcome.statement.right.kind == Expression::Kind::number &&
         std::all_of(outcome.statement.left.begin(), outcome.statement.left.end(), [](const Expression& side) {
           return side.kind != Expression::Kind::ratio && side.kind != Expression::Kind::difference &&
                  side.kind != Expression::Kind::slope;
         });
}

}  // namespace

Interval mean_band(const Values& values) {
  if (static_cast<int>(values.size()) >= min_runs_for_interval) return bootstrap_interval(values, mean);
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  return {*min, *max};
}

std::string measure_heading(const Measurement& measurement, const Study& study) {
  std::vector<const Run*> runs;
  for (const TaskRuns& task : study.tasks)
    for (const ModelRuns& model : task.models)
      for (const Run& run : model.runs) runs.push_back(&run);
  const std::string direction = direction_text(measurement, runs);
  return measurement.text + (direction.empty() ? "" : " (" + direction + ")");
}

double comparison_height(const Outcome& outcome) { return height_of(comparison_strips(outcome)); }

void draw_comparison(Panels& panels, Rectangle frame, const Outcome& outcome) {
  const std::vector<Strip> strips = comparison_strips(outcome);
  frame.height = height_of(strips);
  Values levels = outcome.claimed.boundaries();
  const bool difference = outcome.statement.right.kind != Expression::Kind::number;
  const double reference = difference ? 0 : outcome.statement.right.number;
  const bool ratio = std::any_of(outcome.statement.left.begin(), outcome.statement.left.end(),
                                 [](const Expression& side) { return side.kind == Expression::Kind::ratio; });
  Values all = levels;
  all.push_back(reference);
  panels.headings(frame, "What is decided", "",
                  std::string(difference ? "difference of "
                              : ratio    ? "ratio of "
                                         : "") +
                      outcome.measurement.text);
  for (const double level : levels) vertical_line(panels, level, "boundary");
  const std::string at = "first " + exact_text(reference) + ", graph ";
  if (outcome.margin > 0)
    panels.command("set arrow from " + at + "0 to " + at + "1 nohead linewidth 1 linecolor rgb '#999999'");
  Axis axis = axis_of(strips, all);
  if (axis.logarithmic && difference) axis = widened(linear_axis(all));
  draw_strips(panels, frame, strips, axis, "decided");
}

PanelGroup strip_panels(const FindingResult& result, const Study& study) {
  const Finding& finding = *result.finding;
  const auto styles = styles_of(study);
  PanelGroup group;
  group.legend = false;
  group.panels = static_cast<int>(study.tasks.size());
  group.height = 0;
  std::vector<std::vector<Strip>> strips;
  for (const TaskRuns& task : study.tasks) {
    strips.push_back(model_strips(finding, task, styles));
    group.height = std::max(group.height, height_of(strips.back()));
  }
  const bool boundary = result.primary && is_plain(*result.primary);
  group.caption =
      std::string("Every run (small), and below its mean with the 95 % bootstrap interval from ten runs on. A cross ") +
      "is a run that failed, counted as the worst." + (finding.published.empty() ? "" : " Hollow diamond: published.");
  group.draw = [&result, &study, strips, boundary](Panels& panels) {
    const Measurement& measurement = result.finding->primary.measurement;
    for (std::size_t t = 0; t < study.tasks.size(); ++t) {
      Rectangle frame = panels.panel(static_cast<int>(t));
      frame.height = height_of(strips[t]);
      const Values levels = boundary ? result.primary->claimed.boundaries() : Values{};
      panels.headings(frame, study.tasks[t].label, strips[t].empty() ? "no such number" : "",
                      measure_heading(measurement, study));
      if (strips[t].empty()) frame.height = points_height;
      for (const double level : levels) vertical_line(panels, level, "boundary");
      draw_strips(panels, frame, strips[t], axis_of(strips[t], levels), study.tasks[t].label);
    }
  };
  return group;
}

// --- against a setting

namespace {

struct Places {
  std::vector<std::string> values;  // as written, in order of size or of the declaration
  Values at;
  Axis axis;
};

// Numbers lie at their size, on a logarithmic axis where they span a factor of four; other values side by side.
Places places_of(const Study& study, const std::string& key) {
  std::vector<std::string> seen;
  for (const TaskRuns& task : study.tasks)
    for (const ModelRuns& model : task.models)
      for (const Run& run : model.runs)
        if (run.recorded() && !std::count(seen.begin(), seen.end(), trained_setting(run, key)))
          seen.push_back(trained_setting(run, key));
  std::map<double, std::string> numbers;
  for (const std::string& value : seen) {
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    if (!value.empty() && *end == '\0') numbers[number] = value;
  }
  Places places;
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

std::string place_tics(const Places& places) {
  std::vector<std::string> tics;
  for (std::size_t i = 0; i < places.at.size(); ++i)
    tics.push_back(quoted(places.values[i]) + " " + exact_text(places.at[i]));
  return "set xtics (" + join(tics, ", ") + ")";
}

void draw_setting(Panels& panels, const TaskRuns& task, const Rectangle& frame, const FindingResult& result,
                  const Places& places, const std::string& key) {
  const Finding& finding = *result.finding;
  const Measurement& measurement = finding.primary.measurement;
  const double worst = worst_on(measurement, task);
  Values all;
  for (const ModelRuns& model : task.models)
    if (const auto values = values_of_model(measurement, pointers(model.runs), worst))
      all.insert(all.end(), values->values.begin(), values->values.end());
  const bool boundary = result.primary && is_plain(*result.primary);
  if (boundary) all.push_back(result.primary->claimed.boundaries().front());
  if (all.empty()) all.push_back(0);
  const Axis axis = widened(axis_of(all));
  panels.command(places.axis.commands('x'));
  panels.command(place_tics(places));
  panels.command(axis.commands('y'));
  if (boundary)
    for (const double level : result.primary->claimed.boundaries()) {
      const std::string at = "first " + exact_text(level);
      panels.command("set arrow from graph 0, " + at + " to graph 1, " + at +
                     " nohead dashtype (4,4) linewidth 1.2 linecolor rgb '#444444'");
      panels.command("set label 'boundary' at graph 1.02, " + at + " left font ',9.5' textcolor rgb '#444444'");
    }
  std::vector<std::string> points = {"NaN"}, bands, lines;
  for (std::size_t m = 0; m < task.models.size(); ++m) {
    const ModelRuns& model = task.models[m];
    // Models lie a little beside each other, so that the points of one do not hide those of the next.
    const double shift = 0.014 * (static_cast<double>(m) - (static_cast<double>(task.models.size()) - 1) / 2);
    std::vector<Values> every, failures, means, published;
    for (std::size_t i = 0; i < places.at.size(); ++i) {
      std::vector<const Run*> runs;
      for (const Run& run : model.runs)
        if (run.recorded() && trained_setting(run, key) == places.values[i]) runs.push_back(&run);
      const auto values = values_of_model(measurement, runs, worst);
      if (!values || values->values.empty()) continue;
      const double x = places.axis.logarithmic ? places.at[i] * std::pow(places.axis.high / places.axis.low, shift)
                                               : places.at[i] + shift * (places.axis.high - places.axis.low);
      for (std::size_t v = 0; v < values->values.size(); ++v)
        (values->failed[v] ? failures : every).push_back({x, values->values[v]});
      const Interval band = mean_band(values->values);
      means.push_back({places.at[i], mean(values->values), band.low, band.high});
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
    add(points, key + ", every run", every, "1:2 " + point_clause(faint, 0.3));
    add(points, key + ", failed", failures, "1:2 " + point_clause({style.color, "1", 2}, 0.6));
    add(lines, key + ", published", published,
        "1:2 with points pointtype 12 pointsize 1.4 linecolor rgb " + quoted(style.color));
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
      "Mean over seeds; the band is its 95 % bootstrap interval from ten runs on, and all seeds below. Small: every "
      "run; a cross: one that failed, counted as the worst." +
      std::string(result.finding->published.empty() ? "" : " Hollow diamond: published.");
  const Places places = places_of(study, key);
  group.draw = [&result, &study, key, places](Panels& panels) {
    for (std::size_t t = 0; t < study.tasks.size(); ++t) {
      const Rectangle frame = panels.panel(static_cast<int>(t));
      panels.headings(frame, study.tasks[t].label, measure_heading(result.finding->primary.measurement, study), key);
      draw_setting(panels, study.tasks[t], frame, result, places, key);
    }
  };
  return group;
}

}  // namespace rnnbench::findings
