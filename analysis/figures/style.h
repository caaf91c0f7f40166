// How each model looks in every figure: color, dash and point, all distinct, so that figures survive grey
// printing and color-blind readers.
#pragma once

#include <map>
#include <string>

#include "analysis/study.h"

namespace rnnbench::analysis {

struct Style {
  std::string color;  // "#0072b2"; of Okabe & Ito (2008)
  std::string dash;   // a gnuplot dash type: "1" or "(12,4)"
  int point = 7;      // a gnuplot point type
};

// By label. A cell with its attention has the same look in every experiment (one that is less common gives way
// where another of the study looks like it); variants of one (other widths, say) are tints of its color with
// dashes and points of their own.
std::map<std::string, Style> styles_of(const Study& study);

}  // namespace rnnbench::analysis
