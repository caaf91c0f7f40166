// The documentation stays true: links, paths, presets, quoted code and quoted outputs are compared with the repository.
// Each check is also tried on a made-up document with mistakes.
#include <cstdlib>

#include <catch2/catch.hpp>

#include "tests/project/documents.h"
#include "tests/project/how_to.h"

using namespace rnnbench::test;

namespace {

// Checks every document; `mistakes` gives one sentence for each.
template <class Mistakes>
void check_documents(const Mistakes& mistakes) {
  const std::vector<fs::path> documents = all_documents();
  CHECK(documents.size() > 10);
  for (const fs::path& path : documents)
    for (const std::string& sentence : mistakes(path, text_of(path))) {
      INFO(fs::relative(path, root).string() << " " << sentence);
      CHECK(false);
    }
}

// The how-to pages whose C++ other tests of this folder compile.
bool is_compiled(const fs::path& document) {
  return document.filename() == "add-a-task.md" || document.filename() == "add-a-model.md";
}

using Sentences = std::vector<std::string>;

}  // namespace

TEST_CASE("docs: every link within the repository leads to a file", "[docs]") {
  check_documents([](const fs::path& path, const std::string& text) { return dead_links(text, path.parent_path()); });
}

TEST_CASE("docs: every file path that a document mentions exists", "[docs]") {
  check_documents([](const fs::path&, const std::string& text) { return missing_paths(text); });
}

TEST_CASE("sources: every file path in a comment or message exists", "[docs]") {
  int files = 0;
  for (const char* folder :
       {"core", "models", "tasks", "experiments", "speed", "analysis", "findings", "cli", "scripts"})
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file()) continue;
      ++files;
      for (const std::string& sentence : missing_paths(text_of(entry.path()))) {
        INFO(fs::relative(entry.path(), root).string() << " " << sentence);
        CHECK(false);
      }
    }
  CHECK(files > 200);
}

TEST_CASE("docs: every quoted piece of code is in the file that it names", "[docs]") {
  check_documents([](const fs::path& path, const std::string& text) { return wrong_quotes(text, is_compiled(path)); });
}

TEST_CASE("docs: every preset that a document names exists", "[docs]") {
  check_documents([](const fs::path&, const std::string& text) { return unknown_presets(text); });
}

// RNNBENCH_REGENERATE=1 writes them again.
TEST_CASE("docs: every quoted output is what its command prints", "[docs][generated][models][findings]") {
  const Folder folder;
  int outputs = 0;
  for (const fs::path& path : all_documents()) {
    std::string text = text_of(path);
    std::vector<QuotedOutput> quoted = quoted_outputs(text);
    outputs += static_cast<int>(quoted.size());
    while (!quoted.empty()) {  // the last one first: the places of the others stay
      const QuotedOutput quote = quoted.back();
      quoted.pop_back();
      write(folder.path / "command", "set -euo pipefail\ncd '" + root.string() + "'\nPATH='" +
                                         fs::path(RNNBENCH_PROGRAM).parent_path().string() + "':\"$PATH\"\n" +
                                         quote.command + "\n");
      const std::string dir = folder.path.string();
      INFO(fs::relative(path, root).string() << ": " << quote.command);
      REQUIRE(std::system(("bash '" + dir + "/command' >'" + dir + "/output'").c_str()) == 0);
      const std::string output = text_of(folder.path / "output");
      INFO("RNNBENCH_REGENERATE=1 build/release/rnnbench_tests \"[generated]\" writes it again");
      if (std::getenv("RNNBENCH_REGENERATE") != nullptr)
        write(path, text.replace(quote.begin, quote.end - quote.begin, output));
      else
        CHECK(text.substr(quote.begin, quote.end - quote.begin) == output);
    }
  }
  CHECK(outputs == 4);  // the models, the findings of the README, all findings, Fashion-MNIST
}

TEST_CASE("docs: the checks find the mistakes of a made-up document", "[docs]") {
  CHECK(dead_links("[a](README.md), [b](docs/none.md), [c](https://example.org), [d](#here), [e](README.md#two)",
                   root) == Sentences{"links to docs/none.md, which does not exist"});

  CHECK(missing_paths("See `core/text.h`, core/none.h, tasks/, scripts/test; (models/none/).\n"
                      "`text.h` and `none.h`. One file: `tasks/echo.cpp`. tasks/echo.cpp again, build/release/x.\n"
                      "results/memory/x.json is written by a command, results/reference/none.html is not.") ==
        Sentences{"mentions core/none.h, which does not exist", "mentions models/none/, which does not exist",
                  "mentions results/reference/none.html, which does not exist",
                  "mentions none.h, and no source file has that name"});

  const std::string quoted =
      "// \"a, b, c\".\nstd::string join(const std::vector<std::string>& parts, "
      "std::string_view separator = \", \");\n";
  const std::string block = "```cpp\n" + quoted + "```\n", marker = "<!-- from core/text.h -->\n";
  CHECK(wrong_quotes(marker + block, false).empty());
  CHECK(wrong_quotes(marker + "```cpp\n#pragma once\n...\n  " + quoted + "```\n", false).empty());
  CHECK(wrong_quotes(block, true).empty());
  CHECK(wrong_quotes(block, false).size() == 1);                                   // of no file
  CHECK(wrong_quotes("<!-- from core/none.h -->\n" + block, false).size() == 1);   // of a file that is not
  CHECK(wrong_quotes("<!-- from core/error.h -->\n" + block, false).size() == 1);  // of another file
  CHECK(wrong_quotes(marker + "```cpp\n" + quoted + "...\n#pragma once\n```\n", false).size() == 1);  // another order
  CHECK(wrong_quotes(marker + "text\n" + block, true).size() == 1);                                   // a lost marker

  CHECK(unknown_presets("cmake --preset release; cmake --build --preset none") ==
        Sentences{"names a preset none that CMakePresets.json does not have"});

  const std::string page = "a\n<!-- output of: echo 1 -->\n\n1\n\n<!-- end of output -->\nb\n";
  const std::vector<QuotedOutput> outputs = quoted_outputs(page);
  REQUIRE(outputs.size() == 1);
  CHECK(outputs[0].command == "echo 1");
  CHECK(page.substr(outputs[0].begin, outputs[0].end - outputs[0].begin) == "1\n");
}
