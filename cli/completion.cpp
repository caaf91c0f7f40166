#include "cli/completion.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/usage.h"
#include "core/error.h"
#include "core/options.h"
#include "core/text.h"
#include "experiments/declaration/training_options.h"
#include "experiments/records/version.h"
#include "findings/finding.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::cli {
namespace {

template <class Entries>
std::vector<std::string> names_of(const Entries& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.push_back(entry.name);
  return names;
}

// The settings of runs with their choices, if they have any.
std::map<std::string, std::set<std::string>> setting_values() {
  std::map<std::string, std::set<std::string>> values;
  const auto add = [&](const std::vector<Option>& options) {
    for (const Option& option : options) values[option.name].insert(option.choices.begin(), option.choices.end());
  };
  add(training_options());
  for (const TaskEntry& task : all_tasks()) add(task.options);
  for (const CellEntry& cell : all_cells()) add(model_options(cell));
  for (const std::string& task : names_of(all_tasks())) values["task"].insert(task);
  for (const std::string& cell : names_of(all_cells())) values["cell"].insert(cell);
  return values;
}

// What may stand in a place of the command line. A shell adds the names of files or folders itself.
struct Candidates {
  std::vector<std::string> words;
  bool files = false, folders = false;
};

Candidates candidates_for(const std::vector<std::string>& placeholders) {
  Candidates candidates;
  const auto add = [&](const std::vector<std::string>& words) {
    candidates.words.insert(candidates.words.end(), words.begin(), words.end());
  };
  for (const std::string& placeholder : placeholders) {
    if (placeholder == "EXPERIMENT" || placeholder == "STUDY" || placeholder == "NAME" || placeholder == "FILES")
      for (const auto& file : catalogue_files())
        if (placeholder == "EXPERIMENT" || is_study(file)) candidates.words.push_back(file.stem().string());
    if (placeholder == "TASK") add(names_of(all_tasks()));
    if (placeholder == "CELL" || placeholder == "A,B" || placeholder == "A,B,...") add(names_of(all_cells()));
    if (placeholder == "EXPERIMENT" || placeholder == "FILES" || placeholder == "RUN" ||
        placeholder.starts_with("FILE."))
      candidates.files = true;
    if (placeholder == "DIR") candidates.folders = true;
    if (std::islower(static_cast<unsigned char>(placeholder[0]))) add(split(placeholder, ','));
  }
  std::sort(candidates.words.begin(), candidates.words.end());
  candidates.words.erase(std::unique(candidates.words.begin(), candidates.words.end()), candidates.words.end());
  return candidates;
}

// A line of a case statement of either shell: for `pattern`, sets `words` and `kind`.
std::string case_line(const std::string& pattern, const Candidates& candidates) {
  std::string line = "    " + pattern + ") words=" + shell_quoted(join(candidates.words, " "));
  if (candidates.files || candidates.folders) line += std::string(" kind=") + (candidates.files ? "files" : "folders");
  return line + " ;;\n";
}

// Sets `words` and `kind` (files, folders or nothing) from the name of the command and the word before the cursor.
std::string cases() {
  std::string text = "  case $command/$before in\n";
  const auto settings = setting_values();
  std::string keys;
  for (const auto& [key, values] : settings) keys += " --" + key;
  for (const Command& command : all_commands()) {
    for (const UsageOption& option : options_of(command)) {
      if (option.value.empty()) continue;
      const Candidates candidates =
          option.choices.empty() ? candidates_for({option.value}) : Candidates{option.choices};
      text += case_line(command.name + "/--" + option.name, candidates);
    }
  }
  for (const auto& [key, values] : settings) text += case_line("*/--" + key, {{values.begin(), values.end()}});
  text += "    *)\n      case $command in\n";
  for (const Command& command : all_commands()) {
    Candidates candidates = candidates_for(operands_of(command));
    for (const UsageOption& option : options_of(command)) candidates.words.push_back("--" + option.name);
    candidates.words.push_back("--help");
    std::string line = case_line(command.name, candidates);
    if (accepts_settings(command)) line.replace(line.find(" words='"), 8, " words=$keys' ");
    text += "    " + line;
  }
  return "  local keys=" + shell_quoted(trim(keys)) + "\n" + text + "      esac ;;\n  esac\n";
}

std::string command_names() { return join(names_of(all_commands()), " "); }

std::string bash_completion() {
  return "# Completion of rnnbench for bash: eval \"$(rnnbench completion bash)\"\n"
         "_rnnbench() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}\n"
         "  local words='' kind=''\n" +
         cases() + "  if [ \"$COMP_CWORD\" -eq 1 ]; then words='" + command_names() +
         " --help --version'; kind=''; fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "  case $kind in\n"
         "    files) compopt -o filenames 2>/dev/null; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
         "    folders) compopt -o filenames 2>/dev/null; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- \"$word\") ;;\n"
         "  esac\n"
         "}\n"
         "complete -F _rnnbench rnnbench\n";
}

std::string zsh_completion() {
  std::string described;
  for (const Command& command : all_commands())
    described += "      " + shell_quoted(command.name + ":" + command.summary) + "\n";
  return "#compdef rnnbench\n"
         "# Completion of rnnbench for zsh: a file _rnnbench in a folder of $fpath, or source <(rnnbench completion zsh)\n"
         "_rnnbench() {\n"
         "  local command=${words[2]} before=${words[CURRENT-1]} position=$CURRENT\n"
         "  if (( position == 2 )); then\n"
         "    local -a commands=(\n" +
         described +
         "    )\n"
         "    _describe command commands\n"
         "    return\n"
         "  fi\n"
         "  _rnnbench_words \"$command\" \"$before\"\n"
         "}\n"
         "_rnnbench_words() {\n"
         "  local command=$1 before=$2 words='' kind=''\n" +
         cases() +
         "  compadd -- ${=words}\n"
         "  case $kind in\n"
         "    files) _files ;;\n"
         "    folders) _files -/ ;;\n"
         "  esac\n"
         "}\n"
         "if [ \"${funcstack[1]}\" = _rnnbench ]; then _rnnbench \"$@\"; else compdef _rnnbench rnnbench; fi\n";
}

// Text for a line of roff that does not begin a request.
std::string roff(const std::string& text) {
  std::string escaped = replace_all(replace_all(replace_all(text, "\\", "\\e"), "-", "\\-"), "\n", "\n\\&");
  return "\\&" + escaped;
}

std::string roff_options(const std::vector<Option>& options) {
  std::string text;
  for (const Option& option : options)
    text += ".TP\n.B " + roff("--" + option.name) + "\n" +
            roff(option.help + " (" + allowed_values(option) +
                 (option.default_value.empty() ? "" : "; default: " + option.default_value) + ")") +
            "\n";
  return text;
}

std::string manual() {
  std::string text =
      std::string(".\\\" Made by rnnbench man.\n.TH RNNBENCH 1 \"\" \"rnnbench ") + release_version +
      "\" \"User Commands\"\n.SH NAME\nrnnbench \\- a benchmark of recurrent networks\n"
      ".SH SYNOPSIS\n.B rnnbench\n.I COMMAND\n[\\fIarguments\\fR]\n.SH DESCRIPTION\n" +
      roff(
          "Trains recurrent networks (vanilla RNN, LSTM, GRU, their variants, attention, Transformer) on synthetic tasks "
          "with long dependencies, records every run, and decides published claims by comparisons that anyone can "
          "repeat, bit for bit.") +
      "\n.SH COMMANDS\n";
  for (const Command& command : all_commands())
    text += ".SS " + roff(command.name) + "\n" + roff(command.summary + ".") + "\n.PP\n.nf\n" +
            roff(trim(command.usage)) + "\n.fi\n";
  text += ".SH OPTIONS OF TRAINING\n" + roff_options(training_options()) + ".SH TASKS\n";
  for (const TaskEntry& task : all_tasks()) text += ".TP\n.B " + roff(task.name) + "\n" + roff(task.summary) + "\n";
  text += ".SH CELLS\n";
  for (const CellEntry& cell : all_cells()) text += ".TP\n.B " + roff(cell.name) + "\n" + roff(cell.summary) + "\n";
  return text +
         ".SH EXIT STATUS\n0 success; 1 a run or a check failed; 2 wrong input; 130 interrupted.\n"
         ".SH ENVIRONMENT\n.TP\n.B RNNBENCH_ISA\n" +
         roff("The instruction set of the kernels instead of the best one of this machine. The results are the same.") +
         "\n";
}

}  // namespace

int completion_command(const CommandArguments& words) {
  const Arguments arguments("completion", words, {}, false);
  const std::string& shell = arguments.only_positional("the name of a shell, bash or zsh");
  if (shell != "bash" && shell != "zsh") throw UserError("command line: '" + shell + "' is not one of bash, zsh");
  std::cout << (shell == "bash" ? bash_completion() : zsh_completion());
  return 0;
}

int man_command(const CommandArguments& words) {
  const Arguments arguments("man", words, {}, false);
  if (!arguments.positional().empty())
    throw UserError("command line: 'rnnbench man' takes no arguments, but '" + arguments.positional()[0] +
                    "' is given");
  std::cout << manual();
  return 0;
}

}  // namespace rnnbench::cli
