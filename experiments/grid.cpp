#include "experiments/grid.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "core/error.h"
#include "experiments/feasible.h"
#include "models/network.h"
#include "tasks/task.h"

namespace rnnbench {
namespace {

using Names = std::vector<std::string>;

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string joined(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

template <class Entry>
Names names_of(const std::vector<Entry>& entries) {
  Names names;
  for (const Entry& entry : entries) names.push_back(entry.name);
  return names;
}

const Names& head_only() {
  static const Names keys = {"task", "cell", "seed", "title"};
  return keys;
}

// The options of one (task, cell) pair of the grid.
struct PairOptions {
  std::vector<Option> task, model;

  PairOptions(const std::string& task_name, const std::string& cell)
      : task(find_task(task_name).options), model(model_options(find_cell(cell))) {
    std::erase_if(model, [](const Option& option) { return option.name == "cell"; });
  }
};

// Who declares a key: "task copy", "cell lstm", "every run".
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

// The part of the grid a section speaks of; an empty name stands for all.
struct Scope {
  std::string task, cell;
  bool covers(const std::string& a_task, const std::string& a_cell) const {
    return (task.empty() || task == a_task) && (cell.empty() || cell == a_cell);
  }
  int rank() const { return !task.empty() + !cell.empty(); }
};

// An assignment with what its place says about it.
struct Source {
  const Assignment* assignment;
  Scope scope;
  int level;          // 0 head, 1 [task] or [cell], 2 [task/cell], 3 command line
  bool used = false;  // by some run
};

// One dimension of the product for a pair.
struct Axis {
  enum class Part { task, model, training } part;
  const Option* option;
  Names values;
  const Source* source;  // nullptr: the default
};

class Grid {
 public:
  explicit Grid(const Declaration& declaration) : declaration_(declaration), keys_(declared_keys()) {
    for (const Assignment& a : declaration.written) sources_.push_back(source(a));
    for (const Assignment& a : declaration.overrides) sources_.push_back(source(a));
    tasks_ = head_list("task", names_of(all_tasks()));
    cells_ = head_list("cell", names_of(all_cells()));
  }

  void expand(Experiment& experiment) {
    std::set<std::string> seen;
    for (const std::string& task : tasks_) {
      for (const std::string& cell : cells_) {
        const PairOptions options(task, cell);
        const std::vector<Axis> axes = resolve(task, cell, options);
        count(axes);
        std::set<std::string> used;
        std::set<std::string> feasible;
        product(axes, task, cell, [&](RunSpec& run) {
          for (const Axis& axis : axes) {
            const Settings& part = settings(run, axis.part);
            if (axis.option->name == "seed" || !axis.option->used || axis.option->used(part))
              used.insert(axis.option->name);
          }
          if (!seen.insert(run.canonical()).second) return;
          check(run, axes, feasible);
          experiment.runs.push_back(std::move(run));
        });
        mark(task, cell, used);
      }
    }
  }

  // Refuses what no run would read. A file's line may also be justified by the file alone, without the
  // command line.
  void check_all_used() const {
    std::optional<Grid> alone;
    Declaration file_only{declaration_.file, declaration_.written, {}};
    if (!declaration_.overrides.empty() && !declaration_.written.empty()) {
      try {
        Experiment ignored;
        alone.emplace(file_only);
        alone->expand(ignored);
      } catch (const UserError&) {  // then the command line mends it, and justifies nothing by itself
      }
    }
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      const bool used_alone = alone && i < alone->sources_.size() && alone->sources_[i].used;
      if (!sources_[i].used && !used_alone) refuse_unused(sources_[i]);
    }
  }

  std::string title(const std::string& otherwise) const {
    for (const Assignment& a : declaration_.written) {
      if (a.key == "title") return a.value;
    }
    return otherwise;
  }

  std::string name() const {
    if (!declaration_.file.empty()) return std::filesystem::path(declaration_.file).stem().string();
    return tasks_.size() == 1 ? tasks_[0] : "adhoc";
  }

 private:
  std::string place(const Assignment& a) const {
    return a.line == 0 ? "command line: " : declaration_.file + ":" + std::to_string(a.line) + ": ";
  }

  Source source(const Assignment& a) const {
    Source source{&a, {}, a.line == 0 ? 3 : 0};
    if (!a.section.empty()) {
      source.scope = scope(a);
      source.level = source.scope.rank();
      if (contains(head_only(), a.key)) {
        throw UserError(place(a) + "[" + a.section + "] cannot set " + a.key +
                        "; set it at the head of the file");
      }
    }
    if (a.key == "title" && a.line == 0) throw UserError("command line: title can be set in a file only");
    if (!keys_.contains(a.key)) {
      Names known;
      for (const auto& [key, owners] : keys_) known.push_back(key);
      const std::string near = did_you_mean(a.key, known);
      throw UserError(place(a) + "unknown key '" + a.key + "'" +
                      (near.empty() ? "; known are " + joined(known) : near));
    }
    return source;
  }

  Scope scope(const Assignment& a) const {
    const Names tasks = names_of(all_tasks()), cells = names_of(all_cells());
    if (contains(tasks, a.section)) return {a.section, ""};
    if (contains(cells, a.section)) return {"", a.section};
    const auto slash = a.section.find('/');
    Names known = tasks;
    known.insert(known.end(), cells.begin(), cells.end());
    for (const std::string& task : tasks) {
      for (const std::string& cell : cells) known.push_back(task + "/" + cell);
    }
    if (slash != std::string::npos && contains(known, a.section))
      return {a.section.substr(0, slash), a.section.substr(slash + 1)};
    throw UserError(place(a) + "[" + a.section + "] names no part of a grid" +
                    did_you_mean(a.section, known) + "; a section is a task (" + joined(tasks) +
                    "), a cell (" + joined(cells) + ") or task/cell");
  }

  // The values of `task` or `cell`.
  Names head_list(const std::string& key, const Names& choices) {
    const Source* best = nullptr;
    for (Source& source : sources_) {
      if (source.assignment->key == "title") source.used = true;
      if (source.assignment->key != key) continue;
      source.used = true;
      if (best == nullptr || source.level > best->level) best = &source;
    }
    if (best == nullptr) {
      throw UserError((declaration_.file.empty() ? "command line: " : declaration_.file + ": ") + key +
                      " is missing; name one or more of " + joined(choices));
    }
    return values(choice_option(key, "?", choices, ""), *best, "");
  }

  Names values(const Option& option, const Source& source, const std::string& owner) const try {
    return listed_values(option, source.assignment->value);
  } catch (const UserError& error) {
    throw UserError(place(*source.assignment) + owner + error.what());
  }

  // The assignment that wins for this key and pair, or nullptr.
  const Source* winner(const std::string& key, const std::string& task, const std::string& cell) const {
    const Source* best = nullptr;
    const Source* rival = nullptr;
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
      throw UserError(place(*rival->assignment) + key + " is set by both [" + best->assignment->section +
                      "] (line " + std::to_string(best->assignment->line) + ") and [" +
                      rival->assignment->section + "]; set it in [" + task + "/" + cell +
                      "] or in one of them");
    }
    return best;
  }

