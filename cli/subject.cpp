#include "cli/subject.h"

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <optional>

#include "analysis/format.h"
#include "analysis/imported.h"
#include "analysis/latex.h"
#include "cli/findings.h"
#include "core/error.h"
#include "core/text.h"
#include "experiments/running/other_settings.h"
#include "findings/study_records.h"

namespace rnnbench::cli {
namespace {

// The study that the arguments name; nothing if it is an ordinary experiment, or settings make it one.
std::shared_ptr<const DeclaredStudy> named_study(const Arguments& arguments) {
  if (arguments.positional().empty() || !arguments.settings().empty()) return nullptr;
  const auto file = find_experiment(arguments.only_positional("one experiment (FILE.ini or a name of the catalogue)"));
  return is_study(file) ? read_study(file, profile_of(arguments)).front().study : nullptr;
}

std::string study_arguments(const DeclaredStudy& study, const Arguments& arguments) {
  std::string line = " " + shell_quoted(arguments.positional().front());
  if (arguments.has("results")) line += " --results " + shell_quoted(arguments.results().string());
  if (study.profile != Profile::lab) line += " --profile " + profile_name(study.profile);
  return line;
}

void use_tuned(Subject& subject, const Arguments& arguments) {
  const auto reported = runs_to_report(*subject.study, arguments.results());
  if (!reported && arguments.command() == "status") {
    subject.runs = "trials";
    return;
  }
  if (!reported)
    throw UserError(
        "the search of " + subject.study->name + " is not finished; continue it with: rnnbench reproduce" +
        study_arguments(*subject.study, arguments) +
        ", or see its trials with --runs trials, or runs with the settings of the file with --runs untuned");
  subject.declared.runs.clear();
  for (std::size_t search = 0; search < searches.size(); ++search)
    for (const RunSpec& run : subject.study->runs_after(search)) subject.declared.runs.push_back(run);
  subject.trained = *reported;
}

Subject imports_alone(const std::string& name, const Arguments& arguments) {
  static const std::vector<std::string> possible = {"table", "plot", "report", "compare"};
  const std::string here = "'" + name + "' is the name of imported results without an experiment (" +
                           (arguments.results() / name / "imported").string() + ")";
  if (!std::count(possible.begin(), possible.end(), arguments.command()))
    throw UserError("command line: " + here + ", which have no runs of rnnbench; " + join(possible) + " show them");
  if (!arguments.settings().empty() || arguments.has("runs") || arguments.has("profile"))
    throw UserError("command line: " + here + "; settings, --runs and --profile are of experiments");
  return {ResultsFolder(arguments.results(), name), Experiment{name, "", name, {}}, {}, "untuned", nullptr};
}

}  // namespace

std::string name_of_imports(const Arguments& arguments) {
  if (arguments.positional().size() != 1) return "";
  const std::string& name = arguments.positional().front();
  const std::filesystem::path path = name;
  std::error_code ignored;
  if (path.has_parent_path() || path.extension() == ".ini" || name.starts_with('.') ||
      std::filesystem::is_regular_file(path, ignored))
    return "";
  for (const std::filesystem::path& file : catalogue_files())
    if (file.stem() == name) return "";
  return has_imports(arguments.results() / name) ? name : "";
}

std::vector<Flag> subject_flags() {
  return {results_flag(), {"runs", true, {"tuned", "untuned", "trials"}}, {"profile", true, profile_names}};
}

Subject subject_of(const Arguments& arguments) {
  if (const std::string name = name_of_imports(arguments); !name.empty()) return imports_alone(name, arguments);
  const auto study = named_study(arguments);
  Experiment experiment = study ? study->experiment : parse_experiment(arguments, {}, profile_of(arguments));
  ResultsFolder folder(results_of_profile(arguments.results(), profile_of(arguments)), experiment.name);
  std::vector<RunSpec> trained = experiment.runs;
  const bool searched = study && study->search;
  const std::string otherwise = searched && arguments.command() != "show" ? "tuned" : "untuned";
  Subject subject{std::move(folder), std::move(experiment), std::move(trained), arguments.text("runs", otherwise),
                  study};
  if (subject.runs != "untuned" && !searched)
    throw UserError("command line: --runs = " + subject.runs + " is for a study with a section [search]" +
                    (arguments.settings().empty() ? "; leave it out" : ", without settings on the command line"));
  if (subject.runs == "untuned" && searched && profile_of(arguments) != Profile::lab && arguments.command() != "show")
    throw UserError("command line: --profile = " + profile_name(profile_of(arguments)) +
                    " has no untuned runs, because 'rnnbench run' trains those of the lab profile");
  if (subject.runs == "tuned") use_tuned(subject, arguments);
  return subject;
}

bool decides(const Subject& subject) { return subject.study && (subject.runs != "untuned" || !subject.study->search); }

Study recorded_study(const Subject& subject, const Arguments& arguments) {
  ImportedResults imported = as_runs(load_imports(subject.results_folder), subject.declared);
  for (const std::string& sentence : imported.left_out) std::cerr << "rnnbench: note: " << sentence << '\n';
  std::vector<Run> runs;
  for (std::size_t i = 0; i < subject.trained.size(); ++i) {
    const std::string id = subject.trained[i].id();
    runs.push_back({subject.declared.runs[i].json(), subject.results_folder.load(id)});
    runs.back().spec["id"] = id;  // that of the record, although labels are those of the declaration
  }
  if (imported.runs.empty() && std::none_of(runs.begin(), runs.end(), [](const Run& run) { return run.recorded(); })) {
    const std::string others = recorded_with_other_settings(subject.declared, subject.results_folder);
    throw UserError("no run of experiment '" + subject.declared.name + "' has a record in " +
                    (subject.results_folder.path() / "runs").string() +
                    "; run it first: " + continue_command(subject, arguments) +
                    (decides(subject) ? " (it leaves out the runs of studies whose claims are not testable)"
                     : others.empty() ? ""
                                      : "; " + others));
  }
  for (Run& run : imported.runs) runs.push_back(std::move(run));
  return make_study(subject.declared.name, subject.declared.title, subject.declared.file, std::move(runs));
}

std::string continue_command(const Subject& subject, const Arguments& arguments) {
  if (decides(subject)) return "rnnbench reproduce" + study_arguments(*subject.study, arguments);
  return run_command_line(arguments);
}

namespace {

Json json_cell(const Table::Column& column, const std::string& cell) {
  if (!column.right) return cell;
  if (cell.empty()) return nullptr;
  if (const auto whole = parse_number<std::int64_t>(cell)) return *whole;
  if (const auto number = parse_number<double>(cell)) return *number;
  return cell;
}

}  // namespace

void print_table(const Table& table, const std::string& format, const std::string& caption, const std::string& label) {
  if (format == "csv") std::cout << table.csv();
  if (format == "markdown") std::cout << table.markdown();
  if (format == "text") std::cout << table.text();
  if (format == "latex") std::cout << latex_preamble << latex_table(table, caption, label);
  if (format != "json") return;
  Json rows = Json::array();
  for (const std::vector<std::string>& row : table.rows) {
    Json entry = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) entry[table.columns[i].title] = json_cell(table.columns[i], row[i]);
    rows.push_back(std::move(entry));
  }
  std::cout << rows.dump(2) << '\n';
}

