// Figures and report: complete, self-contained, distinct, and the same bytes when made again.
#include "analysis/report.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <regex>
#include <set>
#include <sys/wait.h>
#include <thread>

#include <catch2/catch.hpp>

#include "analysis/compare.h"
#include "analysis/figures/experiment_figures.h"
#include "analysis/figures/panels.h"
#include "analysis/figures/style.h"
#include "analysis/table.h"
#include "experiments/records/files.h"
#include "models/catalogue.h"
#include "tests/analysis/analysis_records.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++times;
  return times;
}

std::map<std::string, std::string> files_below(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = read_file(entry.path());
  }
  return files;
}

// The program through a shell, so that its environment and both outputs can be chosen.
struct Printed {
  int code;
  std::string out, err;
};
Printed shell(const fs::path& folder, const std::string& arguments, const std::string& environment = "") {
  const std::string out = (folder / "out").string(), err = (folder / "err").string();
  const int status =
      std::system((environment + " '" RNNBENCH_PROGRAM "' " + arguments + " > '" + out + "' 2> '" + err + "'").c_str());
  return {WEXITSTATUS(status), read_file(out), read_file(err)};
}

}  // namespace

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
  CHECK(figure.caption.find("n = 5") != std::string::npos);
  // rnn solves nothing: a cross for each of its runs, the diverged one where it ended.
  const auto block = figure.data.find("# copy, rnn: not solved");
  REQUIRE(block != std::string::npos);
  const std::string rows = figure.data.substr(block, figure.data.find("\n\n", block) - block);
  CHECK(count(rows, "\n4000 0.5") == 4);
  CHECK(count(rows, "\n17 0.5") == 1);
  CHECK(figure.script.find("'0/5'") != std::string::npos);
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

