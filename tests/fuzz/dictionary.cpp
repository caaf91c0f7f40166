#include "tests/fuzz/dictionary.h"

#include <set>
#include <vector>

#include "core/options.h"
#include "experiments/declaration/training_options.h"
#include "models/catalogue.h"
#include "tasks/catalogue.h"

namespace rnnbench::fuzz {

std::string dictionary() {
  std::set<std::string> words;
  const auto add = [&](const std::vector<core::Option>& options) {
    for (const core::Option& option : options) {
      words.insert(option.name);
      words.insert(option.default_value);
      words.insert(option.choices.begin(), option.choices.end());
    }
  };
  add(experiments::training_options());
  for (const tasks::TaskEntry& task : tasks::all_tasks()) {
    words.insert(task.name);
    add(task.options);
    if (tasks::needs_file(task)) continue;
    core::Settings settings = core::default_settings(task.options);
    settings.set("task", task.name);
    if (task.take_seed != nullptr) task.take_seed(settings, 1);
    words.insert(task.make(settings)->measure().name);
  }
  for (const models::CellEntry& cell : models::all_cells()) {
    words.insert(cell.name);
    add(models::model_options(cell));
  }
  words.erase("");
  std::string text;
  for (const std::string& word : words) text += "\"" + word + "\"\n";
  return text;
}

}  // namespace rnnbench::fuzz
