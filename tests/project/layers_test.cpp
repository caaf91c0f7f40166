// The architecture as rules that the sources keep: who includes whom, where a library may appear, and that
// each table names what its folder holds.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "models/network.h"
#include "tasks/task.h"

namespace fs = std::filesystem;

namespace {

using Names = std::set<std::string>;

// What each floor may include. experiments/speed stands beside the other experiments, not below them.
const std::map<std::string, Names> allowed_floors = {
    {"core", {"core"}},
    {"models", {"core", "models"}},
    {"tasks", {"core", "tasks"}},
    {"experiments", {"core", "models", "tasks", "experiments"}},
    {"experiments/speed", {"core", "models", "tasks", "experiments", "experiments/speed"}},
    {"analysis", {"core", "experiments", "analysis"}},
    {"cli", {"core", "models", "tasks", "experiments", "experiments/speed", "analysis", "cli"}},
};

// Where the headers of a library may be included. Tests use what they need.
const std::map<std::string, Names> library_places = {
    {"Random123", {"core"}},
    {"hwy", {"core", "models", "experiments/speed"}},
    {"boost", {"experiments", "cli"}},
    {"nlohmann", {"experiments", "analysis", "cli"}},
    {"benchmark", {"experiments/speed"}},
};

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string floor_of(const std::string& path) {
  if (path.starts_with("experiments/speed/")) return "experiments/speed";
  return path.substr(0, path.find('/'));
}

struct Include {
  std::string path;
  bool quoted;  // or in angle brackets
};

// The includes of every source file of the floors, by its path in the tree.
std::map<std::string, std::vector<Include>> all_includes() {
  static const std::regex line(R"(^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">])", std::regex::multiline);
  std::map<std::string, std::vector<Include>> includes;
  for (const auto& [floor, allowed] : allowed_floors) {
    for (const auto& entry : fs::directory_iterator(fs::path(RNNBENCH_SOURCE_DIR) / floor)) {
      if (!entry.is_regular_file()) continue;
      const std::string ending = entry.path().extension();
      if (ending != ".h" && ending != ".cpp" && ending != ".in") continue;
      const std::string text = text_of(entry.path());
      auto& list = includes[floor + "/" + entry.path().filename().string()];
      for (std::sregex_iterator match(text.begin(), text.end(), line), end; match != end; ++match)
        list.push_back({(*match)[2], (*match)[1] == "\""});
    }
  }
  return includes;
}

// Reaches of `file` through the project's own headers, itself included.
void collect(const std::string& file, const std::map<std::string, std::vector<Include>>& includes,
             Names& reached) {
  if (!includes.contains(file) || !reached.insert(file).second) return;
  for (const Include& include : includes.at(file)) collect(include.path, includes, reached);
}

std::string with_underscores(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace

TEST_CASE("layers: every file includes only its own floor and those below", "[layers]") {
  const auto includes = all_includes();
  std::size_t checked = 0;
  for (const auto& [file, list] : includes) {
    for (const Include& include : list) {
      const bool own =
          include.quoted && allowed_floors.contains(include.path.substr(0, include.path.find('/')));
      INFO(file << " includes " << include.path);
      if (own) {
        CHECK(allowed_floors.at(floor_of(file)).contains(floor_of(include.path)));
        ++checked;
      } else if (include.quoted) {  // an own header is named from the root, so this is a library
        CHECK(library_places.contains(include.path.substr(0, include.path.find('/'))));
      }
    }
  }
  CHECK(includes.size() > 50);
  CHECK(checked > 100);
}

TEST_CASE("layers: analysis knows records, not models or tasks, not even through a header", "[layers]") {
  const auto includes = all_includes();
  Names reached;
  for (const auto& [file, list] : includes)
    if (floor_of(file) == "analysis") collect(file, includes, reached);
  CHECK(reached.contains("experiments/records/record.h"));
  for (const std::string& file : reached) {
    CAPTURE(file);
    CHECK(floor_of(file) != "models");
    CHECK(floor_of(file) != "tasks");
  }
}

TEST_CASE("layers: every library has its place", "[layers]") {
  Names seen;
  for (const auto& [file, list] : all_includes()) {
    for (const Include& include : list) {
      const auto slash = include.path.find('/');
      const std::string library = include.path.substr(0, slash);
      if (slash == std::string::npos || library == "sys" || library == "gnu") continue;  // C++, POSIX, glibc
      if (include.quoted && allowed_floors.contains(library)) continue;
      INFO(file << " includes " << include.path);
      REQUIRE(library_places.contains(library));
      CHECK(library_places.at(library).contains(floor_of(file)));
      seen.insert(library);
    }
  }
  CHECK(seen.size() == library_places.size());
}

TEST_CASE("layers: core, models and tasks never print", "[layers]") {
  const std::regex printing(R"(<iostream>|\bstd::(cout|cerr|clog)\b|\b(printf|fprintf|puts|fputs|perror)\()");
  for (const auto& [file, list] : all_includes()) {
    const std::string floor = floor_of(file);
    if (floor != "core" && floor != "models" && floor != "tasks") continue;
    CAPTURE(file);
    CHECK_FALSE(std::regex_search(text_of(fs::path(RNNBENCH_SOURCE_DIR) / file), printing));
  }
}

TEST_CASE("layers: the table of tasks names the files of its folder", "[layers]") {
  Names files, table;
  for (const auto& entry : fs::directory_iterator(fs::path(RNNBENCH_SOURCE_DIR) / "tasks")) {
    if (entry.path().extension() == ".cpp" && text_of(entry.path()).find("\nTaskEntry ") != std::string::npos)
      files.insert(entry.path().stem());
  }
  for (const auto& task : rnnbench::all_tasks()) table.insert(with_underscores(task.name));
  CHECK(table.size() == rnnbench::all_tasks().size());
  CHECK(files == table);
}

TEST_CASE("layers: the table of cells names the files of its folder", "[layers]") {
  const fs::path folder = fs::path(RNNBENCH_SOURCE_DIR) / "models";
  Names files, table, cells;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".h" &&
        text_of(entry.path()).find("static CellEntry entry()") != std::string::npos)
      files.insert(entry.path().stem());
  }
  // Several cells may share a file; every line is one cell.
  static const std::regex line(R"(\n  CELL\(([a-z0-9_]+), ([A-Z][A-Za-z0-9]*)\))");
  const std::string text = text_of(folder / "catalogue.cpp");
  std::size_t lines = 0;
  for (std::sregex_iterator match(text.begin(), text.end(), line), end; match != end; ++match, ++lines) {
    const std::string file = (*match)[1], type = (*match)[2];
    CAPTURE(file, type);
    table.insert(file);
    CHECK(text_of(folder / (file + ".h")).find(type) != std::string::npos);
  }
  for (const auto& cell : rnnbench::all_cells()) cells.insert(cell.name);
  CHECK(files == table);
  CHECK(lines + 1 == rnnbench::all_cells().size());  // the Transformer is no cell
  CHECK(cells.size() == lines + 1);                  // no name twice
}
