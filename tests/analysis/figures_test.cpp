// The figures of an experiment: complete, distinct, readable, and the same bytes when drawn again.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include <catch2/catch.hpp>

#include "analysis/compare.h"
#include "analysis/compare_output.h"
#include "analysis/figures/experiment_figures.h"
#include "analysis/figures/learning_curves.h"
#include "analysis/figures/panels.h"
#include "analysis/figures/score_by_model.h"
#include "analysis/figures/score_figures.h"
#include "analysis/figures/style.h"
#include "analysis/format.h"
#include "analysis/report.h"
#include "analysis/summary.h"
#include "analysis/table.h"
#include "analysis/table_rows.h"
#include "experiments/records/files.h"
#include "models/catalogue.h"
#include "tests/analysis/analysis_records.h"
#include "tests/experiments/run_fixture.h"
#include "tests/texts.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

TEST_CASE("drawing again gives the same bytes in every format", "[report][figures]") {
  REQUIRE(gnuplot_available());
  TemporaryFolder folder;
  const std::vector<Figure> figures = all_figures(made_up::study());
  REQUIRE(figures.size() == 5);
  const fs::path first = folder.path() / "first", second = folder.path() / "elsewhere" / "second";
  write_figures(figures, first);
  draw_figures(figures, first);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // a date of drawing would show
  write_figures(all_figures(made_up::study()), second);
  draw_figures(figures, second);
  const auto files = files_below(first);
  CHECK(files.size() == 5 * figures.size());  // gp, dat, svg, pdf, png, and nothing else
  CHECK(files == files_below(second));
}

TEST_CASE("a figure's script can be run by itself in its folder", "[report][figures]") {
  REQUIRE(gnuplot_available());
  TemporaryFolder folder;
  const std::vector<Figure> figures = all_figures(made_up::study(10));
  write_figures(figures, folder.path());
  for (const Figure& figure : figures) {
    const std::string gp = read_file(folder.path() / (figure.name + ".gp"));
    CHECK(gp.find(folder.path().string()) == std::string::npos);
    REQUIRE(std::system(("cd '" + folder.path().string() + "' && gnuplot " + figure.name + ".gp").c_str()) == 0);
    CHECK(read_file(folder.path() / (figure.name + ".svg")).find("</svg>") != std::string::npos);
  }
}

TEST_CASE("learning curves hold every model, keep solved values and mark what did not solve", "[report][figures]") {
  const Study study = made_up::study();
  const Figure figure = learning_curves(study);
  for (const TaskRuns& task : study.tasks) {
    CHECK(count(figure.script, "'" + task.label + "'") == 1);
    for (const ModelRuns& model : task.models) {
      CHECK(count(figure.data, "# " + task.label + ", " + model.label + ": update, median") == 1);
    }
  }
  CHECK(count(figure.script, "'baseline'") == study.tasks.size());
  CHECK(figure.caption.find("n = 4 to 5") != std::string::npos);  // one is missing
  // rnn solves nothing: a cross for each of its runs, the diverged one where it ended.
  const auto block = figure.data.find("# copy, rnn: not solved");
  REQUIRE(block != std::string::npos);
  const std::string rows = figure.data.substr(block, figure.data.find("\n\n", block) - block);
  CHECK(count(rows, "\n4000 0.5") == 4);
  CHECK(count(rows, "\n17 0.5") == 1);
  CHECK(figure.script.find("'0/5'") != std::string::npos);
}

TEST_CASE("a task without a record has an empty panel behind those of other tasks", "[report][figures]") {
  REQUIRE(gnuplot_available());
  std::vector<Run> runs;
  for (const made_up::Task& task : made_up::tasks()) {
    const Run run = made_up::run(task, made_up::models()[1], 1);
    runs.push_back(&task == &made_up::tasks()[1] ? made_up::missing(run) : run);
  }
  const TemporaryFolder folder;
  const std::vector<Figure> figures = all_figures(make_study("test", "A test", "test.ini", std::move(runs)));
  write_figures(figures, folder.path());
  draw_figures(figures, folder.path());
  CHECK(read_file(folder.path() / "learning-curves.svg").find("no record yet") != std::string::npos);
}

