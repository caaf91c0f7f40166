#include "analysis/study.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "analysis/varying_settings.h"
#include "core/error.h"
#include "core/text.h"

namespace rnnbench::analysis {

namespace {

std::string with_variant(const std::string& base, const std::string& variant) {
  return variant.empty() ? base : base + " (" + variant + ")";
}

std::string model_base(const Run& run) {
  const Json& model = run.spec.at("model");
  const std::string cell = model.at("cell"), attention = model.value("attention", "none");
  if (run.imported) return cell + " [imported]";
  return cell + (attention == "none" ? "" : " + " + attention + " attention");
}

// Groups runs by a text that `key` makes of each, in order of first appearance.
template <class Key>
std::vector<std::pair<std::string, std::vector<Run*>>> grouped(const std::vector<Run*>& runs, Key&& key) {
  std::vector<std::pair<std::string, std::vector<Run*>>> groups;
  for (Run* run : runs) {
    const std::string text = key(*run);
    auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == text; });
    if (group == groups.end()) group = groups.insert(group, {text, {}});
    group->second.push_back(run);
  }
  return groups;
}

std::vector<ModelRuns> models_of(const std::vector<Run*>& runs) {
  // The variant of a run consists of the settings that vary among the runs of its base.
  std::map<const Run*, std::string> variants;
  for (const auto& [base, members] : grouped(runs, model_base)) {
    for (const auto& [run, settings] : varying_settings({members.begin(), members.end()}, {"model", "training"}, {}))
      variants[run] = join(settings);
  }
  std::vector<ModelRuns> models;
  for (const auto& [label, members] :
       grouped(runs, [&](const Run& run) { return with_variant(model_base(run), variants.at(&run)); })) {
    const Run& first = *members.front();
    ModelRuns model{.label = label,
                    .base = model_base(first),
                    .variant = variants.at(&first),
                    .cell = first.spec.at("model").at("cell"),
                    .runs = {}};
    for (Run* run : members) model.runs.push_back(std::move(*run));
    std::stable_sort(model.runs.begin(), model.runs.end(),
                     [](const Run& a, const Run& b) { return a.seed() < b.seed(); });
    models.push_back(std::move(model));
  }
  return models;
}

void describe_measure(TaskRuns& task) {
  for (const ModelRuns& model : task.models) {
    for (const Run& run : model.runs) {
      if (!run.recorded() || task.has_record) continue;
      const Json& result = run.record->result;
      const Json& measure = result.at("measure");
      task.measure = measure.at("name");
      task.definition = measure.at("definition");
      task.higher_is_better = measure.at("higher_is_better");
      task.solved_at = measure.at("solved_at");
      task.baseline = result.at("baseline");
      if (!result.at("optimum").is_null()) task.optimum = result.at("optimum").get<double>();
      task.has_record = true;
    }
  }
  for (const ModelRuns& model : task.models) {
    if (!model.imported()) continue;
    const ImportedRun& run = *model.runs.front().imported;  // as those of all imported runs on this task
    if (!task.has_record) {
      task.measure = run.measure;
      task.higher_is_better = run.higher_is_better;
    }
    if (run.measure != task.measure || run.higher_is_better != task.higher_is_better)
      throw UserError(run.place + ": the score on task " + task.label + " is " + run.measure +
                      (run.higher_is_better ? " (higher is better)" : " (lower is better)") +
                      ", but the measure of this task is " + task.measure +
                      (task.higher_is_better ? " (higher is better)" : " (lower is better)"));
  }
}

}  // namespace

bool Run::diverged() const {
  return imported ? !imported->score : recorded() && record->result.at("status") == "diverged";
}

bool Run::tested_on_list() const { return recorded() && record->result.value("evaluated_on", "random") == "list"; }

std::string Run::stopped() const {
  const Json& training = spec.at("training");
  if (!recorded() || diverged() || record->result.at("updates") >= training.at("updates")) return "never";
  const std::string stop = training.value("stop", "never");
  return stop == "solved" && !solved() ? "never" : stop;
}

bool Run::kept_best() const { return spec.at("training").value("keep", "last") == "best"; }

bool Run::solved() const { return recorded() && !diverged() && record->result.at("solved").get<bool>(); }

std::optional<double> Run::test_score(const std::string& name) const {
  if (imported) return imported->measure == name ? imported->score : std::nullopt;
  if (!recorded() || diverged()) return std::nullopt;
  const Json& scores = record->result.at("final").at("test");
  if (!scores.contains(name) || !scores.at(name).is_number()) return std::nullopt;
  return scores.at(name).get<double>();
}

std::string option_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  return join(value, option_text, ",");
}

namespace {

bool judges_solving(const Run* run) {
  if (run->imported) return true;  // it is never judged, and says nothing about the others
  return run->spec.at("training").value("evaluate", min_evaluate_to_solve) >= min_evaluate_to_solve ||
         (run->recorded() && run->record->result.value("evaluated_on", "random") != "random");
}

// Test lengths may differ between the runs of a task.
bool is_shared(const std::vector<Run*>& runs, const std::string& key, const Json& value) {
  return std::all_of(runs.begin(), runs.end(), [&](const Run* run) {
    const Json& task = run->spec.at("task");
    return run->imported || (task.contains(key) && task.at(key) == value);
  });
}

}  // namespace

