// The parts of a finding's figure: what each kind draws into its panels.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analysis/figures/panels.h"
#include "findings/page/runs_shown.h"

namespace rnnbench::findings {

// Panels of one kind, to be drawn into a frame that more may follow.
struct PanelGroup {
  int panels = 0;
  double height = 210;  // of each, pixels
  bool legend = true;   // or do the panels name their models themselves
  std::string caption;
  std::function<void(Panels&)> draw;  // from panel 0 on
};

// `study` outlives the group; of `over KEY` it is without that setting.
PanelGroup strip_panels(const FindingResult& result, const Study& study);
PanelGroup setting_panels(const FindingResult& result, const Study& study, const std::string& key);
PanelGroup curve_panels(const Study& study);
PanelGroup profile_panels(const FindingResult& result, const Study& study);
PanelGroup solve_panels(const FindingResult& result, const Study& study);
PanelGroup gradient_panels(const Study& study);
PanelGroup gate_panels(const Study& study);

// The parts of the decided comparison: every seed's number, mean with interval, the declared boundary.
double comparison_height(const Outcome& outcome);
void draw_comparison(Panels& panels, Rectangle frame, const Outcome& outcome);

// Band of the mean's 95 % bootstrap interval from ten values on; below that from the least to the largest.
Interval mean_band(const Values& values);
std::string measure_heading(const Measurement& measurement, const Study& study);  // "recall (higher is better)"

}  // namespace rnnbench::findings
