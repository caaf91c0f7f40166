// The arguments of a command: positional ones, its flags, and settings of runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "experiments/declaration/experiment_file.h"
#include "experiments/declaration/grid.h"
#include "experiments/running/shard.h"
#include "models/network.h"

namespace rnnbench::cli {

// A flag that a command declares (`--jobs N`). Settings of runs (`--hidden 64`) are known without declaration.
struct Flag {
  std::string name;                       // "jobs"
  bool takes_value = true;                // false: a switch such as --dry-run
  std::vector<std::string> choices = {};  // the allowed values; empty: any value
};

// --results DIR and --format FORMAT, which several commands have.
Flag results_flag();
Flag format_flag(std::vector<std::string> choices = {"text", "json"});

// A parsed command line. Every mistake is a UserError.
class Arguments {
 public:
  // `command`: the name of the command, for messages. `settings`: whether the command accepts settings of runs. Options
  // are
  // `--name value` or `--name=value`; they cannot be abbreviated or repeated. A value may start with '-'.
  Arguments(std::string command, const std::vector<std::string>& words, std::vector<Flag> flags, bool settings = true);

  const std::string& command() const { return command_; }
  const std::vector<std::string>& positional() const { return positional_; }
  const std::vector<Assignment>& settings() const { return settings_; }

  bool has(const std::string& flag) const { return flags_.contains(flag); }
  std::string text(const std::string& flag, const std::string& otherwise) const;
  std::int64_t integer(const std::string& flag, std::int64_t otherwise, std::int64_t min, std::int64_t max) const;
  std::string format() const { return text("format", "text"); }
  std::filesystem::path results() const { return text("results", "results"); }

  // The only positional argument. Throws UserError unless there is exactly one; `what` describes it in the message
  // ("one RUN").
  const std::string& only_positional(const std::string& what) const;

 private:
  std::string command_;
  std::vector<std::string> positional_;
  std::map<std::string, std::string> flags_;
  std::vector<Assignment> settings_;
};

// The experiment that the arguments describe: a file or the name of a catalogue experiment, or settings alone. Settings
// replace those of the file and of its profile. `workspace`: how the runs will be computed, for the check of memory.
Experiment parse_experiment(const Arguments& arguments, const WorkspaceOptions& workspace = {},
                            Profile profile = Profile::lab);

// The value of --shard; without it, the whole. Throws UserError as parse_shard.
Shard shard_of(const Arguments& arguments);

// The values of --threads and --recompute.
WorkspaceOptions workspace_options(const Arguments& arguments);

// The only run that the settings describe, without a file. `defaults`: key and value of settings that are used if they
// are not given. Throws UserError when lists or ranges describe more than one run.
RunSpec parse_single_run(const Arguments& arguments,
                         const std::vector<std::pair<std::string, std::string>>& defaults = {});

// The files of the catalogue, sorted by name; empty if there is no catalogue. The catalogue is the first of these
// folders that exists: experiments/catalogue in the current folder, the one installed with this program, the one in the
// source folder that this program was built from.
std::vector<std::filesystem::path> catalogue_files();

// The path of an experiment file: the given path, or the file of this name in the catalogue. Throws UserError when
// neither exists.
std::filesystem::path find_experiment(const std::string& path_or_name);

// The shell command that starts or continues the runs of these arguments, as in
// "rnnbench run FILE.ini --results out --length 50". The program is written as the user called it.
std::string run_command_line(const Arguments& arguments, const std::string& command = "run");

// Task, cell, hidden size, length, seed and every other setting that differs from its default, as in
// "adding lstm hidden=64 length=100 seed=2".
std::string describe(const RunSpec& run);

}  // namespace rnnbench::cli
