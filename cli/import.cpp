#include "cli/import.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <set>
#include <system_error>

#include "analysis/format.h"
#include "analysis/imported.h"
#include "analysis/study.h"
#include "cli/arguments.h"
#include "cli/scored_task.h"
#include "core/error.h"
#include "core/plain_text.h"
#include "core/read_file.h"
#include "core/text.h"
#include "experiments/records/imported.h"

namespace rnnbench::cli {
namespace {

namespace fs = std::filesystem;

// What becomes a folder and a file of results must be one plain name.
void check_name(const std::string& what, const std::string& name) {
  if (name.empty() || name.starts_with('.') || name.find('/') != std::string::npos || !is_plain_text(name))
    throw UserError(what + " = " + name +
                    " is neither an experiment nor a name for results: a name does not begin with '.' and contains no "
                    "'/' and no control characters");
}

// The experiment that the results stand beside, or one without runs: results that stand alone.
Experiment destination(const Arguments& arguments, const fs::path& csv) {
  const std::string to = arguments.text("to", csv.stem().string());
  std::error_code ignored;
  const bool is_file = arguments.has("to") && (fs::is_regular_file(to, ignored) || fs::path(to).extension() == ".ini");
  fs::path file = is_file ? fs::path(to) : fs::path();
  for (const fs::path& of_catalogue : catalogue_files())
    if (!is_file && of_catalogue.stem() == to) file = of_catalogue;
  if (!file.empty()) return expand(read_experiment_file(file).declaration);
  check_name(arguments.has("to") ? "command line: --to" : "the name of the file", to);
  // 'report findings' is another command, and results folders have files or folders with these names.
  std::vector<std::string> reserved = profile_names;
  reserved.insert(reserved.end(), {"findings", "findings.html"});
  if (std::count(reserved.begin(), reserved.end(), to))
    throw UserError("command line: '" + to + "' cannot be a name for results, because " + join(reserved) +
                    " have other meanings; choose another name with --to");
  if (fs::is_regular_file(to, ignored))
    throw UserError("command line: '" + to +
                    "' would be a name for results that stand alone, but there is a file with this name, which other "
                    "commands would read as an experiment; add --to with another name");
  if (fs::is_regular_file(to + ".ini", ignored))
    throw UserError("command line: '" + to + "' would be a name for results that stand alone, but there is a file " +
                    to + ".ini; add --to " + to + ".ini, or --to with another name");
  const fs::path runs = arguments.results() / to / "runs";
  if (!ResultsFolder(arguments.results(), to).load_all().empty())
    throw UserError(
        "command line: " + runs.string() + " holds records of an experiment, but --to " + to +
        " is neither a file nor an experiment of the catalogue; give the file of the experiment, or another "
        "name");
  return {to, "", to, {}};
}

struct Changes {
  std::size_t added = 0, changed = 0, removed = 0;
};

Changes changes_of(const std::vector<ImportedRun>& before, const std::vector<ImportedRun>& now) {
  std::map<std::string, std::string> lines;  // of a stored file, by task, model and seed
  const auto key = [](const ImportedRun& run) { return join({run.task, run.model, std::to_string(run.seed)}, "\n"); };
  for (const ImportedRun& run : before) lines[key(run)] = import_text({run});
  Changes changes;
  for (const ImportedRun& run : now) {
    const auto found = lines.find(key(run));
    if (found == lines.end()) {
      ++changes.added;
      continue;
    }
    changes.changed += found->second != import_text({run});
    lines.erase(found);
  }
  changes.removed = lines.size();
  return changes;
}

std::string text_of(const Changes& changes) {
  return std::to_string(changes.changed) + " changed, " + std::to_string(changes.added) + " new, " +
         std::to_string(changes.removed) + " missing";
}

// Throws UserError, or std::runtime_error where another path would not help, if work that writes the file fails.
template <class Work>
auto writing(const fs::path& path, Work work) try {
  return work();
} catch (const std::system_error& error) {
  const std::string sentence = "results: cannot write " + path.string() + ": " + error.code().message();
  if (is_wrong_path(error.code())) throw UserError(sentence);
  throw std::runtime_error(sentence);
}

// The results with those that were imported before, which must not contradict each other.
std::vector<ImportedRun> with_earlier(const ResultsFolder& folder, const fs::path& path,
                                      const std::vector<ImportedRun>& runs) {
  std::vector<ImportedRun> all = load_imports(folder, path);
  all.insert(all.end(), runs.begin(), runs.end());
  check_imports(all);
  return all;
}

std::string models_in_words(const std::vector<ImportedRun>& runs) {
  std::set<std::string> models, tasks;
  for (const ImportedRun& run : runs) {
    models.insert(run.model);
    tasks.insert(run.task);
  }
  return counted(runs.size(), "run") + " of " + counted(models.size(), "model") + " on " +
         counted(tasks.size(), "task");
}

}  // namespace

int import_command(const CommandArguments& words) {
  const Arguments arguments("import", words, {{.name = "to"}, {"replace", false}, results_flag()}, false);
  const fs::path file = arguments.only_positional("one CSV file");
  check_name("the name of the file", file.stem().string());
  const Experiment experiment = destination(arguments, file);
  const ResultsFolder folder(arguments.results(), experiment.name);
  const fs::path path = import_path(folder, file.stem().string());
  const std::vector<ImportedRun> runs = read_import(file, scored_tasks(experiment, folder));
  load_study(experiment, folder, as_runs(with_earlier(folder, path, runs), experiment).runs);  // can they be shown?

  const ImportLock lock = writing(path, [&] {
    folder.refuse_other_owners();
    folder.remove_leftovers();
    fs::create_directories(path.parent_path());
    return ImportLock(path.parent_path());
  });
  with_earlier(folder, path, runs);  // also with what another command has imported meanwhile
  const std::string text = import_text(runs);
  std::string what = "imported";
  const auto is_new = [&] { return writing(path, [&] { return write_once(path, text, folder.files()); }); };
  if (path_exists(path) || !is_new()) {
    if (read_file(path) == text) {
      std::cout << path.string() << ": unchanged, " << models_in_words(runs) << '\n';
      return 0;
    }
    const std::string changes = text_of(changes_of(stored_import(path), runs));
    if (!arguments.has("replace"))
      throw UserError(path.string() + " holds other results of a file with this name (" + changes +
                      "); add --replace to replace them");
    what = "replaced (" + changes + ")";
    writing(path, [&] { write_atomically(path, text, folder.files()); });
  }
  std::cout << path.string() << ": " << what << ", " << models_in_words(runs) << "; to see them: rnnbench table "
            << shell_quoted(experiment.file.empty() ? experiment.name : arguments.text("to", experiment.name))
            << (arguments.has("results") ? " --results " + shell_quoted(arguments.results().string()) : "") << '\n';
  return 0;
}

}  // namespace rnnbench::cli
