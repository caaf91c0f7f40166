// Options as data: tasks, models and the trainer declare them here; the command line, INI files, `list`, `show`, the
// grid and the record's spec all read the same declarations.
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
  enum class Kind { integer, real, choice, integers /* a comma list; spans no grid */, text /* one line; neither */ };

  std::string name;  // as on the command line and in an INI file: "forget-bias"
  Kind kind;
  std::string default_value;         // the frozen default, in canonical text; "" = not set (a nullable option:
                                     // "unset" in a list says so)
  double min = 0, max = 0;           // inclusive range of a number
  std::vector<std::string> choices;  // of a choice
  std::string help;                  // one line, with the unit and the source
  // Whether a run with these settings reads the option at all (momentum: only with optimizer = sgd). Unused options do
  // not enter the spec. Empty: always used.
  std::function<bool(const Settings&)> used;
  // The value says where something lies (a path), not what it is: it stands in the spec, but not in the canonical text
  // of a run, so it never changes an id.
  bool place = false;
};

Option integer_option(std::string name, std::string default_value, double min, double max, std::string help);
Option real_option(std::string name, std::string default_value, double min, double max, std::string help);
Option choice_option(std::string name, std::string default_value, std::vector<std::string> choices, std::string help);
Option integers_option(std::string name, std::string default_value, double min, double max, std::string help);
Option text_option(std::string name, std::string help);   // not set by default
Option place_option(std::string name, std::string help);  // a text that is a place, not set by default
Option with_use(Option option, std::function<bool(const Settings&)> used);

// `text` checked and in its one canonical spelling ("05" -> "5", "1e-3" -> "0.001"). Throws UserError with a sentence
// that names the option, the value and what is allowed (callers put file and line in front).
std::string canonical_value(const Option& option, const std::string& text);

// The canonical values of a comma list with ranges of whole numbers ("50, 100", "1..10", "50..200..50" with a step), in
// the order written, each once. At most `most_listed` of them. An `integers` or `text` option has one value.
std::vector<std::string> listed_values(const Option& option, const std::string& text);
inline constexpr std::int64_t max_listed = 100'000;

// What is allowed, in words: "a whole number from 1 to 100000", "one of none, additive, dot".
std::string allowed_values(const Option& option);

// Checked values of one run by option name. Defaults are filled in by whoever makes it.
class Settings {
 public:
  void set(const std::string& name, std::string canonical) { values_[name] = std::move(canonical); }
  bool has(const std::string& name) const;  // present and not ""
  const std::string& text(const std::string& name) const;
  std::string text_or(const std::string& name, const std::string& otherwise) const;  // where it is not present
  std::int64_t integer(const std::string& name) const;
  double real(const std::string& name) const;
  std::vector<std::int64_t> integers(const std::string& name) const;
  const std::map<std::string, std::string>& values() const { return values_; }

 private:
  std::map<std::string, std::string> values_;
};

// Settings with every option's default: for tests and for tools that need one model or task.
Settings default_settings(const std::vector<Option>& options);

}  // namespace rnnbench::core
