#include "experiments/search/find_trial.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/read_file.h"
#include "experiments/records/find_record.h"
#include "experiments/records/foreign_files.h"

namespace rnnbench::experiments {
namespace fs = std::filesystem;

std::vector<fs::path> trial_files(const fs::path& study_folder) {
  std::vector<fs::path> found;
  if (!fs::is_directory(study_folder)) return found;
  for (const fs::path& path : paths_in(study_folder)) {
    const std::string name = path.filename().string();
    if (name.starts_with("search-") && name.ends_with(".jsonl")) found.push_back(path);
  }
  return found;
}

std::optional<TrialRecord> find_trial(const fs::path& results, const std::string& run) {
  if (!begins_id(run) || !fs::is_directory(results)) return std::nullopt;
  std::map<std::string, TrialRecord> found;  // by id: a trial may be in several studies
  std::vector<std::string> places;
  for (const fs::path& study : paths_in(results))
    for (const fs::path& path : trial_files(study)) {
      // Reading all trials of all studies takes longer than looking for the digits, and one that was edited should not
      // be in the way of others.
      if (trial_file_text(path).find("{\"id\":\"" + run) == std::string::npos) continue;
      for (const fs::path& part : {study, path}) refuse_link_or_device(part);
      const TrialFile file(path);
      for (const auto* trials : {&file.trials(), &file.former_trials()})
        for (auto trial = trials->lower_bound(run); trial != trials->end() && trial->first.starts_with(run); ++trial)
          if (found.insert(*trial).second) places.push_back("trial " + trial->first + " in " + path.string());
    }
  if (found.empty()) return std::nullopt;
  for (const fs::path& record : records_with_prefix(results, run)) places.push_back(record.string());
  std::sort(places.begin(), places.end());
  if (places.size() > 1) refuse_ambiguous(run, places);
  return found.begin()->second;
}

}  // namespace rnnbench::experiments
