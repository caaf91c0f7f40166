#include "experiments/declaration/grid.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/options.h"
#include "core/text.h"
#include "experiments/declaration/feasible.h"
#include "experiments/declaration/precedence.h"
#include "experiments/declaration/run_task.h"
#include "experiments/declaration/training_options.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::experiments {
namespace {

constexpr int min_chrono_steps = 3;  // the smallest value of the option

// One option of a task and cell, with the values that span one dimension of the grid.
struct Axis {
  enum class Section { task, model, training } section;  // of RunSpec
  Option option;
  Names values;
  const Source* source;  // nullptr: the default
};

Settings& settings_of(RunSpec& run, const Axis& axis) {
  switch (axis.section) {
    case Axis::Section::task:
      return run.task;
    case Axis::Section::model:
      return run.model;
    case Axis::Section::training:
      break;
  }
  return run.training;
}

// Calls visit(run) for every element of the product. The last axis, the seed, changes fastest.
template <class Visit>
void for_each_run(const std::vector<Axis>& axes, const std::string& task, const std::string& cell, Visit visit) {
  std::vector<std::size_t> index(axes.size(), 0);
  RunSpec written;  // shares with the run before what did not change
  written.task.set("task", task);
  written.model.set("cell", cell);
  for (;;) {
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const std::string& value = axes[i].values[index[i]];
      if (axes[i].option.name == "seed") {
        written.seed = std::stoull(value);
      } else {
        settings_of(written, axes[i]).set(axes[i].option.name, value);
      }
    }
    RunSpec run = written;
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

  // Every run once. Marks the settings that some run uses.
  std::vector<RunSpec> runs() {
    std::vector<RunSpec> runs;
    std::set<std::string> seen;
    for (const std::string& task : tasks_) {
      for (const std::string& cell : cells_) {
        const std::vector<Axis> axes = axes_of(task, cell);
        count(axes);
        // The options of the width replace each other; those that were replaced count as used.
        std::set<std::string> used(width_options.begin(), width_options.end());
        used.insert("seed");
        for_each_run(axes, task, cell, [&](RunSpec& run) {
          complete(run, axes);
          for (const Axis& axis : axes) {
            if (!axis.option.used || axis.option.used(settings_of(run, axis))) used.insert(axis.option.name);
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

  // After runs(): the indices of the settings that no run uses, those of the file before those of the command line.
  std::vector<std::size_t> unused() const {
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < precedence_.sources().size(); ++i) {
      if (!precedence_.sources()[i].used) indices.push_back(i);
    }
    return indices;
  }

  // Throws UserError that says why no run uses the setting.
  [[noreturn]] void refuse_unused(std::size_t index) const {
    const Source& source = precedence_.sources()[index];
    const Assignment& a = *source.assignment;
    const Scope& scope = source.scope;
    const std::string section = precedence_.place(source) + "[" + a.section + "] applies to no run: ";
    if (!scope.task.empty() && !contains(tasks_, scope.task))
      throw UserError(section + "this grid has task = " + join(tasks_));
    if (!scope.cell.empty() && !contains(cells_, scope.cell))
      throw UserError(section + "this grid has cell = " + join(cells_));
    const std::string sentence = precedence_.place(source) + a.key + " = " + a.value + " is used by no run of " +
                                 (a.section.empty() ? "this grid" : "[" + a.section + "]");
    if (const auto option = option_in(scope, a.key)) throw UserError(sentence + " (" + option->help + ")");
    throw UserError(sentence + "; the option belongs to " + join(precedence_.owners(a.key)));
  }

 private:
  // The option of this name that a task or cell of the scope has, or that training has.
  std::optional<Option> option_in(const Scope& scope, const std::string& name) const {
    for (const std::string& task : tasks_) {
      for (const std::string& cell : cells_) {
        if (!scope.covers(task, cell)) continue;
        for (const auto& options : {find_task(task).options, model_options(find_cell(cell)), training_options()}) {
          for (const Option& option : options) {
            if (option.name == name) return option;
          }
        }
      }
    }
    return std::nullopt;
  }

  // Every option of the task, the cell and training, with the values that hold for them.
  std::vector<Axis> axes_of(const std::string& task, const std::string& cell) const {
    const Source* width = precedence_.width(task, cell);
    std::vector<Axis> axes;
    const auto add = [&](Axis::Section section, const std::vector<Option>& options, const std::string& whose) {
      for (const Option& option : options) {
        if (option.name == "cell") continue;
        const Source* source = !contains(width_options, option.name) ? precedence_.winner(option.name, task, cell)
                               : width != nullptr && width->assignment->key == option.name ? width
                                                                                           : nullptr;
        axes.push_back(
            {section, option, source ? values(option, *source, whose) : Names{option.default_value}, source});
      }
    };
    add(Axis::Section::task, find_task(task).options, tasks_.size() > 1 ? "for task " + task + ", " : "");
    add(Axis::Section::model, model_options(find_cell(cell)), cells_.size() > 1 ? "for cell " + cell + ", " : "");
    add(Axis::Section::training, training_options(), "");
    return axes;
  }

  Names values(const Option& option, const Source& source, const std::string& whose) const try {
    return listed_values(option, source.assignment->value);
  } catch (const UserError& error) {
    throw UserError(precedence_.place(source) + whose + error.what());
  }

  void count(const std::vector<Axis>& axes) {
    std::size_t product = 1, characters = 0, longest = 0;
    std::string factors, longest_name;
    for (const Axis& axis : axes) {
      product = std::min(product * axis.values.size(), max_runs + 1);
      const auto size = [](const std::string& a, const std::string& b) { return a.size() < b.size(); };
      const std::size_t value = std::max_element(axis.values.begin(), axis.values.end(), size)->size();
      characters += axis.option.name.size() + value;
      if (value >= longest) longest = value, longest_name = axis.option.name;
      if (axis.values.size() > 1) factors += ", " + std::to_string(axis.values.size()) + " of " + axis.option.name;
    }
    total_ += product;
    total_characters_ += product * characters;
    if (total_ <= max_runs && total_characters_ > max_characters)
      throw UserError(precedence_.origin() + "the settings of all runs have more than the maximum of " +
                      std::to_string(max_characters) + " characters; a value of " + longest_name + " has " +
                      std::to_string(longest));
    if (total_ <= max_runs) return;
    throw UserError(precedence_.origin() + "the grid has more than the maximum of " + std::to_string(max_runs) +
                    " runs; numbers of values: " + std::to_string(tasks_.size()) + " of task, " +
                    std::to_string(cells_.size()) + " of cell" + factors);
  }

  // Checks that the run is possible. Runs that differ only in settings that do not matter for this are checked once.
  void check_once(const RunSpec& run, const std::vector<Axis>& axes) {
    std::string key;
    for (const char* name : {"batch", "updates", "schedule", "warmup-updates", "stop", "evaluate", "evaluate-every"})
      key += run.training.text(name) + "\n";
    for (const Settings* part : {&run.task, &run.model}) {
      for (const auto& [name, value] : part->values()) key += "\n" + value;
    }
    if (!checked_.insert(key).second) return;
    if (!missing_input({run}).empty()) return;  // its results can be read, and nothing is trained (check_inputs)
    try {
      check_feasible(run, task_of(run), workspace_);
    } catch (const UserError& error) {
      refuse(error.what(), axes);
    }
  }

  // Fills in settings that follow from others.
  void complete(RunSpec& run, const std::vector<Axis>& axes) {
    complete_task(run, axes);
    if (run.model.text_or("init", "") == "chrono" && !run.model.has("chrono-steps")) complete_chrono(run, axes);
  }

  // Sets chrono-steps to the time steps of a training sequence.
  void complete_chrono(RunSpec& run, const std::vector<Axis>& axes) {
    const auto [steps, is_new] = steps_.try_emplace(run.task.values(), 0);
    try {
      if (is_new) steps->second = task_of(run).steps();
    } catch (const UserError& error) {
      refuse(error.what(), axes);
    }
    run.model.set("chrono-steps", std::to_string(std::max(min_chrono_steps, steps->second)));
  }

  // Lets the task fill in its settings (TaskEntry::complete). Consecutive runs with the same settings share the result.
  void complete_task(RunSpec& run, const std::vector<Axis>& axes) {
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

  // The task of a run. Consecutive runs with the same settings share it, because it may have to read a file.
  const Task& task_of(const RunSpec& run) {
    const bool takes_seed = find_task(run.task.text("task")).take_seed != nullptr;
    auto key = std::pair(run.task.values(), takes_seed ? run.seed : 0);
    if (task_ == nullptr || task_key_ != key) {
      task_ = make_task(run);
      task_key_ = std::move(key);
    }
    return *task_;
  }

  // Throws the sentence with the place of the first setting that it mentions.
  [[noreturn]] void refuse(const std::string& sentence, const std::vector<Axis>& axes) const {
    const std::string padded = " " + sentence;
    for (const Axis& axis : axes) {
      if (axis.source != nullptr && padded.find(" " + axis.option.name + " = ") != std::string::npos)
        throw UserError(precedence_.place(*axis.source) + sentence);
    }
    throw UserError(precedence_.origin() + sentence);
  }

  const WorkspaceOptions workspace_;
  Precedence precedence_;
  Names tasks_, cells_;
  std::set<std::string> checked_;
  Settings declared_, completed_;     // task settings of the last run that complete() was called for, before and after
  std::unique_ptr<const Task> task_;  // see task_of
  std::pair<std::map<std::string, std::string>, std::uint64_t> task_key_;
  std::map<std::map<std::string, std::string>, int> steps_;  // time steps by the settings of the task
  std::size_t total_ = 0, total_characters_ = 0;             // of the runs, and of their settings as text
};

// Throws UserError when no run uses some setting. The command line may narrow the grid of a file (`--cell lstm`), so a
// setting of the file may be unused as long as the file alone has a run that uses it.
void check_unused(const Grid& grid, const Declaration& declaration, const WorkspaceOptions& workspace) {
  const std::vector<std::size_t> unused = grid.unused();
  if (unused.empty()) return;
  const std::size_t settings_of_file = declaration.written.size();
  if (declaration.overrides.empty() || unused.front() >= settings_of_file) grid.refuse_unused(unused.front());
  const Declaration file_only{declaration.file, declaration.written, {}};
  std::optional<Grid> grid_of_file;
  try {
    grid_of_file.emplace(file_only, workspace);
    grid_of_file->runs();
  } catch (const UserError&) {  // the file alone is not a complete experiment
    grid.refuse_unused(unused.front());
  }
  for (const std::size_t index : grid_of_file->unused()) {
    if (std::find(unused.begin(), unused.end(), index) != unused.end()) grid_of_file->refuse_unused(index);
  }
  for (const std::size_t index : unused) {
    if (index >= settings_of_file) grid.refuse_unused(index);
  }
}

}  // namespace

Experiment expand(const Declaration& declaration, const WorkspaceOptions& workspace) {
  Grid grid(declaration, workspace);
  Experiment experiment;
  experiment.runs = grid.runs();
  check_unused(grid, declaration, workspace);
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