TEST_CASE("crosses are where training ended, on the axis", "[figures]") {
  Run stopped = made_up::run(made_up::tasks()[0], made_up::models()[0], 1);
  stopped.record->result["updates"] = 1234;
  Run diverged = made_up::diverged(made_up::run(made_up::tasks()[0], made_up::models()[0], 2));
  diverged.record->result["updates"] = 2;
  for (Run* run : {&stopped, &diverged}) {
    Json late = Json::array();
    for (const Json& point : run->record->result["curve"])
      if (point["update"] >= 5) late.push_back(point);
    run->record->result["curve"] = late;
  }
  const std::string data = learning_curves(make_study("test", "A test", "test.ini", {stopped, diverged})).data;
  CHECK(data.find("\n1234 0.5 1 1234\n") != std::string::npos);
  CHECK(data.find("\n5 0.5 2 2") != std::string::npos);
}

TEST_CASE("a score that is not finite counts as the worst in the figure over lengths", "[figures]") {
  std::vector<Run> runs;
  for (int seed = 1; seed <= 3; ++seed) {
    runs.push_back(made_up::run(made_up::tasks()[1], made_up::models()[1], seed));
    runs.back().record->result["lengths"][2]["mse"] = seed == 1 ? Json(0.5) : Json();
  }
  const Study study = make_study("test", "A test", "test.ini", std::move(runs));
  const Figure figure = score_by_length(study, screen_layout(), "").at(0);
  CHECK(figure.data.find("\n400 0.5 0.5 0.5") != std::string::npos);
  CHECK(figure.caption.find("have no finite score count with the worst one") != std::string::npos);
  const Figure crosses = score_by_model(study, screen_layout(), "mse at 400");
  CHECK(count(crosses.data, ", seed, no score") == 1);
  CHECK(crosses.caption.find("Crosses: runs that diverged or have no finite score") != std::string::npos);
}

TEST_CASE("runs that diverged before the first evaluation are in curves and medians", "[figures]") {
  const made_up::Task& adding = made_up::tasks()[1];
  std::vector<Run> runs;
  for (int seed = 1; seed <= 5; ++seed) {
    runs.push_back(made_up::run(adding, made_up::models()[1], seed));
    if (seed > 2) continue;
    runs.back().record->result["final"]["test"]["mse"] = 0.001 * seed;
  }
  for (int i = 2; i < 5; ++i) {
    runs[i] = made_up::diverged(runs[i]);
    Json& curve = runs[i].record->result["curve"];
    curve = Json::array({curve.at(0)});  // before training
  }
  const Study study = make_study("test", "A test", "test.ini", std::move(runs));
  const std::string curves = learning_curves(study).data;
  const auto block = curves.find('\n', curves.find(": update, median")) + 1;
  std::istringstream rows(curves.substr(block, curves.find("\n\n", block) - block));
  int points = 0;
  for (double update, median, low, high; rows >> update >> median >> low >> high; ++points) {
    CHECK(median == high);  // the top of the axis, because of three of five
    CHECK(low < median);
  }
  CHECK(points > 5);
  CHECK(learning_curves(study).caption.find("n = 5") != std::string::npos);
  const double median_of_table = summarize(study.tasks[0], study.tasks[0].models[0]).score.median;
  CHECK(median_of_table == adding.baseline);
  for (const Figure& figure :
       {score_by_parameters(study, screen_layout(), ""), score_by_model(study, screen_layout(), "")}) {
    const auto median_block = figure.data.find(", median");
    REQUIRE(median_block != std::string::npos);
    CHECK(figure.data.substr(median_block, 60).find(number_text(adding.baseline)) != std::string::npos);
  }
}

