// Draws figures with the program gnuplot. Script and data file are kept, so that figures can be redrawn and changed.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/namespaces.h"
#include "core/text.h"

namespace rnnbench::analysis {

// A figure, with script <name>.gp and data <name>.dat, drawn as <name>.svg, .pdf and .png. Lengths are in CSS pixels
// (1/96 inch).
struct Figure {
  std::string name;
  std::string title;
  std::string caption;  // explains what is shown, with the number of runs
  int width = 0, height = 0;
  std::string script;  // without preamble; the gnuplot variable `data` holds the name of the data file
  std::string data;
  double font_size = 12;  // of text without another size
  // The blocks of the data that show a model, with the model's number: in SVG, what is drawn from them has the
  // attribute data-model.
  std::map<std::size_t, std::size_t> models = {};
};

// A comment line of a script or a data file, without the newline at its end.
std::string gnuplot_comment(const std::string& text);

// The complete script. Its preamble selects the output by the gnuplot variable `format` (svg, pdf or png).
std::string gnuplot_script(const Figure& figure);

bool gnuplot_available();

// Writes the .gp and .dat file of each figure into the folder, which it creates if necessary, and removes earlier
// drawings. A script that is not as it was written here is renamed to <name>.edited.gp (.edited-2.gp, ...) before.
// Returns the new names of such scripts.
std::vector<std::filesystem::path> write_figures(const std::vector<Figure>& figures,
                                                 const std::filesystem::path& folder);

inline const std::vector<std::string> figure_formats = {"svg", "pdf", "png"};

// Draws the figures in these formats and writes them with their scripts and data, as write_figures does. The same
// script and data give the same bytes, whatever the environment variables and configuration files of the user. Throws
// std::runtime_error with gnuplot's message when a drawing fails or is incomplete; then the folder is as before.
std::vector<std::filesystem::path> draw_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder,
                                                const std::vector<std::string>& formats = figure_formats);

}  // namespace rnnbench::analysis
