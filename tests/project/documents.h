// What the pages of the documentation mention and quote, compared with the files of the repository. Each check returns
// one sentence for every mistake, so that it can be tried on a document that is made up.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace rnnbench::test {

inline const std::filesystem::path root = RNNBENCH_SOURCE_DIR;  // of the repository

// README.md, CONTRIBUTING.md, CHANGELOG.md and every page below docs and examples.
std::vector<std::filesystem::path> all_documents();

// Links to files that do not exist, relative to the folder of the document.
std::vector<std::string> dead_links(const std::string& document, const std::filesystem::path& folder);

// Paths below a folder of the sources (core/text.h, scripts/test) and names of source files in backticks (`text.h`)
// that do not exist. Exempt are the files that a how-to page tells its reader to write: "One file: `tasks/echo.cpp`".
std::vector<std::string> missing_paths(const std::string& document);

// Fenced blocks below a line <!-- from core/text.h --> that are not in that file. Indentation does not matter, and a
// line
// "..." stands for lines that are left out. Blocks of C++ without such a line are a mistake too, unless `compiled`: a
// test builds them.
std::vector<std::string> wrong_quotes(const std::string& document, bool compiled);

// Names after --preset that CMakePresets.json does not have.
std::vector<std::string> unknown_presets(const std::string& document);

// The output of a command that a document contains, between the lines <!-- output of: COMMAND --> and
// <!-- end of output -->, an empty line at both ends.
struct QuotedOutput {
  std::string command;
  std::size_t begin = 0, end = 0;  // of the output in the document
};
std::vector<QuotedOutput> quoted_outputs(const std::string& document);

}  // namespace rnnbench::test
