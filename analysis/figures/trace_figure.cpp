#include "analysis/figures/trace_figure.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "analysis/figures/panels.h"
#include "core/math.h"
#include "core/text.h"

namespace rnnbench::analysis {

namespace {

// Pixels.
constexpr double left = 56, map_width = 620, right = 84;
constexpr int figure_width = static_cast<int>(left + map_width + right);
constexpr double top_margin = 40, heading_height = 27, axis_height = 50, line_height = 16;
constexpr double attention_height = 280;

const std::string grey = " textcolor rgb '#555555'", small = " font ',10'";
// Lightness is monotone, so that the map can be read in grayscale (van der Walt & Smith 2015).
const std::string viridis =
    "set palette defined (0 '#440154', 1 '#482475', 2 '#414487', 3 '#355f8d', 4 '#2a788e', 5 '#21918c', "
    "6 '#22a884', 7 '#44bf70', 8 '#7ad151', 9 '#bddf26', 10 '#fde725')";
const std::string white_to_black = "set palette defined (0 '#ffffff', 1 '#000000')";
// Prevents viewers from blurring the few pixels of a map. The svg terminal copies the name of a font into the file
// without escaping, which makes it possible to insert a style.
const std::string sharp_pixels =
    "if (format eq 'svg') set label ' ' at screen 0,0 font 'sans-serif\"><style>image { image-rendering: "
    "pixelated }</style></g><g font-family=\"sans-serif'";

using Rows = std::vector<std::vector<float>>;

struct Map {
  std::string heading, rows_label;
  Rows rows;  // [row][step]
  double height = 0;
  double low = 0, high = 1;
  bool colored = true;  // otherwise white to black
  bool color_bar = true;
  bool square_root = false;  // colors by the square root of values in 0 .. 1, to show small weights
  bool numbered = true;      // row 0 is at the bottom and rows have tics; otherwise it is at the top
  std::vector<std::pair<int, int>> circles = {};  // step, row
};

std::string rounded(double value) { return number_text(std::round(value * 1e6) / 1e6); }

// Of values that may all be tiny.
std::string six_digits_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

// The smallest of 1, 2, 5, 10, ... that gives at most `max` tics for `count` rows.
int tic_step(int count, double max) {
  int step = 1;
  for (int i = 0; count > step * max; ++i) step = i % 3 == 1 ? step / 2 * 5 : step * 2;
  return step;
}

std::string layer_of(const std::string& name) {
  return name.starts_with("layer ") ? name.substr(0, name.find(' ', 6) + 1) : "";
}

const Activation& last_state(const SequenceTrace& trace, std::string_view layer) {
  const Activation* found = nullptr;
  for (const Activation& a : trace.activations) {
    if (is_attention(a) || layer_of(a.name) != layer) continue;
    if (!found || a.name.ends_with("state")) found = &a;
  }
  if (!found) throw std::logic_error("a layer without a state");
  return *found;
}

// Sets a range with round ends, symmetric around 0 if a value is negative.
void set_range(Map& map) {
  double largest = 0, min = 0;
  for (const auto& row : map.rows) {
    for (float value : row) {
      if (!std::isfinite(value)) continue;
      largest = std::max(largest, std::abs(static_cast<double>(value)));
      min = std::min(min, static_cast<double>(value));
    }
  }
  map.high = linear_axis({largest}).high;
  map.low = min < 0 ? -map.high : 0;
}

Rows rows_of(const std::vector<float>& values, int rows, int steps, const std::vector<int>& order) {
  Rows result(rows, std::vector<float>(steps));
  for (int row = 0; row < rows; ++row)
    for (int step = 0; step < steps; ++step)
      result[row][step] = values[static_cast<std::size_t>(step) * rows + order[row]];
  return result;
}

std::vector<int> indices(int n) {
  std::vector<int> numbers(n);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

double height_of_rows(int rows) { return std::clamp(15.0 * rows, 30.0, 110.0); }

Map unit_map(const SequenceTrace& trace, const Activation& a) {
  Map map{a.name, "unit", rows_of(a.values, a.width, trace.batch.steps, unit_order(trace, a.name)),
          std::clamp(2.0 * a.width, 56.0, 120.0)};
  map.numbered = false;
  if (!is_gate(a)) set_range(map);
  return map;
}

Map attention_map(const SequenceTrace& trace, const Activation& a) {
  Map map{a.name + ": weights of the current and earlier steps (colors by square root)", "attended step",
          rows_of(a.values, a.width, trace.batch.steps, indices(a.width)), attention_height};
  for (int attended = 0; attended < a.width; ++attended)
    std::fill_n(map.rows[attended].begin(), attended, std::numeric_limits<float>::quiet_NaN());
  map.square_root = true;
  return map;
}

Map output_map(const SequenceTrace& trace) {
  const int n = trace.signature.outputs, steps = trace.batch.steps;
  Map map{"output", "output", rows_of(trace.outputs, n, steps, indices(n)), height_of_rows(n)};
  if (trace.signature.loss == Loss::mean_squared) {
    set_range(map);
    return map;
  }
  map.colored = false;
  if (trace.signature.loss == Loss::bernoulli) {
    map.heading = "output: probability of yes; circles mark the answers that are yes";
    for (int row = 0; row < n; ++row)
      for (int step = 0; step < steps; ++step) {
        float& z = map.rows[row][step];
        z = static_cast<float>(1 / (1 + math::exp(-static_cast<double>(z))));
        if (trace.batch.answer[step] && trace.batch.targets[static_cast<std::size_t>(step) * n + row] == 1)
          map.circles.emplace_back(step, row);
      }
    return map;
  }
  map.heading = "output: probability of each class; circles mark the correct answers";
  map.rows_label = "class";
  for (int step = 0; step < steps; ++step) {
    float largest = map.rows[0][step];
    for (const auto& row : map.rows) largest = std::max(largest, row[step]);
    double sum = 0;
    for (auto& row : map.rows) sum += row[step] = static_cast<float>(math::exp(row[step] - largest));
    for (auto& row : map.rows) row[step] = static_cast<float>(row[step] / sum);
    if (trace.batch.answer[step]) map.circles.emplace_back(step, trace.batch.classes[step]);
  }
  return map;
}

Map input_map(const SequenceTrace& trace) {
  const int n = trace.signature.inputs, steps = trace.batch.steps;
  Map map{"input", trace.signature.one_hot ? "symbol" : "feature", {}, height_of_rows(n)};
  map.colored = false;
  if (!trace.signature.one_hot) {
    map.rows = rows_of(trace.batch.values, n, steps, indices(n));
    set_range(map);
    return map;
  }
  map.color_bar = false;
  map.rows.assign(n, std::vector<float>(steps, 0.0f));
  for (int step = 0; step < steps; ++step) map.rows[trace.batch.symbols[step]][step] = 1;
  return map;
}

// gnuplot needs at least two rows and columns to draw an image.
Rows at_least_two(Rows rows) {
  for (auto& row : rows)
    if (row.size() == 1) row.push_back(row[0]);
  if (rows.size() == 1) rows.push_back(rows[0]);
  return rows;
}

class Drawing {
 public:
  Drawing(double height, int steps) : height_(height) {
    line("set multiplot; unset key; set border 15 linecolor rgb '#888888' linewidth 0.6");
    line("set tics out nomirror scale 0.4" + small + grey);
    line("set xrange [-0.5:" + rounded(std::max(steps, 2) - 0.5) + "]; set xtics 0," +
         std::to_string(tic_step(steps, 16)) + "," + std::to_string(steps - 1));
    line(sharp_pixels);
  }

  void line(const std::string& text) { script_ += text + "\n"; }
  void text(double x, double y, const std::string& text, const std::string& options) {
    line("set label " + gnuplot_quoted(text) + " at screen " + across(x) + "," + up(y) + " " + options);
  }

  void draw(const Map& map, double top, bool last) {
    const double bottom = top + map.height, beside = left + map_width;
    const std::string count = std::to_string(map.rows.size());
    line(gnuplot_comment(map.heading));
    text(left, top - 10, map.heading, "left font bold.',11'");
    text(14, (top + bottom) / 2, map.rows_label, "center rotate by 90 font ',10'" + grey);
    line("set lmargin at screen " + across(left) + "; set rmargin at screen " + across(beside) +
         "; set tmargin at screen " + up(top) + "; set bmargin at screen " + up(bottom));
    line(last ? "set format x '%g'" : "set format x ''");
    if (last) text(left + map_width / 2, bottom + 32, "step", "center font ',10.5'" + grey);
    rows_axis(map);
    colors(map, bottom);
    std::string plot = "plot data index " + std::to_string(add(map.heading, at_least_two(map.rows))) + " matrix " +
                       (map.square_root ? "using 1:2:(sqrt($3)) " : "") + "with image";
    if (!map.circles.empty()) {
      Rows points;
      for (const auto& [step, row] : map.circles) points.push_back({static_cast<float>(step), static_cast<float>(row)});
      plot += ", data index " + std::to_string(add("answers: step, " + map.rows_label, points)) +
              " with points pointtype 6 pointsize 0.7 linewidth 1.5 linecolor rgb '#d55e00'";
    }
    line(plot + "\nunset label\n");
  }

  Figure finish(const SequenceTrace& trace) {
    line("unset multiplot\nunset output");
    return {trace.name, trace.title, trace.caption, figure_width, static_cast<int>(height_), script_, data_};
  }

 private:
  std::string across(double x) const { return rounded(x / figure_width); }
  std::string up(double y) const { return rounded(1 - y / height_); }

  void rows_axis(const Map& map) {
    const int rows = static_cast<int>(map.rows.size());
    const std::string end = rounded(std::max(rows, 2) - 0.5);
    line(map.numbered ? "set yrange [-0.5:" + end + "]" : "set yrange [" + end + ":-0.5]");
    if (!map.numbered) return line("unset ytics");
    if (rows == 1) return line("set ytics ('0' 0.5)" + small);
    line("set ytics 0," + std::to_string(tic_step(rows, map.height / 11)) + "," + std::to_string(rows - 1) + small);
  }

  void colors(const Map& map, double bottom) {
    line(map.colored ? viridis : white_to_black);
    const std::string low = six_digits_text(map.low), high = six_digits_text(map.high);
    const std::string tics = map.square_root ? "'0' 0, '0.1' sqrt(0.1), '0.3' sqrt(0.3), '0.6' sqrt(0.6), '1' 1"
                                             : low + (map.low < 0 ? ", 0, " : ", ") + high;
    line("set cbrange [" + low + ":" + high + "]; set cbtics (" + tics + ") font ',9'");
    if (!map.color_bar) return line("unset colorbox");
    line("set colorbox user origin screen " + across(left + map_width + 12) + "," + up(bottom) + " size screen " +
         rounded(10.0 / figure_width) + "," + rounded(map.height / height_));
  }

  int add(const std::string& comment, const Rows& rows) {
    if (blocks_ > 0) data_ += "\n\n";
    data_ += gnuplot_comment(comment) + "\n";
    for (const auto& row : rows) {
      data_ += join(row, float_text, " ") + "\n";
    }
    return blocks_++;
  }

  const double height_;
  std::string script_, data_;
  int blocks_ = 0;
};

}  // namespace

std::vector<int> unit_order(const SequenceTrace& trace, const std::string& name) {
  const Activation& state = last_state(trace, layer_of(name));
  const auto value = [&](int step, int unit) {
    const float number = state.values[static_cast<std::size_t>(step) * state.width + unit];
    return std::isfinite(number) ? number : 0.0f;
  };
  struct Key {
    int step, unit;
    float value;
  };
  std::vector<Key> keys;
  for (int unit = 0; unit < state.width; ++unit) {
    int largest = 0;
    for (int step = 1; step < trace.batch.steps; ++step)
      if (std::abs(value(step, unit)) > std::abs(value(largest, unit))) largest = step;
    keys.push_back({largest, unit, value(largest, unit)});
  }
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return a.step != b.step ? a.step < b.step : a.value != b.value ? a.value > b.value : a.unit < b.unit;
  });
  std::vector<int> order;
  for (const Key& key : keys) order.push_back(key.unit);
  return order;
}

