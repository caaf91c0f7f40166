#include "experiments/records/find_record.h"

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "core/options.h"
#include "core/read_file.h"
#include "core/text.h"
#include "experiments/records/foreign_files.h"

namespace rnnbench::experiments {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t id_digits = 16, max_listed_paths = 4;

bool is_path(const std::string& run) {
  return run.find('/') != std::string::npos || fs::path(run).extension() == ".json";
}

// What a run has in the folder of an experiment. Elsewhere, a path is the choice of the user.
void refuse_foreign(const fs::path& record) {
  const fs::path path = fs::absolute(record).lexically_normal(), runs = path.parent_path();
  if (runs.filename() != "runs") return;
  for (const fs::path& part : {runs.parent_path(), runs, path, fs::path(path).replace_extension(".safetensors")})
    refuse_link_or_device(part);
}

}  // namespace

bool begins_id(const std::string& run) {
  return !run.empty() && run.size() <= id_digits && run.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::vector<fs::path> records_with_prefix(const fs::path& results, const std::string& prefix) {
  std::vector<fs::path> found;
  for (const fs::path& experiment : paths_in(results)) {
    const fs::path runs = experiment / "runs";
    if (!fs::is_directory(runs)) continue;
    for (const fs::path& path : paths_in(runs)) {
      const std::string id = path.stem().string();
      if (path.extension() == ".json" && id.size() == id_digits && id.starts_with(prefix)) found.push_back(path);
    }
  }
  return found;
}

fs::path find_record(const fs::path& results, const std::string& run) try {
  const std::string here = "RUN = " + run + ": ";
  if (is_path(run)) {
    if (const fs::path path = run; path.extension() == ".csv" && path.parent_path().filename() == "imported")
      throw UserError(here +
                      "this file holds imported results, which are no records: rnnbench did not train these "
                      "runs, and can neither verify nor use them");
    if (fs::is_regular_file(run)) {
      refuse_foreign(run);
      return run;
    }
    throw UserError(here + (fs::exists(run) ? "this is not a file" : "there is no such file") +
                    "; the path of a record is <results>/<experiment>/runs/<id>.json");
  }
  if (!begins_id(run))
    throw UserError(
        here + "this is neither an id (16 digits from 0-9 and a-f, or the first of them) nor the path of a record");
  if (!fs::is_directory(results)) throw UserError("results = " + results.string() + ": there is no such folder");
  const std::vector<fs::path> found = records_with_prefix(results, run);
  if (found.size() == 1) {
    refuse_foreign(found[0]);
    return found[0];
  }
  if (found.empty())
    throw UserError(here + "no record in " + (results / "*" / "runs").string() +
                    " has this id; 'rnnbench status EXPERIMENT' lists the ids");
  refuse_ambiguous(run, std::vector<std::string>(found.begin(), found.end()));
} catch (const fs::filesystem_error& error) {
  throw UserError("results = " + results.string() + ": cannot be read: " + error.code().message());
}

void refuse_ambiguous(const std::string& run, const std::vector<std::string>& places) {
  std::vector<std::string> names(places.begin(), places.begin() + std::min(places.size(), max_listed_paths));
  if (places.size() > max_listed_paths) names.push_back("...");
  throw UserError("RUN = " + run + ": " + std::to_string(places.size()) +
                  " records have an id that begins like this (" + join(names) + "); give more digits or the path");
}

}  // namespace rnnbench::experiments
