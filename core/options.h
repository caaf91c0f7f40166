// Options as data. Tasks, models and the trainer declare their options once, as values of this type; the command line,
// INI files, `list`, `show`, grids and records all use these declarations.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::core {

class Settings;

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

// The value in its canonical spelling ("05" -> "5", "1e-3" -> "0.001"). Throws UserError that names the option, the
// value and what is allowed; callers put file and line in front.
std::string canonical_value(const Option& option, const std::string& text);

// The values of a comma-separated list in canonical spelling, in the order written, without repetitions. Whole numbers
// may be given as ranges: "50, 100", "1..10", "50..200..50" (with a step). A list has at most
// `max_listed` elements. For `integers` and `text` options, the whole text is one value.
std::vector<std::string> listed_values(const Option& option, const std::string& text);
inline constexpr std::int64_t max_listed = 100'000;

// The allowed values in words: "a whole number from 1 to 100000", "one of none, additive, dot".
std::string allowed_values(const Option& option);

// The values of one run's options by name, checked and in canonical spelling. Whoever creates the settings adds the
// defaults.
class Settings {
 public:
  void set(const std::string& name, std::string canonical) { values_[name] = std::move(canonical); }
  bool has(const std::string& name) const;  // present and not ""
  const std::string& text(const std::string& name) const;
  std::string text_or(const std::string& name, const std::string& default_value) const;
  std::int64_t integer(const std::string& name) const;
  double real(const std::string& name) const;
  std::vector<std::int64_t> integers(const std::string& name) const;
  const std::map<std::string, std::string>& values() const { return values_; }

 private:
  std::map<std::string, std::string> values_;
};

// Settings with the default of every option.
Settings default_settings(const std::vector<Option>& options);

}  // namespace rnnbench::core
