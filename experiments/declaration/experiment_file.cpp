#include "experiments/declaration/experiment_file.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"

namespace rnnbench::experiments {
namespace {

// Short enough to run any study in seconds.
const std::vector<std::pair<std::string, std::string>> smoke_defaults = {
    {"seed", "1..2"}, {"updates", "12"}, {"evaluate", "64"}};

// Whether a section has this first word: "full" and "full copy/lstm" belong to full, "claim counts" to claim.
bool belongs_to(const std::string& section, const std::string& word) {
  return section == word || section.starts_with(word + " ");
}

}  // namespace

Profile profile_named(const std::string& name) {
  return static_cast<Profile>(std::find(profile_names.begin(), profile_names.end(), name) - profile_names.begin());
}

std::string profile_name(Profile profile) { return profile_names[static_cast<std::size_t>(profile)]; }

ExperimentFile read_experiment_file(const std::filesystem::path& file, Profile profile) {
  return experiment_file_of(file, read_ini(file), profile);
}

ExperimentFile experiment_file_of(const std::filesystem::path& file, std::vector<Assignment> assignments,
                                  Profile profile) {
  ExperimentFile read;
  Declaration& declaration = read.declaration;
  declaration.file = file.string();
  for (Assignment& a : assignments) {
    const auto owner = std::find_if(profile_names.begin(), profile_names.end(),
                                    [&](const std::string& name) { return belongs_to(a.section, name); });
    for (const auto& [former, now] : {std::pair{"finding", "claim"}, {"tuning", "search"}})
      if (a.section == former)
        throw UserError(file.string() + ":" + std::to_string(a.line) + ": there is no section [" + former +
                        "]; declare a section [" + now + "], see docs/add-a-finding.md");
    if (belongs_to(a.section, "claim")) {
      if (read.claims.empty() || read.claims.back().front().section != a.section) read.claims.emplace_back();
      read.claims.back().push_back(std::move(a));
    } else if (a.section == "search") {
      read.search.push_back(std::move(a));
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
