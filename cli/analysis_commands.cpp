#include "cli/analysis_commands.h"

#include <iostream>

#include "analysis/compare.h"
#include "analysis/csv.h"
#include "analysis/figures/experiment_figures.h"
#include "analysis/report.h"
#include "analysis/table.h"
#include "cli/arguments.h"
#include "cli/figures.h"
#include "cli/findings.h"
#include "core/error.h"
#include "core/text.h"
#include "findings/page/section.h"

namespace rnnbench::cli {
namespace {

struct Subject {
  ResultsFolder results_folder;
  Study study;
};

Subject open(const Arguments& arguments) {
  const Experiment experiment = parse_experiment(arguments);
  ResultsFolder results_folder(arguments.results(), experiment.name);
  Study study = load_study(experiment, results_folder);
  return {std::move(results_folder), std::move(study)};
}

std::filesystem::path figure_folder(const Subject& subject) { return subject.results_folder.path() / "figures"; }

// The value of --cell; all other words are appended to `rest`. In this command --cell names two models instead of
// setting the cells of the grid.
std::string take_cell(const CommandArguments& words, CommandArguments& rest) {
  std::string value;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool separate = words[i] == "--cell" && i + 1 < words.size(), joined = words[i].starts_with("--cell=");
    if (!separate && !joined) {
      rest.push_back(words[i]);
      continue;
    }
    if (!value.empty()) throw UserError("command line: --cell is given twice");
    value = joined ? words[i].substr(7) : words[++i];
  }
  return value;
}

std::string cell_of(const std::string& label) { return label.substr(0, label.find_first_of(" (")); }

// The claim and its verdict as HTML if the experiment is a finding, otherwise "".
std::string claim_of(const Arguments& arguments, const Study& study) {
  if (study.file.empty() || !is_finding(study.file)) return "";
  const std::vector<Finding> findings = finding_family(arguments.positional());  // must outlive the results
  for (const FindingResult& result : evaluate_findings(findings, arguments.results()))
    if (result.finding->name == study.name) return finding_lead(result);
  return "";
}

}  // namespace

int table_command(const CommandArguments& words) {
  const Arguments arguments("table", words, {results_flag(), format_flag({"text", "csv", "markdown", "json"})});
  const Study study = open(arguments).study;
  const std::string format = arguments.format();
  if (format == "csv") std::cout << csv_table(study);
  if (format == "markdown") std::cout << markdown_tables(study);
  if (format == "json") std::cout << json_table(study).dump(2) << '\n';
  if (format == "text") std::cout << text_tables(study);
  return 0;
}

int plot_command(const CommandArguments& words) {
  const Arguments arguments("plot", words, {results_flag()});
  Subject subject = open(arguments);
  const std::vector<Figure> figures = all_figures(subject.study);
  subject.results_folder.prepare();
  if (make_figures(figures, figure_folder(subject))) print_figure_files(figures, figure_folder(subject));
  return 0;
}

int report_command(const CommandArguments& words) {
  if (!words.empty() && words.front() == "findings") return report_findings({words.begin() + 1, words.end()});
  const Arguments arguments("report", words, {results_flag()});
  Subject subject = open(arguments);
  // Everything is read before anything is written, so that a damaged record leaves the earlier report as it is.
  const std::vector<Record> records = subject.results_folder.load_all();
  const std::string claim = claim_of(arguments, subject.study);
  const std::vector<Figure> figures = all_figures(subject.study);
  subject.results_folder.prepare();
  const std::filesystem::path folder = subject.results_folder.path();
  const bool drawn = make_figures(figures, figure_folder(subject));
  write_csv(subject.results_folder, records);
  write_atomically(folder / "table.txt", text_tables(subject.study));
  write_atomically(folder / "table.md", markdown_tables(subject.study));
  write_atomically(folder / "table.csv", csv_table(subject.study));
  write_atomically(folder / "report.html",
                   report_html(subject.study, drawn ? figures : std::vector<Figure>{}, figure_folder(subject), claim));
  std::cout << (folder / "report.html").string() << '\n';
  return 0;
}

int compare_command(const CommandArguments& words) {
  CommandArguments rest;
  const std::vector<std::string> labels = split(take_cell(words, rest));
  if (labels.size() != 2 || labels[0].empty() || labels[1].empty()) {
    throw UserError(
        "command line: 'rnnbench compare' needs two models, as in --cell lstm,gru or "
        "--cell 'lstm, lstm + additive attention'");
  }
  const std::vector<Flag> flags = {results_flag(), {.name = "measure"}};
  if (Arguments("compare", rest, flags).positional().empty()) {  // no file: the two models are the cells of the grid
    const std::string first = cell_of(labels[0]), second = cell_of(labels[1]);
    rest.insert(rest.end(), {"--cell", first == second ? first : first + "," + second});
  }
  const Arguments arguments("compare", rest, flags);
  const Study study = open(arguments).study;
  std::cout << compare_text(compare(study, labels[0], labels[1], arguments.text("measure", "")));
  return 0;
}

}  // namespace rnnbench::cli
