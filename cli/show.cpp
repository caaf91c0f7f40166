#include "cli/show.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>

#include "cli/arguments.h"
#include "cli/columns.h"
#include "cli/subject.h"
#include "core/error.h"
#include "core/options.h"
#include "core/text.h"
#include "experiments/declaration/experiment_file.h"
#include "experiments/declaration/grid.h"
#include "experiments/declaration/run_task.h"
#include "experiments/declaration/training_options.h"
#include "findings/listing.h"
#include "findings/study_records.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::cli {
namespace {

Json options_json(const std::vector<Option>& options) {
  Json list = Json::array();
  for (const Option& option : options) {
    if (option.name == "cell") continue;
    list.push_back({{"name", option.name},
                    {"default", option.default_value.empty() ? Json() : Json(option.default_value)},
                    {"allowed", allowed_values(option)},
                    {"help", option.help}});
  }
  return list;
}

// Measure and bounds of a task.
Json measure_json(const Task& task) {
  const Measure measure = task.measure();
  const auto optimum = task.optimum();
  return {{"measure", measure.name},
          {"definition", measure.definition},
          {"solved", std::string(measure.higher_is_better ? ">= " : "< ") + Json(measure.solved_at).dump()},
          {"baseline", task.baseline()},
          {"optimum", optimum ? Json(*optimum) : Json()}};
}

// The task with these of its options, which the grid checks.
std::unique_ptr<const Task> task_with(const TaskEntry& entry, const std::vector<Assignment>& given) {
  Declaration declaration;
  declaration.overrides = {{"task", entry.name, "", 0}, {"cell", "rnn", "", 0}};
  for (const Assignment& a : given) {
    const bool known = std::any_of(entry.options.begin(), entry.options.end(),
                                   [&](const Option& option) { return option.name == a.key; });
    if (!known)
      throw UserError("command line: --" + a.key + " is not an option of the task " + entry.name + "; 'rnnbench show " +
                      entry.name + "' lists them");
    declaration.overrides.push_back(a);
  }
  const std::vector<RunSpec> runs = expand(declaration).runs;
  if (runs.size() != 1)
    throw UserError("command line: 'rnnbench show " + entry.name +
                    "' needs one value for each option, but these settings have " + std::to_string(runs.size()) +
                    " combinations");
  check_inputs(runs);
  return make_task(runs[0]);
}

// Measure and bounds are those with the given options; null when the task cannot be made from its defaults.
Json task_json(const TaskEntry& task, const std::vector<Assignment>& given) {
  Json bounds, settings = Json::object();
  if (!given.empty() || !needs_file(task)) bounds = measure_json(*task_with(task, given));
  for (const Assignment& a : given) settings[a.key] = a.value;
  return {{"task", task.name},    {"summary", task.summary}, {"definition", join(paragraphs(task.definition), "\n")},
          {"settings", settings}, {"with_settings", bounds}, {"options", options_json(task.options)}};
}

Json cell_json(const CellEntry& cell) {
  return {{"cell", cell.name},
          {"summary", cell.summary},
          {"formula", cell.formula},
          {"source", cell.source},
          {"parameters", cell.parameters},
          {"state", cell.state},
          {"options", options_json(model_options(cell))}};
}

// The settings of each section [claim]; empty when the file makes no claim.
Json claims_json(const std::string& file) {
  Json claims = Json::array();
  if (file.empty()) return claims;
  for (const std::vector<Assignment>& section : read_experiment_file(file).claims) {
    claims.emplace_back(Json::object());
    for (const Assignment& a : section) claims.back()[a.key] = a.value;
  }
  return claims;
}

// What the searches chose for every group of runs.
Json chosen_json(const Subject& subject, const std::filesystem::path& results) {
  Json list = Json::array();
  const auto records = read_study_records(subject.study, results);
  for (std::size_t s = 0; s < searches.size(); ++s)
    for (const SearchChoice& choice : records->choices[s])
      list.push_back({{"search", std::string(1, searches[s])},
                      {"runs", describe_group(*subject.study, choice.group)},
                      {"settings", join(choice.values, [](const auto& v) { return v.first + " " + v.second; })}});
  return list;
}

Json experiment_json(const Subject& subject, const std::filesystem::path& results) {
  const Experiment& experiment = subject.declared;
  // One row for each model. Runs that differ only in seed and training settings have the same model.
  std::map<std::string, std::size_t> row_of;
  Json rows = Json::array();
  for (const RunSpec& run : experiment.runs) {
    RunSpec model = run;
    for (const Option& option : training_options()) model.training.set(option.name, option.default_value);
    model.seed = 1;
    const auto [row, is_new] = row_of.try_emplace(model.canonical(), rows.size());
    if (is_new) {
      const std::string description = describe(model);
      Json row_json = {{"model", description.substr(0, description.rfind(" seed="))},
                       {"hidden", nullptr},
                       {"parameters", nullptr},
                       {"state_size", nullptr},
                       {"runs", 0}};
      if (missing_input({run}).empty()) {  // the sizes depend on the inputs
        const auto task = make_task(run);
        const NetworkSize size = network_size(run.model, task->signature());
        row_json["hidden"] = size.hidden;
        row_json["parameters"] = size.parameters;
        row_json["state_size"] = size.state.after(task->steps());
      }
      rows.push_back(std::move(row_json));
    }
    rows[row->second]["runs"] = rows[row->second]["runs"].get<int>() + 1;
  }
  Json json = {{"experiment", experiment.name},          {"title", experiment.title},      {"file", experiment.file},
               {"claims", claims_json(experiment.file)}, {"runs", experiment.runs.size()}, {"models", rows}};
  if (subject.study && subject.study->search) json["search"] = subject.study->search->text();
  if (subject.runs == "tuned") json["chosen"] = chosen_json(subject, results);
  return json;
}

void print_options(const Json& options) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& option : options) {
    const std::string default_value =
        option.at("default").is_null() ? "not set" : option.at("default").get<std::string>();
    rows.push_back({option.at("name"), default_value, option.at("allowed")});
    for (const std::string& line : wrapped(option.at("help"), 80)) rows.push_back({"", "", line});
  }
  std::cout << "options (name, default, allowed)\n";
  print_columns(std::cout, rows, 2);
}

