#include "analysis/imported.h"

#include <filesystem>
#include <limits>
#include <map>

#include "analysis/format.h"
#include "analysis/measurement.h"
#include "core/error.h"

namespace rnnbench::analysis {
namespace {

// "imported/torch.csv:12" of "results/quickstart/imported/torch.csv:12".
std::string relative_place(const std::string& place) {
  return (std::filesystem::path("imported") / std::filesystem::path(place).filename()).string();
}

Json spec_of_imported(const ImportedRun& run, const Json& task) {
  return {
      {"id", ""}, {"task", task}, {"model", {{"cell", run.model}}}, {"training", Json::object()}, {"seed", run.seed}};
}

}  // namespace

ImportedResults as_runs(const std::vector<ImportedRun>& imported, const Experiment& experiment) {
  std::map<std::string, Json> tasks;  // by task_text
  for (const RunSpec& run : experiment.runs)
    if (const std::string task = task_text(run); !tasks.contains(task)) tasks[task] = run.json().at("task");
  ImportedResults results;
  std::map<std::string, std::size_t> left_out;  // runs by task
  for (const ImportedRun& run : imported) {
    if (!is_score(run.measure))
      throw UserError(run.place + ": measure = " + run.measure +
                      " has another meaning in rnnbench than the score of a run; give it another name");
    const auto task = tasks.find(run.task);
    if (task == tasks.end() && !experiment.runs.empty()) {
      ++left_out[run.task];
      continue;
    }
    Run shown{spec_of_imported(run, task == tasks.end() ? Json{{"name", run.task}} : task->second), std::nullopt, run};
    shown.imported->place = relative_place(run.place);
    results.runs.push_back(std::move(shown));
  }
  for (const auto& [task, count] : left_out)
    results.left_out.push_back(counted(count, "imported run") + " on task " + task + (count == 1 ? " is" : " are") +
                               " left out, because no run that is shown is on this task");
  return results;
}

std::optional<double> imported_number(const std::string& measure, const ImportedRun& run) {
  if (measure == run.measure) return run.score.value_or(std::numeric_limits<double>::quiet_NaN());
  if (measure == "diverged") return !run.score;
  if (measure == "parameters" && run.parameters) return static_cast<double>(*run.parameters);
  if (measure == "wall_ms_per_update" && run.seconds && run.updates.value_or(0) > 0)
    return 1e3 * *run.seconds / static_cast<double>(*run.updates);
  return std::nullopt;
}

}  // namespace rnnbench::analysis
