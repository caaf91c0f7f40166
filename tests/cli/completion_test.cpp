// Completion and the manual page: everything that the program knows is in them, and the shell takes them.
#include <algorithm>
#include <regex>
#include <set>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/usage.h"
#include "core/text.h"
#include "tests/cli/shell.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Catch::Contains;

namespace {

const Command& command_named(const std::string& name) {
  return *std::find_if(all_commands().begin(), all_commands().end(),
                       [&](const Command& command) { return command.name == name; });
}

// What bash would offer for the last word of this command line.
std::set<std::string> completed(const Shell& shell, const std::vector<std::string>& words) {
  std::string line = "set +u; . ./rnnbench.bash; COMP_WORDS=(";
  for (const std::string& word : words) line += " '" + word + "'";
  line += "); COMP_CWORD=" + std::to_string(words.size() - 1) + "; _rnnbench; printf '%s\\n' \"${COMPREPLY[@]}\"\n";
  shell.write("complete.sh", line);
  shell.run("", "bash complete.sh >out; true # ");
  std::set<std::string> offered;
  for (const std::string& word : split(file_text(shell / "out"), '\n'))
    if (!word.empty()) offered.insert(word);
  return offered;
}

}  // namespace

TEST_CASE("the options of a command are read from its help", "[cli][completion]") {
  std::vector<std::string> names;
  for (const UsageOption& option : options_of(command_named("run"))) names.push_back(option.name);
  CHECK(names == std::vector<std::string>{"results", "jobs", "threads", "shard", "recompute", "dry-run", "keep-going",
                                          "fail-fast", "no-weights", "oversubscribe"});
  CHECK(accepts_settings(command_named("run")));
  CHECK_FALSE(accepts_settings(command_named("merge")));
  CHECK(operands_of(command_named("show")) == std::vector<std::string>{"TASK", "CELL", "training", "EXPERIMENT"});
  CHECK(operands_of(command_named("list")) == std::vector<std::string>{"tasks", "models", "experiments"});
  CHECK(operands_of(command_named("import")) == std::vector<std::string>{"FILE.csv"});
  for (const UsageOption& option : options_of(command_named("table"))) {
    if (option.name == "format")
      CHECK(option.choices == std::vector<std::string>{"text", "csv", "markdown", "latex", "json"});
    if (option.name == "results") CHECK(option.value == "DIR");
  }
}

TEST_CASE("a command accepts the options of its help, and the help has every option", "[cli][completion]") {
  const Shell shell;
  for (const Command& command : all_commands()) {
    for (const UsageOption& option : options_of(command)) {
      // Nothing is trained, because the last option does not exist.
      const std::string rest = " --" + option.name + (option.value.empty() ? "" : " x") + " --no-such-option";
      const auto accepts = [&](const std::string& words) {
        const Printed outcome = shell.run(words + rest);
        CHECK(outcome.code == 2);
        return outcome.err.find("unknown option --" + option.name) == std::string::npos;
      };
      INFO(command.name << " --" << option.name);
      CHECK((accepts(command.name) || accepts(command.name + " findings")));
    }
    // What the help explains line by line is in the synopsis too.
    const std::regex explained("\n  --([a-z][a-z-]*)");
    std::set<std::string> in_synopsis;
    for (const UsageOption& option : options_of(command)) in_synopsis.insert(option.name);
    for (std::sregex_iterator match(command.usage.begin(), command.usage.end(), explained), end; match != end;
         ++match) {
      INFO(command.name << " --" << (*match)[1].str());
      CHECK((in_synopsis.contains((*match)[1]) || accepts_settings(command)));
    }
  }
}

TEST_CASE("bash completes commands, options, experiments, tasks, cells and values", "[cli][completion]") {
  const Shell shell;
  shell.write("rnnbench.bash", shell.run("completion bash").out);
  shell.write("own.ini", "task = adding\n");
  fs::create_directories(shell / "results");
  using Words = std::set<std::string>;
  CHECK(completed(shell, {"rnnbench", "re"}) == Words{"report", "reproduce"});
  CHECK(completed(shell, {"rnnbench", "run", "quick"}) == Words{"quickstart"});
  CHECK(completed(shell, {"rnnbench", "run", "ow"}) == Words{"own.ini"});
  shell.write("two words.ini", "task = adding\n");
  fs::create_directories(shell / "two folders");
  CHECK(completed(shell, {"rnnbench", "run", "two"}) == Words{"two words.ini", "two folders"});
  CHECK(completed(shell, {"rnnbench", "merge", "--into", "two"}) == Words{"two folders"});
  CHECK(completed(shell, {"rnnbench", "run", "--fail"}) == Words{"--fail-fast"});
  CHECK(completed(shell, {"rnnbench", "run", "--learning"}) == Words{"--learning-rate"});
  CHECK(completed(shell, {"rnnbench", "merge", "--learning"}).empty());
  CHECK(completed(shell, {"rnnbench", "run", "--task", "cop"}) == Words{"copy"});
  CHECK(completed(shell, {"rnnbench", "run", "--cell", "lstm-p"}) == Words{"lstm-peephole"});
  CHECK(completed(shell, {"rnnbench", "run", "--schedule", ""}).contains("cosine"));
  CHECK(completed(shell, {"rnnbench", "table", "x", "--format", ""}) ==
        Words{"text", "csv", "markdown", "latex", "json"});
  CHECK(completed(shell, {"rnnbench", "merge", "--into", "res"}) == Words{"results"});
  CHECK(completed(shell, {"rnnbench", "show", "train"}) == Words{"training"});
  CHECK(completed(shell, {"rnnbench", "reproduce", "gat"}) == Words{"gates"});
  CHECK(completed(shell, {"rnnbench", "reproduce", "quick"}).empty());  // no study
  CHECK_THAT(shell.run("completion fish").err, Contains("'fish' is not one of bash, zsh"));
  CHECK_THAT(shell.run("completion").err, Contains("the name of a shell"));
}

TEST_CASE("the manual page has every command, task, cell and option of training", "[cli][completion]") {
  const Shell shell;
  const Printed page = shell.run("man");
  CHECK(page.code == 0);
  CHECK(page.out.starts_with(".\\\" Made by rnnbench man.\n.TH RNNBENCH 1 \"\" \"rnnbench "));
  const auto has = [&](const std::string& name) {
    INFO(name);
    CHECK_THAT(page.out, Contains("\\&" + replace_all(name, "-", "\\-") + "\n"));
  };
  for (const Command& command : all_commands()) has(command.name);
  for (const auto* kind : {"tasks", "models"})
    for (const auto& entry : nlohmann::json::parse(shell.run(std::string("list ") + kind + " --format json").out))
      has(entry.at("name"));
  has("--learning-rate");
  CHECK(shell.run("man page").code == 2);
}
