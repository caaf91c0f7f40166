// Texts and files that a test compares.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "experiments/records/files.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

// How often `part` occurs.
inline std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++times;
  return times;
}

// The bytes of all files in the folder and its subfolders, by relative path.
inline std::map<std::string, std::string> files_below(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[std::filesystem::relative(entry.path(), folder).string()] = read_file(entry.path());
  return files;
}

}  // namespace rnnbench::test
