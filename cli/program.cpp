#include "cli/program.h"

#include <exception>
#include <iostream>
#include <new>
#include <set>

#include "cli/rnnbench.h"
#include "core/error.h"
#include "core/plain_text.h"
#include "experiments/declaration/spec.h"
#include "experiments/declaration/training_options.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::cli {
namespace {

// In an INI file, a section names a task or a cell, and a key has one meaning. Additional tasks must not make these
// ambiguous.
void check_names(const std::vector<TaskEntry>& tasks) {
  std::set<std::string> words = {"training"}, keys = {"task", "cell", "title"};
  for (const Option& option : training_options()) keys.insert(option.name);
  for (const CellEntry& cell : all_cells()) {
    words.insert(cell.name);
    for (const Option& option : model_options(cell)) keys.insert(option.name);
  }
  for (const TaskEntry& task : tasks) {
    if (words.contains(task.name))
      throw UserError("task '" + task.name +
                      "': a cell or the options of training already have this name; rename the task");
    for (const Option& option : task.options)
      if (keys.contains(option.name))
        throw UserError("task '" + task.name + "': its option '" + option.name +
                        "' already is an option of models or of training; rename the option");
  }
}

void say(const std::string& sentence) { std::cerr << "rnnbench: " << plain_text(sentence) << '\n'; }

}  // namespace

int main(int argc, char** argv, std::vector<TaskEntry> more_tasks) try {
  check_names(more_tasks);
  add_tasks(std::move(more_tasks));
  const int code = dispatch({argv + 1, argv + argc});
  std::cout.flush();
  if (std::cout) return code;
  say("cannot write to standard output");
  return 1;
} catch (const UserError& error) {
  say(error.what());
  return 2;
} catch (const std::bad_alloc&) {
  say("out of memory");
  return 1;
} catch (const std::exception& error) {
  say(error.what());
  return 1;
}

}  // namespace rnnbench::cli
