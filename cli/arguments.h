// What every subcommand reads from its command line: positional arguments, its own flags, and settings of
// runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "experiments/declaration/grid.h"
#include "models/network.h"

namespace rnnbench::cli {

// A flag of a subcommand (`--jobs N`); settings of runs (`--hidden 64`) need no declaration.
struct Flag {
  std::string name;                       // "jobs"
  bool takes_value = true;                // or is it a switch, as --dry-run
  std::vector<std::string> choices = {};  // when not empty, the only values allowed
};

// --results DIR and --format text|json, which several subcommands share.
Flag results_flag();
Flag format_flag(std::vector<std::string> choices = {"text", "json"});

// A command line taken apart. Every failure is a UserError with one sentence.
class Arguments {
 public:
  // `command` is the subcommand's name, for the sentences. With `settings` = false run settings are unknown
  // options. Options are `--name value` or `--name=value`, written out in full, each at most once; a value
  // may start with '-'.
  Arguments(std::string command, const std::vector<std::string>& words, std::vector<Flag> flags, bool settings = true);

  const std::string& command() const { return command_; }
  const std::vector<std::string>& positional() const { return positional_; }
  const std::vector<Assignment>& settings() const { return settings_; }

  bool has(const std::string& flag) const { return flags_.contains(flag); }
  std::string text(const std::string& flag, const std::string& otherwise) const;
  std::int64_t integer(const std::string& flag, std::int64_t otherwise, std::int64_t min, std::int64_t max) const;
  std::string format() const { return text("format", "text"); }
  std::filesystem::path results() const { return text("results", "results"); }

  // The one positional argument; `what` names it in the sentence ("a model or task"). Throws unless there is
  // exactly one.
  const std::string& only_positional(const std::string& what) const;

 private:
  std::string command_;
  std::vector<std::string> positional_;
  std::map<std::string, std::string> flags_;
  std::vector<Assignment> settings_;
};

// The experiment that the arguments name: FILE.ini, the name of a catalogue experiment, or settings alone;
// settings beside a file win over it. `workspace`: how the runs will be computed.
Experiment parse_experiment(const Arguments& arguments, const WorkspaceOptions& workspace = {});

// --threads and --recompute of a command that has them.
WorkspaceOptions workspace_options(const Arguments& arguments);

// The one run that the settings describe (no file). `defaults` (key, value) stand for settings that are not
// given. Throws UserError when lists or ranges span more than one run.
RunSpec parse_single_run(const Arguments& arguments,
                         const std::vector<std::pair<std::string, std::string>>& defaults = {});

// The declared experiments: experiments/catalogue below the current folder or, failing that, the catalogue
// that was installed with this program or, failing that, the one of the source folder it was built from.
// Sorted by name; empty without a catalogue.
std::vector<std::filesystem::path> catalogue_files();

// A path as it is, a catalogue name as the path of its file. Throws UserError when it is neither.
std::filesystem::path find_experiment(const std::string& path_or_name);

// "rnnbench run FILE.ini --results out --length 50" with the program as the user called it and the words
// quoted for a shell: what continues, or starts, the runs that these arguments speak of.
std::string run_command_line(const Arguments& arguments);

// Task, cell, length, width and every other setting that differs from its default: "adding lstm hidden=64
// length=100 seed=2".
std::string describe(const RunSpec& run);

}  // namespace rnnbench::cli