  // `hidden` and `budget` both fix the width: the one that is set closer wins, and the other is not set.
  void settle_width(const Source*& hidden, const Source*& budget) const {
    if (hidden == nullptr || budget == nullptr) return;
    if (hidden->level == budget->level) {
      const Source* later = hidden->assignment->line > budget->assignment->line ? hidden : budget;
      throw UserError(place(*later->assignment) + "hidden and budget exclude one another; hidden = " +
                      hidden->assignment->value + " fixes the width, budget = " + budget->assignment->value +
                      " the number of parameters");
    }
    (hidden->level < budget->level ? hidden : budget) = nullptr;
  }

  std::vector<Axis> resolve(const std::string& task, const std::string& cell,
                            const PairOptions& options) const {
    const Source* hidden = winner("hidden", task, cell);
    const Source* budget = winner("budget", task, cell);
    settle_width(hidden, budget);
    std::vector<Axis> axes;
    const auto add = [&](Axis::Part part, const std::vector<Option>& declared, const std::string& owner) {
      for (const Option& option : declared) {
        const Source* source = option.name == "hidden"   ? hidden
                               : option.name == "budget" ? budget
                                                         : winner(option.name, task, cell);
        axes.push_back(
            {part, &option, source ? values(option, *source, owner) : Names{option.fallback}, source});
      }
    };
    add(Axis::Part::task, options.task, tasks_.size() > 1 ? "for task " + task + ", " : "");
    add(Axis::Part::model, options.model, cells_.size() > 1 ? "for cell " + cell + ", " : "");
    add(Axis::Part::training, training_options(), "");
    return axes;
  }

