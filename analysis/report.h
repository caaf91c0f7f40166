// The report of an experiment: one self-contained page.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "analysis/figures/gnuplot.h"
#include "analysis/study.h"

namespace rnnbench::analysis {

// HTML with style and figures inside and no reference to anything outside. `figures` are those that were
// drawn in `folder`; with none the page says where their data is. `claim` is HTML that goes before everything,
// as for a finding. Made of records only: the same records, the same bytes.
std::string report_html(const Study& study, const std::vector<Figure>& figures, const std::filesystem::path& folder,
                        const std::string& claim = "");

// "rnnbench run --task copy --length 20 ... --seed 1..5": every option of the runs of one model, defaults
// included.
std::string command_of(const ModelRuns& model);

}  // namespace rnnbench::analysis
