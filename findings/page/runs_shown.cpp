#include "findings/page/runs_shown.h"

#include <algorithm>

namespace rnnbench::findings {
namespace {

// Whether a comparison of the claim, decisive or further, is about the task of the run, in its variant. Runs on other
// tasks belong to other claims of the study. Models and lengths that no comparison names may be part of a figure.
bool is_compared(const Finding& finding, const Run& run) {
  const Json& task = run.spec.at("task");
  const auto agrees = [&](const std::pair<std::string, std::string>& setting) {
    const auto& [key, value] = setting;
    if (key == "task") return task.at("name") == value;
    return !task.contains(key) || !task.at(key).is_string() || task.at(key) == value;
  };
  const auto names = [&](const DeclaredComparison& comparison) {
    const auto models = comparison.statement.models();
    return std::any_of(models.begin(), models.end(), [&](const Expression* model) {
      return std::all_of(model->where.begin(), model->where.end(), agrees);
    });
  };
  return names(finding.primary) || std::any_of(finding.also.begin(), finding.also.end(), names);
}

}  // namespace

Study finding_study(const FindingResult& result, const std::string& without) {
  const Experiment& experiment = result.finding->study->experiment;
  std::vector<Run> named;
  for (std::size_t i = 0; i < result.runs().size(); ++i) {
    // Runs are in the order of their declaration, searched or not.
    Run run{result.records->declared[i].json(), result.runs()[i].record};
    if (!is_compared(*result.finding, run)) continue;
    named.push_back(std::move(run));
    for (const char* section : {"task", "model", "training"}) named.back().spec.at(section).erase(without);
  }
  return make_study(result.finding->study->name, experiment.title, experiment.file, std::move(named));
}

bool has_records(const FindingResult& result) {
  return std::any_of(result.runs().begin(), result.runs().end(), [](const Run& run) { return run.recorded(); });
}

std::optional<ModelValues> values_of_model(const Measurement& measurement, const std::vector<const Run*>& runs,
                                           const std::optional<double>& failed) {
  ModelValues model;
  bool any = false, finished = false;
  for (const Run* run : runs) {
    if (!run->recorded()) continue;
    const auto value = value_of(measurement, *run);
    any = any || value;
    finished = finished || !run->diverged();
    model.failures += !value;
    const auto counted_as = value_or_failure(measurement, *run, failed);
    if (!counted_as) continue;
    model.values.push_back(*counted_as);
    model.failed.push_back(!value);
    model.seeds.push_back(static_cast<double>(run->seed()));
  }
  if (!any && (finished || model.failures == 0)) return std::nullopt;
  return model;
}

std::string trained_setting(const Run& run, const std::string& key) {
  return run.recorded() ? setting_of({run.record->spec, std::nullopt}, key) : setting_of(run, key);
}

}  // namespace rnnbench::findings
