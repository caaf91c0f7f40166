#include "core/settings.h"

#include <stdexcept>

#include "core/text.h"

namespace rnnbench::core {

void Settings::set(const std::string& name, const std::string& canonical) {
  const auto found = values_->find(name);
  if (found != values_->end() && found->second == canonical) return;
  if (values_.use_count() > 1) values_ = std::make_shared<std::map<std::string, std::string>>(*values_);
  (*values_)[name] = canonical;
}

bool Settings::has(const std::string& name) const {
  const auto found = values_->find(name);
  return found != values_->end() && !found->second.empty();
}

const std::string& Settings::text(const std::string& name) const {
  const auto found = values_->find(name);
  if (found == values_->end()) throw std::logic_error("there is no setting '" + name + "'");
  return found->second;
}

std::string Settings::text_or(const std::string& name, const std::string& default_value) const {
  return has(name) ? text(name) : default_value;
}

std::int64_t Settings::integer(const std::string& name) const {
  const auto value = parse_number<std::int64_t>(text(name));
  if (!value) throw std::logic_error(name + " = '" + text(name) + "' is not a checked whole number");
  return *value;
}

double Settings::real(const std::string& name) const {
  const auto value = parse_number<double>(text(name));
  if (!value) throw std::logic_error(name + " = '" + text(name) + "' is not a checked number");
  return *value;
}

std::vector<std::int64_t> Settings::integers(const std::string& name) const {
  std::vector<std::int64_t> values;
  if (text(name).empty()) return values;
  for (const std::string& part : split(text(name))) {
    const auto value = parse_number<std::int64_t>(part);
    if (!value) throw std::logic_error(name + " = '" + text(name) + "' is not a checked list of whole numbers");
    values.push_back(*value);
  }
  return values;
}

}  // namespace rnnbench::core
