#include "experiments/running/verify.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "core/error.h"
#include "experiments/records/temporary_results.h"
#include "experiments/running/interrupt_guard.h"

namespace rnnbench::experiments {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_value_text = 80;  // longer values are cut in messages

const Json* find(const Json& object, const std::string& key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

const Json* find(const Json& array, std::size_t i) { return i < array.size() ? &array[i] : nullptr; }

// Adds the differences of two values to `found`. A null pointer: this text has no such value.
void compare(const Json* recorded, const Json* computed, const std::string& path, std::vector<Difference>& found) {
  if (!recorded && !computed) return;
  if (recorded && computed) {
    if (recorded->is_object() && computed->is_object()) {
      const std::string parent = path.empty() ? "" : path + ".";
      for (const auto& [key, value] : recorded->items()) compare(&value, find(*computed, key), parent + key, found);
      for (const auto& [key, value] : computed->items())
        if (!recorded->contains(key)) compare(nullptr, &value, parent + key, found);
      return;
    }
    if (recorded->is_array() && computed->is_array()) {
      for (std::size_t i = 0; i < std::max(recorded->size(), computed->size()); ++i)
        compare(find(*recorded, i), find(*computed, i), path + "[" + std::to_string(i) + "]", found);
      return;
    }
    if (*recorded == *computed) return;
  }
  const auto value = [](const Json* json) { return json ? std::optional<Json>(*json) : std::nullopt; };
  found.push_back({path, value(recorded), value(computed)});
}

void compare_key(const Json& recorded, const Json& computed, const std::string& key, const std::string& path,
                 std::vector<Difference>& found) {
  compare(find(recorded, key), find(computed, key), path, found);
}

std::string value_text(const std::optional<Json>& value) {
  if (!value) return "nothing";
  std::string text =
      value->is_string() ? value->get<std::string>() : value->dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > max_value_text) text.replace(max_value_text, std::string::npos, "...");
  return text;
}

std::string short_text(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", number);
  return text;
}

}  // namespace

std::string difference_text(const Difference& difference) {
  const auto& [path, recorded, computed] = difference;
  std::string text = path + ": recorded " + value_text(recorded) + ", now " + value_text(computed);
  if (recorded && computed && recorded->is_number() && computed->is_number()) {
    const double was = recorded->get<double>(), size = std::abs(computed->get<double>() - was);
    text += " (off by " + short_text(size);
    if (was != 0) text += ", relative " + short_text(size / std::abs(was));
    text += ")";
  }
  return text;
}

std::vector<Difference> result_differences(const Json& recorded, const Json& computed) {
  std::vector<Difference> found;
  compare_key(recorded, computed, "curve", "result.curve", found);
  Json before = recorded, now = computed;
  for (const char* key : {"curve", "hash"}) before.erase(key), now.erase(key);
  compare(&before, &now, "result", found);
  compare_key(recorded, computed, "hash", "result.hash", found);
  return found;
}

std::vector<Difference> trial_differences(const TrialRecord& recorded, const Record& computed) {
  std::vector<Difference> found;
  const Json before = trial_json(recorded), now = trial_json(trial_record(spec_from_json(computed.spec), computed));
  compare(&before, &now, "trial", found);
  return found;
}

std::vector<Difference> environment_differences(const Json& recorded, const Json& computed) {
  std::vector<Difference> found;
  for (const char* key : {"version", "compiler", "flags", "libraries", "isa", "flush_to_zero", "cpu", "cores", "host",
                          "threads", "jobs", "recompute"})
    compare_key(recorded, computed, key, key, found);
  return found;
}

SampledRun sampled_run(const Json& spec) { return {spec.at("id"), spec.at("task").dump(), spec.at("model").dump()}; }

std::vector<std::size_t> sample(const std::vector<SampledRun>& runs, std::size_t count) {
  // How often each task, each model and each combination was chosen so far. Addresses of elements of a map stay.
  std::map<std::string, int> tasks, models, combinations;
  struct Candidate {
    std::size_t index;
    int *task, *model, *combination;
  };
  std::vector<Candidate> left;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto& [id, task, model] = runs[i];
    left.push_back({i, &tasks[task], &models[model], &combinations[task + model]});
  }
  const auto rank = [&](const Candidate& run) {
    return std::tuple<int, int, const std::string&>(*run.combination, *run.task + *run.model, runs[run.index].id);
  };
  std::vector<std::size_t> sampled;
  while (sampled.size() < count && !left.empty()) {
    const auto next = std::min_element(left.begin(), left.end(),
                                       [&](const Candidate& a, const Candidate& b) { return rank(a) < rank(b); });
    sampled.push_back(next->index);
    for (int* const chosen : {next->task, next->model, next->combination}) ++*chosen;
    left.erase(next);
  }
  return sampled;
}

Recomputed recompute(const std::vector<RunSpec>& runs, RunnerOptions options) {
  Experiment experiment{"verify", "", "verify", {}};
  std::set<std::string> ids;  // the same run may be recorded in several experiments
  for (const RunSpec& run : runs)
    if (ids.insert(run.id()).second) experiment.runs.push_back(run);
  options.weights = false;
  options.oversubscribe = true;  // its times are not kept
  options.summary = false;       // it would name the temporary folder
  options.checkpoint_seconds = std::numeric_limits<double>::infinity();
  const TemporaryResults results;
  Recomputed recomputed;
  recomputed.interrupted = run_experiment(experiment, results.path(), options) == interrupted_code;
  const ResultsFolder results_folder(results.path(), experiment.name);
  const FinishAnyway finish;  // what was trained before a signal is compared
  for (const RunSpec& run : runs) recomputed.records.push_back(results_folder.load(run.id()));
  return recomputed;
}

}  // namespace rnnbench::experiments
