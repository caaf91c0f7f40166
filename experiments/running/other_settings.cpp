#include "experiments/running/other_settings.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include "core/error.h"
#include "core/text.h"

namespace rnnbench::experiments {
namespace {

constexpr std::size_t max_named = 3;  // more settings do not help

// The lines `key = value` of a canonical text without the seed, sorted.
std::vector<std::string> setting_lines(const std::string& canonical) {
  std::vector<std::string> lines = split(canonical, '\n');
  std::erase_if(lines, [](const std::string& line) { return line.empty() || line.starts_with("seed = "); });
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> only_in_first(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> lines;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(lines));
  return lines;
}

std::string key_of(const std::string& line) { return line.substr(0, line.find(" = ")); }

// Such as "--updates 50": what has to be set so that the nearest run of the experiment becomes the recorded one.
std::string missing_settings(const Experiment& experiment, const RunSpec& recorded) {
  const std::vector<std::string> here = setting_lines(recorded.canonical());
  std::optional<std::vector<std::string>> nearest;
  for (const RunSpec& run : experiment.runs) {
    const std::vector<std::string> declared = setting_lines(run.canonical());
    std::vector<std::string> keys;
    for (const std::string& line : only_in_first(here, declared)) keys.push_back(key_of(line));
    for (const std::string& line : only_in_first(declared, here)) keys.push_back(key_of(line));
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    if (!nearest || keys.size() < nearest->size()) nearest = keys;
  }
  if (!nearest || nearest->empty() || nearest->size() > max_named) return "";
  std::vector<std::string> settings;
  for (const std::string& key : *nearest)
    for (const Settings* part : {&recorded.task, &recorded.model, &recorded.training})
      if (part->has(key)) settings.push_back("--" + key + " " + shell_quoted(part->text(key)));
  return settings.size() == nearest->size() ? join(settings, " ") : "";
}

}  // namespace

std::string recorded_with_other_settings(const Experiment& experiment, const ResultsFolder& results_folder) {
  const std::vector<std::string> ids = results_folder.ids();
  if (ids.empty()) return "";
  for (const RunSpec& run : experiment.runs)
    if (results_folder.has(run.id())) return "";
  std::string settings;
  try {
    settings = missing_settings(experiment, spec_from_json(results_folder.load(ids.front())->spec));
  } catch (const UserError&) {  // of another version; its settings do not matter then
  }
  return results_folder.path().string() + " has " + std::to_string(ids.size()) +
         (ids.size() == 1 ? " record" : " records") + " of runs with other settings" +
         (settings.empty() ? "" : ", such as " + settings) + ": repeat the settings that they were trained with";
}

}  // namespace rnnbench::experiments
