#include "experiments/declaration/spec.h"

#include <filesystem>
#include <map>

#include "core/error.h"
#include "core/hash.h"
#include "core/options.h"
#include "core/read_file.h"
#include "core/text.h"
#include "experiments/declaration/run_task.h"
#include "experiments/declaration/training_options.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::experiments {
namespace {

bool is_used(const Option& option, const Settings& settings) {
  if (option.name == "hidden" && (settings.has("budget") || settings.has("state-budget"))) return false;
  return settings.has(option.name) && (!option.used || option.used(settings));
}

// Adds a line for each used option that differs from its default, except `cell` and `seed` (which the caller adds) and
// the paths of files.
void add_lines(const std::vector<Option>& options, const Settings& settings,
               std::map<std::string, std::string>& lines) {
  for (const Option& option : options) {
    if (option.name == "cell" || option.name == "seed" || option.is_path || !is_used(option, settings)) continue;
    if (settings.text(option.name) != option.default_value) lines[option.name] = settings.text(option.name);
  }
}

void add_json(const std::vector<Option>& options, const Settings& settings, Json& json) {
  for (const Option& option : options) {
    if (option.name == "cell" || option.name == "seed" || !is_used(option, settings)) continue;
    switch (option.kind) {
      case Option::Kind::integer:
        json[option.name] = settings.integer(option.name);
        break;
      case Option::Kind::real:
        json[option.name] = settings.real(option.name);
        break;
      case Option::Kind::integers:
        json[option.name] = settings.integers(option.name);
        break;
      case Option::Kind::choice:
      case Option::Kind::text:
        json[option.name] = settings.text(option.name);
        break;
    }
  }
}

std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  return join(value, text_of, ",");
}

// The settings of one section of a record's spec. `name_key`: the key that names the task or the cell, "" for training.
Settings settings_from(const Json& section, const std::vector<Option>& options, const std::string& name_key) {
  Settings settings;
  for (const Option& option : options) {
    if (option.name != "seed") settings.set(option.name, option.default_value);
  }
  for (const auto& [key, value] : section.items()) {
    if (key == name_key) continue;
    const Option* known = nullptr;
    std::vector<std::string> names;
    for (const Option& option : options) {
      names.push_back(option.name);
      if (option.name == key) known = &option;
    }
    if (known == nullptr) throw UserError("its spec has an unknown key '" + key + "'" + did_you_mean(key, names));
    settings.set(key, canonical_value(*known, text_of(value)));
  }
  return settings;
}

}  // namespace

std::string RunSpec::canonical() const {
  std::map<std::string, std::string> lines = {{"task", task.text("task")}, {"cell", model.text("cell")}};
  add_lines(find_task(task.text("task")).options, task, lines);
  add_lines(model_options(find_cell(model.text("cell"))), model, lines);
  add_lines(training_options(), training, lines);
  if (seed != 1) lines["seed"] = std::to_string(seed);
  std::string text =
      "schema = " + std::to_string(record_schema) + "\nnumerics_version = " + std::to_string(numerics_version) + "\n";
  for (const auto& [key, value] : lines) text += key + " = " + value + "\n";
  return text;
}

std::string RunSpec::id() const { return hex16(fnv1a(canonical())); }

Json RunSpec::json() const {
  const std::string text = canonical();
  Json json = {{"id", hex16(fnv1a(text))},
               {"schema", record_schema},
               {"numerics_version", numerics_version},
               {"canonical", text},
               {"task", {{"name", task.text("task")}}},
               {"model", {{"cell", model.text("cell")}}},
               {"training", Json::object()},
               {"seed", seed}};
  add_json(find_task(task.text("task")).options, task, json["task"]);
  add_json(model_options(find_cell(model.text("cell"))), model, json["model"]);
  add_json(training_options(), training, json["training"]);
  return json;
}

std::string task_text(const RunSpec& run) {
  std::vector<std::string> settings = {"length " + run.task.text("length")};
  std::map<std::string, std::string> lines;
  add_lines(find_task(run.task.text("task")).options, run.task, lines);
  for (const auto& [key, value] : lines)
    if (key != "length" && key != "test-length") settings.push_back(key + " " + value);
  return run.task.text("task") + " (" + join(settings) + ")";
}

