#include "experiments/declaration/experiment_file.h"

#include <algorithm>

namespace rnnbench::experiments {
namespace {

// What makes any finding short enough to be run in seconds.
const std::vector<std::pair<std::string, std::string>> smoke_defaults = {
    {"seed", "1..2"}, {"updates", "12"}, {"evaluate", "16"}};

// "full copy/lstm" -> the profile and "copy/lstm"; nothing for the section of another kind.
bool of_profile(const std::string& section, const std::string& profile, std::string& rest) {
  if (section != profile && !section.starts_with(profile + " ")) return false;
  rest = section.substr(std::min(section.size(), profile.size() + 1));
  rest.erase(0, rest.find_first_not_of(' ') == std::string::npos ? rest.size() : rest.find_first_not_of(' '));
  return true;
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
    std::string rest;
    const auto whose = std::find_if(profile_names.begin(), profile_names.end(),
                                    [&](const std::string& name) { return of_profile(a.section, name, rest); });
    if (a.section == "finding") {
      read.finding.push_back(std::move(a));
    } else if (a.section == "tuning") {
      read.tuning.push_back(std::move(a));
    } else if (whose == profile_names.end()) {
      declaration.written.push_back(std::move(a));
    } else if (*whose == profile_name(profile)) {
      a.section = rest;
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