TEST_CASE("a figure can show another measure, and only some models", "[report][figures]") {
  const Study study = with_models(made_up::study(), {"lstm", "gru"});
  CHECK(model_labels(study) == std::vector<std::string>{"lstm", "gru"});
  CHECK_THROWS_WITH(with_models(study, {"lstn"}), Catch::Contains("did you mean 'lstm'"));
  const Figure loss = score_by_parameters(study, screen_layout(), "loss");
  CHECK(count(loss.script, "'loss (lower is better)'") == 3);
  CHECK(loss.caption.find("Dashed") == std::string::npos);  // no task is judged by its loss
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

TEST_CASE("the report is one page that names every run and needs nothing else", "[report]") {
  REQUIRE(gnuplot_available());
  TemporaryFolder folder;
  Study study = made_up::study();
  study.file = "/home/someone/example.ini";
  const std::vector<Figure> figures = all_figures(study);
  write_figures(figures, folder.path());
  draw_figures(figures, folder.path());
  const std::string html = report_html(study, figures, folder.path());
  CHECK(report_html(study, figures, folder.path()) == html);
  CHECK(count(html, "<svg") == figures.size());
  for (const std::string outside : {"<script", "<link", "<img", "<iframe", "@import", "src=", "/home/someone"}) {
    INFO(outside);
    CHECK(count(html, outside) == 0);
  }
  // References inside drawings are to this page; the only addresses are names of XML languages.
  const std::regex reference("(href=['\"]|url\\(['\"]?)([^'\")]*)");
  for (auto match = std::sregex_iterator(html.begin(), html.end(), reference); match != std::sregex_iterator();
       ++match) {
    CHECK((*match)[2].str().front() == '#');
  }
  CHECK(count(html, "http") == count(html, "http://www.w3.org/"));
  const std::regex id("\\sid=['\"]([^'\"]*)['\"]");
  std::set<std::string> ids;
  std::size_t declared = 0;
  for (auto match = std::sregex_iterator(html.begin(), html.end(), id); match != std::sregex_iterator(); ++match) {
    ids.insert((*match)[1]);
    ++declared;
  }
  CHECK(declared > 10);
  CHECK(ids.size() == declared);
  for (const TaskRuns& task : study.tasks) {
    CHECK(html.find(task.definition) != std::string::npos);
    for (const ModelRuns& model : task.models) {
      CHECK(html.find(command_of(model)) != std::string::npos);
      for (const Run& run : model.runs) CHECK(html.find(run.id()) != std::string::npos);
    }
  }
  for (const std::string& sentence : problems(study)) CHECK(count(html, sentence) == 1);
  CHECK(html.find("An Example CPU @ 2.50GHz") != std::string::npos);
  CHECK(html.find("rnnbench run example.ini") != std::string::npos);
}

TEST_CASE("a command in the report spells out every option", "[report]") {
  const Study study = made_up::study();
  CHECK(command_of(study.tasks[0].models[3]) ==
        "rnnbench run --task copy --cell lstm --length 20 --variant arjovsky --items 10 --symbols 8 "
        "--test-length 50,100 "
        "--hidden 64 --layers 1 --attention additive --updates 4000 --batch 32 --optimizer adam "
        "--learning-rate 0.005 "
        "--seed 1..5");
}

TEST_CASE("a command in the report can be pasted into a shell, whatever its values", "[report][injection]") {
  Study study = made_up::study();
  ModelRuns& model = study.tasks[0].models[3];
  model.cell = "lstm|gru";
  model.runs.front().spec["task"]["file"] = "a b; touch injected";
  CHECK(command_of(model).find(" --cell 'lstm|gru' ") != std::string::npos);
  CHECK(command_of(model).find(" --file 'a b; touch injected' ") != std::string::npos);
}

TEST_CASE("from runs to report on the command line, and again byte for byte", "[report][cli]") {
  TemporaryFolder folder;
  const std::string experiment =
      "--task adding,counting --length 10 --cell rnn,lstm --hidden 4 --updates 20 --batch 8 --evaluate 20 "
      "--seed 1..2 "
      "--results '" +
      (folder.path() / "results").string() + "'";
  const Printed early = shell(folder.path(), "table " + experiment);
  CHECK(early.code == 2);
  CHECK(early.err.find("has a record") != std::string::npos);
  REQUIRE(shell(folder.path(), "run " + experiment).code == 0);

  const Printed report = shell(folder.path(), "report " + experiment);
  INFO(report.err);
  REQUIRE(report.code == 0);
  const fs::path results = folder.path() / "results" / "adhoc";
  CHECK(report.out == (results / "report.html").string() + "\n");
  const auto before = files_below(results);
  for (const char* file : {"report.html", "runs.csv", "curves.csv", "table.txt", "table.md", "table.csv",
                           "figures/learning-curves.svg", "figures/score-by-speed.pdf"}) {
    CHECK(before.count(file) == 1);
  }
  for (const auto& entry : fs::directory_iterator(results)) {
    if (entry.path().filename() != "runs") fs::remove_all(entry.path());
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  REQUIRE(shell(folder.path(), "report " + experiment).code == 0);
  CHECK(files_below(results) == before);

  // A damaged record of another experiment is found before the earlier report is touched.
  const fs::path damaged = results / "runs" / "0123456789abcdef.json", figure = results / "figures/learning-curves.svg";
  write_atomically(damaged, "{}");
  write_atomically(figure, "earlier");
  CHECK(shell(folder.path(), "report " + experiment).code == 2);
  CHECK(read_file(figure) == "earlier");
  fs::remove(damaged);

  for (const std::string format : {"text", "csv", "markdown", "json"}) {
    const Printed table = shell(folder.path(), "table --format " + format + " " + experiment);
    CHECK(table.code == 0);
    CHECK(table.err.empty());
    if (format == "text") CHECK(table.out == before.at("table.txt"));
    if (format == "json") CHECK(Json::parse(table.out).size() == 4);
  }

  // Against a grid that the two models themselves span.
  const Printed compared = shell(folder.path(), "compare " + experiment);
  INFO(compared.err);
  CHECK(compared.code == 0);
  CHECK(count(compared.out, ": rnn compared with lstm, ") == 2);
  CHECK(count(compared.out, "n = 2: no p-value below nine pairs, no interval below ten") == 2);

  const Printed without = shell(folder.path(), "plot " + experiment, "PATH=/nonexistent");
  CHECK(without.code == 0);
  CHECK(without.out.empty());
  CHECK(count(without.err, "\n") == 1);
  CHECK(without.err.find("gnuplot is not installed") != std::string::npos);
  CHECK(fs::exists(results / "figures" / "learning-curves.gp"));
  CHECK(fs::exists(results / "figures" / "learning-curves.dat"));
  CHECK_FALSE(fs::exists(results / "figures" / "learning-curves.svg"));  // it would be of other records
}