Figure trace_figure(const SequenceTrace& trace) {
  std::vector<Map> maps;
  std::string ordering;
  for (const Activation& a : trace.activations) {
    maps.push_back(is_attention(a) ? attention_map(trace, a) : unit_map(trace, a));
    if (ordering.empty() && !is_attention(a))
      ordering = last_state(trace, layer_of(a.name)).name.substr(layer_of(a.name).size());
  }
  maps.push_back(output_map(trace));
  maps.push_back(input_map(trace));
  std::vector<std::string> notes = {trace.caption};
  if (!ordering.empty())
    notes.push_back(
        "The units of a layer are in the same order in all maps, by the step at which the magnitude of the " +
        ordering + " is largest.");
  notes.push_back(
      "Steps count from 0. The colors of gates range from 0 to 1, those of other maps over the range of their values.");

  double height = top_margin + axis_height + line_height * static_cast<double>(notes.size()) + 6;
  for (const Map& map : maps) height += heading_height + map.height;
  Drawing drawing(height, trace.batch.steps);
  drawing.text(14, 20, trace.title, "left font bold.',14'");
  for (std::size_t i = 0; i < notes.size(); ++i) {
    const double up = line_height * static_cast<double>(notes.size() - i);
    drawing.text(14, height - up, notes[i], "left font ',10.5'" + grey);
  }
  double top = top_margin;
  for (const Map& map : maps) {
    top += heading_height;
    drawing.draw(map, top, &map == &maps.back());
    top += map.height;
  }
  return drawing.finish(trace);
}

}  // namespace rnnbench::analysis