TEST_CASE("models differ in color and in dash and point, the same in every experiment", "[report][figures]") {
  std::vector<Run> runs;
  for (const made_up::Model& model : made_up::models()) {
    for (int hidden : {16, 32, 64}) runs.push_back(made_up::run(made_up::tasks()[0], model, 1, {{"hidden", hidden}}));
  }
  const auto styles = styles_of(make_study("", "", "", runs));
  CHECK(styles.size() == 15);
  std::set<std::string> looks, colors;
  for (const auto& [label, style] : styles) {
    colors.insert(style.color);
    looks.insert(style.dash + " " + std::to_string(style.point));
  }
  CHECK(colors.size() == 15);
  const auto alone = styles_of(made_up::study());
  std::set<std::string> grey;
  for (const auto& [label, style] : alone) grey.insert(style.dash + " " + std::to_string(style.point));
  CHECK(grey.size() == alone.size());  // told apart without color
  CHECK(alone.at("lstm").color == styles.at("lstm (hidden 16)").color);
}

TEST_CASE("variants of the only cell of a figure have different colors", "[report][figures]") {
  std::vector<Run> runs;
  for (const int hidden : {8, 16, 32, 64})
    runs.push_back(made_up::run(made_up::tasks()[0], made_up::models()[0], 1, {{"hidden", hidden}}));
  std::set<std::string> colors;
  for (const auto& [label, style] : styles_of(make_study("", "", "", runs))) colors.insert(style.color);
  CHECK(colors.size() == 4);
}

TEST_CASE("no two models of one figure look alike", "[report][figures]") {
  const auto distinct = [](const std::map<std::string, Style>& styles) {
    std::set<std::string> lines, points, both;
    for (const auto& [label, style] : styles) {
      lines.insert(style.color + style.dash);
      points.insert(style.color + std::to_string(style.point));
      both.insert(style.dash + std::to_string(style.point));  // in grayscale
    }
    return std::min({lines.size(), points.size(), both.size()});
  };
  std::vector<Run> cells, widths;
  const auto run = [](const std::string& cell, int hidden) {
    return made_up::run(made_up::tasks()[0], made_up::models()[0], 1, {{"cell", cell}, {"hidden", hidden}});
  };
  for (const CellEntry& cell : all_cells()) cells.push_back(run(cell.name, 64));
  for (const char* cell : {"lstm", "gru", "mgu", "janet"})
    for (const int hidden : {4, 8, 12, 16, 24, 32, 48}) widths.push_back(run(cell, hidden));
  REQUIRE(cells.size() >= 28);
  REQUIRE(widths.size() == 28);
  CHECK(distinct(styles_of(make_study("", "", "", cells))) == cells.size());
  CHECK(distinct(styles_of(make_study("", "", "", widths))) == widths.size());
}

TEST_CASE("figures for papers have the width of the paper and text of eight points", "[report][figures]") {
  for (const auto& [paper, millimeters] : {std::pair{"column", 86}, {"page", 178}})
    for (const Figure& figure : all_figures(made_up::study(), paper_layout(paper))) {
      INFO(figure.name);
      CHECK(std::abs(figure.width * 25.4 / 96 - millimeters) < 0.5);
      CHECK(figure.font_size * 0.75 == Approx(8));
      for (const char* font : {"title", "heading", "label", "tic", "note"})
        CHECK(figure.script.find(std::string("font_") + font + " = ") != std::string::npos);
      CHECK(count(figure.script, "',10.66667'") == 5);
      CHECK(figure.script.find(figure.title) == std::string::npos);  // papers have captions
    }
  CHECK_THROWS_WITH(paper_layout("poster"), "paper = poster is not one of column and page");
}

