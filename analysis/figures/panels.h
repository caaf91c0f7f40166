// The layout of a figure: a title, one legend, a grid of panels (one per task) and a caption; and axes with round tics.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "analysis/figures/gnuplot.h"
#include "analysis/figures/style.h"

namespace rnnbench::analysis {

// The number, or the nearest that gnuplot and the functions below can place on an axis: 0, or a magnitude from 1e-100
// to 1e100. So numbers beyond these limits are drawn at the border. Not a number stays so.
double drawable(double value);

struct Axis {
  double low = 0, high = 1;
  bool logarithmic = false;

  // The gnuplot commands for range, scale and tics. `axis` is 'x' or 'y'. Without labels, tics are drawn but not
  // labeled.
  std::string commands(char axis, bool labels = true) const;
};

// The shortest axis with round ends that contains all values, and 0 if linear. A logarithmic axis contains the positive
// ones. Values that are not numbers are ignored, and others are those that are drawable.
Axis linear_axis(const Values& values);
Axis logarithmic_axis(const Values& values);
// A linear axis that contains 0 only if a value is close to it.
Axis fitted_axis(const Values& values);
// The axis extended by a margin, so that points at its ends are not cut off.
Axis widened(Axis axis);
// The text broken between words into lines of at most `width` bytes.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

struct Rectangle {
  double left, top, width, height;  // pixels from the top left corner
};

// Where a figure is shown: how wide it is, and how large its text.
struct FigureLayout {
  // Widths of a panel in figures with one, two and three columns of panels; 0: not as many columns.
  std::array<double, 3> panel_widths;
  double text = 0;          // size of all text in pixels; 0: sizes for the screen
  double panel_height = 1;  // relative to that on the screen
  bool titled = true;       // a title above the panels and a caption below them, which papers set themselves
};
const FigureLayout& screen_layout();
// "column": 86 mm wide, for one of two columns; "page": 178 mm, for the width of a page. All text has eight points.
// Throws UserError for another name.
const FigureLayout& paper_layout(const std::string& name);

class Panels {
 public:
  // `height` is the height of a panel, and `last_height` that of the last one (0: the same). If the last panel is not
  // alone in its row, all panels have the larger of the two. Without a legend, the panels must name their models.
  Panels(const FigureLayout& layout, const Study& study, std::string name, std::string title, std::string caption,
         int panels, double height, bool legend = true, double last_height = 0);

  const FigureLayout& layout() const { return layout_; }
  const Style& style(const std::string& label) const { return styles_.at(label); }
  Rectangle panel(int number) const;

  // Adds a block with a comment to the data file, one line per row, and returns its number for gnuplot's `index`.
  // Values that are not finite become "?", which gnuplot skips; others are made drawable. `model`: the label of the
  // model that the block shows, if a page should be able to hide it.
  int add_data(const std::string& comment, const std::vector<Values>& rows, const std::string& model = "");

  void command(const std::string& line) { script_ += line + "\n"; }
  // Adds text at a point of the canvas (pixels from the top left corner), drawn with the next plot.
  void text(double left, double top, const std::string& text, const std::string& options = "");
  // An option for text about a model: like `font` (an expression of gnuplot), and hidden together with the model.
  std::string font_of_model(const std::string& model, const std::string& font) const;
  // Plots the curves (gnuplot plot clauses) in a rectangle. Later plots do not repeat its labels and arrows.
  void plot(const Rectangle& frame, const std::vector<std::string>& curves);
  // Title and label of the vertical axis above the panel, and label of the horizontal axis below it.
  void headings(const Rectangle& panel, const std::string& title, const std::string& y, const std::string& x);
  // An empty panel.
  void plot_nothing(const Rectangle& frame);

  Figure finish();

 private:
  double title_height() const;
  double legend_width(const std::string& label) const;
  std::size_t number_of(const std::string& model) const;
  void draw_legend(const std::vector<std::string>& labels);
  std::string position(double left, double top) const;

  const FigureLayout& layout_;
  std::vector<std::string> labels_;  // of all models; a model's number is its place here
  std::map<std::string, Style> styles_;
  Figure figure_;
  std::vector<std::string> caption_;
  std::string script_;
  int columns_, blocks_ = 0;
  double panel_width_, panel_height_, first_top_ = 0;
};

// The `with` clauses of gnuplot for the curve, band and points of a model.
std::string line_clause(const Style& style);
std::string band_clause(const Style& style);
std::string point_clause(const Style& style, double size);
// Points for single runs, whose third column is a `tooltip`: in SVG, it appears under the pointer.
std::string run_clause(const Style& style, double size);
// A column of text for run_clause: the label, and `format` filled with these columns ("$3, $1") as by sprintf.
std::string tooltip(const std::string& label, const std::string& format, const std::string& columns);

}  // namespace rnnbench::analysis
