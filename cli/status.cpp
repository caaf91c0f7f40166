#include "cli/status.h"

#include <iostream>

#include "cli/arguments.h"
#include "cli/columns.h"
#include "cli/subject.h"
#include "core/text.h"
#include "experiments/records/results_folder.h"
#include "experiments/records/weights.h"
#include "experiments/running/other_settings.h"

namespace rnnbench::cli {
namespace {

// "solved", "finished" or "diverged" of a record, "interrupted" if there is a checkpoint, otherwise "missing".
std::string state_of(const ResultsFolder& results_folder, const std::string& id, const std::optional<Record>& record) {
  if (record) return record->result.at("status").get<std::string>();
  return std::filesystem::exists(results_folder.checkpoint_path(id)) ? "interrupted" : "missing";
}

// How many trials of each search are recorded. Later rungs depend on earlier ones, so trials that are left have no ids.
int print_searches(const Subject& subject, const Arguments& arguments) {
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows = {{"search", "recorded", "of at most", ""}};
  bool finished = true;
  for (const char letter : searches) {
    const TrialFile file(TrialFile::path_in(subject.results_folder.path(), letter));
    const std::vector<RunSpec>& runs = subject.study->experiment.runs;
    const std::size_t planned = subject.study->search->planned_trials(runs, letter).size();
    const bool own = search_state(*subject.study->search, runs, letter, file).due.empty();
    finished = finished && own;
    const std::string name(1, letter);
    list.push_back({{"search", name}, {"recorded", file.size()}, {"planned_at_most", planned}, {"finished", own}});
    rows.push_back({name, std::to_string(file.size()), std::to_string(planned), own ? "finished" : ""});
  }
  const std::string next = finished ? "" : continue_command(subject, arguments);
  if (arguments.format() == "json") {
    std::cout << Json{{"experiment", subject.declared.name},
                      {"folder", subject.results_folder.path().string()},
                      {"trials", list},
                      {"continue", finished ? Json() : Json(next)}}
                     .dump(2)
              << '\n';
    return 0;
  }
  print_columns(std::cout, rows);
  if (!finished) std::cout << "continue with: " << next << '\n';
  return 0;
}

}  // namespace

int status_command(const CommandArguments& words) {
  std::vector<Flag> flags = subject_flags();
  flags.push_back(format_flag());
  const Arguments arguments("status", words, std::move(flags));
  const Subject subject = subject_of(arguments);
  if (subject.runs == "trials") return print_searches(subject, arguments);
  const ResultsFolder& results_folder = subject.results_folder;
  Json counts = {{"solved", 0}, {"finished", 0}, {"diverged", 0}, {"interrupted", 0}, {"missing", 0}};
  Json runs = Json::array();
  std::size_t without_weights = 0;
  const bool as_json = arguments.format() == "json";
  std::vector<std::vector<std::string>> rows;
  for (const RunSpec& run : subject.trained) {
    const std::string id = run.id();
    const auto record = results_folder.load(id);
    const std::string state = state_of(results_folder, id, record);
    const std::string problem = record ? weights_problem(results_folder.weights_path(id), *record) : "";
    without_weights += !problem.empty();
    counts[state] = counts[state].get<int>() + 1;
    if (as_json)
      runs.push_back({{"id", id},
                      {"state", state},
                      {"weights", problem.empty() ? Json() : Json(problem)},
                      {"run", describe(run)}});
    else
      rows.push_back({id, state, describe(run)});
  }
  const bool complete = counts["interrupted"] == 0 && counts["missing"] == 0;
  const std::string next = complete ? "" : continue_command(subject, arguments);
  if (as_json) {
    const Json status = {{"experiment", subject.declared.name},
                         {"folder", results_folder.path().string()},
                         {"counts", counts},
                         {"continue", complete ? Json() : Json(next)},
                         {"runs", runs}};
    std::cout << status.dump(2) << '\n';
    return 0;
  }
  print_columns(std::cout, rows);
  std::vector<std::string> summary;
  for (const auto& [state, count] : counts.items()) summary.push_back(count.dump() + " " + state);
  std::cout << subject.trained.size() << " runs in " << results_folder.path().string() << ": " << join(summary) << '\n';
  if (!complete) std::cout << "continue with: " << next << '\n';
  if (const std::string others = recorded_with_other_settings(subject.declared, results_folder);
      subject.runs == "untuned" && !others.empty())
    std::cout << others << '\n';
  if (without_weights > 0 && !decides(subject))  // `reproduce` stores none
    std::cout << "weights missing or damaged: " << without_weights
              << " of the recorded runs; to train them again: " << continue_command(subject, arguments) << '\n';
  return 0;
}

}  // namespace rnnbench::cli
