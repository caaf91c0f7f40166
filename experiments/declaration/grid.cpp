#include "experiments/declaration/grid.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "core/error.h"
#include "experiments/declaration/feasible.h"
#include "experiments/declaration/precedence.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::experiments {
namespace {

// One dimension of the product for a (task, cell) pair.
struct Axis {
  enum class Part { task, model, training } part;
  Option option;
  Names values;
  const Source* source;  // nullptr: the default
};

Settings& settings_of(RunSpec& run, Axis::Part part) {
  return part == Axis::Part::task ? run.task : part == Axis::Part::model ? run.model : run.training;
}

// Calls visit(run) for every element of the product; the last axis, the seed, runs fastest.
template <class Visit>
void for_each_run(const std::vector<Axis>& axes, const std::string& task, const std::string& cell, Visit visit) {
  std::vector<std::size_t> index(axes.size(), 0);
  for (;;) {
    RunSpec run;
    run.task.set("task", task);
    run.model.set("cell", cell);
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const std::string& value = axes[i].values[index[i]];
      if (axes[i].option.name == "seed") {
        run.seed = std::stoull(value);
      } else {
        settings_of(run, axes[i].part).set(axes[i].option.name, value);
      }
    }
    visit(run);
    std::size_t axis = axes.size();
    while (axis > 0 && ++index[axis - 1] == axes[axis - 1].values.size()) index[--axis] = 0;
    if (axis == 0) return;
  }
}

class Grid {
 public:
  Grid(const Declaration& declaration, const WorkspaceOptions& workspace)
      : workspace_(workspace),
        precedence_(declaration),
        tasks_(precedence_.axis("task", names_of(all_tasks()))),
        cells_(precedence_.axis("cell", names_of(all_cells()))) {}

  const Names& tasks() const { return tasks_; }

  std::vector<RunSpec> runs() {
    std::vector<RunSpec> runs;
    std::set<std::string> seen;
    for (const std::string& task : tasks_) {
      for (const std::string& cell : cells_) {
        const std::vector<Axis> axes = resolve(task, cell);
        count(axes);
        // A width that the other way of giving it has replaced is not idle.
        std::set<std::string> used = {"seed", "hidden", "budget"};
        for_each_run(axes, task, cell, [&](RunSpec& run) {
          complete(run, axes);
          for (const Axis& axis : axes) {
            if (!axis.option.used || axis.option.used(settings_of(run, axis.part))) used.insert(axis.option.name);
          }
          if (!seen.insert(run.canonical()).second) return;
          check_once(run, axes);
          runs.push_back(std::move(run));
        });
        precedence_.mark_used(task, cell, used);
      }
    }
    return runs;
  }

