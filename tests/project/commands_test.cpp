// The commands of the documentation run: those of README.md, docs/commands.md, docs/training.md,
// docs/your-own-data.md, docs/reproducibility.md and scripts/quickstart, with a few updates each.
#include <algorithm>
#include <cstdlib>
#include <regex>
#include <set>

#include <catch2/catch.hpp>

#include "core/text.h"
#include "tests/models/model_fixture.h"
#include "tests/project/documents.h"
#include "tests/project/how_to.h"

using namespace rnnbench::test;

namespace {

const fs::path program = RNNBENCH_PROGRAM;

bool succeeds(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }
bool has_torch() { return succeeds("/usr/bin/python3 -c 'import torch'"); }
bool has_latex() { return succeeds("pdflatex --version"); }

struct Block {
  std::string language, text;
};

std::vector<Block> fenced_blocks(const std::string& document) {
  static const std::regex fence("\n```([a-z]+)\n([^`]*)```");
  std::vector<Block> blocks;
  for (std::sregex_iterator match(document.begin(), document.end(), fence), end; match != end; ++match)
    blocks.push_back({(*match)[1], (*match)[2]});
  return blocks;
}

// The command with `--name value`, in place of the value it has.
std::string with_setting(const std::string& command, const std::string& name, const std::string& value) {
  const std::regex written("--" + name + " [^ ]+");
  const std::string setting = "--" + name + " " + value;
  if (std::regex_search(command, written)) return std::regex_replace(command, written, setting);
  const std::size_t end = std::min(command.find(" | "), command.size());  // of the program's arguments
  return command.substr(0, end) + " " + setting + command.substr(end);
}

// The same command with little to do.
std::string short_name(std::string command) {
  static const std::regex call("\\brnnbench ([a-z]+)");
  static const std::set<std::string> of_experiment = {"run", "status", "table", "plot", "report", "compare"};
  std::smatch match;
  REQUIRE(std::regex_search(command, match, call));
  const std::string name = match[1];
  if (of_experiment.contains(name) && command.find(" findings") == std::string::npos)
    for (const auto& [key, value] : {std::pair{"updates", "3"}, {"evaluate", "64"}, {"batch", "4"}})
      command = with_setting(command, key, value);
  if (!optimized && of_experiment.contains(name) && command.find(" findings") == std::string::npos)
    for (const auto& [key, value] : {std::pair{"stop", "never"}, {"evaluate", "2"}})
      command = with_setting(command, key, value);
  if (!optimized) command = replace_all(command, "reproduce --profile", "reproduce counting --profile");
  if (command.find("--warmup-updates") != std::string::npos) command = with_setting(command, "warmup-updates", "1");
  if (name == "speed")
    for (const auto& [key, value] : {std::pair{"hidden", "8"}, {"batch", "2"}, {"time-steps", "40"}})
      command = with_setting(command, key, value);
  return command;
}

// A working folder in which the commands of a document run one after the other.
class Reader {
 public:
  // Runs one line in bash; `ID` stands for the id of some record.
  void run(std::string line) {
    static const std::regex comment(" +#.*"), call("\\brnnbench ");
    line = std::regex_replace(line, comment, "");
    if (const auto id = line.find("ID.json"); id != std::string::npos) {
      const fs::path pattern = folder_.path / line.substr(line.rfind(' ', id) + 1);
      for (const auto& record : fs::directory_iterator(pattern.parent_path())) {
        if (record.path().extension() != ".json") continue;
        line.replace(id, std::string("ID.json").size(), record.path().filename());
        break;
      }
    }
    if (std::regex_search(line, call)) line = short_name(line);
    const fs::path script = folder_.path / ".command", log = folder_.path / ".log";
    write(script, "set -euo pipefail\ncd '" + folder_.path.string() + "'\nexport PATH='" +
                      program.parent_path().string() + "':\"$PATH\"\n" + line + '\n');
    const int code = std::system(("bash '" + script.string() + "' > '" + log.string() + "' 2>&1").c_str());
    INFO(line << "\n" << text_of(log));
    CHECK(code == 0);
    ++commands_;
  }
  void follow(const fs::path& document) {
    for (const Block& block : fenced_blocks(text_of(document))) {
      std::istringstream lines(block.text);
      const bool names_file = block.text.starts_with("# ");  // the first line is a comment with the file's name
      if (block.language == "ini" || names_file) {
        std::string name;
        REQUIRE(std::getline(lines, name));
        REQUIRE(names_file);
        write(folder_.path / name.substr(2), block.text);
      } else if (block.language == "sh") {
        for (std::string line; std::getline(lines, line);)
          if (!line.empty()) run(line);
      } else if (block.language == "python") {
        run_script("example.py", block.text, block.text.find("import torch") == std::string::npos || has_torch());
      } else if (block.language == "r") {
        run_script("example.R", block.text, true);
      } else if (block.language == "latex") {
        run_script("example.tex", block.text, has_latex());
      }
    }
  }
  fs::path path(const std::string& name) const { return folder_.path / name; }
  int commands() const { return commands_; }
  int scripts() const { return scripts_; }

