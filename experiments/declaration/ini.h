// Settings as they are written, in an INI file or on a command line: key, value and place, nothing checked
// but the form.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::experiments {

// One written `key = value`. A value may be a list; what it means is the grid's business.
struct Assignment {
  std::string key, value;
  std::string section;  // "copy", "lstm" or "copy/lstm" in a file; "" at its head and on the command line
  int line = 0;         // in the file, from 1; 0 on the command line
  bool on_command_line() const { return line == 0; }
};

// A written experiment.
struct Declaration {
  std::string file;                   // "" without one
  std::vector<Assignment> written;    // in the file
  std::vector<Assignment> overrides;  // in a profile of the file (see experiment_file.h), and on the command line
};

// The assignments of an INI file in their order: `key = value` lines, `[section]` lines, `#` starts a comment
// anywhere. Throws UserError that names file and line: unreadable, a line of another form, a key given twice
// in a section.
std::vector<Assignment> read_ini(const std::filesystem::path& file);

}  // namespace rnnbench::experiments