void print_task(const Json& task) {
  const Json& bounds = task.at("with_settings");
  std::cout << task.at("task").get<std::string>() << ": " << task.at("summary").get<std::string>() << "\n\n";
  print_paragraphs(std::cout, replace_all(task.at("definition"), "\n", "\n\n"), 2);
  std::cout << '\n';
  if (!bounds.is_null()) {
    std::vector<std::string> settings;
    for (const auto& [key, value] : task.at("settings").items())
      settings.push_back(key + " = " + value.get<std::string>());
    std::cout << "with " << (settings.empty() ? "the default options" : join(settings, ", ")) << '\n';
    print_columns(
        std::cout,
        {{"measure", bounds.at("measure").get<std::string>() + ", " + bounds.at("definition").get<std::string>()},
         {"solved", bounds.at("measure").get<std::string>() + " " + bounds.at("solved").get<std::string>()},
         {"loss of the memoryless baseline", bounds.at("baseline").dump()},
         {"lowest possible loss", bounds.at("optimum").is_null() ? "not known" : bounds.at("optimum").dump()}},
        2);
    std::cout << '\n';
  }
  print_options(task.at("options"));
}

void print_cell(const Json& cell) {
  std::cout << cell.at("cell").get<std::string>() << ": " << cell.at("summary").get<std::string>() << "\n\n"
            << cell.at("formula").get<std::string>() << "\n\nsource: " << cell.at("source").get<std::string>()
            << "\nparameters of a layer (hidden size h, input size i): " << cell.at("parameters").get<std::string>()
            << "\nvalues that a layer carries from one step to the next: " << cell.at("state").get<std::string>()
            << "\n\n";
  print_options(cell.at("options"));
}

