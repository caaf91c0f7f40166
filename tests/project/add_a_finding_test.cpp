// Follows docs/add-a-finding.md: writes its file, runs its commands, and finds the verdict in the table of findings.
#include <regex>
#include <sys/wait.h>

#include <catch2/catch.hpp>

#include "experiments/records/results_folder.h"
#include "findings/statement.h"
#include "tests/namespaces.h"
#include "tests/project/how_to.h"

using namespace rnnbench::test;
using Catch::Contains;

namespace {

// The example with a short training.
std::string shortened(std::string file) {
  for (const auto& [key, value] : {std::pair{"length", "6"}, {"hidden", "4"}, {"updates", "20"}}) {
    const std::regex line("(^|\n)" + std::string(key) + " = [0-9]+");
    REQUIRE(std::regex_search(file, line));
    file = std::regex_replace(file, line, "$1" + std::string(key) + " = " + value,
                              std::regex_constants::format_first_only);
  }
  return file;
}

}  // namespace

TEST_CASE("docs: add-a-finding.md works as it stands", "[finding][docs]") {
  const std::string document = text_of(fs::path(RNNBENCH_SOURCE_DIR) / "docs/add-a-finding.md");
  const std::string file = block_after(document, "## 1. One file", "ini");
  const Folder folder;
  std::string out;
  const auto run = [&](const std::string& command) {
    REQUIRE(command.starts_with("rnnbench "));
    const std::string line =
        "cd '" + folder.path.string() + "' && '" RNNBENCH_PROGRAM "' " + command.substr(9) + " >.out 2>&1";
    const int code = WEXITSTATUS(std::system(line.c_str()));
    out = text_of(folder.path / ".out");
    INFO(command << "\n" << out);
    CHECK(code == 0);
  };

  write(folder.path / "forget-bias.ini", file);
  run("rnnbench reproduce forget-bias.ini --profile smoke");

  write(folder.path / "forget-bias.ini", shortened(file));
  std::istringstream commands(block_after(document, "## 2. Freeze, run and decide", "sh"));
  int count = 0;
  for (std::string command; std::getline(commands, command); ++count) run(command);
  CHECK(count == 12);
  CHECK(fs::exists(folder.path / "results/forget-bias/report.html"));
  CHECK(fs::exists(folder.path / "results/forget-bias/protocol.json"));
  CHECK(fs::exists(folder.path / "results/findings.html"));
  run("rnnbench findings forget-bias.ini --format json");
  const Json findings = Json::parse(out);
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].at("name") == "forget-bias/sooner");
  CHECK(findings[1].at("name") == "forget-bias/skill");
  CHECK(findings[0].at("number") == 100);
  CHECK(findings[0].at("claim") == "An LSTM whose forget bias starts at 1 learns sooner than one that starts at 0.");
  CHECK(findings[0].at("n") == 20);
  CHECK(findings[0].at("recorded") == 40);
  CHECK(findings[0].at("primary").at("parts")[0].at("A").at("seeds").size() == 10);
  CHECK(findings[0].at("chosen").size() == 4);  // two models, two searches
  for (const Json& finding : findings) CHECK(finding.at("verdict") != "not run");

  // In a catalogue, the finding is called by its name instead of its path.
  fs::create_directories(folder.path / "experiments/catalogue");
  fs::rename(folder.path / "forget-bias.ini", folder.path / "experiments/catalogue/forget-bias.ini");
  const auto publish = document.find("## Publish");
  int published = 0;
  std::istringstream lines(document.substr(publish));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("    rnnbench ")) run(line.substr(4)), ++published;
  CHECK(published == 3);
  CHECK_THAT(out, Contains("5 of 5 runs identical"));
}

TEST_CASE("docs: add-a-finding.md shows valid comparisons and describes every key", "[finding][docs]") {
  const std::string document = text_of(fs::path(RNNBENCH_SOURCE_DIR) / "docs/add-a-finding.md");
  const auto begin = document.find("## The comparison"), end = document.find("| relation", begin);
  REQUIRE(end != std::string::npos);
  std::istringstream lines(document.substr(begin, end - begin));
  static const std::regex gap(" {2,}");
  int statements = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("    ")) continue;
    line.erase(0, 4);
    // Each line has one or several statements, and after the last gap an explanation.
    std::vector<std::string> parts(std::sregex_token_iterator(line.begin(), line.end(), gap, -1), {});
    parts.pop_back();
    for (const std::string& text : parts) {
      if (text == "lstm > gru") CHECK(parse_statement(text).relation == Relation::above);
      CHECK_NOTHROW(parse_statement(text));
      ++statements;
    }
  }
  CHECK(statements >= 8);

  const Folder folder;
  write(folder.path / "x.ini", "task = copy\ncell = rnn\nseed = 1..2\n[claim]\nx = 1\n");
  std::system(("cd '" + folder.path.string() + "' && '" RNNBENCH_PROGRAM "' findings x.ini 2>.err").c_str());
  const std::string sentence = text_of(folder.path / ".err");
  const auto takes = sentence.find("it takes ");
  REQUIRE(takes != std::string::npos);
  std::istringstream keys(sentence.substr(takes + 9));
  int count = 0;
  for (std::string key; std::getline(keys >> std::ws, key, ',');) {
    while (!key.empty() && key.back() == '\n') key.pop_back();
    INFO(key);
    CHECK(document.find("| `" + key + "`") != std::string::npos);
    ++count;
  }
  CHECK(count == 14);
}
