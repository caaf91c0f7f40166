// The rules of docs/architecture.md, checked against the sources: which layers a file may include, where a library may
// be used, and that the tables of tasks and cells are complete.
#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"
#include "tests/project/documents.h"
#include "tests/project/how_to.h"

using namespace rnnbench::test;

namespace {

using Names = std::set<std::string>;

// What each layer may include. speed is beside analysis: neither may include the other.
const std::map<std::string, Names> allowed_layers = {
    {"core", {"core"}},
    {"models", {"core", "models"}},
    {"tasks", {"core", "tasks"}},
    {"experiments", {"core", "models", "tasks", "experiments"}},
    {"speed", {"core", "models", "tasks", "experiments", "speed"}},
    {"analysis", {"core", "experiments", "analysis"}},
    {"findings", {"core", "experiments", "analysis", "findings"}},
    {"cli", {"core", "models", "tasks", "experiments", "speed", "analysis", "findings", "cli"}},
};

// Where the headers of a library may be included. Tests use what they need.
const std::map<std::string, Names> library_places = {
    {"Random123", {"core"}},
    {"hwy", {"core", "models", "speed"}},
    {"boost", {"experiments", "analysis", "cli"}},
    {"nlohmann", {"experiments", "analysis", "findings", "cli"}},
    {"benchmark", {"speed"}},
    {"oneapi", {"speed"}},  // the peers it is compared with
    {"zlib.h", {"tasks"}},
};

std::string layer_of(const std::string& path) { return path.substr(0, path.find('/')); }

struct Include {
  std::string path;
  bool quoted;  // or in angle brackets
};

// The includes of every source file of the layers, by its path in the tree.
std::map<std::string, std::vector<Include>> all_includes() {
  static const std::regex line(R"(^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">])", std::regex::multiline);
  std::map<std::string, std::vector<Include>> includes;
  for (const auto& [layer, allowed] : allowed_layers) {
    for (const auto& entry : fs::recursive_directory_iterator(root / layer)) {
      if (!entry.is_regular_file()) continue;
      const std::string ending = entry.path().extension();
      if (ending != ".h" && ending != ".cpp" && ending != ".in") continue;
      const std::string text = text_of(entry.path());
      auto& list = includes[fs::relative(entry.path(), root).string()];
      for (std::sregex_iterator match(text.begin(), text.end(), line), end; match != end; ++match)
        list.push_back({(*match)[2], (*match)[1] == "\""});
    }
  }
  return includes;
}

// Adds `file` and all files that it includes, directly or indirectly, to `reached`.
void collect(const std::string& file, const std::map<std::string, std::vector<Include>>& includes, Names& reached) {
  if (!includes.contains(file) || !reached.insert(file).second) return;
  for (const Include& include : includes.at(file)) collect(include.path, includes, reached);
}

std::string with_underscores(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace

TEST_CASE("layers: every file includes only its own layer and those below", "[layers]") {
  const auto includes = all_includes();
  std::size_t checked = 0;
  for (const auto& [file, list] : includes) {
    for (const Include& include : list) {
      const bool own = include.quoted && allowed_layers.contains(include.path.substr(0, include.path.find('/')));
      INFO(file << " includes " << include.path);
      if (own) {
        CHECK(allowed_layers.at(layer_of(file)).contains(layer_of(include.path)));
        ++checked;
      } else if (include.quoted) {  // headers of this project are named from the root, so this is a library
        CHECK(library_places.contains(include.path.substr(0, include.path.find('/'))));
      }
    }
  }
  CHECK(includes.size() > 50);
  CHECK(checked > 100);
}

TEST_CASE("layers: analysis and findings know records, not models or tasks, not even through a header", "[layers]") {
  const auto includes = all_includes();
  Names reached;
  for (const auto& [file, list] : includes)
    if (layer_of(file) == "analysis" || layer_of(file) == "findings") collect(file, includes, reached);
  CHECK(reached.contains("experiments/records/record.h"));
  for (const std::string& file : reached) {
    CAPTURE(file);
    CHECK(layer_of(file) != "models");
    CHECK(layer_of(file) != "tasks");
  }
}

TEST_CASE("layers: a cell knows neither layers nor the network, not even through a header", "[layers]") {
  const auto includes = all_includes();
  Names reached;
  for (const auto& [file, list] : includes)
    if (file.starts_with("models/cells/")) collect(file, includes, reached);
  CHECK(reached.contains("models/cells/cell_entry.h"));
  CHECK(reached.contains("models/recurrent/cell_kernel.h"));
  for (const char* header : {"models/layer.h", "models/network.h", "models/recurrent/recurrent.h"}) {
    CAPTURE(header);
    CHECK_FALSE(reached.contains(header));
  }
}

TEST_CASE("layers: every library has its place", "[layers]") {
  Names seen;
  for (const auto& [file, list] : all_includes()) {
    for (const Include& include : list) {
      const auto slash = include.path.find('/');
      const std::string library = include.path.substr(0, slash);
      const bool known = library_places.contains(library);
      if ((slash == std::string::npos && !known) || library == "sys" || library == "gnu")
        continue;  // C++, POSIX, glibc
      if (include.quoted && allowed_layers.contains(library)) continue;
      INFO(file << " includes " << include.path);
      REQUIRE(known);
      CHECK(library_places.at(library).contains(layer_of(file)));
      seen.insert(library);
    }
  }
  CHECK(seen.size() == library_places.size());
}

TEST_CASE("layers: core, models and tasks never print", "[layers]") {
  const std::regex printing(R"(<iostream>|\bstd::(cout|cerr|clog)\b|\b(printf|fprintf|puts|fputs|perror)\()");
  for (const auto& [file, list] : all_includes()) {
    const std::string layer = layer_of(file);
    if (layer != "core" && layer != "models" && layer != "tasks") continue;
    CAPTURE(file);
    CHECK_FALSE(std::regex_search(text_of(root / file), printing));
  }
}

TEST_CASE("layers: the table of tasks names the files of its folder", "[layers]") {
  Names files, table;
  for (const auto& entry : fs::directory_iterator(root / "tasks")) {
    if (entry.path().extension() == ".cpp" && text_of(entry.path()).find("\nTaskEntry ") != std::string::npos)
      files.insert(entry.path().stem());
  }
  for (const auto& task : rnnbench::tasks::all_tasks()) table.insert(with_underscores(task.name));
  CHECK(table.size() == rnnbench::tasks::all_tasks().size());
  CHECK(files == table);
}

TEST_CASE("layers: the table of cells names the files of its folder", "[layers]") {
  const fs::path folder = root / "models/cells";
  Names files, table, cells;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".h" && text_of(entry.path()).find("static CellEntry entry()") != std::string::npos)
      files.insert(entry.path().stem());
  }
  // Several cells may share a file; every line is one cell.
  static const std::regex line(R"(\n  CELL\(([a-z0-9_]+), ([A-Z][A-Za-z0-9]*)\))");
  const std::string text = text_of(root / "models/catalogue.cpp");
  std::size_t lines = 0;
  for (std::sregex_iterator match(text.begin(), text.end(), line), end; match != end; ++match, ++lines) {
    const std::string file = (*match)[1], type = (*match)[2];
    CAPTURE(file, type);
    table.insert(file);
    CHECK(text_of(folder / (file + ".h")).find(type) != std::string::npos);
  }
  for (const auto& cell : rnnbench::models::all_cells()) cells.insert(cell.name);
  CHECK(files == table);
  CHECK(lines + 1 == rnnbench::models::all_cells().size());  // the Transformer is no cell
  CHECK(cells.size() == lines + 1);                          // no name twice
}