  void count(const std::vector<Axis>& axes) {
    std::size_t runs = 1;
    for (const Axis& axis : axes) runs = std::min(runs * axis.values.size(), 1000 * most_runs);
    total_ += runs;
    if (total_ <= most_runs) return;
    std::string factors;
    for (const Axis& axis : axes) {
      if (axis.values.size() > 1)
        factors += ", " + std::to_string(axis.values.size()) + " values of " + axis.option->name;
    }
    throw UserError((declaration_.file.empty() ? "command line: " : declaration_.file + ": ") +
                    "the grid has more than 100,000 runs (" + std::to_string(tasks_.size()) + " tasks, " +
                    std::to_string(cells_.size()) + " cells" + factors + "); 100,000 are allowed");
  }

  static Settings& settings(RunSpec& run, Axis::Part part) {
    return part == Axis::Part::task ? run.task : part == Axis::Part::model ? run.model : run.training;
  }

  template <class Visit>
  static void product(const std::vector<Axis>& axes, const std::string& task, const std::string& cell,
                      Visit visit) {
    std::vector<std::size_t> index(axes.size(), 0);
    for (std::size_t advanced = 0; advanced != std::string::npos;) {
      RunSpec run;
      run.task.set("task", task);
      run.model.set("cell", cell);
      for (std::size_t i = 0; i < axes.size(); ++i) {
        const std::string& value = axes[i].values[index[i]];
        if (axes[i].option->name == "seed") {
          run.seed = std::stoull(value);
        } else {
          settings(run, axes[i].part).set(axes[i].option->name, value);
        }
      }
      visit(run);
      advanced = axes.size() - 1;  // the last axis runs fastest
      while (advanced != std::string::npos && ++index[advanced] == axes[advanced].values.size())
        index[advanced--] = 0;
    }
  }

  // Runs that differ in seed and the like only need the same memory: they are checked once.
  void check(const RunSpec& run, const std::vector<Axis>& axes, std::set<std::string>& feasible) const {
    std::string key = run.training.text("batch");
    for (const Settings* part : {&run.task, &run.model}) {
      for (const auto& [name, value] : part->values()) key += "\n" + value;
    }
    if (!feasible.insert(key).second) return;
    try {
      check_feasible(run);
    } catch (const UserError& error) {
      // The line that sets the size of the model is the likeliest to be changed.
      std::string here = declaration_.file.empty() ? "command line: " : declaration_.file + ": ";
      for (const Axis& axis : axes) {
        if ((axis.option->name == "hidden" || axis.option->name == "budget") && axis.source)
          here = place(*axis.source->assignment);
      }
      throw UserError(here + error.what());
    }
  }

  void mark(const std::string& task, const std::string& cell, std::set<std::string> used) {
    // A width that the other way of giving it has overruled is not idle.
    if (used.contains("hidden") || used.contains("budget")) used.insert({"hidden", "budget"});
    for (Source& source : sources_) {
      if (source.scope.covers(task, cell) && used.contains(source.assignment->key)) source.used = true;
    }
  }

  [[noreturn]] void refuse_unused(const Source& source) const {
    const Assignment& a = *source.assignment;
    const Scope& scope = source.scope;
    if (!scope.task.empty() && !contains(tasks_, scope.task)) {
      throw UserError(place(a) + "[" + a.section + "] is not in this grid, whose tasks are " +
                      joined(tasks_));
    }
    if (!scope.cell.empty() && !contains(cells_, scope.cell)) {
      throw UserError(place(a) + "[" + a.section + "] is not in this grid, whose cells are " +
                      joined(cells_));
    }
    const std::string sentence = place(a) + a.key + " = " + a.value + " is read by no run" +
                                 (a.section.empty() ? " of this grid" : " of [" + a.section + "]");
    for (const std::string& task : tasks_) {
      for (const std::string& cell : cells_) {
        if (!scope.covers(task, cell)) continue;
        const PairOptions options(task, cell);
        for (const auto* list : {&options.task, &options.model, &training_options()}) {
          for (const Option& option : *list) {
            if (option.name == a.key) throw UserError(sentence + " (" + a.key + ": " + option.help + ")");
          }
        }
      }
    }
    throw UserError(sentence + "; it belongs to " + joined(keys_.at(a.key)));
  }

  const Declaration& declaration_;
  std::map<std::string, Names> keys_;
  std::vector<Source> sources_;
  Names tasks_, cells_;
  std::size_t total_ = 0;
};

}  // namespace

Experiment expand(const Declaration& declaration) {
  Grid grid(declaration);
  Experiment experiment;
  grid.expand(experiment);
  grid.check_all_used();
  experiment.name = grid.name();
  experiment.file = declaration.file;
  experiment.title = grid.title(experiment.name);
  return experiment;
}

}  // namespace rnnbench
