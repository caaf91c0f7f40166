// The program as its user sees it: exit code, output, messages.
#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace rnnbench::test {

namespace fs = std::filesystem;

struct Printed {
  int code;
  std::string out, err;
};

inline std::string file_text(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A working folder of its own, removed at the end.
class Shell {
 public:
  Shell() : folder_(fs::temp_directory_path() / ("rnnbench-cli-" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Shell() { fs::remove_all(folder_); }

  fs::path operator/(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  // `before`: commands of the shell that hold for the program too, such as "ulimit -f 10; ".
  Printed run(const std::string& arguments, const std::string& before = "") const {
    const std::string command =
        "cd '" + folder_.string() + "' && " + before + "'" RNNBENCH_PROGRAM "' " + arguments + " >.out 2>.err";
    const int status = std::system(command.c_str());
    return {WEXITSTATUS(status), file_text(folder_ / ".out"), file_text(folder_ / ".err")};
  }
  // The one sentence of a refusal; everything about it is checked here.
  std::string refusal(const std::string& arguments) const {
    const Printed outcome = run(arguments);
    INFO(arguments << "\n" << outcome.out << outcome.err);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    CHECK_FALSE(fs::exists(folder_ / "results"));  // refused before any run starts
    REQUIRE(outcome.err.starts_with("rnnbench: "));
    REQUIRE(outcome.err.ends_with("\n"));
    const std::string sentence = outcome.err.substr(10, outcome.err.size() - 11);
    CHECK(sentence.find('\n') == std::string::npos);
    return sentence;
  }

 private:
  fs::path folder_;
};

}  // namespace rnnbench::test
