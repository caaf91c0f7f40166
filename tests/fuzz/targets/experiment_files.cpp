// Experiment files, from their text through the grid to the ids of runs.
#include <set>

#include "experiments/declaration/experiment_file.h"
#include "experiments/declaration/grid.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/grid_size.h"

namespace rnnbench::fuzz {
namespace {

using namespace rnnbench::experiments;

// A run is the same after it was written, as a record's spec and as canonical text, and read again.
void check_run(const RunSpec& run) {
  const std::string canonical = run.canonical();
  const RunSpec from_text =
      must_accept("a canonical text", [&] { return spec_from_canonical(canonical, input_paths(run)); });
  require(from_text.canonical() == canonical && from_text.id() == run.id(), "the canonical text gives the same run");
  require(from_text.json() == run.json(), "the canonical text gives the same spec");
  const RunSpec from_json = must_accept("the spec of a record", [&] { return spec_from_json(run.json()); });
  require(from_json.canonical() == canonical && from_json.json() == run.json(), "the spec gives the same run");
}

}  // namespace

void experiment_files(const std::string& input) {
  const std::filesystem::path file = "fuzz.ini";
  const std::vector<Assignment> assignments = read_ini(file, input);
  refuse_large_grid(assignments, 10'000);
  const Experiment experiment = expand(experiment_file_of(file, assignments).declaration);
  require(!experiment.runs.empty(), "an experiment has runs");
  constexpr std::size_t max_checked = 20;
  std::set<std::string> ids;
  const std::size_t step = experiment.runs.size() / max_checked + 1;
  for (std::size_t i = 0; i < experiment.runs.size(); i += step) {
    check_run(experiment.runs[i]);
    require(ids.insert(experiment.runs[i].id()).second, "every run has an id of its own");
  }
}

}  // namespace rnnbench::fuzz
