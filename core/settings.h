// The settings of a run: the values of its options.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::core {

// The values of one run's options by name, checked and in canonical spelling. Whoever creates the settings adds the
// defaults. Copies share their values until one of them is changed, so that the runs of a large grid, most of which
// differ in their seeds only, need little memory.
class Settings {
 public:
  void set(const std::string& name, const std::string& canonical);
  bool has(const std::string& name) const;  // present and not ""
  const std::string& text(const std::string& name) const;
  std::string text_or(const std::string& name, const std::string& default_value) const;
  std::int64_t integer(const std::string& name) const;
  double real(const std::string& name) const;
  std::vector<std::int64_t> integers(const std::string& name) const;
  const std::map<std::string, std::string>& values() const { return *values_; }

 private:
  std::shared_ptr<std::map<std::string, std::string>> values_ = std::make_shared<std::map<std::string, std::string>>();
};

}  // namespace rnnbench::core
