// Figures of the commands that draw some.
#pragma once

#include <filesystem>
#include <vector>

#include "analysis/figures/gnuplot.h"

namespace rnnbench::cli {

// Writes the scripts and data of the figures and draws them. Returns false, and tells the user, when gnuplot is not
// installed and nothing was drawn.
bool make_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder);

// The .svg, .pdf and .png files that make_figures has drawn, one path a line on standard output.
void print_figure_files(const std::vector<Figure>& figures, const std::filesystem::path& folder);

}  // namespace rnnbench::cli
