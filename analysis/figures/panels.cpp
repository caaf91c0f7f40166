#include "analysis/figures/panels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <tuple>

#include "analysis/format.h"
#include "core/error.h"
#include "core/plain_text.h"
#include "core/text.h"

namespace rnnbench::analysis {

namespace {

constexpr double gap = 94, left_margin = 62, right_margin = 54;
constexpr double headings_height = 54, axis_height = 48, line_height = 16, legend_height = 21;
constexpr double character_width = 6.7;  // average, at a font size of 12 pixels
// Far from the limits of a double, so that margins, differences and tics of axes are finite and not 0.
constexpr double smallest_drawable = 1e-100, largest_drawable = 1e100;
// Below this share of the values themselves, rounding would make neighboring tics equal.
constexpr double smallest_relative_span = 1e-9;

const std::string grey = " textcolor rgb '#555555'";

std::string decimal(double value) { return number_text(std::round(value * 1e5) / 1e5); }

std::string superscript(int exponent) {
  static const char* digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = exponent < 0 ? "⁻" : "";
  for (char c : std::to_string(std::abs(exponent))) text += digits[c - '0'];
  return text;
}

// A short text for a round number: 0.05, 200, 50k, 10⁻⁴.
std::string tic_label(double value) {
  if (value == 0) return "0";
  if (value < 0) return "−" + tic_label(-value);
  if (value >= 1e6 && value < 1e12) return number_text(value / 1e6) + "M";
  if (value >= 1e4 && value < 1e6) return number_text(value / 1e3) + "k";
  if (value >= 1e-2 && value < 1e4) return number_text(value);
  const int exponent = static_cast<int>(std::floor(std::log10(value) + 1e-9));
  const double factor = std::round(1e6 * value / std::pow(10, exponent)) / 1e6;
  return (factor == 1 ? "" : number_text(factor) + "·") + "10" + superscript(exponent);
}

// Round numbers are ..., 0.5, 1, 2, 5, 10, ... The round number 1 has the index 0.
double round_number(int index) {
  const int decade = index >= 0 ? index / 3 : -((2 - index) / 3);
  const double factor = std::array{1.0, 2.0, 5.0}[index - 3 * decade];
  return decade >= 0 ? factor * std::pow(10, decade) : factor / std::pow(10, -decade);
}

// The index of the largest round number that is at most `value`, which is positive.
int index_at_most(double value) {
  value = std::max(value, 1e-9 * smallest_drawable);
  int index = 3 * static_cast<int>(std::floor(std::log10(value))) - 3;
  while (round_number(index + 1) <= value * (1 + 1e-9)) ++index;
  return index;
}

std::vector<double> tics_of(const Axis& axis) {
  std::vector<double> tics;
  if (!axis.logarithmic) {
    const double step = round_number(index_at_most((axis.high - axis.low) / 4));
    const double first = std::ceil(axis.low / step - 1e-9);
    for (int n = 0; n <= 10 && (first + n) * step <= axis.high + step * 1e-9; ++n) {
      // Division for steps below 1, because 3 / 10 == 0.3, but 3 * 0.1 != 0.3.
      tics.push_back(step < 1 ? (first + n) / std::round(1 / step) : (first + n) * step);
    }
    return tics;
  }
  const double decades = std::log10(axis.high / axis.low);
  const int every = decades > 14 ? 3 * static_cast<int>(decades / 5) : decades > 7 ? 6 : decades > 2.2 ? 3 : 1;
  for (int n = index_at_most(axis.low) - 6; round_number(n) <= axis.high * (1 + 1e-9); ++n) {
    if (((n % every) + every) % every == 0 && round_number(n) >= axis.low * (1 - 1e-9)) tics.push_back(round_number(n));
  }
  return tics;
}

// Of the values that are numbers, the smallest and the largest drawable one. Empty if there is none.
std::optional<Interval> drawable_span(const Values& values, bool only_positive = false) {
  std::optional<Interval> span;
  for (double value : values) {
    value = drawable(value);
    if (std::isnan(value) || (only_positive && value <= 0)) continue;
    if (!span) span = {value, value};
    span = {std::min(span->low, value), std::max(span->high, value)};
  }
  return span;
}

}  // namespace

double drawable(double value) {
  if (value == 0 || std::isnan(value)) return value;
  return std::copysign(std::clamp(std::abs(value), smallest_drawable, largest_drawable), value);
}

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
    at = end + 1;
  }
  return lines;
}

