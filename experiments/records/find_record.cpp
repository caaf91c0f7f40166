#include "experiments/records/find_record.h"

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "core/hash.h"
#include "core/safetensors.h"

namespace rnnbench::experiments {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t id_digits = 16, max_named = 4;

bool is_path(const std::string& run) {
  return run.find('/') != std::string::npos || fs::path(run).extension() == ".json";
}

bool begins_id(const std::string& run) {
  return !run.empty() && run.size() <= id_digits && run.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// All records whose id begins so, sorted by path.
std::vector<fs::path> records_with_prefix(const fs::path& results, const std::string& prefix) {
  std::vector<fs::path> found;
  for (const auto& experiment : fs::directory_iterator(results)) {
    const fs::path runs = experiment.path() / "runs";
    if (!fs::is_directory(runs)) continue;
    for (const auto& entry : fs::directory_iterator(runs)) {
      const std::string id = entry.path().stem().string();
      if (entry.path().extension() == ".json" && id.size() == id_digits && id.starts_with(prefix))
        found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

fs::path weights_path(fs::path record_path) { return record_path.replace_extension(".safetensors"); }

}  // namespace

fs::path find_record(const fs::path& results, const std::string& run) try {
  const std::string here = "RUN = " + run + ": ";
  if (is_path(run)) {
    if (fs::is_regular_file(run)) return run;
    throw UserError(here + (fs::exists(run) ? "not a file" : "no such file") +
                    "; the path of a record is <results>/<experiment>/runs/<id>.json");
  }
  if (!begins_id(run))
    throw UserError(here +
                    "neither an id (16 of the digits 0-9 and a-f, or the first of them) nor the path of "
                    "a record");
  if (!fs::is_directory(results)) throw UserError("results = " + results.string() + ": no such folder");
  const std::vector<fs::path> found = records_with_prefix(results, run);
  if (found.size() == 1) return found[0];
  if (found.empty())
    throw UserError(here + "no record in " + (results / "*" / "runs").string() +
                    " has this id; 'rnnbench status EXPERIMENT' lists the ids");
  std::string names;
  for (std::size_t i = 0; i < std::min(found.size(), max_named); ++i) names += (i > 0 ? ", " : "") + found[i].string();
  if (found.size() > max_named) names += ", ...";
  throw UserError(here + std::to_string(found.size()) + " records are called so (" + names +
                  "); give more digits or the path");
} catch (const fs::filesystem_error& error) {
  throw UserError("results = " + results.string() + ": cannot be read: " + error.code().message());
}

void load_weights(const fs::path& record_path, const Record& record, Parameters<float>& parameters) {
  const fs::path path = weights_path(record_path);
  const Json& expected = record.result.at("weights");
  if (expected.is_null()) throw UserError(record_path.string() + ": the run diverged and has no finite weights");
  if (!fs::exists(path))
    throw UserError(record_path.string() + ": its weights " + path.filename().string() +
                    " are not beside it; the run was started with --no-weights, or they were moved");
  extract_parameters(read_safetensors(path), "", parameters);
  if (hex16(weights_hash(parameters)) != expected)
    throw UserError(path.string() + ": not the weights of the record beside it, so edited or exchanged");
}

std::uint64_t weights_hash(const Parameters<float>& parameters) {
  std::uint64_t hash = fnv1a_start;
  const auto& blocks = parameters.layout().blocks();
  for (std::size_t i = 0; i < blocks.size(); ++i)
    hash = fnv1a(parameters.block(static_cast<int>(i)), blocks[i].size() * sizeof(float), hash);
  return hash;
}

}  // namespace rnnbench::experiments