TEST_CASE("axes span what is drawn", "[report][figures]") {
  std::vector<Run> runs;
  for (int seed = 1; seed <= 12; ++seed) runs.push_back(made_up::run(made_up::tasks()[0], made_up::models()[1], seed));
  for (Json& point : runs[4].record->result["curve"]) point["loss"] = 1e10;
  const Study study = make_study("", "", "", runs);
  CHECK(learning_curves(study).script.find("set yrange [9.99999e-05:10.00001]") != std::string::npos);
}

TEST_CASE("numbers beside each other keep their distance", "[report][figures]") {
  const Axis axis{-0.6, 0.1};
  CHECK(axis.commands('x').ends_with(
      "('−0.6' -0.6, '' -0.5, '−0.4' -0.4, '' -0.3, '−0.2' -0.2, '' -0.1, '0' 0, '' 0.1)"));
  CHECK(axis.commands('y').find("'−0.5' -0.5, '−0.4' -0.4") != std::string::npos);
  CHECK(Axis{0, 0.5}.commands('x').ends_with("('0' 0, '0.1' 0.1, '0.2' 0.2, '0.3' 0.3, '0.4' 0.4, '0.5' 0.5)"));
}

TEST_CASE("a figure can show another measure, and only some models", "[report][figures]") {
  const Study study = with_models(made_up::study(), {"lstm", "gru"});
  CHECK(model_labels(study) == std::vector<std::string>{"lstm", "gru"});
  CHECK_THROWS_WITH(with_models(study, {"lstn"}), Catch::Contains("did you mean 'lstm'"));
  const Figure loss = score_by_parameters(study, screen_layout(), "loss");
  CHECK(count(loss.script, "'loss (lower is better)'") == 3);
  CHECK(loss.caption.find("Dashed") == std::string::npos);  // no task is judged by its loss
  CHECK(score_by_parameters(study, screen_layout(), "recall").caption.find("Dashed") != std::string::npos);
}

TEST_CASE("the pointer shows model, seed and value", "[report][figures]") {
  REQUIRE(gnuplot_available());
  Study study = with_models(made_up::study(), {"lstm"});
  study.tasks.resize(1);
  study.tasks[0].models[0].label = "lstm 100% <\"&'>";
  TemporaryFolder folder;
  draw_figures({learning_curves(study)}, folder.path(), {"svg"});
  const std::string svg = read_file(folder.path() / "learning-curves.svg");
  CHECK(svg.find("data index") == std::string::npos);
  CHECK(svg.find("showHypertext") == std::string::npos);
  CHECK(svg.find("<title>copy, lstm 100% &lt;&quot;&amp;'&gt;: update, median, low, high</title>") !=
        std::string::npos);
  CHECK(std::regex_search(
      svg, std::regex("<title>lstm 100% &lt;'&amp;'>, seed 1: (not )?solved after [0-9]+ updates</title>")));
  CHECK_FALSE(fs::exists(folder.path() / "learning-curves.pdf"));
  // Half of what gnuplot writes is groups without content.
  CHECK(count(svg, "<g ") + count(svg, "<g>") == count(svg, "</g>"));
  CHECK_FALSE(std::regex_search(svg, std::regex("<g fill=[^>]*>\\s*</g>")));
}

TEST_CASE("a script that was edited is kept under another name", "[report][figures]") {
  const std::vector<Figure> figures = {learning_curves(made_up::study())};
  TemporaryFolder folder;
  CHECK(write_figures(figures, folder.path()).empty());
  CHECK(write_figures(figures, folder.path()).empty());  // what rnnbench has written it may overwrite
  const fs::path script = folder.path() / "learning-curves.gp";
  for (const char* name : {"learning-curves.edited.gp", "learning-curves.edited-2.gp"}) {
    const std::string edited = replace_all(read_file(script), "font_note = ',9.5'", "font_note = ',14'");
    write_atomically(script, edited);
    CHECK(write_figures(figures, folder.path()) == std::vector<fs::path>{folder.path() / name});
    CHECK(read_file(folder.path() / name) == edited);
    CHECK(read_file(script) == gnuplot_script(figures[0]));
  }
  write_atomically(script, "plot sin(x)\n");  // nor is one without the hash
  CHECK(write_figures(figures, folder.path()) == std::vector<fs::path>{folder.path() / "learning-curves.edited-3.gp"});
}

