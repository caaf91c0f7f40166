// Options as data. Tasks, models and the trainer declare their options once, as values of this type; the command line,
// INI files, `list`, `show`, grids and records all use these declarations.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/settings.h"

namespace rnnbench::core {

struct Option {
  enum class Kind {
    integer,
    real,
    choice,    // one of `choices`
    integers,  // a comma-separated list that is one value: several values do not span a grid
    text,      // one line, which does not span a grid either
  };

  std::string name = {};  // as on the command line and in INI files: "forget-bias"
  Kind kind = Kind::text;
  std::string default_value = {};  // in canonical spelling; "" if the option is not set by default, in which case
                                   // "unset" is one of its values
  double min = 0, max = 0;         // inclusive range of numbers
  std::vector<std::string> choices = {};
  std::string help = {};  // one line, with unit and source
  // Whether a run with these settings uses the option (momentum is used only with optimizer = sgd). Unused options are
  // not part of a run's spec. Empty: always used.
  std::function<bool(const Settings&)> used = {};
  // The value is the path of a file. It is recorded in the spec but does not contribute to the id of a run, because the
  // same file may be at another path.
  bool is_path = false;
};

Option integer_option(std::string name, std::string default_value, double min, double max, std::string help);
Option real_option(std::string name, std::string default_value, double min, double max, std::string help);
Option choice_option(std::string name, std::string default_value, std::vector<std::string> choices, std::string help);
Option integers_option(std::string name, std::string default_value, double min, double max, std::string help);
Option text_option(std::string name, std::string help);  // not set by default
Option path_option(std::string name, std::string help);  // not set by default
Option with_use(Option option, std::function<bool(const Settings&)> used);

}  // namespace rnnbench::core
