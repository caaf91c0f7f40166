#include "cli/scored_task.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "analysis/study.h"
#include "core/error.h"
#include "core/options.h"
#include "core/text.h"
#include "experiments/declaration/run_task.h"
#include "tasks/catalogue.h"

namespace rnnbench::cli {
namespace {

struct KnownMeasure {
  std::string name;
  bool higher_is_better;
};

// The line with the measure of its task. Throws UserError if the line says otherwise.
ScoredTask with_measure(ScoredTask line, const KnownMeasure& measure) {
  if (line.measure.empty()) line.measure = measure.name;
  if (line.measure != measure.name)
    throw UserError("measure = " + line.measure + ", but the score on task " + line.task + " has to be its measure, " +
                    measure.name);
  if (line.higher_is_better.value_or(measure.higher_is_better) != measure.higher_is_better)
    throw UserError("higher_is_better = " + std::string(*line.higher_is_better ? "true" : "false") + ", but " +
                    (measure.higher_is_better ? "higher" : "lower") + " is better in " + measure.name +
                    ", the measure of task " + line.task);
  line.higher_is_better = measure.higher_is_better;
  return line;
}

// A task of an experiment.
struct DeclaredTask {
  std::string text, label, name;
  std::vector<RunSpec> runs;
};

std::vector<DeclaredTask> tasks_of(const Experiment& experiment) {
  std::map<std::string, const RunSpec*> by_id;
  std::vector<Run> unrecorded;
  for (const RunSpec& run : experiment.runs) {
    unrecorded.push_back({run.json(), std::nullopt});
    by_id[unrecorded.back().id()] = &run;
  }
  std::vector<DeclaredTask> tasks;
  for (const TaskRuns& task : make_study(experiment.name, "", "", std::move(unrecorded)).tasks) {
    DeclaredTask& declared = tasks.emplace_back();
    declared.label = task.label;
    declared.name = task.name;
    for (const ModelRuns& model : task.models)
      for (const Run& run : model.runs) declared.runs.push_back(*by_id.at(run.id()));
    declared.text = task_text(declared.runs.front());
  }
  return tasks;
}

KnownMeasure measure_of(const DeclaredTask& task, const ResultsFolder& folder) {
  const std::string missing = missing_input(task.runs);
  if (missing.empty()) {
    const Measure measure = make_task(task.runs.front())->measure();
    return {measure.name, measure.higher_is_better};
  }
  for (const RunSpec& run : task.runs)
    if (const auto record = folder.load(run.id())) {
      const Json& measure = record->result.at("measure");
      return {measure.at("name"), measure.at("higher_is_better")};
    }
  throw UserError("the measure of task " + task.label + " is not known: " + missing);
}

const DeclaredTask& find_declared(const std::vector<DeclaredTask>& tasks, const std::string& written,
                                  const std::string& experiment) {
  for (const DeclaredTask& task : tasks)
    if (task.text == written || task.label == written) return task;
  std::vector<const DeclaredTask*> of_name;
  std::vector<std::string> labels;
  for (const DeclaredTask& task : tasks) {
    labels.push_back(task.label);
    if (task.name == written) of_name.push_back(&task);
  }
  if (of_name.size() == 1) return *of_name[0];
  if (of_name.size() > 1)
    throw UserError("task = " + written + " is not one task of experiment '" + experiment +
                    "' but several: " + join(of_name, [](const DeclaredTask* task) { return task->label; }));
  throw UserError("task = " + written + " is not a task of experiment '" + experiment + "', whose tasks are " +
                  join(labels) + did_you_mean(written, labels));
}

// The settings in "copy (length 50, items 5)", with defaults for all others.
Settings settings_of(const TaskEntry& entry, const std::string& written) {
  Settings settings = default_settings(entry.options);
  settings.set("task", entry.name);
  if (written == entry.name) return settings;
  const std::string list = written.substr(entry.name.size() + 2);  // "length 50, items 5)"
  if (!list.ends_with(')'))
    throw UserError("task = " + written + " is not of the form '" + entry.name + "' or '" + entry.name +
                    " (OPTION VALUE, ...)'");
  for (const std::string& setting : split(list.substr(0, list.size() - 1))) {
    const auto space = std::min(setting.find(' '), setting.size());
    const std::string key = setting.substr(0, space), value = trim(setting.substr(space));
    std::vector<std::string> names;
    for (const Option& option : entry.options) names.push_back(option.name);
    const auto option =
        std::find_if(entry.options.begin(), entry.options.end(), [&](const Option& o) { return o.name == key; });
    if (option == entry.options.end())
      throw UserError("task = " + written + ": '" + key + "' is not an option of task " + entry.name + ", which has " +
                      join(names) + did_you_mean(key, names));
    settings.set(key, canonical_value(*option, value));
  }
  return settings;
}

// The measure of a task of rnnbench with these settings; nothing for other tasks and for those that read files.
std::optional<KnownMeasure> measure_of(const std::string& written) {
  const std::string name = written.substr(0, written.find(" ("));
  for (const TaskEntry& entry : all_tasks()) {
    if (entry.name != name || needs_file(entry)) continue;
    Settings settings = settings_of(entry, written);
    if (entry.take_seed) entry.take_seed(settings, 1);
    const Measure measure = entry.make(settings)->measure();
    return KnownMeasure{measure.name, measure.higher_is_better};
  }
  return std::nullopt;
}

ScoredTask of_any_task(ScoredTask line) {
  if (const auto measure = measure_of(line.task)) return with_measure(std::move(line), *measure);
  if (line.measure.empty()) line.measure = "score";
  return line;
}

}  // namespace

std::function<ScoredTask(ScoredTask)> scored_tasks(const Experiment& experiment, const ResultsFolder& folder) {
  if (experiment.runs.empty()) return of_any_task;
  const auto tasks = std::make_shared<const std::vector<DeclaredTask>>(tasks_of(experiment));
  const auto measures = std::make_shared<std::map<const DeclaredTask*, KnownMeasure>>();
  return [tasks, measures, &experiment, &folder](ScoredTask line) {
    const DeclaredTask& task = find_declared(*tasks, line.task, experiment.name);
    auto measure = measures->find(&task);
    if (measure == measures->end()) measure = measures->emplace(&task, measure_of(task, folder)).first;
    line = with_measure(std::move(line), measure->second);
    line.task = task.text;
    return line;
  };
}

}  // namespace rnnbench::cli
