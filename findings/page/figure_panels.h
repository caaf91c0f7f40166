// What every kind of figure hands to finding_figure.
#pragma once

#include <functional>
#include <string>

#include "analysis/figures/panels.h"

namespace rnnbench::findings {

// Panels of one kind. finding_figure makes the frame for them and adds the panel of the comparison.
struct PanelGroup {
  int panels = 0;
  double height = 210;  // of each, pixels
  bool legend = true;   // false when the panels themselves name the models
  std::string caption;
  std::function<void(Panels&)> draw;  // draws panels 0, 1, ...
  bool fixed_height = false;          // the height is that of rows of text, so it is the same in every layout
};

}  // namespace rnnbench::findings
