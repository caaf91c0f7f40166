// Figures of the commands that draw some.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "analysis/figures/panels.h"
#include "cli/arguments.h"

namespace rnnbench::cli {

// --paper, --format and --out of commands that draw figures.
std::vector<Flag> drawing_flags();

// What these flags say.
struct Drawing {
  std::string paper;                 // "column", "page" or ""
  std::vector<std::string> formats;  // of svg, pdf and png
  std::filesystem::path folder;      // "": the folder of the results
  const FigureLayout& layout() const { return paper.empty() ? screen_layout() : paper_layout(paper); }
};
Drawing drawing_of(const Arguments& arguments);

// Writes the scripts and data of the figures and draws them. Returns false, and tells the user, when gnuplot is not
// installed and nothing was drawn. Tells, too, which scripts the user had edited and what they are called now.
bool make_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder,
                  const std::vector<std::string>& formats = figure_formats);

// Draws the figures for the flags, each with the name of the paper at the end of its own, and prints the files, one
// path a line. For paper, writes the LaTeX of the figure with its caption beside it.
void draw(std::vector<Figure> figures, const std::filesystem::path& folder, const Drawing& drawing);

}  // namespace rnnbench::cli