Study make_study(std::string name, std::string title, std::string file, std::vector<Run> runs) {
  Study study{std::move(name), std::move(title), std::move(file), {}};
  std::vector<Run*> all;
  for (Run& run : runs) all.push_back(&run);
  const auto task_name = [](const Run& run) { return run.spec.at("task").at("name").get<std::string>(); };
  for (const auto& [name_of_task, members] : grouped(all, task_name)) {
    const auto varying = varying_settings({members.begin(), members.end()}, {"task"}, {"name", "test-length"});
    const auto label = [&](const Run& run) { return with_variant(task_name(run), join(varying.at(&run))); };
    for (const auto& [task_label, runs_of_task] : grouped(members, label)) {
      TaskRuns task;
      task.label = task_label;
      task.name = name_of_task;
      std::vector<std::string> options;
      for (const auto& [key, value] : runs_of_task.front()->spec.at("task").items())
        if (key != "name" && (key != "test-length" || is_shared(runs_of_task, key, value)))
          options.push_back(key + " " + option_text(value));
      task.options = join(options);
      task.judges_solving =
          !runs_of_task.front()->imported && std::all_of(runs_of_task.begin(), runs_of_task.end(), judges_solving);
      task.models = models_of(runs_of_task);
      describe_measure(task);
      study.tasks.push_back(std::move(task));
    }
  }
  return study;
}

Study load_study(const Experiment& experiment, const ResultsFolder& results_folder, std::vector<Run> imported) {
  std::vector<Run> runs;
  for (const RunSpec& spec : experiment.runs) {
    runs.push_back({spec.json(), results_folder.load(spec.id())});
  }
  for (Run& run : imported) runs.push_back(std::move(run));
  return make_study(experiment.name, experiment.title, experiment.file, std::move(runs));
}

std::vector<std::string> model_labels(const Study& study) {
  std::vector<std::string> labels;
  for (const bool imported : {false, true})
    for (const TaskRuns& task : study.tasks)
      for (const ModelRuns& model : task.models)
        if (model.imported() == imported && !std::count(labels.begin(), labels.end(), model.label))
          labels.push_back(model.label);
  return labels;
}

namespace {

// Calls `action` for every model until it returns true; whether one did.
template <class Action>
bool any_model(const Study& study, const Action& action) {
  return std::any_of(study.tasks.begin(), study.tasks.end(),
                     [&](const TaskRuns& task) { return std::any_of(task.models.begin(), task.models.end(), action); });
}

}  // namespace

bool has_imported(const Study& study) {
  return any_model(study, [](const ModelRuns& model) { return model.imported(); });
}

Study without_imported(Study study) {
  for (TaskRuns& task : study.tasks) {
    std::erase_if(task.models, [](const ModelRuns& model) { return model.imported(); });
    if (!task.has_record) task.measure.clear();
  }
  std::erase_if(study.tasks, [](const TaskRuns& task) { return task.models.empty(); });
  return study;
}

bool is_named(const Study& study, const ModelRuns& model, const std::string& name) {
  if (model.label == name || model.base == name) return true;
  return model.imported() && model.cell == name &&
         !any_model(study, [&](const ModelRuns& other) { return other.label == name || other.base == name; });
}

void check_model(const Study& study, const std::string& name) {
  std::vector<std::string> known;
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) {
      if (is_named(study, model, name)) return;
      const std::string& short_name = model.imported() ? model.cell : model.base;
      for (const std::string& known_name : {short_name, model.label})
        if (is_named(study, model, known_name) && !std::count(known.begin(), known.end(), known_name))
          known.push_back(known_name);
    }
  }
  throw UserError("cell = " + name + " is not a model of experiment '" + study.name + "', whose models are " +
                  join(known) + did_you_mean(name, known));
}

Study with_models(Study study, const std::vector<std::string>& names) {
  for (const std::string& name : names) check_model(study, name);
  std::set<std::string> chosen;  // labels
  for (const TaskRuns& task : study.tasks)
    for (const ModelRuns& model : task.models)
      if (std::any_of(names.begin(), names.end(), [&](const auto& name) { return is_named(study, model, name); }))
        chosen.insert(model.label);
  for (TaskRuns& task : study.tasks)
    std::erase_if(task.models, [&](const ModelRuns& model) { return !chosen.contains(model.label); });
  std::erase_if(study.tasks, [](const TaskRuns& task) { return task.models.empty(); });
  return study;
}

std::vector<std::string> problems(const Study& study) {
  std::vector<std::string> sentences;
  for (const TaskRuns& task : study.tasks) {
    for (const ModelRuns& model : task.models) {
      for (const Run& run : model.runs) {
        const std::string who = model.label + " on " + task.label + ", seed " + std::to_string(run.seed()) +
                                (run.imported ? " (" + run.imported->place + ")" : " (run " + run.id() + ")");
        if (run.imported) {
          if (run.diverged()) sentences.push_back(who + " diverged, as the other program says");
        } else if (run.diverged()) {
          const Json& result = run.record->result;
          sentences.push_back(who + " diverged: " + result.value("reason", "no reason recorded"));
        } else if (!run.recorded()) {
          sentences.push_back(who + " is missing: it failed, was interrupted or has not run yet");
        }
      }
    }
  }
  return sentences;
}

}  // namespace rnnbench::analysis
