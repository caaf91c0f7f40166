// For the tests that follow a page of the documentation: its text, and a temporary folder to work in.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

#include "tests/namespaces.h"

namespace rnnbench::test {

namespace fs = std::filesystem;

inline std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

// The first fenced block of this language below the heading.
inline std::string block_after(const std::string& document, const std::string& heading,
                               const std::string& language = "cpp") {
  const auto start = document.find(heading);
  REQUIRE(start != std::string::npos);
  const std::string fence = "```" + language + "\n";
  REQUIRE(document.find(fence, start) != std::string::npos);
  const auto open = document.find(fence, start) + fence.size(), close = document.find("```", open);
  REQUIRE(close != std::string::npos);
  return document.substr(open, close - open);
}

// A temporary folder that is removed at the end of the test.
struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "rnnbench-how-to-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

// The compiler flags of this build's sanitizers: objects that are linked with its libraries need the same.
inline const std::string sanitizers =
#if defined(__SANITIZE_ADDRESS__)
    " -fsanitize=address,undefined";
#elif defined(__SANITIZE_THREAD__)
    " -fsanitize=thread";
#else
    "";
#endif

}  // namespace rnnbench::test
