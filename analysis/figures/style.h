// Color, dashes and points of each model in all figures. Models differ in all three, so that figures can be read in
// grayscale and by color-blind readers.
#pragma once

#include <map>
#include <string>

#include "analysis/study.h"

namespace rnnbench::analysis {

struct Style {
  std::string color;  // "#0072b2"; from the palette of Okabe & Ito (2008)
  std::string dash;   // a gnuplot dash type: "1" or "(12,4)"
  int point = 7;      // a gnuplot point type
};

// The styles of all models by label. Common combinations of cell and attention have the same style in every experiment;
// the style of others depends on which styles the study uses already. Variants of a model, such as different widths,
// have tints of its color with different dashes and points.
std::map<std::string, Style> styles_of(const Study& study);

}  // namespace rnnbench::analysis
