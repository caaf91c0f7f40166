// Follows docs/add-a-task.md: writes its file, adds its line to the table, builds, and runs the contract test.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "tasks/catalogue.h"
#include "tests/namespaces.h"
#include "tests/project/how_to.h"

using namespace rnnbench::test;

TEST_CASE("docs: add-a-task.md works as it stands", "[tasks][docs]") {
  const fs::path source = RNNBENCH_SOURCE_DIR, build = fs::path(RNNBENCH_PROGRAM).parent_path();
  const std::string document = text_of(source / "docs/add-a-task.md");
  const std::string file = block_after(document, "## 1. One file: `tasks/echo.cpp`");
  const std::string line = block_after(document, "## 2. One line: the table in `tasks/catalogue.cpp`");
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  std::istringstream lines(file);
  int length = 0;
  for (std::string each; std::getline(lines, each);) length += !each.empty();
  CHECK(length <= 50);

  // A copy of the folder of tasks, with the change.
  const Folder folder;
  fs::copy(source / "tasks", folder.path / "tasks", fs::copy_options::recursive);
  write(folder.path / "tasks/echo.cpp", file);
  std::string table = text_of(source / "tasks/catalogue.cpp");
  const auto last = table.rfind("\n  TASK(") + 1;
  REQUIRE(last != std::string::npos + 1);
  write(folder.path / "tasks/catalogue.cpp", table.insert(last, line));
  write(folder.path / "main.cpp", R"(
    #include <cstdio>
    #include "tasks/catalogue.h"
    #include "tests/tasks/task_contract.h"
    int main() {
      const auto& tasks = rnnbench::tasks::all_tasks();
      const auto broken = rnnbench::test::broken_promises(rnnbench::tasks::find_task("echo"));
      for (const auto& sentence : broken) std::printf("%s\n", sentence.c_str());
      std::printf("%zu tasks\n", tasks.size());
      return broken.empty() ? 0 : 1;
    })");

  const std::string dir = folder.path.string();
  const std::string compile = "c++ -std=c++20 -O1 -Wall -Wextra -Werror -ffp-contract=off" + sanitizers + " -I'" + dir +
                              "' -I'" + source.string() + "' -I'" + source.string() + "/tests' -c";
  const std::string command = "cd '" + dir + "' && { find tasks -name '*.cpp'; echo main.cpp; echo '" +
                              source.string() + "/tests/tasks/task_contract.cpp'; } | xargs -d '\\n' -P 2 -n 1 " +
                              compile + " && c++" + sanitizers + " *.o '" + build.string() +
                              "/librnnbench_core.a' -lz -pthread -o contract && ./contract";
  const int code = std::system(("{ " + command + "; } >'" + dir + "/log' 2>&1").c_str());
  INFO(text_of(folder.path / "log"));
  CHECK(code == 0);
  const std::string count = std::to_string(rnnbench::tasks::all_tasks().size() + 1) + " tasks\n";
  CHECK(text_of(folder.path / "log").find(count) != std::string::npos);
}
