#include "experiments/declaration/experiment_file.h"

#include <algorithm>

#include "core/text.h"

namespace rnnbench::experiments {
namespace {

// Short enough to run any finding in seconds.
const std::vector<std::pair<std::string, std::string>> smoke_defaults = {
    {"seed", "1..2"}, {"updates", "12"}, {"evaluate", "64"}};

// Whether a section belongs to a profile: "full" or "full copy/lstm" to full.
bool belongs_to(const std::string& section, const std::string& profile) {
  return section == profile || section.starts_with(profile + " ");
}

}  // namespace

Profile profile_named(const std::string& name) {
  return static_cast<Profile>(std::find(profile_names.begin(), profile_names.end(), name) - profile_names.begin());
}

std::string profile_name(Profile profile) { return profile_names[static_cast<std::size_t>(profile)]; }

ExperimentFile read_experiment_file(const std::filesystem::path& file, Profile profile) {
  ExperimentFile read;
  Declaration& declaration = read.declaration;
  declaration.file = file.string();
  for (Assignment& a : read_ini(file)) {
    const auto owner = std::find_if(profile_names.begin(), profile_names.end(),
                                    [&](const std::string& name) { return belongs_to(a.section, name); });
    if (a.section == "finding") {
      read.finding.push_back(std::move(a));
    } else if (a.section == "tuning") {
      read.tuning.push_back(std::move(a));
    } else if (owner == profile_names.end()) {
      declaration.written.push_back(std::move(a));
    } else if (*owner == profile_name(profile)) {
      a.section = trim(a.section.substr(owner->size()));  // "full copy/lstm" -> "copy/lstm"
      declaration.overrides.push_back(std::move(a));
    }
  }
  if (profile != Profile::smoke) return read;
  for (const auto& [key, value] : smoke_defaults) {
    const bool given = std::any_of(declaration.overrides.begin(), declaration.overrides.end(),
                                   [&key = key](const Assignment& a) { return a.key == key && a.section.empty(); });
    if (!given) declaration.overrides.push_back({key, value, "", 1});
  }
  return read;
}

}  // namespace rnnbench::experiments
