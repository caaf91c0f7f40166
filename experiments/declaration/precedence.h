// Which of several written settings holds for a part of the grid.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "experiments/declaration/ini.h"

namespace rnnbench::experiments {

using Names = std::vector<std::string>;
bool contains(const Names& names, const std::string& name);
std::string joined(const Names& names);  // "a, b, c"
template <class Entry>
Names names_of(const std::vector<Entry>& entries) {
  Names names;
  for (const Entry& entry : entries) names.push_back(entry.name);
  return names;
}

// The part of the grid a section speaks of; an empty name stands for all.
struct Scope {
  std::string task, cell;
  bool covers(const std::string& a_task, const std::string& a_cell) const {
    return (task.empty() || task == a_task) && (cell.empty() || cell == a_cell);
  }
};

// An assignment with what its place says about it.
struct Source {
  const Assignment* assignment;
  Scope scope;
  int level;  // 0 head, 1 [task] or [cell], 2 [task/cell]; 3 to 5 in a profile; 6 command line: the highest wins
  bool used = false;  // by some run
};

class Precedence {
 public:
  // The declaration has to outlive this. Throws UserError for unknown keys and sections, and for a section
  // that sets what belongs to the head.
  explicit Precedence(const Declaration& declaration);

  const std::vector<Source>& sources() const { return sources_; }
  // The values of `task` or `cell`, which only head and command line can set. Marks them used.
  Names axis(const std::string& key, const Names& choices);
  // What holds for this key and pair, or nullptr (the default). Throws UserError when [task] and [cell] both
  // claim it.
  const Source* winner(const std::string& key, const std::string& task, const std::string& cell) const;
  // The same for `hidden` and `budget`, of which the one that is set at the higher level replaces the other.
  struct Width {
    const Source *hidden, *budget;
  };
  Width width(const std::string& task, const std::string& cell) const;
  void mark_used(const std::string& task, const std::string& cell, const std::set<std::string>& keys);

  // Who declares a key: "task copy", "cell lstm", "every run".
  const Names& owners(const std::string& key) const { return owners_.at(key); }
  // "file.ini:12: " or "command line: ", to put in front of a sentence.
  std::string place(const Source& source) const { return place(*source.assignment); }
  std::string origin() const;  // the same without a line

 private:
  std::string place(const Assignment& assignment) const;
  Source source(const Assignment& assignment, int lowest_level) const;
  Scope scope(const Assignment& assignment) const;

  const Declaration& declaration_;
  std::map<std::string, Names> owners_;
  std::vector<Source> sources_;
};

}  // namespace rnnbench::experiments
