// `figure = over KEY`: the compared number against a setting.
#pragma once

#include <string>

#include "findings/evaluation.h"
#include "findings/page/figure_panels.h"

namespace rnnbench::findings {

// A panel for each task, a line for each model. `study` is finding_study without the setting `key`; it and `result`
// outlive the group.
PanelGroup setting_panels(const FindingResult& result, const Study& study, const std::string& key);

}  // namespace rnnbench::findings
