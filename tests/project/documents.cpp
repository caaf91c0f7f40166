#include "tests/project/documents.h"

#include <algorithm>
#include <regex>
#include <set>

#include "core/text.h"
#include "tests/project/how_to.h"

namespace rnnbench::test {
namespace {

const std::vector<std::string> source_folders = {"core",     "models", "tasks", "experiments", "speed", "analysis",
                                                 "findings", "cli",    "tests", "scripts",     "cmake", "examples"};

using Matches = std::vector<std::smatch>;
Matches matches(const std::string& text, const std::regex& pattern) {
  return {std::sregex_iterator(text.begin(), text.end(), pattern), {}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(trim(line));
  return lines;
}

// Whether the quoted lines follow one another in the file; after "..." the search goes on below.
bool contains_lines(const std::vector<std::string>& file, const std::vector<std::string>& quoted) {
  auto from = file.begin();
  for (auto first = quoted.begin(); first != quoted.end();) {
    const auto last = std::find(first, quoted.end(), "...");
    const auto found = std::search(from, file.end(), first, last);
    if (found == file.end() && first != last) return false;
    from = found + (last - first);
    first = last == quoted.end() ? last : last + 1;
  }
  return true;
}

const std::set<std::string>& names_of_sources() {
  static const std::set<std::string> names = [] {
    std::set<std::string> all;
    for (const std::string& folder : source_folders)
      for (const auto& entry : fs::recursive_directory_iterator(root / folder)) all.insert(entry.path().filename());
    return all;
  }();
  return names;
}

}  // namespace

std::vector<fs::path> all_documents() {
  std::vector<fs::path> documents = {root / "README.md", root / "CONTRIBUTING.md", root / "CHANGELOG.md"};
  for (const char* folder : {"docs", "examples"})
    for (const auto& entry : fs::recursive_directory_iterator(root / folder))
      if (entry.path().extension() == ".md") documents.push_back(entry.path());
  std::sort(documents.begin(), documents.end());
  return documents;
}

std::vector<std::string> dead_links(const std::string& document, const fs::path& folder) {
  static const std::regex link("\\]\\(([^)#:]+)(#[^)\\s]*)?\\)");
  std::vector<std::string> dead;
  for (const std::smatch& match : matches(document, link))
    if (!fs::exists(folder / match[1].str())) dead.push_back("links to " + match[1].str() + ", which does not exist");
  return dead;
}

std::vector<std::string> missing_paths(const std::string& document) {
  static const std::regex path("(^|[^A-Za-z0-9_./-])((" + join(source_folders, std::string_view("|")) +
                                   "|docs|results/reference)/[A-Za-z0-9_./-]*[A-Za-z0-9_/])(?![A-Za-z0-9_*{-])",
                               std::regex::multiline);
  static const std::regex source("`([A-Za-z0-9_][A-Za-z0-9_-]*\\.(h|cpp|py))`"), written("One file: `([^`]+)`");
  std::set<std::string> exempt;
  for (const std::smatch& match : matches(document, written)) exempt.insert(match[1]);
  std::vector<std::string> missing;
  for (const std::smatch& match : matches(document, path))
    if (!exempt.contains(match[2]) && !fs::exists(root / match[2].str()))
      missing.push_back("mentions " + match[2].str() + ", which does not exist");
  for (const std::smatch& match : matches(document, source))
    if (!names_of_sources().contains(match[1]))
      missing.push_back("mentions " + match[1].str() + ", and no source file has that name");
  return missing;
}

std::vector<std::string> wrong_quotes(const std::string& document, bool compiled) {
  static const std::regex fence("^(<!-- from ([^ ]+) -->\n\n?)?```([a-z]*)\n", std::regex::multiline),
      marker("^<!-- from [^ ]+ -->", std::regex::multiline);
  std::vector<std::string> wrong;
  std::size_t quotes = 0, end = 0;
  for (const std::smatch& match : matches(document, fence)) {
    if (static_cast<std::size_t>(match.position()) < end) continue;  // closes the block before
    const std::size_t begin = match.position() + match.length();
    end = document.find("```", begin) + 3;
    const std::string text = document.substr(begin, end - 3 - begin), file = match[2];
    if (!match[1].matched) {
      if (match[3] == "cpp" && !compiled)
        wrong.push_back("has C++ of no file; write <!-- from FILE --> before: " + text.substr(0, text.find('\n')));
      continue;
    }
    ++quotes;
    if (!fs::is_regular_file(root / file))
      wrong.push_back("quotes " + file + ", which does not exist");
    else if (!contains_lines(lines_of(text_of(root / file)), lines_of(text)))
      wrong.push_back("quotes lines that are not in " + file + ":\n" + text);
  }
  if (matches(document, marker).size() != quotes)
    wrong.push_back("has a line <!-- from FILE --> without a block below");
  return wrong;
}

std::vector<std::string> unknown_presets(const std::string& document) {
  static const std::regex preset("--preset ([a-z]+)");
  const std::string presets = text_of(root / "CMakePresets.json");
  std::vector<std::string> unknown;
  for (const std::smatch& match : matches(document, preset))
    if (presets.find("\"name\": \"" + match[1].str() + "\"") == std::string::npos)
      unknown.push_back("names a preset " + match[1].str() + " that CMakePresets.json does not have");
  return unknown;
}

std::vector<QuotedOutput> quoted_outputs(const std::string& document) {
  static const std::regex begin("^<!-- output of: (.+) -->\n", std::regex::multiline);
  std::vector<QuotedOutput> outputs;
  for (const std::smatch& match : matches(document, begin)) {
    QuotedOutput output{match[1], static_cast<std::size_t>(match.position() + match.length())};
    output.end = document.find("\n<!-- end of output -->", output.begin);
    REQUIRE(output.end != std::string::npos);
    ++output.begin;  // the empty line
    REQUIRE(output.begin < output.end);
    outputs.push_back(std::move(output));
  }
  return outputs;
}

}  // namespace rnnbench::test