void print_experiment(const Json& experiment) {
  std::cout << experiment.at("experiment").get<std::string>() << ": " << experiment.at("title").get<std::string>()
            << "\n\n";
  for (const Json& claim : experiment.at("claims")) {
    std::vector<std::vector<std::string>> lines;
    for (const char* key : {"claim", "source", "measure", "compare", "margin"})
      lines.push_back({key, claim.value(key, "")});
    print_columns(std::cout, lines, 2);
    std::cout << '\n';
  }
  std::vector<std::vector<std::string>> rows = {{"runs", "hidden", "state", "parameters", "task, cell and settings"}};
  for (const Json& row : experiment.at("models")) {
    const auto number = [&](const char* key) { return row.at(key).is_null() ? "-" : row.at(key).dump(); };
    rows.push_back({number("runs"), number("hidden"), number("state_size"), number("parameters"), row.at("model")});
  }
  print_columns(std::cout, rows, 2);
  std::cout << '\n' << experiment.at("runs").dump() << " runs\n";
  if (experiment.contains("search")) {
    std::cout << "\ntwo searches, each: ";
    print_paragraphs(std::cout, experiment.at("search").get<std::string>());
  }
  if (!experiment.contains("chosen")) return;
  std::vector<std::vector<std::string>> chosen = {{"search", "runs", "chosen settings"}};
  for (const Json& choice : experiment.at("chosen"))
    chosen.push_back({choice.at("search"), choice.at("runs"), choice.at("settings")});
  std::cout << '\n';
  print_columns(std::cout, chosen, 2);
}

template <class Entry>
const Entry* entry_named(const std::vector<Entry>& entries, const std::string& name) {
  for (const Entry& entry : entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

// The task, cell or "training" with a name similar to this one, or "".
std::string near_table_name(const std::string& name) {
  std::vector<std::string> names = {"training"};
  for (const TaskEntry& task : all_tasks()) names.push_back(task.name);
  for (const CellEntry& cell : all_cells()) names.push_back(cell.name);
  return nearest_name(name, names);
}

}  // namespace

int show_command(const CommandArguments& words) {
  std::vector<Flag> flags = subject_flags();
  flags.push_back(format_flag());
  const Arguments arguments("show", words, std::move(flags));
  const bool json = arguments.format() == "json";
  const auto show = [&](const Json& what, void (*print)(const Json&)) {
    if (json) {
      std::cout << what.dump(2) << '\n';
    } else {
      print(what);
    }
    return 0;
  };
  const auto show_experiment = [&] {
    const Subject subject = subject_of(arguments);
    if (subject.runs != "trials") return show(experiment_json(subject, arguments.results()), print_experiment);
    print_trials(subject, arguments.format());
    return 0;
  };
  if (arguments.positional().empty() && !arguments.settings().empty()) {
    return show_experiment();
  }
  const std::string& name =
      arguments.only_positional("a task, a cell, 'training' or an experiment (FILE.ini or a name of the catalogue)");
  const TaskEntry* task = entry_named(all_tasks(), name);
  std::error_code ignored;  // a combination may be too long for a file name
  const bool is_combination = name.find_first_of("+|") != std::string::npos && !std::filesystem::exists(name, ignored);
  const CellEntry* cell = is_combination ? &find_cell(name) : entry_named(all_cells(), name);
  if (task || cell || name == "training") {
    if (!task && !arguments.settings().empty()) {
      throw UserError("command line: --" + arguments.settings()[0].key + " cannot be combined with '" + name +
                      "'; they belong to a task or an experiment");
    }
    if (task) return show(task_json(*task, arguments.settings()), print_task);
    if (cell) return show(cell_json(*cell), print_cell);
    return show(options_json(training_options()), print_options);
  }
  try {
    find_experiment(name);
  } catch (const UserError&) {
    const std::string near = near_table_name(name);
    if (near.empty()) throw;
    throw UserError("command line: '" + name + "' is not a task, a cell, a file or an experiment; did you mean '" +
                    near + "'?");
  }
  return show_experiment();
}

}  // namespace rnnbench::cli
