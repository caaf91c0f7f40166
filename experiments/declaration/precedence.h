// Which of several written settings holds for a task and a cell.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "experiments/declaration/ini.h"

namespace rnnbench::experiments {

using Names = std::vector<std::string>;
bool contains(const Names& names, const std::string& name);
template <class Entry>
Names names_of(const std::vector<Entry>& entries) {
  Names names;
  for (const Entry& entry : entries) names.push_back(entry.name);
  return names;
}

// The tasks and cells that a section applies to. An empty name means all of them.
struct Scope {
  std::string task, cell;
  bool covers(const std::string& a_task, const std::string& a_cell) const {
    return (task.empty() || task == a_task) && (cell.empty() || cell == a_cell);
  }
};

// An assignment, the runs that it applies to, and its precedence.
struct Source {
  const Assignment* assignment;
  Scope scope;
  // The highest level holds. 0: above all sections of the file, 1: [task] or [cell], 2: [task/cell]; 3 to 5: the same
  // in a profile; 6: the command line.
  int level;
  bool used = false;  // by some run
};

class Precedence {
 public:
  // The declaration has to outlive this. Throws UserError for unknown keys and sections, and for a section that sets a
  // key of the whole grid (task, cell, seed, title).
  explicit Precedence(const Declaration& declaration);

  const std::vector<Source>& sources() const { return sources_; }
  // The values of `task` or `cell`, which sections cannot set. Marks the settings as used.
  Names axis(const std::string& key, const Names& choices);
  // The setting of this key that holds for a task and a cell, or nullptr: the default holds. Throws UserError when
  // [task] and [cell] both set it.
  const Source* winner(const std::string& key, const std::string& task, const std::string& cell) const;
  // The same for the width_options, of which the one with the highest level holds.
  const Source* width(const std::string& task, const std::string& cell) const;
  void mark_used(const std::string& task, const std::string& cell, const std::set<std::string>& keys);

  // The tasks and cells that have an option of this name: "task copy", "cell lstm" or "every run".
  const Names& owners(const std::string& key) const { return owners_.at(key); }
  // "file.ini:12: " or "command line: ", the beginning of an error message.
  std::string place(const Source& source) const { return place(*source.assignment); }
  std::string origin() const;  // the same without the line number

 private:
  std::string place(const Assignment& assignment) const;
  Source source(const Assignment& assignment, int lowest_level) const;
  Scope scope(const Assignment& assignment) const;

  const Declaration& declaration_;
  std::map<std::string, Names> owners_;
  std::vector<Source> sources_;
};

}  // namespace rnnbench::experiments
