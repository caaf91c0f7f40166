// Follows examples/own_task/README.md: installs this build, builds a program with one more task, and runs it. Also
// checks what was installed.
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tasks/catalogue.h"
#include "tests/namespaces.h"
#include "tests/project/how_to.h"

using namespace rnnbench::test;

namespace {

const fs::path source = RNNBENCH_SOURCE_DIR, build = fs::path(RNNBENCH_PROGRAM).parent_path();

// A working folder that looks like a clone after its build, and a home of its own.
class Clone {
 public:
  Clone() {
    fs::create_directory(folder_.path / "build");
    fs::create_directory_symlink(build, folder_.path / "build/release");
    fs::create_directory_symlink(source / "examples", folder_.path / "examples");
  }
  fs::path operator/(const std::string& name) const { return folder_.path / name; }
  int run(const std::string& commands) const {
    write(folder_.path / "script", "set -e\ncd '" + folder_.path.string() + "'\nexport HOME=\"$PWD\" CXXFLAGS='" +
                                       sanitizers + "'\n" + commands);
    return std::system(("bash '" + (folder_.path / "script").string() + "' >'" + log().string() + "' 2>&1").c_str());
  }
  fs::path log() const { return folder_.path / "log"; }

 private:
  const Folder folder_;
};

std::string refusal(std::vector<TaskEntry> tasks) {
  const std::size_t before = all_tasks().size();
  try {
    add_tasks(std::move(tasks));
  } catch (const UserError& error) {
    CHECK(all_tasks().size() == before);
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("docs: examples/own_task/README.md works as it stands", "[docs][install]") {
  const std::string readme = text_of(source / "examples/own_task/README.md");
  const auto open = readme.find("```sh\n") + 6, close = readme.find("```", open);
  REQUIRE(close != std::string::npos);
  const Clone clone;
  const int code = clone.run(readme.substr(open, close - open));
  INFO(text_of(clone.log()));
  REQUIRE(code == 0);
  CHECK(text_of(clone.log()).find("warning") == std::string::npos);

  std::size_t records = 0;
  for (const auto& entry : fs::directory_iterator(clone / "results/echo/runs")) {
    if (entry.path().extension() != ".json") continue;
    const auto record = nlohmann::json::parse(text_of(entry.path()));
    CHECK(record.at("spec").at("task").at("name") == "echo");
    CHECK(record.at("spec").at("task").at("delay") == 5);
    CHECK(record.at("result").at("updates") > 0);
    ++records;
  }
  CHECK(records == 4);

  // The installed program has its catalogue with it, the other one its task.
  CHECK(clone.run("rnnbench/bin/rnnbench list experiments --format json >experiments\n"
                  "build/own_task/own_rnnbench list tasks --format json >tasks") == 0);
  const auto experiments = nlohmann::json::parse(text_of(clone / "experiments"));
  CHECK(experiments.size() > 0);
  for (const auto& experiment : experiments)
    CHECK(fs::path(experiment.at("file")).parent_path() == fs::canonical(clone / "rnnbench/share/rnnbench/catalogue"));
  const auto tasks = nlohmann::json::parse(text_of(clone / "tasks"));
  CHECK(tasks.size() == all_tasks().size() + 1);
  CHECK(tasks.back().at("name") == "echo");

  // No installed header needs another that is not, nor definitions or options of the build.
  const fs::path headers = clone / "rnnbench/include/rnnbench";
  std::string all;
  for (const auto& entry : fs::recursive_directory_iterator(headers))
    if (entry.is_regular_file()) all += "#include \"" + fs::relative(entry.path(), headers).string() + "\"\n";
  CHECK(all.find("tasks/task.h") != std::string::npos);
  write(clone / "all.cpp", all);
  const int compiled =
      clone.run("c++ -std=c++20 -Wall -Wextra -Werror -fsyntax-only -Irnnbench/include/rnnbench all.cpp");
  INFO(text_of(clone.log()));
  CHECK(compiled == 0);
}

TEST_CASE("tasks: a name that already means something else is refused before any command", "[tasks][install]") {
  const Clone clone;
  fs::create_directory(clone / "clash");
  write(clone / "clash/CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.25)\nproject(clash LANGUAGES CXX)\nfind_package(rnnbench REQUIRED)\n"
        "add_executable(clash main.cpp ../examples/own_task/echo.cpp)\n"
        "target_link_libraries(clash PRIVATE rnnbench::program)\n");
  write(clone / "clash/main.cpp", R"(
    #include "cli/program.h"
    namespace rnnbench::tasks { TaskEntry echo_task(); }
    int main(int, char** argv) {
      auto task = rnnbench::tasks::echo_task();
      task.name = argv[1];
      task.options.back().name = argv[2];
      char* words[] = {argv[0], argv[3]};
      return rnnbench::cli::main(2, words, {task});
    })");
  const int built = clone.run(
      "cmake --install build/release --prefix installed\n"
      "cmake -S clash -B clash/build -DCMAKE_PREFIX_PATH=\"$PWD/installed\"\n"
      "cmake --build clash/build");
  INFO(text_of(clone.log()));
  REQUIRE(built == 0);
  const auto said = [&](const std::string& words) {
    const int code = WEXITSTATUS(clone.run("clash/build/clash " + words));
    return std::to_string(code) + " " + text_of(clone.log());
  };
  CHECK(said("mine delay list").starts_with("0 tasks"));
  CHECK(said("lstm delay list") ==
        "2 rnnbench: task 'lstm': a cell or the options of training already have this name; rename the task\n");
  CHECK(said("mine batch list") ==
        "2 rnnbench: task 'mine': its option 'batch' already is an option of models or of training; "
        "rename the option\n");
  CHECK(said("copy delay list").starts_with("2 rnnbench: task 'copy': a task of this name already exists"));
}

TEST_CASE("docs: the own task is the one of add-a-task.md", "[docs]") {
  CHECK(text_of(source / "examples/own_task/echo.cpp") ==
        block_after(text_of(source / "docs/add-a-task.md"), "## 1. One file: `tasks/echo.cpp`"));
}

TEST_CASE("tasks: what cannot be added is refused", "[tasks][errors]") {
  TaskEntry task = find_task("adding");
  CHECK(refusal({task}) == "task 'adding': a task of this name already exists; choose another name");
  task.name = "my/task";
  CHECK(refusal({task}) == "task 'my/task': a name may contain only a-z, 0-9 and -");
  task.name = "";
  CHECK(refusal({task}) == "task '': a name may contain only a-z, 0-9 and -");
  task.name = "mine";
  task.options.clear();
  CHECK(refusal({task}) == "task 'mine': the option 'length' is missing, which every task needs");
}
