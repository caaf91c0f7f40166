// Figures drawn by the program gnuplot from a script and a data file that stay beside them, so that a reader
// can redraw.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::analysis {

// One figure: <name>.gp and <name>.dat, drawn as <name>.svg, .pdf and .png. Lengths are CSS pixels (1/96
// inch).
struct Figure {
  std::string name;
  std::string title;
  std::string caption;  // what is shown, over how many runs
  int width = 0, height = 0;
  std::string script;  // after the preamble; reads the file named by the gnuplot variable `data`
  std::string data;
};

// The script with its preamble, which chooses the terminal by the variable `format` (svg, pdf or png).
std::string gnuplot_script(const Figure& figure);

bool gnuplot_available();

// Writes the .gp and .dat of each figure into the folder, which is created, and removes drawings of earlier
// data.
void write_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder);

// Draws them in three formats; the same script and data give the same bytes. Throws std::runtime_error with
// gnuplot's own words when it fails.
void draw_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder);

// A gnuplot string constant.
std::string quoted(const std::string& text);

}  // namespace rnnbench::analysis
