#include "cli/figures.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <system_error>

#include "analysis/latex.h"
#include "cli/output_file.h"
#include "core/error.h"
#include "core/read_file.h"
#include "experiments/records/files.h"

namespace rnnbench::cli {
namespace {

constexpr double millimeters = 25.4 / 96;         // of a pixel
constexpr double max_height = 250 / millimeters;  // of a figure on A4 or letter paper with narrow margins

std::string latex_figure(const Figure& figure, bool whole_page) {
  const std::string environment = whole_page ? "figure*" : "figure";
  return "% in the preamble: \\usepackage{graphicx}; do not scale the drawing, its text has eight points\n\\begin{" +
         environment + "}\n\\centering\n\\includegraphics{" + figure.name + ".pdf}\n\\caption{" +
         latex_escape(figure.title + ". " + figure.caption) + "}\n\\label{fig:" + figure.name + "}\n\\end{" +
         environment + "}\n";
}

}  // namespace

std::vector<Flag> drawing_flags() { return {{"paper", true, {"column", "page"}}, {"format"}, {"out"}}; }

Drawing drawing_of(const Arguments& arguments) {
  Drawing drawing{arguments.text("paper", ""), split(arguments.text("format", "svg,pdf,png")),
                  arguments.text("out", "")};
  for (const std::string& format : drawing.formats)
    if (!std::count(figure_formats.begin(), figure_formats.end(), format))
      throw UserError("command line: --format = " + format + " is not one of " + join(figure_formats) +
                      did_you_mean(format, figure_formats));
  if (!drawing.folder.empty()) refuse_folder_of_results("out", drawing.folder);
  return drawing;
}

bool make_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder,
                  const std::vector<std::string>& formats) {
  const bool available = gnuplot_available();
  for (const std::filesystem::path& edited :
       available ? draw_figures(figures, folder, formats) : write_figures(figures, folder))
    std::cerr << "rnnbench: there was a script that this version had not written; it is kept as " << edited.string()
              << '\n';
  if (!available)
    std::cerr << "gnuplot is not installed, so no figure was drawn; scripts (.gp) and data (.dat) are in "
              << folder.string() << " (Debian: apt-get install gnuplot-nox)\n";
  return available;
}

void draw(std::vector<Figure> figures, const std::filesystem::path& folder, const Drawing& drawing) try {
  if (!drawing.paper.empty())
    for (Figure& figure : figures) figure.name += "-" + drawing.paper;
  if (!make_figures(figures, folder, drawing.formats)) return;
  for (const Figure& figure : figures) {
    if (!drawing.paper.empty() && figure.height > max_height)
      std::cerr << "rnnbench: " << figure.name << " is " << std::lround(figure.height * millimeters)
                << " mm high, more than fits a page"
                << (drawing.paper == "column" ? "; --paper page draws panels side by side\n" : "\n");
    for (const std::string& format : drawing.formats)
      std::cout << (folder / (figure.name + "." + format)).string() << '\n';
    if (drawing.paper.empty()) continue;
    write_atomically(folder / (figure.name + ".tex"), latex_figure(figure, drawing.paper == "page"));
    std::cout << (folder / (figure.name + ".tex")).string() << '\n';
  }
} catch (const std::system_error& error) {
  if (drawing.folder.empty() || !is_wrong_path(error.code())) throw;
  throw UserError("command line: --out = " + drawing.folder.string() + " cannot be written: " + error.code().message());
}

}  // namespace rnnbench::cli
