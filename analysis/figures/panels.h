// The layout of a figure: a title, one legend, a grid of panels (one per task) and a caption; and axes with round tics.
#pragma once

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

class Panels {
 public:
  // `height` is the height of a panel. If the last panel is alone in its row, its height is `last_height` (0: the
  // same). Without a legend, the panels must name their models.
  Panels(const Study& study, std::string name, std::string title, std::string caption, int panels, double height,
         bool legend = true, double last_height = 0);

  const Style& style(const std::string& label) const { return styles_.at(label); }
  Rectangle panel(int number) const;

  // Adds a block with a comment to the data file, one line per row, and returns its number for gnuplot's `index`.
  // Values that are not finite become "?", which gnuplot skips; others are made drawable.
  int add_data(const std::string& comment, const std::vector<Values>& rows);

  void command(const std::string& line) { script_ += line + "\n"; }
  // Adds text at a point of the canvas (pixels from the top left corner), drawn with the next plot.
  void text(double left, double top, const std::string& text, const std::string& options = "");
  // Plots the curves (gnuplot plot clauses) in a rectangle. Later plots do not repeat its labels and arrows.
  void plot(const Rectangle& frame, const std::vector<std::string>& curves);
  // Title and label of the vertical axis above the panel, and label of the horizontal axis below it.
  void headings(const Rectangle& panel, const std::string& title, const std::string& y, const std::string& x);

  Figure finish();

 private:
  void draw_legend(const std::vector<std::string>& labels);
  std::string position(double left, double top) const;

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

}  // namespace rnnbench::analysis