bool can_decide_solving(const RunSpec& run) {
  return run.training.integer("evaluate") >= min_evaluate_to_solve ||
         make_task(run)->evaluated_on() != EvaluatedOn::random;
}

RunSpec spec_from_json(const Json& spec) try {
  for (const auto& [key, ours] : {std::pair{"schema", record_schema}, {"numerics_version", numerics_version}}) {
    if (spec.at(key) != ours) {
      throw UserError("its " + std::string(key) + " is " + spec.at(key).dump() + ", but this program uses " +
                      std::to_string(ours));
    }
  }
  const std::string task = spec.at("task").at("name"), cell = spec.at("model").at("cell");
  RunSpec run;
  run.task = settings_from(spec.at("task"), find_task(task).options, "name");
  run.task.set("task", task);
  run.model = settings_from(spec.at("model"), model_options(find_cell(cell)), "cell");
  run.model.set("cell", cell);
  run.training = settings_from(spec.at("training"), training_options(), "");
  run.seed = spec.at("seed").get<std::uint64_t>();
  const std::string text = run.canonical();
  if (spec.at("canonical") != text || spec.at("id") != hex16(fnv1a(text))) {
    throw UserError("its spec does not match its id " + spec.at("id").dump() + ", so it was edited");
  }
  return run;
} catch (const Json::exception& error) {
  throw UserError(std::string("its spec is incomplete or malformed: ") + error.what());
}

RunSpec spec_from_canonical(const std::string& canonical,
                            const std::vector<std::pair<std::string, std::string>>& paths) {
  std::map<std::string, std::string> values(paths.begin(), paths.end());
  for (const std::string& line : split(canonical, '\n')) {
    const auto equals = line.find(" = ");
    if (equals != std::string::npos) values[line.substr(0, equals)] = line.substr(equals + 3);
  }
  const auto take = [&](const std::string& key) {
    const auto found = values.find(key);
    if (found == values.end()) throw UserError("its canonical text has no " + key);
    std::string value = found->second;
    values.erase(found);
    return value;
  };
  for (const auto& [key, ours] : {std::pair{"schema", record_schema}, {"numerics_version", numerics_version}})
    if (const std::string version = take(key); version != std::to_string(ours))
      throw UserError("its " + std::string(key) + " is " + version + ", but this program uses " + std::to_string(ours));
  const std::string task = take("task"), cell = take("cell");
  RunSpec run;
  const auto read = [&](const std::vector<Option>& options, Settings& settings) {
    for (const Option& option : options) {
      if (option.name == "seed" || option.name == "cell") continue;
      const bool given = values.contains(option.name);
      settings.set(option.name, given ? canonical_value(option, take(option.name)) : option.default_value);
    }
  };
  read(find_task(task).options, run.task);
  read(model_options(find_cell(cell)), run.model);
  read(training_options(), run.training);
  run.task.set("task", task);
  run.model.set("cell", cell);
  if (values.contains("seed")) run.seed = parse_number<std::uint64_t>(take("seed")).value_or(0);
  if (run.canonical() != canonical) throw UserError("its canonical text is not one of this program");
  return run;
}

std::vector<std::pair<std::string, std::string>> input_paths(const RunSpec& run) {
  std::vector<std::pair<std::string, std::string>> paths;
  for (const Option& option : find_task(run.task.text("task")).options)
    if (option.is_path && is_used(option, run.task)) paths.emplace_back(option.name, run.task.text(option.name));
  return paths;
}

std::string missing_input(const std::vector<RunSpec>& runs) {
  for (const RunSpec& run : runs)
    for (const auto& [option, path] : input_paths(run))
      if (!path_exists(path))
        return "there is no file " + path +
               ", which these runs read (docs/your-own-data.md says how to get the files of the catalogue)";
  return "";
}

void check_inputs(const std::vector<RunSpec>& runs) {
  if (const std::string sentence = missing_input(runs); !sentence.empty()) throw UserError(sentence);
}

}  // namespace rnnbench::experiments
