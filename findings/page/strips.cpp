#include "findings/page/strips.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "core/text.h"
#include "findings/page/runs_shown.h"

namespace rnnbench::findings {
namespace {

constexpr double points_height = 33, strip_gap = 6;  // pixels

// The height of a line of a label, and how many bytes of it fit the narrowest panel.
double label_line(const FigureLayout& layout) { return layout.text > 0 ? 13 : 12; }
std::size_t label_bytes(const FigureLayout& layout) { return layout.text > 0 ? 34 : 40; }

// A row of points with a name above them.
struct Strip {
  std::string label;
  Style style;
  Values values;
  double center;             // their mean; of ratios the geometric mean
  std::vector<bool> failed;  // may be empty
  std::optional<Interval> interval;
  Values published;
  Values seeds;  // of the values
};

double height_of(const std::vector<Strip>& strips, const FigureLayout& layout) {
  double height = 0;
  for (const Strip& strip : strips)
    height += label_line(layout) * static_cast<double>(wrapped(strip.label, label_bytes(layout)).size()) +
              points_height + strip_gap;
  return height;
}

// Between -1 and 1, by the place in the list: moves points apart that have equal values.
double jitter(std::size_t i) {
  const double turn = 0.6180339887498949 * static_cast<double>(i + 1);
  return 2 * (turn - std::floor(turn)) - 1;
}

// Vertical lines beside the points of each strip, not through its name.
struct Lines {
  Values boundaries;
  std::optional<double> reference;
};

void draw_lines(Panels& panels, const Lines& lines, double from, double to) {
  const auto draw = [&](double value, const std::string& look) {
    const std::string x = "first " + number_text(drawable(value)) + ", first ";
    panels.command("set arrow from " + x + number_text(from) + " to " + x + number_text(to) + " nohead " + look);
  };
  for (const double boundary : lines.boundaries)
    draw(boundary, "dashtype (10,6) linewidth 1.2 linecolor rgb '#444444'");
  if (lines.reference) draw(*lines.reference, "linewidth 1 linecolor rgb '#999999'");
}

void draw_strips(Panels& panels, Rectangle frame, const std::vector<Strip>& strips, Axis axis,
                 const std::string& comment, const Lines& lines) {
  const FigureLayout& layout = panels.layout();
  if (!strips.empty()) frame.height = height_of(strips, layout);
  panels.command(axis.commands('x'));
  panels.command("unset logscale y; set yrange [" + number_text(frame.height) + ":0]; set ytics ('' -1)");
  std::vector<std::string> curves = {"NaN"};
  const auto add = [&](const std::string& what, const std::vector<Values>& rows, const std::string& clause) {
    if (rows.empty()) return;
    const int block = panels.add_data(comment + ", " + what, rows);
    curves.push_back("data index " + std::to_string(block) + " using " + clause);
  };
  double top = 0;
  for (const Strip& strip : strips) {
    for (const std::string& line : wrapped(strip.label, label_bytes(layout))) {
      top += label_line(layout);
      panels.text(frame.left + 4, frame.top + top - 2, line, "left font font_note textcolor rgb '#333333'");
    }
    std::vector<Values> points, failures, published;
    for (std::size_t i = 0; i < strip.values.size(); ++i) {
      const bool failed = i < strip.failed.size() && strip.failed[i];
      (failed ? failures : points).push_back({strip.values[i], top + 12 + 4.5 * jitter(i), strip.seeds[i]});
    }
    draw_lines(panels, lines, top + 5, top + points_height);  // below the descenders of the last line
    for (const double value : strip.published) published.push_back({value, top + 26});
    Style faint = strip.style, cross{strip.style.color, "1", 2};
    faint.point = 7;
    add(strip.label + ": every run", points,
        "1:2:" + tooltip(strip.label, ", seed %.0f: %.4g", "$3, $1") + " " + run_clause(faint, 0.4));
    add(strip.label + ": failed", failures,
        "1:2:" + tooltip(strip.label, ", seed %.0f: failed", "$3") + " " + run_clause(cross, 0.7));
    if (!strip.values.empty()) {
      if (strip.interval) {
        const double low = std::max(strip.interval->low, axis.low), high = std::min(strip.interval->high, axis.high);
        add(strip.label + ": mean, low, high", {{drawable(strip.center), top + 26, low, high}},
            "1:2:3:4 with xerrorbars pointtype " + std::to_string(strip.style.point) +
                " pointsize 0.95 linewidth 2 linecolor rgb " + gnuplot_quoted(strip.style.color));
      } else {
        add(strip.label + ": mean", {{drawable(strip.center), top + 26}}, "1:2 " + point_clause(strip.style, 0.95));
      }
    }
    add(strip.label + ": published", published,
        "1:2 with points pointtype 12 pointsize 1.3 linewidth 1.5 linecolor rgb '#333333'");
    top += points_height + strip_gap;
    if (top < frame.height - 1)
      panels.command("set arrow from graph 0, first " + number_text(top - 3) + " to graph 1, first " +
                     number_text(top - 3) + " nohead linewidth 0.6 linecolor rgb '#dddddd'");
  }
  panels.plot(frame, curves);
}

// The name of the boundaries, above the panel.
void name_boundaries(Panels& panels, const Values& boundaries) {
  if (boundaries.empty()) return;
  const double center = (drawable(boundaries.front()) + drawable(boundaries.back())) / 2;
  panels.command("set label " + gnuplot_quoted(boundaries.size() > 1 ? "boundaries" : "boundary") + " at first " +
                 number_text(center) + ", graph 1 center offset 0,0.4 font font_note textcolor rgb '#444444'");
}

std::vector<Strip> comparison_strips(const Outcome& outcome) {
  std::vector<Strip> strips;
  const std::array<Style, 2> styles = {Style{"#0072b2", "1", 5}, Style{"#d55e00", "1", 9}};
  for (const ComparisonPart& part : outcome.parts)
    for (std::size_t s = 0; s < searches.size(); ++s)
      strips.push_back({part.label + (outcome.searched ? std::string(", after search ") + searches[s]
                                      : s == 0         ? ", first half of the seeds"
                                                       : ", second half of the seeds"),
                        styles[s],
                        part.values[s],
                        part.effect.mean[s],
                        {},
                        part.effect.interval[s],
                        {},
                        Values(part.seeds[s].begin(), part.seeds[s].end())});
  return strips;
}

std::vector<Strip> model_strips(const Finding& finding, const TaskRuns& task,
                                const std::map<std::string, Style>& styles) {
  std::vector<Strip> strips;
  const Measurement& measurement = finding.primary.measurement;
  for (const ModelRuns& model : task.models) {
    auto values = values_of_model(measurement, pointers(model.runs), value_of_failure(measurement, runs_of(task)));
    if (!values) continue;
    Effect effect(values->values, {}, scale_of(measurement.name));
    Strip strip{model.label,
                styles.at(model.label),
                std::move(values->values),
                effect.value(),
                std::move(values->failed),
                effect.interval(0.95),
                {},
                std::move(values->seeds)};
    for (const Published& published : finding.published)
      if (matches(published.model, model.runs.front())) strip.published.push_back(published.value);
    strips.push_back(std::move(strip));
  }
  return strips;
}

Axis strip_axis(const std::vector<Strip>& strips, const Values& more) {
  Values all = more;
  for (const Strip& strip : strips) {
    all.insert(all.end(), strip.values.begin(), strip.values.end());
    all.insert(all.end(), strip.published.begin(), strip.published.end());
    if (strip.interval && std::isfinite(strip.interval->low)) all.push_back(strip.interval->low);
    if (strip.interval && std::isfinite(strip.interval->high)) all.push_back(strip.interval->high);
  }
  if (all.empty()) all.push_back(0);
  return widened(value_axis(all));
}

}  // namespace

Values distinct(Boundaries boundaries) {
  if (boundaries.low == boundaries.high) return {boundaries.low};
  return {boundaries.low, boundaries.high};
}

Axis value_axis(const Values& values) {
  Values numbers;
  for (const double value : values)
    if (!std::isnan(value)) numbers.push_back(drawable(value));
  if (numbers.empty()) numbers.push_back(0);
  const auto [min, max] = std::minmax_element(numbers.begin(), numbers.end());
  if (*min > 0 && *max > 50 * *min) return logarithmic_axis(values);
  const bool shares = *min >= 0 && *max <= 1 && *max - *min > 0.4;
  return shares ? Axis{0, 1, false} : fitted_axis(values);
}

Values boundaries_for_values(const FindingResult& result) {
  using Kind = Expression::Kind;
  if (!result.primary || !result.primary->compares_with_number()) return {};
  const auto derived = [](const Expression& side) {
    return side.kind == Kind::ratio || side.kind == Kind::difference || side.kind == Kind::slope;
  };
  const std::vector<Expression>& left = result.primary->statement.left;
  if (std::any_of(left.begin(), left.end(), derived)) return {};
  return distinct(result.primary->boundaries);
}

double comparison_height(const Outcome& outcome, const FigureLayout& layout) {
  return height_of(comparison_strips(outcome), layout);
}

void draw_comparison(Panels& panels, Rectangle frame, const Outcome& outcome) {
  const std::vector<Strip> strips = comparison_strips(outcome);
  frame.height = height_of(strips, panels.layout());
  const Values levels = distinct(outcome.boundaries);
  const bool difference = outcome.statement.right.kind != Expression::Kind::number;
  const double reference = difference ? 0 : outcome.statement.right.number;
  const bool ratio = std::any_of(outcome.statement.left.begin(), outcome.statement.left.end(),
                                 [](const Expression& side) { return side.kind == Expression::Kind::ratio; });
  Values all = levels;
  all.push_back(reference);
  panels.headings(frame, "The comparison that decides", "",
                  std::string(difference ? "difference of "
                              : ratio    ? "ratio of "
                                         : "") +
                      outcome.measurement.text);
  name_boundaries(panels, levels);
  Axis axis = strip_axis(strips, all);
  if (axis.logarithmic && difference) axis = widened(linear_axis(all));
  draw_strips(panels, frame, strips, axis, "decided",
              {levels, outcome.margin > 0 ? std::optional(reference) : std::nullopt});
}

PanelGroup strip_panels(const FindingResult& result, const Study& study, const FigureLayout& layout) {
  const Finding& finding = *result.finding;
  const auto styles = styles_of(study);
  PanelGroup group;
  group.legend = false;
  group.panels = static_cast<int>(study.tasks.size());
  group.height = 0;
  group.fixed_height = true;
  std::vector<std::vector<Strip>> strips;
  for (const TaskRuns& task : study.tasks) {
    strips.push_back(model_strips(finding, task, styles));
    group.height = std::max(group.height, height_of(strips.back(), layout));
  }
  const Values boundaries = boundaries_for_values(result);
  group.caption =
      "Small points: every run. Below them: their mean with its 95 % interval (from ten runs on, where there is a "
      "reliable one). Crosses: runs "
      "that failed, which count as the worst value." +
      std::string(finding.published.empty() ? "" : " Hollow diamonds: published numbers.");
  group.draw = [&result, &study, strips, boundaries](Panels& panels) {
    const Measurement& measurement = result.finding->primary.measurement;
    for (std::size_t t = 0; t < study.tasks.size(); ++t) {
      Rectangle frame = panels.panel(static_cast<int>(t));
      frame.height = height_of(strips[t], panels.layout());
      panels.headings(frame, study.tasks[t].label, strips[t].empty() ? "no such number" : "",
                      measure_heading(measurement, pointers(result.runs())));
      if (strips[t].empty()) frame.height = points_height;
      name_boundaries(panels, boundaries);
      draw_strips(panels, frame, strips[t], strip_axis(strips[t], boundaries), study.tasks[t].label,
                  {boundaries, std::nullopt});
    }
  };
  return group;
}

}  // namespace rnnbench::findings