std::string Axis::commands(char axis, bool labels) const {
  const std::string name(1, axis);
  // The range comes first, because the scale must not be logarithmic while the range contains 0. A logarithmic range is
  // slightly wider, or rounding may drop the tics at its ends.
  const double margin = logarithmic ? 1e-6 : 0;
  std::string text = "unset logscale " + name + "; set " + name + "range [" + number_text(low * (1 - margin)) + ":" +
                     number_text(high * (1 + margin)) + "]; " + (logarithmic ? "set logscale " + name + "; " : "") +
                     "set " + name + "tics (";
  const std::vector<double> tics = tics_of(*this);
  // Beside each other, numbers such as -0.5 need as much space as seven of them have in a column of a paper.
  const bool crowded = axis == 'x' && !logarithmic && tics.size() > 7;
  const auto has_label = [&](double tic) { return !crowded || std::lround(tic / (tics[1] - tics[0])) % 2 == 0; };
  const auto entry = [&](double tic) {
    return gnuplot_quoted(labels && has_label(tic) ? tic_label(tic) : "") + " " + number_text(tic);
  };
  return text + join(tics, entry) + ")";
}

Axis linear_axis(const Values& values) {
  const auto [min, max] = drawable_span(values).value_or(Interval{0, 0});
  const double low = std::min(0.0, min), high = std::max(0.0, max);
  if (high <= low) return {low, low + 1, false};
  const double step = round_number(index_at_most((high - low) / 4));
  return {std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step, false};
}

Axis fitted_axis(const Values& values) {
  const auto [min, max] = drawable_span(values).value_or(Interval{0, 0});
  const bool far = (min > 0 && min > 0.4 * max) || (max < 0 && max < 0.4 * min);
  if (!far || max - min <= smallest_relative_span * std::max(max, -min)) return linear_axis(values);
  const double step = round_number(index_at_most((max - min) / 3));
  return {std::floor(min / step + 1e-9) * step, std::ceil(max / step - 1e-9) * step, false};
}

Axis widened(Axis axis) {
  if (axis.logarithmic) {
    const double margin = std::pow(axis.high / axis.low, 0.04);
    return {axis.low / margin, axis.high * margin, true};
  }
  const double margin = 0.04 * (axis.high - axis.low);
  return {axis.low - margin, axis.high + margin, false};
}

Axis logarithmic_axis(const Values& values) {
  const auto [min, max] = drawable_span(values, true).value_or(Interval{1, 10});
  const int low = index_at_most(min);
  int high = index_at_most(max);
  if (round_number(high) < max * (1 - 1e-9) || high == low) ++high;
  return {round_number(low), round_number(high), true};
}

const FigureLayout& screen_layout() {
  static const FigureLayout layout{{420, 300, 236}};
  return layout;
}

const FigureLayout& paper_layout(const std::string& name) {
  constexpr double pixels_per_point = 96.0 / 72, eight_points = 8 * pixels_per_point;
  constexpr double column_width = 325, page_width = 672;  // 86 and 178 mm in pixels
  constexpr double margins = left_margin + right_margin;
  static const std::map<std::string, FigureLayout> layouts = {
      // Low panels, so that three of them stacked, with solved runs and legend, are no higher than a page of text.
      {"column", {{column_width - margins, 0, 0}, eight_points, 0.5, false}},
      {"page", {{page_width - margins, (page_width - margins - gap) / 2, 0}, eight_points, 0.7, false}}};
  const auto found = layouts.find(name);
  if (found == layouts.end()) throw UserError("paper = " + name + " is not one of column and page");
  return found->second;
}

namespace {

std::string line_look(const Style& style) {
  return "dashtype " + style.dash + " linewidth 2 linecolor rgb " + gnuplot_quoted(style.color);
}

std::string point_look(const Style& style, double size) {
  return "pointtype " + std::to_string(style.point) + " pointsize " + number_text(size) + " linecolor rgb " +
         gnuplot_quoted(style.color);
}

int columns_of(const FigureLayout& layout, int panels) {
  int columns = panels == 4 ? 2 : std::min(panels, 3);
  while (columns > 1 && layout.panel_widths[static_cast<std::size_t>(columns - 1)] == 0) --columns;
  return columns;
}

}  // namespace

