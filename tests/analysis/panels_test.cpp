// Axes of figures end at round numbers, and nothing that a figure shows covers anything else.
#include "analysis/figures/panels.h"

#include <algorithm>
#include <regex>

#include <catch2/catch.hpp>

#include "analysis/figures/experiment_figures.h"
#include "tests/analysis/analysis_records.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

std::string tics(const Axis& axis) {
  const std::string commands = axis.commands('y', false);
  return std::regex_replace(commands.substr(commands.rfind('(')), std::regex("'' "), "");
}

std::string ends(const Axis& axis) {
  const std::string commands = axis.commands('y');
  return commands.substr(commands.find('['), commands.find(']') + 1 - commands.find('['));
}

// The rectangles that the script plots in, as shares of the figure, from the bottom left corner.
std::vector<Rectangle> plots_of(const Figure& figure) {
  std::vector<Rectangle> all;
  const std::regex margins(
      "set lmargin at screen (\\S+); set rmargin at screen (\\S+); set tmargin at screen (\\S+); "
      "set bmargin at screen (\\S+); ");
  for (std::sregex_iterator at(figure.script.begin(), figure.script.end(), margins), end; at != end; ++at) {
    const auto number = [&](int group) { return std::stod((*at)[static_cast<std::size_t>(group)]); };
    all.push_back({number(1), number(3), number(2) - number(1), number(3) - number(4)});
  }
  return all;
}

bool overlap(const Rectangle& a, const Rectangle& b) {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top - a.height < b.top && b.top - b.height < a.top;
}

}  // namespace

TEST_CASE("linear axes end at round numbers", "[figures]") {
  CHECK(ends(linear_axis({})) == "[0:1]");
  CHECK(ends(linear_axis({0.13, 0.87})) == "[0:1]");
  CHECK(ends(linear_axis({-3, 8})) == "[-4:8]");
  CHECK(ends(linear_axis({5})) == "[0:5]");
  CHECK(linear_axis({0.1, 0.7}).high == Approx(0.7));  // 0.7 / 0.1 rounds to less than 7
  CHECK(linear_axis({-0.7, 0}).low == Approx(-0.7));
  CHECK(linear_axis({-0.9, 0}).low == Approx(-1));
  CHECK(ends(fitted_axis({81, 97})) == "[80:100]");
  CHECK(ends(fitted_axis({-97, -81})) == "[-100:-80]");
  CHECK(ends(fitted_axis({30, 97})) == "[0:100]");  // 0 is near
  CHECK(tics({0, 1}) == "(0, 0.2, 0.4, 0.6, 0.8, 1)");
  CHECK(tics({-4, 8}) == "(-4, -2, 0, 2, 4, 6, 8)");
  CHECK(tics({80, 100}) == "(80, 85, 90, 95, 100)");
}

TEST_CASE("logarithmic axes end at round numbers", "[figures]") {
  const auto log_ends = [](const Axis& axis) { return std::pair(axis.low, axis.high); };
  CHECK(log_ends(logarithmic_axis({})) == std::pair(1.0, 10.0));
  CHECK(log_ends(logarithmic_axis({3, 70})) == std::pair(2.0, 100.0));
  CHECK(log_ends(logarithmic_axis({0.02, 0.5})) == std::pair(0.02, 0.5));
  CHECK(log_ends(logarithmic_axis({7})) == std::pair(5.0, 10.0));
  CHECK(log_ends(logarithmic_axis({5})) == std::pair(5.0, 10.0));
  CHECK(log_ends(logarithmic_axis({-1, 0, 4})) == std::pair(2.0, 5.0));  // without those that are not positive
  CHECK(tics({1, 50, true}) == "(1, 2, 5, 10, 20, 50)");
  CHECK(tics({0.002, 500, true}) == "(0.01, 0.1, 1, 10, 100)");
  CHECK(tics({1e-5, 1e5, true}) == "(1e-04, 0.01, 1, 100, 10000)");
  CHECK(tics({1e-10, 1e10, true}) == "(1e-08, 1e-04, 1, 10000, 1e+08)");
}

TEST_CASE("a widened axis has a margin of a twenty-fifth at each end", "[figures]") {
  const Axis linear = widened({-10, 40});
  CHECK(linear.low == Approx(-12));
  CHECK(linear.high == Approx(42));
  const Axis logarithmic = widened({1, 1e25, true});
  CHECK(logarithmic.low == Approx(0.1));
  CHECK(logarithmic.high == Approx(1e26));
}

TEST_CASE("panels are beside and below each other, and the last one may have its own height", "[figures]") {
  const Study study = made_up::study();
  constexpr double headings = 54, axis = 48;  // the space above and below a panel
  for (int count = 1; count <= 7; ++count) {
    const int columns = count == 4 ? 2 : std::min(count, 3), rows = (count + columns - 1) / columns;
    for (const double last : {0.0, 60.0, 150.0}) {
      INFO(count << " panels, the last one " << last << " high");
      Panels panels(screen_layout(), study, "name", "Title", "A caption", count, 100, true, last);
      const bool alone = last > 0 && (count - 1) % columns == 0;
      const double height = alone ? 100 : std::max(100.0, last);
      const Rectangle first = panels.panel(0), end = panels.panel(count - 1);
      CHECK(first.height == height);
      CHECK(end.left - first.left == (count - 1) % columns * (first.width + 94));
      CHECK(end.top - first.top == (rows - 1) * (height + headings + axis));
      const double bottom = end.top + (alone ? last : height);
      const Figure figure = panels.finish();
      CHECK(figure.height == bottom + axis + 12 + 16);  // a line of the caption
      CHECK(figure.width == first.left + columns * first.width + (columns - 1) * 94 + 54);
    }
  }
}

TEST_CASE("plots of a figure do not cover each other", "[figures]") {
  for (const FigureLayout& layout : {screen_layout(), paper_layout("column"), paper_layout("page")}) {
    for (const Figure& figure : all_figures(made_up::study(), layout)) {
      INFO(figure.name);
      std::vector<Rectangle> plots = plots_of(figure);
      // The legend is drawn in the whole figure.
      std::erase_if(plots, [](const Rectangle& plot) { return plot.width == 1 && plot.height == 1; });
      CHECK(plots.size() >= 3);
      for (std::size_t i = 0; i < plots.size(); ++i) {
        CHECK((plots[i].left > 0 && plots[i].left + plots[i].width < 1));
        CHECK((plots[i].top < 1 && plots[i].top - plots[i].height > 0));
        for (std::size_t j = 0; j < i; ++j) CHECK_FALSE(overlap(plots[i], plots[j]));
      }
    }
  }
}
