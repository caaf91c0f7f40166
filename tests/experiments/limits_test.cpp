// Declarations that would expand to more than memory holds are refused before they are expanded.
#include <fstream>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/text.h"
#include "experiments/declaration/grid.h"
#include "experiments/declaration/ini.h"
#include "experiments/search/search.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;
using Catch::Contains;

namespace {

Experiment grid(const std::vector<std::pair<std::string, std::string>>& settings) {
  Declaration declaration;
  declaration.overrides = {{"task", "adding", "", 0}, {"cell", "lstm", "", 0}};
  for (const auto& [key, value] : settings) declaration.overrides.push_back({key, value, "", 0});
  return expand(declaration);
}

std::string repeated(const std::string& part, int times) { return join(std::vector<std::string>(times, part), ","); }

}  // namespace

TEST_CASE("a list has a maximum number of elements, however it is written", "[grid][limits]") {
  const std::string sentence = ": the list has more than the maximum of 100000 values";
  CHECK_THROWS_WITH(grid({{"seed", repeated("0..99999", 300)}}), "command line: seed" + sentence);
  CHECK_THROWS_WITH(grid({{"seed", "1..99999,1,2"}}), "command line: seed" + sentence);
  CHECK_THROWS_WITH(grid({{"seed", repeated("1", 100001)}}), "command line: seed" + sentence);
  CHECK_THROWS_WITH(grid({{"test-length", repeated("11..99999", 300)}}), "command line: test-length" + sentence);
  CHECK(grid({{"seed", "1..10,5..20"}}).runs.size() == 20);
}

TEST_CASE("the settings of all runs have a maximum number of characters", "[grid][limits]") {
  CHECK_THROWS_WITH(
      grid({{"test-length", "11..100000"}, {"seed", "1..100000"}}),
      "command line: the settings of all runs have more than the maximum of 268435456 characters; a value "
      "of test-length has 588873");
  CHECK(grid({{"test-length", "200..500"}, {"seed", "1..3"}}).runs.size() == 3);
}

TEST_CASE("a search for settings has a maximum number of trials", "[search][limits]") {
  const Experiment experiment = grid({{"hidden", "1..200"}});
  const Search search("x.ini", "x", {{"rungs", "999 x 99 at 1", "search", 2}});
  CHECK_THROWS_WITH(search.check(experiment.runs),
                    "x.ini:2: [search] the search has more than the maximum of 100000 trials: 200 combinations of task "
                    "and model, rungs = 999 x 99 at 1");
}

TEST_CASE("an INI file is a regular file of limited size, with a name that can be that of a folder", "[ini][limits]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(read_ini("/dev/zero"), "cannot read '/dev/zero': this is a device or a pipe, not a regular file");
  const fs::path large = folder.path() / "large.ini";
  std::ofstream(large) << "";
  fs::resize_file(large, max_ini_bytes + 1);
  CHECK_THROWS_WITH(read_ini(large), Contains("the file has more than the maximum of 1048576 bytes"));
  for (const char* name : {"..ini", "...ini", ".ini", ".hidden.ini"}) {
    std::ofstream(folder.path() / name) << "task = adding\n";
    CHECK_THROWS_WITH(read_ini(folder.path() / name), Contains("choose a file name that does not begin with '.'"));
  }
  for (const char* name : {"a\nb.ini", "\x1b[2J.ini", "\xff.ini"}) {
    std::ofstream(folder.path() / name) << "task = adding\n";
    CHECK_THROWS_WITH(read_ini(folder.path() / name), Contains("rename the file"));
  }
}

TEST_CASE("an INI file is plain text, comments included", "[ini][injection]") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "x.ini";
  for (const std::string text : {"# \x1b[2J", "title = \x1b[2J", "title = \xff", "title = a\rb", "title = \xc2\x9b"}) {
    std::ofstream(path) << "\n" << text << "\n";
    CHECK_THROWS_WITH(read_ini(path), path.string() +
                                          ":2: the line contains a control character or is not UTF-8; an INI file is "
                                          "plain text");
  }
  std::ofstream(path) << "title =\t'é' \"`w`\" $x \\\r\n";
  CHECK(read_ini(path).at(0).value == "'é' \"`w`\" $x \\");
}
