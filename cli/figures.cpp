#include "cli/figures.h"

#include <iostream>

namespace rnnbench::cli {

bool make_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder) {
  if (!gnuplot_available()) {
    write_figures(figures, folder);
    std::cerr << "gnuplot is not installed, so no figure was drawn; scripts (.gp) and data (.dat) are in "
              << folder.string() << " (Debian: apt-get install gnuplot-nox)\n";
    return false;
  }
  draw_figures(figures, folder);
  return true;
}

void print_figure_files(const std::vector<Figure>& figures, const std::filesystem::path& folder) {
  for (const Figure& figure : figures)
    for (const std::string ending : {".svg", ".pdf", ".png"})
      std::cout << (folder / (figure.name + ending)).string() << '\n';
}

}  // namespace rnnbench::cli