Panels::Panels(const FigureLayout& layout, const Study& study, std::string name, std::string title, std::string caption,
               int panels, double height, bool legend, double last_height)
    : layout_(layout),
      labels_(model_labels(study)),
      styles_(styles_of(study)),
      columns_(columns_of(layout, panels)),
      panel_width_(layout.panel_widths[static_cast<std::size_t>(std::max(columns_, 1) - 1)]),
      panel_height_(height) {
  if (layout.text > 0) figure_.font_size = layout.text;
  figure_.name = std::move(name);
  figure_.title = std::move(title);
  figure_.caption = std::move(caption);
  figure_.width = static_cast<int>(left_margin + columns_ * panel_width_ + (columns_ - 1) * gap + right_margin);
  if (layout.titled) caption_ = wrapped(figure_.caption, static_cast<std::size_t>((figure_.width - 24) / 5.9));

  // The number of rows of the legend determines the height of the figure, which the positions in the legend depend on.
  const std::vector<std::string> labels = legend ? labels_ : std::vector<std::string>{};
  double left = 14;
  int legend_rows = legend ? 1 : 0;
  for (const std::string& label : labels) {
    const double needed = legend_width(label);
    if (left + needed > figure_.width && left > 14) {
      left = 14;
      ++legend_rows;
    }
    left += needed;
  }
  first_top_ = title_height() + legend_rows * legend_height + headings_height;
  const int rows = (panels + columns_ - 1) / columns_;
  const bool alone = last_height > 0 && panels % columns_ == 1 % columns_;
  if (!alone) panel_height_ = std::max(panel_height_, last_height);
  figure_.height =
      static_cast<int>(first_top_ + rows * (panel_height_ + axis_height) - (alone ? panel_height_ - last_height : 0) +
                       (rows - 1) * headings_height + 12 + static_cast<double>(caption_.size()) * line_height);
  for (const auto& [font, size, bold] : {std::tuple{"title", 15.0, true},
                                         {"heading", 12.5, true},
                                         {"label", 10.5, false},
                                         {"tic", 10.0, false},
                                         {"note", 9.5, false}})
    command(std::string("font_") + font + " = " + (bold ? "bold." : "") +
            gnuplot_quoted("," + decimal(layout.text > 0 ? layout.text : size)));
  // The svg terminal copies the name of a font into an attribute, which makes room for another one, as for bold text.
  command("model(n) = format eq 'svg' ? 'sans-serif\" data-model=\"'.n : 'sans-serif'");
  command("set multiplot");
  command("unset key; set tics out nomirror scale 0.5 font font_tic" + grey);
  command("set grid xtics ytics linetype 1 linecolor rgb '#e8e8e8' linewidth 0.6");
  if (layout.titled) text(14, 20, figure_.title, "left font font_title");
  if (legend) draw_legend(labels);
  command("set border 3 linecolor rgb '#888888'");
  for (std::size_t i = 0; i < caption_.size(); ++i) {
    text(14, figure_.height - line_height * static_cast<double>(caption_.size() - i) + 4, caption_[i],
         "left font font_label" + grey);
  }
}

// A plot that fills the figure, so that the samples of lines and points are curves of their models.
void Panels::draw_legend(const std::vector<std::string>& labels) {
  command("unset border; set xrange [0:" + std::to_string(figure_.width) + "]; set xtics ('' -1)");
  command("set yrange [" + std::to_string(figure_.height) + ":0]; set ytics ('' -1)");
  std::vector<std::string> samples;
  double left = 14, top = title_height() + 8;
  for (const std::string& label : labels) {
    const Style& style = styles_.at(label);
    const double needed = legend_width(label);
    if (left + needed > figure_.width && left > 14) {
      left = 14;
      top += legend_height;
    }
    const int block = add_data("legend, " + label, {{std::round(10 * left) / 10, top, 36}}, label);
    const std::string data = "data index " + std::to_string(block) + " using ";
    samples.push_back(data + "1:2:3:(0) with vectors nohead " + line_look(style));
    samples.push_back(data + "($1+$3/2):2 " + point_clause(style, 0.8));
    text(left + 44, top, label, "left font " + font_of_model(label, "''"));
    left += needed;
  }
  if (samples.empty()) samples.push_back("NaN");
  plot({0, 0, static_cast<double>(figure_.width), static_cast<double>(figure_.height)}, samples);
}