TEST_CASE("text in a figure cannot break its script", "[report][figures]") {
  REQUIRE(gnuplot_available());
  Study study = made_up::study(3);
  study.title = "It's {/=50 \"quoted\"} @home_x^2 `date` \\n";
  TemporaryFolder folder;
  const std::vector<Figure> figures = {learning_curves(study)};
  write_figures(figures, folder.path());
  draw_figures(figures, folder.path());
  const std::string svg = read_file(folder.path() / "learning-curves.svg");
  CHECK(svg.find("It's {/=50 \"quoted\"} @home_x^2 `date` \\n: learning curves") != std::string::npos);
}

TEST_CASE("axes of any numbers have few tics, in their range", "[report][figures]") {
  const double largest = std::numeric_limits<double>::max(), smallest = std::numeric_limits<double>::denorm_min(),
               infinity = std::numeric_limits<double>::infinity(), none = std::nan("");
  for (const Values& values : std::vector<Values>{{0},
                                                  {none},
                                                  {smallest},
                                                  {largest},
                                                  {-largest, largest},
                                                  {-infinity, infinity, none},
                                                  {smallest, largest},
                                                  {1, 1 + 2.3e-16},
                                                  {1e100, largest},
                                                  {-smallest, 0},
                                                  {1e-8, 1e8}}) {
    for (const Axis& axis : {linear_axis(values), fitted_axis(values), logarithmic_axis(values)}) {
      INFO(values.front() << " " << values.back() << " " << axis.low << " " << axis.high);
      CHECK((std::isfinite(axis.high - axis.low) && axis.high > axis.low));
      const Axis wide = widened(axis);
      CHECK((wide.low < axis.low && axis.high < wide.high && std::isfinite(wide.high)));
      const std::string commands = wide.commands('x');
      CHECK(count(commands, "'") >= 4);
      CHECK(count(commands, "'") <= 24);
    }
  }
  CHECK(drawable(0) == 0);
  CHECK(drawable(-infinity) == -1e100);
  CHECK(drawable(smallest) == 1e-100);
}

TEST_CASE("extreme numbers of records are drawn, and are tables and a page", "[report][figures]") {
  REQUIRE(gnuplot_available());
  for (const double extreme : {1e300, 1.7e308, 5e-324, 0.0}) {
    Study study = made_up::study();
    std::vector<Run> runs;
    for (const TaskRuns& task : study.tasks)
      for (const ModelRuns& model : task.models) runs.insert(runs.end(), model.runs.begin(), model.runs.end());
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (!runs[i].recorded() || runs[i].diverged()) continue;
      Json& result = runs[i].record->result;
      result["measure"]["solved_at"] = extreme;
      result["baseline"] = extreme;
      if (i % 2 == 0) continue;
      const std::string measure = result["measure"]["name"];
      result["final"]["test"][measure] = i % 4 == 1 ? extreme : -extreme;
      for (Json& point : result["lengths"]) point[measure] = extreme;
      result["curve"].back()["loss"] = extreme;
      for (const char* key : {"sequences_per_second", "train_cpu_seconds"}) runs[i].record->measured[key] = extreme;
    }
    INFO(extreme);
    study = make_study("example", "Extreme numbers", "example.ini", runs);
    TemporaryFolder folder;
    const std::vector<Figure> figures = all_figures(study);
    draw_figures(figures, folder.path());
    CHECK(report_html(study, figures, folder.path()).find("CPU time of all runs") != std::string::npos);
    CHECK(text_tables(study).find("Extreme") == 0);
    CHECK(compare_text(compare(study, "lstm", "gru", "")).find("lstm") != std::string::npos);
  }
}