void print_trials(const Subject& subject, const std::string& format) {
  const bool exact = format == "json" || format == "csv";  // for programs
  const auto shown = [&](const std::optional<double>& score) {
    if (!score) return std::string(exact ? "" : "-");
    return exact ? number_text(*score) : score_text(*score);
  };
  Table table{{{"search", false},
               {"updates"},
               {"status", false},
               {"measure", false},
               {"validation"},
               {"run", false},
               {"id", false}},
              {}};
  for (const char letter : searches) {
    const TrialFile file(TrialFile::path_in(subject.results_folder.path(), letter));
    std::vector<std::pair<RunSpec, const TrialRecord*>> trials;
    for (const auto& [id, trial] : file.trials()) trials.emplace_back(spec_of(trial), &trial);
    // By rung, which the number of updates tells, then by task, model, settings and seed.
    std::stable_sort(trials.begin(), trials.end(), [](const auto& a, const auto& b) {
      const auto updates = [](const auto& trial) { return trial.first.training.integer("updates"); };
      return std::pair(updates(a), describe(a.first)) < std::pair(updates(b), describe(b.first));
    });
    for (const auto& [run, trial] : trials) {
      table.rows.push_back({std::string(1, letter), run.training.text("updates"), trial->status, trial->measure,
                            shown(trial->score(trial->measure)), describe(run), trial->id()});
    }
  }
  if (table.rows.empty())
    throw UserError("no trial is recorded in " + subject.results_folder.path().string() +
                    "; train them with rnnbench reproduce");
  print_table(table, format, subject.declared.name + ": trials of the searches", subject.declared.name + " trials");
}

}  // namespace rnnbench::cli
