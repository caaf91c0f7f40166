#include "core/option.h"

namespace rnnbench::core {

Option integer_option(std::string name, std::string default_value, double min, double max, std::string help) {
  return {.name = std::move(name),
          .kind = Option::Kind::integer,
          .default_value = std::move(default_value),
          .min = min,
          .max = max,
          .help = std::move(help)};
}

Option real_option(std::string name, std::string default_value, double min, double max, std::string help) {
  Option option = integer_option(std::move(name), std::move(default_value), min, max, std::move(help));
  option.kind = Option::Kind::real;
  return option;
}

Option integers_option(std::string name, std::string default_value, double min, double max, std::string help) {
  Option option = integer_option(std::move(name), std::move(default_value), min, max, std::move(help));
  option.kind = Option::Kind::integers;
  return option;
}

Option choice_option(std::string name, std::string default_value, std::vector<std::string> choices, std::string help) {
  return {.name = std::move(name),
          .kind = Option::Kind::choice,
          .default_value = std::move(default_value),
          .choices = std::move(choices),
          .help = std::move(help)};
}

Option text_option(std::string name, std::string help) {
  return {.name = std::move(name), .kind = Option::Kind::text, .help = std::move(help)};
}

Option path_option(std::string name, std::string help) {
  return {.name = std::move(name), .kind = Option::Kind::text, .help = std::move(help), .is_path = true};
}

Option with_use(Option option, std::function<bool(const Settings&)> used) {
  option.used = std::move(used);
  return option;
}

}  // namespace rnnbench::core
