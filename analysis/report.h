// The report of an experiment as a single HTML page.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "analysis/figures/gnuplot.h"
#include "analysis/study.h"

namespace rnnbench::analysis {

// The page, which contains its style sheet and figures and refers to no other file. `figures` were drawn in `folder`;
// if there are none, the page says where their data are. `claims` is HTML to be placed at the top, for the runs of a
// study; `train` is the command that trains these runs, if it is not `rnnbench run` of the file with the settings that
// are shown. The same records give the same bytes.
std::string report_html(const Study& study, const std::vector<Figure>& figures, const std::filesystem::path& folder,
                        const std::string& claims = "", const std::string& train = "");

// The command that trains the runs of one model, with every option: "rnnbench run --task copy --length 20 ...
// --seed 1..5".
std::string command_of(const ModelRuns& model);

}  // namespace rnnbench::analysis