 private:
  void run_script(const std::string& name, const std::string& text, bool can_run) {
    if (!can_run) {
      WARN("not run, because the program that it is for is not installed: " + name);
      return;
    }
    write(folder_.path / name, text);
    const std::string command = name.ends_with(".py")  ? "/usr/bin/python3 "
                                : name.ends_with(".R") ? "Rscript "
                                                       : "pdflatex -halt-on-error ";
    run(command + name);
    ++scripts_;
  }

  Folder folder_;
  int commands_ = 0, scripts_ = 0;
};

bool has_gnuplot() { return succeeds("gnuplot --version"); }

}  // namespace

TEST_CASE("docs: the commands of the README do what they say", "[docs][readme]") {
  Reader reader;
  reader.follow(root / "README.md");
  CHECK(reader.commands() == 4);
  CHECK(fs::exists(reader.path("results/memory/report.html")));
}

TEST_CASE("docs: the commands of docs/commands.md do what they say", "[docs]") {
  Reader reader;
  reader.follow(root / "docs/commands.md");
  CHECK(reader.commands() >= 15);
  CHECK(fs::exists(reader.path("results/memory/report.html")));
  CHECK(fs::exists(reader.path("results/memory/runs.csv")));
  CHECK(fs::exists(reader.path("batch.safetensors")));
  CHECK(fs::exists(reader.path("results/memory/figures/learning-curves.gp")));
  CHECK(fs::exists(reader.path("results/memory/figures/learning-curves.png")) == has_gnuplot());
}

TEST_CASE("docs: the examples of docs/use-the-results.md work", "[docs]") {
  if (!succeeds("/usr/bin/python3 -c 'import pandas'") || !succeeds("Rscript --version")) {
    WARN("not run, because pandas or R is not installed");
    return;
  }
  Reader reader;
  reader.follow(root / "docs/use-the-results.md");
  CHECK(reader.commands() >= 9);
  CHECK(reader.scripts() >= 3);
}

TEST_CASE("docs: the commands of docs/clusters.md do what they say", "[docs]") {
  Reader reader;
  reader.follow(root / "docs/clusters.md");
  CHECK(reader.commands() == 5);
}

TEST_CASE("docs: the commands of docs/training.md do what they say", "[docs]") {
  Reader reader;
  reader.follow(root / "docs/training.md");
  CHECK(reader.commands() >= 5);
}

TEST_CASE("docs: the commands of docs/your-own-data.md do what they say", "[docs]") {
  Reader reader;
  reader.follow(root / "docs/your-own-data.md");
  CHECK(reader.commands() >= 5);
}

TEST_CASE("docs: docs/commands.md names every command of the program", "[docs]") {
  const std::string page = text_of(root / "docs/commands.md");
  const Folder folder;
  const fs::path help = folder.path / "help";
  REQUIRE(std::system(("'" + program.string() + "' --help > '" + help.string() + "'").c_str()) == 0);
  const std::string text = text_of(help);
  const std::regex row("\n  ([a-z]+)  +[a-z]");
  int commands = 0;
  for (std::sregex_iterator match(text.begin(), text.end(), row), end; match != end; ++match, ++commands) {
    CAPTURE((*match)[1].str());
    CHECK(page.find("\nrnnbench " + (*match)[1].str() + " ") != std::string::npos);
  }
  CHECK(commands >= 12);
}

TEST_CASE("docs: the commands of docs/reproducibility.md do what they say", "[docs]") {
  Reader reader;
  reader.follow(root / "docs/reproducibility.md");
  CHECK(reader.commands() == 2);
}

TEST_CASE("docs: the commands of scripts/quickstart work in their order", "[docs][scripts]") {
  Reader reader;
  std::istringstream lines(text_of(root / "scripts/quickstart"));
  const std::regex call("^build/release/(rnnbench [a-z]+ quickstart)");
  std::smatch match;
  for (std::string line; std::getline(lines, line);)
    if (std::regex_search(line, match, call))
      reader.run(match[1].str() + " --seed 1 --updates 30 --evaluate 20 --longest 100");
  CHECK(reader.commands() == 3);
  CHECK(fs::exists(reader.path("results/quickstart/report.html")));
}
