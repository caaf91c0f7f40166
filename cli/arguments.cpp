#include "cli/arguments.h"

#include <algorithm>
#include <errno.h>  // program_invocation_name
#include <set>
#include <sstream>

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>

#include "core/error.h"
#include "core/options.h"
#include "core/plain_text.h"
#include "core/read_file.h"
#include "core/text.h"
#include "experiments/declaration/experiment_file.h"
#include "experiments/declaration/training_options.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::cli {
namespace {

namespace po = boost::program_options;

std::set<std::string> setting_names() {
  std::set<std::string> names = {"task", "cell"};
  for (const Option& option : training_options()) names.insert(option.name);
  for (const TaskEntry& task : all_tasks()) {
    for (const Option& option : task.options) names.insert(option.name);
  }
  for (const CellEntry& cell : all_cells()) {
    for (const Option& option : model_options(cell)) names.insert(option.name);
  }
  return names;
}

// The canonical value of a flag. Throws UserError such as "command line: --jobs = 0 is not ...".
std::string checked(const Option& option, const std::string& value) try {
  return canonical_value(option, value);
} catch (const UserError& error) {
  throw UserError(std::string("command line: ") + error.what());
}

}  // namespace

Flag results_flag() { return {.name = "results"}; }
Flag format_flag(std::vector<std::string> choices) { return {.name = "format", .choices = std::move(choices)}; }

Arguments::Arguments(std::string command, const std::vector<std::string>& words, std::vector<Flag> flags, bool settings)
    : command_(std::move(command)) {
  const std::set<std::string> keys = settings ? setting_names() : std::set<std::string>();
  std::vector<std::string> known(keys.begin(), keys.end());
  po::options_description options;
  for (const std::string& key : keys) options.add_options()(key.c_str(), po::value<std::string>(), "");
  for (const Flag& flag : flags) {
    known.push_back(flag.name);
    if (flag.takes_value) {
      options.add_options()(flag.name.c_str(), po::value<std::string>(), "");
    } else {
      options.add_options()(flag.name.c_str(), "");
    }
  }
  const std::string here = "command line: ";
  const std::string help = "; 'rnnbench " + command_ + " --help' lists the options";
  po::parsed_options parsed(nullptr);
  try {
    // No abbreviations: their meaning would change when another option is added.
    parsed = po::command_line_parser(words)
                 .options(options)
                 .style(po::command_line_style::allow_long | po::command_line_style::long_allow_next |
                        po::command_line_style::long_allow_adjacent)
                 .run();
  } catch (const po::unknown_option& error) {
    const std::string typed = error.get_option_name();  // "--lenght=5"
    const std::string name = typed.substr(2, typed.find('=') - 2);
    const std::string near = nearest_name(name, known);
    throw UserError(here + "unknown option --" + name + (near.empty() ? help : "; did you mean --" + near + "?"));
  } catch (const po::invalid_command_line_syntax& error) {
    const auto kind = error.kind();  // empty_adjacent_parameter: "--results="
    const bool missing = kind == po::invalid_command_line_syntax::missing_parameter ||
                         kind == po::invalid_command_line_syntax::empty_adjacent_parameter;
    throw UserError(here + error.get_option_name() + (missing ? " needs a value" : " takes no value") + help);
  } catch (const po::error& error) {
    throw UserError(here + error.what() + help);
  }
  std::set<std::string> given;
  for (const po::option& option : parsed.options) {
    if (option.position_key >= 0) {
      positional_.push_back(option.value.at(0));
      continue;
    }
    const std::string& name = option.string_key;
    if (!given.insert(name).second) throw UserError(here + "--" + name + " is given twice");
    // If a value is missing, Boost takes the next option as the value.
    if (!option.value.empty() && option.value[0].starts_with("--"))
      throw UserError(here + "--" + name + " needs a value" + help);
    const auto flag = std::find_if(flags.begin(), flags.end(), [&](const Flag& f) { return f.name == name; });
    if (flag == flags.end()) {
      settings_.push_back({name, option.value.at(0), "", 0});
    } else {
      const std::string value = option.value.empty() ? "" : option.value[0];
      if (flag->takes_value && value.empty()) throw UserError(here + "--" + name + " needs a value" + help);
      if (!flag->choices.empty()) checked(choice_option("--" + name, "?", flag->choices, ""), value);
      flags_[name] = value;
    }
  }
}

std::string Arguments::text(const std::string& flag, const std::string& otherwise) const {
  const auto found = flags_.find(flag);
  return found == flags_.end() ? otherwise : found->second;
}

std::int64_t Arguments::integer(const std::string& flag, std::int64_t otherwise, std::int64_t min,
                                std::int64_t max) const {
  if (!has(flag)) return otherwise;
  const Option option = integer_option("--" + flag, "?", static_cast<double>(min), static_cast<double>(max), "");
  return std::stoll(checked(option, text(flag, "")));
}

const std::string& Arguments::only_positional(const std::string& what) const {
  if (positional_.size() != 1) {
    throw UserError("command line: 'rnnbench " + command_ + "' needs " + what + ", but " +
                    (positional_.empty() ? "none is given" : "'" + positional_[1] + "' is given too"));
  }
  return positional_[0];
}