double Panels::title_height() const { return layout_.titled ? 40 : 4; }

double Panels::legend_width(const std::string& label) const {
  return 44 + character_width * figure_.font_size / 12 * static_cast<double>(label.size()) + 16;
}

Rectangle Panels::panel(int number) const {
  const int column = number % columns_, row = number / columns_;
  return {left_margin + column * (panel_width_ + gap),
          first_top_ + row * (panel_height_ + axis_height + headings_height), panel_width_, panel_height_};
}

std::string Panels::position(double left, double top) const {
  return "screen " + decimal(left / figure_.width) + "," + decimal(1 - top / figure_.height);
}

std::size_t Panels::number_of(const std::string& model) const {
  return static_cast<std::size_t>(std::find(labels_.begin(), labels_.end(), model) - labels_.begin());
}

int Panels::add_data(const std::string& comment, const std::vector<Values>& rows, const std::string& model) {
  if (!model.empty()) figure_.models[static_cast<std::size_t>(blocks_)] = number_of(model);
  if (blocks_ > 0) figure_.data += "\n\n";
  figure_.data += gnuplot_comment(comment) + "\n";
  for (const Values& row : rows) {
    figure_.data +=
        join(
            row, [](double value) { return std::isfinite(value) ? number_text(drawable(value)) : "?"; }, " ") +
        "\n";
  }
  return blocks_++;
}

void Panels::text(double left, double top, const std::string& text, const std::string& options) {
  command("set label " + gnuplot_quoted(text) + " at " + position(left, top) + " " + options);
}

std::string Panels::font_of_model(const std::string& model, const std::string& font) const {
  return "model(" + std::to_string(number_of(model)) + ")." + font;
}

void Panels::plot(const Rectangle& frame, const std::vector<std::string>& curves) {
  const auto margin = [](const std::string& side, double share) {
    return "set " + side + "margin at screen " + decimal(share) + "; ";
  };
  command(margin("l", frame.left / figure_.width) + margin("r", (frame.left + frame.width) / figure_.width) +
          margin("t", 1 - frame.top / figure_.height) + margin("b", 1 - (frame.top + frame.height) / figure_.height));
  command("plot " + join(curves, ", \\\n     "));
  command("unset label; unset arrow\n");
}

void Panels::plot_nothing(const Rectangle& frame) {
  command("unset logscale xy; set xrange [0:1]; set yrange [0:1]");  // an earlier panel may have logarithmic axes
  plot(frame, {"NaN"});
}

void Panels::headings(const Rectangle& panel, const std::string& title, const std::string& y, const std::string& x) {
  command(gnuplot_comment(title));
  text(panel.left - 44, panel.top - 41, title, "left font font_heading");
  text(panel.left - 44, panel.top - 23, y, "left font font_label" + grey);
  text(panel.left + panel.width / 2, panel.top + panel.height + 35, x, "center font font_label" + grey);
}

Figure Panels::finish() {
  command("unset multiplot\nunset output");
  figure_.script = std::move(script_);
  return std::move(figure_);
}

std::string line_clause(const Style& style) { return "with lines " + line_look(style); }

std::string band_clause(const Style& style) {
  return "with filledcurves fillstyle transparent solid 0.16 noborder linecolor rgb " + gnuplot_quoted(style.color);
}

std::string point_clause(const Style& style, double size) { return "with points " + point_look(style, size); }

std::string run_clause(const Style& style, double size) {
  return "with labels hypertext point " + point_look(style, size);
}

std::string tooltip(const std::string& label, const std::string& format, const std::string& columns) {
  // gnuplot copies the text into an attribute of SVG without escaping quotes.
  const std::string literal = replace_all(replace_all(plain_text(label), "%", "%%"), "\"", "'");
  return "(sprintf(" + gnuplot_quoted(literal + format) + ", " + columns + "))";
}

}  // namespace rnnbench::analysis
