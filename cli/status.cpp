#include "cli/status.h"

#include <iostream>

#include "cli/arguments.h"
#include "cli/columns.h"
#include "core/text.h"
#include "experiments/records/results_folder.h"
#include "experiments/records/weights.h"

namespace rnnbench::cli {
namespace {

// "solved", "finished" or "diverged" of a record, "interrupted" if there is a checkpoint, otherwise "missing".
std::string state_of(const ResultsFolder& results_folder, const std::string& id, const std::optional<Record>& record) {
  if (record) return record->result.at("status").get<std::string>();
  return std::filesystem::exists(results_folder.checkpoint_path(id)) ? "interrupted" : "missing";
}

}  // namespace

int status_command(const CommandArguments& words) {
  const Arguments arguments("status", words, {results_flag(), format_flag()});
  const Experiment experiment = parse_experiment(arguments);
  const ResultsFolder results_folder(arguments.results(), experiment.name);
  Json counts = {{"solved", 0}, {"finished", 0}, {"diverged", 0}, {"interrupted", 0}, {"missing", 0}};
  Json runs = Json::array();
  std::size_t without_weights = 0;
  std::vector<std::vector<std::string>> rows;
  for (const RunSpec& run : experiment.runs) {
    const std::string id = run.id();
    const auto record = results_folder.load(id);
    const std::string state = state_of(results_folder, id, record);
    const std::string problem = record ? weights_problem(results_folder.weights_path(id), *record) : "";
    without_weights += !problem.empty();
    counts[state] = counts[state].get<int>() + 1;
    runs.push_back(
        {{"id", id}, {"state", state}, {"weights", problem.empty() ? Json() : Json(problem)}, {"run", describe(run)}});
    rows.push_back({id, state, describe(run)});
  }
  const bool complete = counts["interrupted"] == 0 && counts["missing"] == 0;
  const std::string next = complete ? "" : run_command_line(arguments);
  if (arguments.format() == "json") {
    const Json status = {{"experiment", experiment.name},
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
  std::cout << experiment.runs.size() << " runs in " << results_folder.path().string() << ": " << join(summary) << '\n';
  if (!complete) std::cout << "continue with: " << next << '\n';
  if (without_weights > 0)
    std::cout << "weights missing or damaged: " << without_weights
              << " of the recorded runs; to train them again: " << run_command_line(arguments) << '\n';
  return 0;
}

}  // namespace rnnbench::cli
