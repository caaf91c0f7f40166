#include "experiments/declaration/precedence.h"

#include <algorithm>

#include "core/error.h"
#include "core/options.h"
#include "core/text.h"
#include "experiments/declaration/spec.h"
#include "experiments/declaration/training_options.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::experiments {
namespace {

std::map<std::string, Names> declared_keys() {
  std::map<std::string, Names> owners;
  for (const Option& option : training_options()) owners[option.name] = {"every run"};
  for (const TaskEntry& task : all_tasks()) {
    for (const Option& option : task.options) owners[option.name].push_back("task " + task.name);
  }
  for (const CellEntry& cell : all_cells()) {
    for (const Option& option : model_options(cell)) owners[option.name].push_back("cell " + cell.name);
  }
  for (const char* key : {"task", "cell", "title"}) owners[key] = {"every run"};
  return owners;
}

// "lstm + gru" -> "lstm+gru". Throws UserError for an unknown cell.
std::string canonical_cell(std::string name) {
  std::erase(name, ' ');
  find_cell(name);
  return name;
}

}  // namespace

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Precedence::Precedence(const Declaration& declaration) : declaration_(declaration), owners_(declared_keys()) {
  for (const Assignment& a : declaration.written) sources_.push_back(source(a, 0));
  for (const Assignment& a : declaration.overrides) sources_.push_back(source(a, a.on_command_line() ? 6 : 3));
}

std::string Precedence::place(const Assignment& a) const {
  return a.on_command_line() ? "command line: " : declaration_.file + ":" + std::to_string(a.line) + ": ";
}

std::string Precedence::origin() const {
  return declaration_.file.empty() ? "command line: " : declaration_.file + ": ";
}

Source Precedence::source(const Assignment& a, int lowest_level) const {
  Source source{&a, {}, lowest_level};
  if (!a.section.empty()) {
    source.scope = scope(a);
    source.level += !source.scope.task.empty() + !source.scope.cell.empty();
    if (contains({"task", "cell", "seed", "title"}, a.key)) {
      throw UserError(place(a) + "[" + a.section + "] cannot set " + a.key + "; set it above all sections of the file");
    }
  }
  if (!owners_.contains(a.key)) {
    Names known;
    for (const auto& [key, owners] : owners_) known.push_back(key);
    const std::string near = did_you_mean(a.key, known);
    throw UserError(place(a) + "unknown key '" + a.key + "'" +
                    (near.empty() ? "; the known keys are " + join(known) : near));
  }
  source.used = a.key == "title";
  return source;
}

Scope Precedence::scope(const Assignment& a) const {
  const Names tasks = names_of(all_tasks()), cells = names_of(all_cells());
  if (contains(tasks, a.section)) return {a.section, ""};
  if (contains(cells, a.section)) return {"", a.section};
  if (a.section.find_first_of("+|") != std::string::npos) {
    const auto slash = a.section.find('/');
    const std::string task = slash == std::string::npos ? "" : a.section.substr(0, slash);
    try {
      const std::string cell = canonical_cell(a.section.substr(slash == std::string::npos ? 0 : slash + 1));
      if (task.empty() || contains(tasks, task)) return {task, cell};
    } catch (const UserError& error) {
      throw UserError(place(a) + "[" + a.section + "]: " + error.what());
    }
  }
  Names known = tasks;
  known.insert(known.end(), cells.begin(), cells.end());
  for (const std::string& task : tasks) {
    for (const std::string& cell : cells) {
      if (a.section == task + "/" + cell) return {task, cell};
      known.push_back(task + "/" + cell);
    }
  }
  throw UserError(place(a) + "[" + a.section + "] is not a task (" + join(tasks) + "), a cell (" + join(cells) +
                  ") or TASK/CELL" + did_you_mean(a.section, known));
}

Names Precedence::axis(const std::string& key, const Names& choices) {
  const Source* best = nullptr;
  for (Source& source : sources_) {
    if (source.assignment->key != key) continue;
    source.used = true;
    if (best == nullptr || source.level > best->level) best = &source;
  }
  if (best == nullptr) throw UserError(origin() + key + " is missing; choose one or more of " + join(choices));
  try {
    const auto names_in = [&](const std::string& part) -> Names {
      if (part == "all") return choices;
      if (key == "cell" && part.find_first_of("+|") != std::string::npos) return {canonical_cell(part)};
      return listed_values(choice_option(key, "?", choices, ""), part);
    };
    Names names;
    for (const std::string& part : split(best->assignment->value))
      for (const std::string& name : names_in(part))
        if (!contains(names, name)) names.push_back(name);
    return names;
  } catch (const UserError& error) {
    throw UserError(place(*best) + error.what());
  }
}

const Source* Precedence::winner(const std::string& key, const std::string& task, const std::string& cell) const {
  const Source* best = nullptr;
  const Source* rival = nullptr;  // at the same level as `best`: one is in [task], the other in [cell]
  for (const Source& source : sources_) {
    if (source.assignment->key != key || !source.scope.covers(task, cell)) continue;
    if (best == nullptr || source.level > best->level) {
      best = &source;
      rival = nullptr;
    } else if (source.level == best->level) {
      rival = &source;
    }
  }
  if (rival != nullptr) {
    throw UserError(place(*rival) + key + " is set in [" + rival->assignment->section + "] and also in [" +
                    best->assignment->section + "] in line " + std::to_string(best->assignment->line) +
                    "; set it in one of the two, or in [" + task + "/" + cell + "]");
  }
  return best;
}

const Source* Precedence::width(const std::string& task, const std::string& cell) const {
  const Source* best = nullptr;
  for (const std::string& key : width_options) {
    const Source* source = winner(key, task, cell);
    if (source == nullptr) continue;
    if (best != nullptr && source->level == best->level) {
      const auto text = [](const Source& s) { return s.assignment->key + " = " + s.assignment->value; };
      throw UserError(place(source->assignment->line < best->assignment->line ? *best : *source) + text(*best) +
                      " and " + text(*source) +
                      " exclude each other: hidden sets the width, budget the number of parameters, state-budget the "
                      "size of the state");
    }
    if (best == nullptr || source->level > best->level) best = source;
  }
  return best;
}

void Precedence::mark_used(const std::string& task, const std::string& cell, const std::set<std::string>& keys) {
  for (Source& source : sources_) {
    if (source.scope.covers(task, cell) && keys.contains(source.assignment->key)) source.used = true;
  }
}

}  // namespace rnnbench::experiments
