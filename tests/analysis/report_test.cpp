// The report: complete, self-contained, and the same bytes when made again.
#include "analysis/report.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sys/wait.h>
#include <thread>

#include <catch2/catch.hpp>

#include "analysis/figures/experiment_figures.h"
#include "analysis/figures/style.h"
#include "analysis/summary.h"
#include "analysis/table.h"
#include "experiments/records/files.h"
#include "tests/analysis/analysis_records.h"
#include "tests/experiments/run_fixture.h"
#include "tests/texts.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

namespace {

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
  CHECK(count(html, "<svg role=\"img\"") == figures.size());
  CHECK(count(html, "<script>") == 1);
  for (const std::string outside : {"<script ", "<link", "<img", "<iframe", "@import", "src=", "/home/someone"}) {
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
  // The sample of a model's line beside its switch has the dashes of its curves, in the notation of SVG.
  for (const auto& [model, style] : styles_of(study))
    CHECK(html.find("stroke=\"" + style.color + "\" stroke-width=\"2\" stroke-dasharray=\"" +
                    (style.dash == "1" ? "none" : style.dash.substr(1, style.dash.size() - 2)) + "\"/></svg> " + model +
                    "</label>") != std::string::npos);
  CHECK(html.find("rnnbench run example.ini") != std::string::npos);
}

TEST_CASE("scores of a page are sorted by their interquartile mean", "[report]") {
  Study study = made_up::study();
  TaskRuns& task = study.tasks[0];
  for (Run& run : task.models[1].runs) run = made_up::diverged(run);
  const Table outcomes = outcome_table(task), lengths = *length_table(task);
  for (std::size_t m = 0; m < task.models.size(); ++m) {
    const auto value = outcomes.values.find({m, 3});
    REQUIRE((value != outcomes.values.end()) == (m != 1));  // of runs that all diverged there is none
    if (m == 1) continue;
    CHECK(value->second == summarize(task, task.models[m]).score.iqm);
    CHECK(outcomes.html().find(" data-value=\"" + number_text(value->second) + "\">") != std::string::npos);
  }
  CHECK(outcomes.values.size() == 4);
  CHECK(lengths.values.size() == 4 * 3);
  CHECK(lengths.values.at({1, 2}) == summarize_scores(task, task.models[0], parse_measurement("recall at 50")).iqm);
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

  for (const std::string format : {"text", "csv", "markdown", "latex", "json"}) {
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

  // Figures for a paper, with LaTeX, in a folder of the user's.
  const fs::path paper = folder.path() / "paper";
  const std::string to_paper = "plot --out '" + paper.string() + "' --paper column --format pdf ";
  const Printed drawn = shell(folder.path(), to_paper + "--models lstm --measure loss " + experiment);
  INFO(drawn.err);
  REQUIRE(drawn.code == 0);
  const auto drawings = files_below(paper);
  CHECK(drawings.count("score-by-parameters-column.pdf") == 1);
  CHECK(drawings.count("score-by-parameters-column.svg") == 0);
  CHECK(drawings.at("learning-curves-column.tex").find("\\includegraphics{learning-curves-column.pdf}") !=
        std::string::npos);
  CHECK(drawings.at("score-by-parameters-column.gp").find("'loss (lower is better)'") != std::string::npos);
  CHECK_FALSE(fs::exists(results / "figures" / "learning-curves-column.pdf"));
  CHECK(
      shell(folder.path(), "plot --format gif " + experiment).err.find("--format = gif is not one of svg, pdf, png") !=
      std::string::npos);
  CHECK(shell(folder.path(), "plot --measure nll " + experiment).err.find("nll is not a number of the runs") !=
        std::string::npos);
  const Printed none =
      shell(folder.path(), "plot findings gates --results '" + (folder.path() / "nowhere").string() + "'");
  INFO(none.err);
  CHECK(none.code == 2);
  CHECK(none.err.find("no run of these claims is recorded in") != std::string::npos);

  const Printed without = shell(folder.path(), "plot " + experiment, "PATH=/nonexistent");
  CHECK(without.code == 0);
  CHECK(without.out.empty());
  CHECK(count(without.err, "\n") == 1);
  CHECK(without.err.find("gnuplot is not installed") != std::string::npos);
  CHECK(fs::exists(results / "figures" / "learning-curves.gp"));
  CHECK(fs::exists(results / "figures" / "learning-curves.dat"));
  CHECK_FALSE(fs::exists(results / "figures" / "learning-curves.svg"));  // it would be of other records
}
