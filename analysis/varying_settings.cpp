#include "analysis/varying_settings.h"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace rnnbench::analysis {
namespace {

using Path = std::pair<std::string, std::string>;  // section of the spec, key

const Path file{"task", "file"}, file_hash{"task", "file-hash"};

std::string value_at(const Run& run, const Path& path) {
  const Json& section = run.spec.at(path.first);
  return section.contains(path.second) ? option_text(section.at(path.second)) : "";
}

std::string file_name(const Run& run) { return std::filesystem::path(value_at(run, file)).stem().string(); }

// Whether each of the files has a name of its own.
bool names_tell_files_apart(const std::vector<const Run*>& runs) {
  std::map<std::string, std::string> hashes;  // by name
  return std::all_of(runs.begin(), runs.end(), [&](const Run* run) {
    return hashes.emplace(file_name(*run), value_at(*run, file_hash)).first->second == value_at(*run, file_hash);
  });
}

}  // namespace

std::map<const Run*, std::vector<std::string>> varying_settings(const std::vector<const Run*>& runs,
                                                                const std::vector<std::string>& sections,
                                                                const std::set<std::string>& ignored) {
  std::vector<Path> keys;
  for (const std::string& section : sections)
    for (const Run* run : runs)
      for (const auto& [key, value] : run->spec.at(section).items())
        if (const Path path{section, key}; !ignored.contains(key) && !std::count(keys.begin(), keys.end(), path))
          keys.push_back(path);
  std::erase_if(keys, [&](const Path& path) {
    return std::all_of(runs.begin(), runs.end(),
                       [&](const Run* run) { return value_at(*run, path) == value_at(*runs.front(), path); });
  });
  const bool by_name = std::count(keys.begin(), keys.end(), file) > 0 && names_tell_files_apart(runs);
  if (by_name) std::erase(keys, file_hash);

  std::map<const Run*, std::vector<std::string>> settings;
  for (const Run* run : runs) {
    std::vector<std::string>& of_run = settings[run];
    for (const Path& path : keys) {
      const std::string value = value_at(*run, path);
      if (by_name && path == file)
        of_run.push_back(file_name(*run));
      else if (!value.empty())
        of_run.push_back(path.second + " " + value);
    }
  }
  return settings;
}

}  // namespace rnnbench::analysis
