// The frame of every figure: a title, one legend, a grid of panels (one per task), a caption; axes with
// readable tics.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analysis/figures/gnuplot.h"
#include "analysis/figures/style.h"

namespace rnnbench::analysis {

struct Axis {
  double low = 0, high = 1;
  bool logarithmic = false;

  // gnuplot commands: range, scale and tics. `axis` is 'x' or 'y'; without labels the tics stay.
  std::string commands(char axis, bool labels = true) const;
};

// The least axis with round ends that holds all values; on a logarithmic one they must be positive.
Axis linear_axis(const Values& values);
Axis logarithmic_axis(const Values& values);
// Linear too, but without 0 where all values are far from it.
Axis fitted_axis(const Values& values);
// Room for points that lie on the ends of the axis.
Axis widened(Axis axis);
// A text cut between words into lines of at most so many bytes.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

struct Rectangle {
  double left, top, width, height;  // pixels from the top left corner
};

class Panels {
 public:
  // `height` is that of one panel, `last_height` that of the last one where it is alone in its row (0: the same).
  // Without a legend the panels name their models themselves.
  Panels(const Study& study, std::string name, std::string title, std::string caption, int panels, double height,
         bool legend = true, double last_height = 0);

  const Style& style(const std::string& label) const { return styles_.at(label); }
  Rectangle panel(int number) const;

  // A named block of the data file, one line of numbers per row; gives its number for `index`. Values that
  // are not finite become "?", which gnuplot skips.
  int add_data(const std::string& comment, const std::vector<Values>& rows);

  void command(const std::string& line) { script_ += line + "\n"; }
  // Text at a point of the canvas, for the next plot.
  void text(double left, double top, const std::string& text, const std::string& options = "");
  // A plot in a rectangle; its labels and arrows are forgotten afterwards.
  void plot(const Rectangle& frame, const std::vector<std::string>& curves);
  // Title and what the vertical axis shows above, what the horizontal axis shows below.
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

// `with` clauses of a model's curve, band and points.
std::string line_clause(const Style& style);
std::string band_clause(const Style& style);
std::string point_clause(const Style& style, double size);

}  // namespace rnnbench::analysis
