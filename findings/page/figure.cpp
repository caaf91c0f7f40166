#include "findings/page/figure.h"

#include <algorithm>

#include "analysis/figures/learning_curves.h"
#include "findings/page/probes.h"
#include "findings/page/profile.h"
#include "findings/page/runs_shown.h"
#include "findings/page/settings.h"
#include "findings/page/strips.h"

namespace rnnbench::findings {
namespace {

PanelGroup curve_panels(const Study& study, const FigureLayout& layout) {
  return {static_cast<int>(study.tasks.size()),
          learning_curves_height(study, layout),
          true,
          learning_curves_caption(study),
          [&study](Panels& panels) {
            for (std::size_t t = 0; t < study.tasks.size(); ++t)
              draw_learning_curves(panels, study.tasks[t], panels.panel(static_cast<int>(t)));
          },
          true};
}

PanelGroup panels_of(const FindingResult& result, const Study& study, const std::string& kind,
                     const FigureLayout& layout) {
  if (kind == "curves") return curve_panels(study, layout);
  if (kind == "time to solve") return solve_panels(result, study);
  if (kind == "profile") return profile_panels(result, study);
  if (kind == "gradients") return gradient_panels(study);
  if (kind == "gates") return gate_panels(study);
  if (kind.starts_with("over ")) return setting_panels(result, study, kind.substr(5));
  return strip_panels(result, study, layout);
}

std::string caption_of(const FindingResult& result, const PanelGroup& group) {
  std::string caption = group.caption;
  const bool searched = result.finding->study->search.has_value();
  if (result.primary)
    caption +=
        " The last panel shows the comparison that decides, " +
        std::string(searched ? "after search A and after search B" : "for each half of the seeds") +
        ": the number of every seed, the mean with its 95 % interval, and as dashed lines the declared boundaries." +
        " The other panels show all runs together.";
  if (searched) caption += " The settings are those that the searches chose.";
  const std::vector<Run>& runs = result.runs();
  const auto missing = std::count_if(runs.begin(), runs.end(), [](const Run& run) { return !run.recorded(); });
  if (missing > 0)
    caption += " " + std::to_string(missing) + " of " + std::to_string(runs.size()) + " runs have no record yet.";
  return caption;
}

// On the screen, the place in the table of findings and the study; in a paper, where neither says anything, the claim.
std::string title_of(const Finding& finding, const Study& study, const FigureLayout& layout) {
  if (layout.titled) return std::to_string(finding.number) + ". " + study.title;
  return finding.claim.ends_with('.') ? finding.claim.substr(0, finding.claim.size() - 1) : finding.claim;
}

}  // namespace

Figure finding_figure(const FindingResult& result, const FigureLayout& layout) {
  const std::string& kind = result.finding->figure;
  const Study study = finding_study(result, kind.starts_with("over ") ? kind.substr(5) : "");
  PanelGroup group = panels_of(result, study, kind, layout);
  if (!group.fixed_height) group.height *= layout.panel_height;
  const double comparison = result.primary ? comparison_height(*result.primary, layout) : 0;
  Panels panels(layout, study, result.finding->short_name(), title_of(*result.finding, study, layout),
                caption_of(result, group), group.panels + (result.primary ? 1 : 0), group.height, group.legend,
                comparison);
  group.draw(panels);
  if (result.primary) draw_comparison(panels, panels.panel(group.panels), *result.primary);
  return panels.finish();
}

}  // namespace rnnbench::findings