  // The assignments that no run reads, by index; those of the file come before those of the command line.
  std::vector<std::size_t> idle() const {
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < precedence_.sources().size(); ++i) {
      if (!precedence_.sources()[i].used) indices.push_back(i);
    }
    return indices;
  }

  [[noreturn]] void refuse_idle(std::size_t index) const {
    const Source& source = precedence_.sources()[index];
    const Assignment& a = *source.assignment;
    const Scope& scope = source.scope;
    const std::string section = precedence_.place(source) + "[" + a.section + "] is not in this grid, whose ";
    if (!scope.task.empty() && !contains(tasks_, scope.task)) throw UserError(section + "tasks are " + joined(tasks_));
    if (!scope.cell.empty() && !contains(cells_, scope.cell)) throw UserError(section + "cells are " + joined(cells_));
    const std::string sentence = precedence_.place(source) + a.key + " = " + a.value + " is read by no run of " +
                                 (a.section.empty() ? "this grid" : "[" + a.section + "]");
    for (const std::string& task : tasks_) {
      for (const std::string& cell : cells_) {
        if (!scope.covers(task, cell)) continue;
        for (const auto& options : {find_task(task).options, model_options(find_cell(cell)), training_options()}) {
          for (const Option& option : options) {
            if (option.name == a.key) throw UserError(sentence + " (" + a.key + ": " + option.help + ")");
          }
        }
      }
    }
    throw UserError(sentence + "; it belongs to " + joined(precedence_.owners(a.key)));
  }

 private:
  std::vector<Axis> resolve(const std::string& task, const std::string& cell) const {
    const Precedence::Width width = precedence_.width(task, cell);
    std::vector<Axis> axes;
    const auto add = [&](Axis::Part part, const std::vector<Option>& options, const std::string& whose) {
      for (const Option& option : options) {
        if (option.name == "cell") continue;
        const Source* source = option.name == "hidden"   ? width.hidden
                               : option.name == "budget" ? width.budget
                                                         : precedence_.winner(option.name, task, cell);
        axes.push_back({part, option, source ? values(option, *source, whose) : Names{option.default_value}, source});
      }
    };
    add(Axis::Part::task, find_task(task).options, tasks_.size() > 1 ? "for task " + task + ", " : "");
    add(Axis::Part::model, model_options(find_cell(cell)), cells_.size() > 1 ? "for cell " + cell + ", " : "");
    add(Axis::Part::training, training_options(), "");
    return axes;
  }

  Names values(const Option& option, const Source& source, const std::string& whose) const try {
    return listed_values(option, source.assignment->value);
  } catch (const UserError& error) {
    throw UserError(precedence_.place(source) + whose + error.what());
  }

  void count(const std::vector<Axis>& axes) {
    std::size_t product = 1;
    std::string factors;
    for (const Axis& axis : axes) {
      product = std::min(product * axis.values.size(), max_runs + 1);
      if (axis.values.size() > 1) factors += ", " + std::to_string(axis.values.size()) + " of " + axis.option.name;
    }
    total_ += product;
    if (total_ <= max_runs) return;
    throw UserError(precedence_.origin() + "the grid has more than " + std::to_string(max_runs) +
                    " runs, the most that are allowed; values: " + std::to_string(tasks_.size()) + " of task, " +
                    std::to_string(cells_.size()) + " of cell" + factors);
  }

  // Runs that differ only in how they are trained need the same memory: they are checked once.
  void check_once(const RunSpec& run, const std::vector<Axis>& axes) {
    std::string key = run.training.text("batch");
    for (const Settings* part : {&run.task, &run.model}) {
      for (const auto& [name, value] : part->values()) key += "\n" + value;
    }
    if (!checked_.insert(key).second) return;
    try {
      check_feasible(run, workspace_);
    } catch (const UserError& error) {
      refuse(error.what(), axes);
    }
  }

  // Has the task fill in its settings; for runs in a row that have the same of them, once.
  void complete(RunSpec& run, const std::vector<Axis>& axes) {
    const TaskEntry& entry = find_task(run.task.text("task"));
    if (entry.complete == nullptr) return;
    if (declared_.values() != run.task.values()) {
      declared_ = completed_ = run.task;
      try {
        entry.complete(completed_);
      } catch (const UserError& error) {
        refuse(error.what(), axes);
      }
    }
    run.task = completed_;
  }

  // With the place of the first setting that the sentence speaks of.
  [[noreturn]] void refuse(const std::string& sentence, const std::vector<Axis>& axes) const {
    const std::string words = " " + sentence;
    for (const Axis& axis : axes) {
      if (axis.source != nullptr && words.find(" " + axis.option.name + " = ") != std::string::npos)
        throw UserError(precedence_.place(*axis.source) + sentence);
    }
    throw UserError(precedence_.origin() + sentence);
  }

  const WorkspaceOptions workspace_;
  Precedence precedence_;
  Names tasks_, cells_;
  std::set<std::string> checked_;
  Settings declared_, completed_;  // of the task of the last run that was completed
  std::size_t total_ = 0;
};

// Every assignment has to be read by some run. Where the command line narrows a file's grid, a line of the
// file may be justified by the file alone.
void check_idle(const Grid& grid, const Declaration& declaration, const WorkspaceOptions& workspace) {
  const std::vector<std::size_t> idle = grid.idle();
  if (idle.empty()) return;
  const std::size_t of_file = declaration.written.size();
  if (declaration.overrides.empty() || idle.front() >= of_file) grid.refuse_idle(idle.front());
  const Declaration file_only{declaration.file, declaration.written, {}};
  std::optional<Grid> alone;
  try {
    alone.emplace(file_only, workspace);
    alone->runs();
  } catch (const UserError&) {  // a file that the command line completes justifies nothing by itself
    grid.refuse_idle(idle.front());
  }
  for (const std::size_t index : alone->idle()) {
    if (std::find(idle.begin(), idle.end(), index) != idle.end()) alone->refuse_idle(index);
  }
  for (const std::size_t index : idle) {
    if (index >= of_file) grid.refuse_idle(index);
  }
}

}  // namespace

Experiment expand(const Declaration& declaration, const WorkspaceOptions& workspace) {
  Grid grid(declaration, workspace);
  Experiment experiment;
  experiment.runs = grid.runs();
  check_idle(grid, declaration, workspace);
  experiment.file = declaration.file;
  experiment.name = !declaration.file.empty()  ? std::filesystem::path(declaration.file).stem().string()
                    : grid.tasks().size() == 1 ? grid.tasks()[0]
                                               : "adhoc";
  experiment.title = experiment.name;
  for (const Assignment& a : declaration.written) {
    if (a.key == "title") experiment.title = a.value;
  }
  return experiment;
}

Experiment expand(const Declaration& declaration) { return expand(declaration, {}); }

}  // namespace rnnbench::experiments
