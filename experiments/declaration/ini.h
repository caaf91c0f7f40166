// INI files: settings as they are written, with their places. Only the form of a line is checked here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::experiments {

// One written `key = value`. The value may be a list or a range; experiments/declaration/grid.h gives it a meaning.
struct Assignment {
  std::string key, value;
  std::string section;  // "copy", "lstm" or "copy/lstm"; "": above all sections of the file, or on the command line
  int line = 0;         // line number in the file, from 1; 0: on the command line
  bool on_command_line() const { return line == 0; }
};

inline constexpr std::uint64_t max_ini_bytes = std::uint64_t{1} << 20;

// An experiment as it is written.
struct Declaration {
  std::string file;                   // "": settings from the command line alone
  std::vector<Assignment> written;    // settings of the file
  std::vector<Assignment> overrides;  // settings of the chosen profile (see experiment_file.h) and of the command line
};

// The assignments of an INI file, in order. A line is `key = value`, `[section]` or empty; `#` starts a comment
// anywhere. Throws UserError that names file and line when the file cannot be read, has more than max_ini_bytes, is not
// plain UTF-8 text, or has a name that begins with '.', when a line has another form, a key is set twice in a section,
// or a section is empty.
std::vector<Assignment> read_ini(const std::filesystem::path& file);
// The same for a file with this content.
std::vector<Assignment> read_ini(const std::filesystem::path& file, const std::string& content);

}  // namespace rnnbench::experiments
