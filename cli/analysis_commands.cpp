// The subcommands that read records: table, plot, report, compare.
#include <iostream>

#include "analysis/compare.h"
#include "analysis/csv.h"
#include "analysis/figure.h"
#include "analysis/report.h"
#include "analysis/table.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "core/error.h"

namespace rnnbench {
namespace {

struct Subject {
  Ledger ledger;
  Study study;
};

Subject open(const Arguments& arguments) {
  const Experiment experiment = parse_experiment(arguments);
  Ledger ledger(arguments.results(), experiment.name);
  Study study = load_study(experiment, ledger);
  return {std::move(ledger), std::move(study)};
}

std::filesystem::path figure_folder(const Subject& subject) { return subject.ledger.folder() / "figures"; }

// Writes the figures' scripts and data and draws them where gnuplot is installed; whether it is.
bool make_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder) {
  write_figures(figures, folder);
  if (!gnuplot_available()) {
    std::cerr << "gnuplot is not installed, so the figures in " << folder.string()
              << " are not drawn; their .gp and .dat files are there (Debian: apt-get install gnuplot-nox)\n";
    return false;
  }
  draw_figures(figures, folder);
  return true;
}

}  // namespace

int table_command(const CommandArguments& words) {
  const Arguments arguments("table", words,
                            {results_flag(), format_flag({"text", "csv", "markdown", "json"})});
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
  const Subject subject = open(arguments);
  const std::vector<Figure> figures = all_figures(subject.study);
  const bool drawn = make_figures(figures, figure_folder(subject));
  for (const Figure& figure : figures) {
    for (const std::string ending : {".svg", ".pdf", ".png"}) {
      if (drawn) std::cout << (figure_folder(subject) / (figure.name + ending)).string() << '\n';
    }
  }
  return 0;
}

int report_command(const CommandArguments& words) {
  const Arguments arguments("report", words, {results_flag()});
  const Subject subject = open(arguments);
  const std::filesystem::path folder = subject.ledger.folder();
  const std::vector<Figure> figures = all_figures(subject.study);
  const bool drawn = make_figures(figures, figure_folder(subject));
  write_csv(subject.ledger);
  write_atomically(folder / "table.txt", text_tables(subject.study));
  write_atomically(folder / "table.md", markdown_tables(subject.study));
  write_atomically(folder / "table.csv", csv_table(subject.study));
  write_atomically(folder / "report.html", report_html(subject.study, drawn ? figures : std::vector<Figure>{},
                                                       figure_folder(subject)));
  std::cout << (folder / "report.html").string() << '\n';
  return 0;
}

int compare_command(const CommandArguments& words) {
  const Arguments arguments("compare", words, {results_flag(), {"cell"}, {"measure"}});
  const std::vector<std::string> labels = split_labels(arguments.text("cell", ""));
  if (labels.size() != 2 || labels[0].empty() || labels[1].empty()) {
    throw UserError(
        "command line: compare needs two models, as in --cell lstm,gru or --cell \"lstm,lstm + additive "
        "attention\"");
  }
  const Study study = open(arguments).study;
  std::cout << compare_text(compare(study, labels[0], labels[1], arguments.text("measure", "")));
  return 0;
}

}  // namespace rnnbench