Shard shard_of(const Arguments& arguments) {
  return arguments.has("shard") ? parse_shard(arguments.text("shard", "")) : Shard{};
}

WorkspaceOptions workspace_options(const Arguments& arguments) {
  return {.threads = static_cast<int>(arguments.integer("threads", 1, 1, 4096)),
          .recompute = static_cast<int>(arguments.integer("recompute", 0, 1, 100'000'000))};
}

Experiment parse_experiment(const Arguments& arguments, const WorkspaceOptions& workspace, Profile profile) {
  Declaration declaration;
  if (!arguments.positional().empty()) {
    const auto file =
        find_experiment(arguments.only_positional("one experiment (FILE.ini or a name of the catalogue)"));
    declaration = read_experiment_file(file, profile).declaration;
  } else if (profile != Profile::lab) {
    throw UserError("command line: --profile = " + profile_name(profile) + " needs a file, which declares the profile");
  } else if (arguments.settings().empty()) {
    arguments.only_positional(
        "an experiment (FILE.ini, a name of the catalogue, or settings such as --task adding --cell lstm)");
  }
  declaration.overrides.insert(declaration.overrides.end(), arguments.settings().begin(), arguments.settings().end());
  return expand(declaration, workspace);
}

RunSpec parse_single_run(const Arguments& arguments, const std::vector<std::pair<std::string, std::string>>& defaults) {
  if (!arguments.positional().empty()) {
    throw UserError("command line: 'rnnbench " + arguments.command() + "' accepts only options, but '" +
                    arguments.positional()[0] + "' is given");
  }
  Declaration declaration;
  declaration.overrides = arguments.settings();
  for (const auto& [key, value] : defaults) {
    const bool given = std::any_of(declaration.overrides.begin(), declaration.overrides.end(),
                                   [&key = key](const Assignment& a) { return a.key == key; });
    if (!given) declaration.overrides.push_back({key, value, "", 0});
  }
  Experiment experiment = expand(declaration);
  if (experiment.runs.size() != 1) {
    throw UserError("command line: these settings describe " + std::to_string(experiment.runs.size()) +
                    " runs, but 'rnnbench " + arguments.command() + "' needs one run; give each setting one value");
  }
  return experiment.runs[0];
}

std::vector<std::filesystem::path> catalogue_files() {
  namespace fs = std::filesystem;
  const fs::path below = fs::path("experiments") / "catalogue";
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  fs::path folder = fs::path(RNNBENCH_SOURCE_DIR) / below;
  for (const fs::path& preferred : {program.parent_path() / RNNBENCH_DATA_DIR / "catalogue", below})
    if (path_exists(preferred) && fs::is_directory(preferred)) folder = preferred.lexically_normal();
  std::vector<fs::path> files;
  if (!path_exists(folder)) return files;
  for (const fs::path& path : paths_in(folder))
    if (path.extension() == ".ini") files.push_back(path);
  return files;
}

std::filesystem::path find_experiment(const std::string& path_or_name) {
  std::error_code ignored;
  const std::filesystem::path path = path_or_name;
  if (std::filesystem::is_regular_file(path, ignored) || path.extension() == ".ini") return path;
  std::vector<std::string> names;
  for (const auto& file : catalogue_files()) {
    if (file.stem() == path_or_name) return file;
    names.push_back(file.stem().string());
  }
  if (std::filesystem::exists(path, ignored)) return path;  // a folder: read_ini reports it
  throw UserError("command line: '" + path_or_name + "' is neither a file nor an experiment of the catalogue" +
                  did_you_mean(path_or_name, names));
}

std::string run_command_line(const Arguments& arguments, const std::string& command) {
  std::string line = shell_quoted(plain_text(program_invocation_name)) + " " + command;
  for (const std::string& word : arguments.positional()) line += " " + shell_quoted(word);
  for (const Assignment& a : arguments.settings()) line += " --" + a.key + " " + shell_quoted(a.value);
  for (const char* flag : {"results", "jobs", "threads", "recompute", "shard"}) {
    if (arguments.has(flag)) line += std::string(" --") + flag + " " + shell_quoted(arguments.text(flag, ""));
  }
  for (const char* flag : {"no-weights", "fail-fast", "oversubscribe"}) {
    if (arguments.has(flag)) line += std::string(" --") + flag;
  }
  return line;
}

std::string describe(const RunSpec& run) {
  std::map<std::string, std::string> settings;
  std::istringstream lines(run.canonical());
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find(" = ");
    settings[line.substr(0, equals)] = line.substr(equals + 3);
  }
  for (const char* elsewhere : {"schema", "numerics_version", "task", "cell", "seed"}) settings.erase(elsewhere);
  settings["length"] = run.task.text("length");
  if (!run.model.has("budget") && !run.model.has("state-budget")) settings["hidden"] = run.model.text("hidden");
  std::string text = run.task.text("task") + " " + run.model.text("cell");
  for (const auto& [key, value] : settings) text += " " + key + "=" + value;
  return text + " seed=" + std::to_string(run.seed);
}

}  // namespace rnnbench::cli
