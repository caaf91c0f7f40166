// Values of every option of tasks, models and training, alone and in lists. The first line of the input is the name of
// the option.
#include <algorithm>
#include <cmath>

#include "core/options.h"
#include "core/text.h"
#include "experiments/declaration/training_options.h"
#include "models/catalogue.h"
#include "tasks/catalogue.h"
#include "tests/fuzz/check.h"

namespace rnnbench::fuzz {
namespace {

using core::Option;

// By name; options of the same name that differ are numbered.
const std::vector<std::pair<std::string, Option>>& all_options() {
  static const auto options = [] {
    std::vector<std::pair<std::string, Option>> all;
    const auto add = [&](const std::vector<Option>& more) {
      for (const Option& option : more) all.emplace_back(option.name, option);
    };
    add(experiments::training_options());
    for (const auto& task : tasks::all_tasks()) add(task.options);
    for (const auto& cell : models::all_cells()) add(models::model_options(cell));
    return all;
  }();
  return options;
}

void check_value(const Option& option, const std::string& value) {
  require(must_accept("a canonical value", [&] { return core::canonical_value(option, value); }) == value,
          "a canonical value stays as it is");
  if (value.empty()) return;
  const auto within = [&](double number) { return number >= option.min && number <= option.max; };
  core::Settings settings;
  settings.set(option.name, value);
  switch (option.kind) {
    case Option::Kind::integer:
      require(within(static_cast<double>(settings.integer(option.name))), "a whole number is in its range");
      break;
    case Option::Kind::real:
      require(std::isfinite(settings.real(option.name)) && within(settings.real(option.name)),
              "a number is finite and in its range");
      break;
    case Option::Kind::integers:
      for (const std::int64_t number : settings.integers(option.name))
        require(within(static_cast<double>(number)), "every number of a list is in its range");
      break;
    case Option::Kind::choice:
      require(std::count(option.choices.begin(), option.choices.end(), value) == 1, "a choice is one of the choices");
      break;
    case Option::Kind::text:
      require(value.find('\n') == std::string::npos, "a text is one line");
      break;
  }
}

// Returns how many values the text has.
std::size_t check_option(const Option& option, const std::string& text) {
  const std::vector<std::string> values = core::listed_values(option, text);
  require(!values.empty() && values.size() <= static_cast<std::size_t>(core::max_listed), "a list is not too long");
  const std::size_t step = values.size() / 100 + 1;
  for (std::size_t i = 0; i < values.size(); i += step) check_value(option, values[i]);
  if (values.size() == 1 || core::join(values).size() > 65536) return values.size();  // longer than any input
  std::vector<std::string> written = values;
  std::replace(written.begin(), written.end(), std::string(), std::string("unset"));  // in a list, "" is refused
  require(must_accept("a canonical list", [&] { return core::listed_values(option, core::join(written)); }) == values,
          "a canonical list stays as it is");
  return values.size();
}

}  // namespace

void option_values(const std::string& input) {
  const auto end = std::min(input.find('\n'), input.size());
  const std::string name = input.substr(0, end), text = input.substr(std::min(end + 1, input.size()));
  bool known = false;
  for (const auto& [key, option] : all_options()) {
    if (key != name) continue;
    known = true;
    const std::size_t values = check_option(option, text);
    if (input.size() > 1000 || values > 1000) return;  // several options may have the same name
  }
  if (!known) throw core::UserError("there is no such option");
}

}  // namespace rnnbench::fuzz
