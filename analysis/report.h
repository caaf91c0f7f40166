// The report of an experiment as a single HTML page.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "analysis/figures/gnuplot.h"
#include "analysis/study.h"

namespace rnnbench::analysis {

// The page, which contains its style sheet and figures and refers to no other file. `figures` were drawn in `folder`;
// if there are none, the page says where their data are. `claim` is HTML to be placed at the top, for the experiment of
// a finding. The same records give the same bytes.
std::string report_html(const Study& study, const std::vector<Figure>& figures, const std::filesystem::path& folder,
                        const std::string& claim = "");

// The command that trains the runs of one model, with every option: "rnnbench run --task copy --length 20 ...
// --seed 1..5".
std::string command_of(const ModelRuns& model);

}  // namespace rnnbench::analysis
