#include "cli/analysis_commands.h"

#include <algorithm>
#include <iostream>

#include "analysis/compare.h"
#include "analysis/compare_output.h"
#include "analysis/csv.h"
#include "analysis/figures/experiment_figures.h"
#include "analysis/html.h"
#include "analysis/report.h"
#include "analysis/table.h"
#include "analysis/table_rows.h"
#include "cli/arguments.h"
#include "cli/figures.h"
#include "cli/findings.h"
#include "cli/subject.h"
#include "core/error.h"
#include "core/text.h"
#include "findings/page/search_figure.h"
#include "findings/page/section.h"
#include "findings/study_records.h"

namespace rnnbench::cli {
namespace {

std::filesystem::path figure_folder(const Subject& subject) { return subject.results_folder.path() / "figures"; }

std::vector<Flag> with_subject(std::vector<Flag> flags) {
  const std::vector<Flag> more = subject_flags();
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

[[noreturn]] void refuse_trials(const std::string& command) {
  throw UserError("command line: --runs = trials is not possible with 'rnnbench " + command +
                  "', because trials have validation scores only; use table or plot");
}

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

// The claims of a study and their verdicts as HTML; "" for other experiments.
std::string claims_of_report(const Arguments& arguments, const Subject& subject) {
  if (!subject.study) return "";
  std::string html;
  const std::vector<Finding> findings = finding_family(arguments, subject.study->profile);  // must outlive the results
  for (const FindingResult& result : evaluate_findings(findings, arguments.results(), false, Keep::numbers))
    if (result.finding->study->name == subject.study->name) html += finding_lead(result);
  return html + element("p",
                        subject.runs == "tuned" ? "This report shows the runs that the verdicts are based on, with the "
                                                  "settings that the searches chose."
                        : subject.study->search
                            ? "The verdicts are based on the runs with the settings that the "
                              "searches chose. This report shows those with the settings of the file."
                            : "This report shows the runs that the verdicts are based on.",
                        "soft");
}

// One row for each task. In LaTeX, where columns are scarce, the caption names the models if they are the same
// everywhere.
void print_comparisons(const std::vector<Comparison>& comparisons, const std::string& format,
                       const std::string& experiment, std::string first, std::string second) {
  const Comparison& top = comparisons.front();
  const bool same = std::all_of(comparisons.begin(), comparisons.end(),
                                [&](const Comparison& c) { return c.first == top.first && c.second == top.second; });
  if (same) first = top.first, second = top.second;
  print_table(compare_table(comparisons, format != "latex" || !same), format,
              experiment + ": " + first + " (first) compared with " + second + " (second)",
              experiment + " " + first + " " + second);
}

}  // namespace

int table_command(const CommandArguments& words) {
  const Arguments arguments("table", words, with_subject({format_flag({"text", "csv", "markdown", "latex", "json"})}));
  const Subject subject = subject_of(arguments);
  const std::string format = arguments.format();
  if (subject.runs == "trials") {
    print_trials(subject, format);
    return 0;
  }
  const Study study = recorded_study(subject, arguments);
  if (format == "csv") std::cout << csv_table(study);
  if (format == "markdown") std::cout << markdown_tables(study);
  if (format == "latex") std::cout << latex_tables(study);
  if (format == "json") std::cout << json_table(study).dump(2) << '\n';
  if (format == "text") std::cout << text_tables(study);
  return 0;
}

int plot_command(const CommandArguments& words) {
  if (!words.empty() && words.front() == "findings") return plot_findings({words.begin() + 1, words.end()});
  std::vector<Flag> flags = drawing_flags();
  flags.insert(flags.end(), {{"measure"}, {"models"}});
  const Arguments arguments("plot", words, with_subject(std::move(flags)));
  const Drawing drawing = drawing_of(arguments);
  const std::string measure = arguments.text("measure", "");
  if (!measure.empty()) parse_measurement(measure);
  Subject subject = subject_of(arguments);
  const bool trials = subject.runs == "trials";
  if (trials && (!measure.empty() || arguments.has("models")))
    throw UserError("command line: --measure and --models are not possible with --runs = trials");
  std::vector<Figure> figures;
  if (trials) {
    figures.push_back(search_figure(*read_study_records(subject.study, arguments.results()), drawing.layout()));
  } else {
    Study study = recorded_study(subject, arguments);
    if (arguments.has("models")) study = with_models(std::move(study), split(arguments.text("models", "")));
    if (!measure.empty()) check_measure(study, measure);
    figures = all_figures(study, drawing.layout(), measure);
  }
  if (drawing.folder.empty()) subject.results_folder.prepare();
  draw(std::move(figures), drawing.folder.empty() ? figure_folder(subject) : drawing.folder, drawing);
  return 0;
}

int report_command(const CommandArguments& words) {
  if (!words.empty() && words.front() == "findings") return report_findings({words.begin() + 1, words.end()});
  const Arguments arguments("report", words, with_subject({{"family"}}));
  Subject subject = subject_of(arguments);
  if (subject.runs == "trials") refuse_trials("report");
  const Study study = recorded_study(subject, arguments);
  // Everything is read before anything is written, so that a damaged record leaves the earlier report as it is.
  bool any_record = false;
  subject.results_folder.for_each([&](const Record&) { any_record = true; });
  const std::string claims = claims_of_report(arguments, subject);
  const std::vector<Figure> figures = all_figures(study);
  subject.results_folder.prepare();
  const std::filesystem::path folder = subject.results_folder.path();
  const bool drawn = make_figures(figures, figure_folder(subject));
  if (any_record) write_csv(subject.results_folder);
  write_atomically(folder / "table.txt", text_tables(study));
  write_atomically(folder / "table.md", markdown_tables(study));
  write_atomically(folder / "table.csv", csv_table(study));
  write_atomically(folder / "report.html",
                   report_html(study, drawn ? figures : std::vector<Figure>{}, figure_folder(subject), claims,
                               decides(subject) ? continue_command(subject, arguments) : ""));
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
  const std::vector<Flag> flags =
      with_subject({{.name = "measure"}, format_flag({"text", "csv", "markdown", "latex", "json"})});
  if (Arguments("compare", rest, flags).positional().empty()) {  // no file: the two models are the cells of the grid
    const std::string first = cell_of(labels[0]), second = cell_of(labels[1]);
    rest.insert(rest.end(), {"--cell", first == second ? first : first + "," + second});
  }
  const Arguments arguments("compare", rest, flags);
  const Subject subject = subject_of(arguments);
  if (subject.runs == "trials") refuse_trials("compare");
  const Study study = recorded_study(subject, arguments);
  const std::vector<Comparison> comparisons = compare(study, labels[0], labels[1], arguments.text("measure", ""));
  const std::string format = arguments.format();
  if (format == "text")
    std::cout << compare_text(comparisons);
  else if (format == "json")
    std::cout << compare_json(comparisons).dump(2) << '\n';
  else
    print_comparisons(comparisons, format, subject.declared.name, labels[0], labels[1]);
  return 0;
}

}  // namespace rnnbench::cli
