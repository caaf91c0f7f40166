// Weights files that were deleted or truncated after their runs were recorded.
#include <fstream>

#include <catch2/catch.hpp>

#include "experiments/records/weights.h"
#include "experiments/running/runner.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

namespace {

RunnerOptions quietly() {
  RunnerOptions options;
  options.jobs = 1;
  options.progress = options.summary = false;
  return options;
}

}  // namespace

TEST_CASE("missing and damaged weights are noticed and written again, with the bytes that they had", "[weights]") {
  const TemporaryFolder folder;
  const Experiment experiment = small_experiment(2, 20);
  REQUIRE(run_experiment(experiment, folder.path(), quietly()) == 0);
  const ResultsFolder results_folder(folder.path(), "small");
  const std::string id = experiment.runs[0].id(), other = experiment.runs[1].id();
  const fs::path weights = results_folder.weights_path(id);
  const std::string bytes = read_file(weights), record = read_file(results_folder.record_path(id));
  const auto before = contents(results_folder);
  const auto problem = [&] { return weights_problem(weights, *results_folder.load(id)); };
  CHECK(problem() == "");

  std::vector<std::string> damaged = {"",
                                      "x",
                                      bytes.substr(0, 8),
                                      bytes.substr(0, bytes.size() / 2),
                                      bytes.substr(0, bytes.size() - 1),
                                      bytes + "x",
                                      std::string(bytes.size(), '\xff'),
                                      bytes.substr(0, bytes.size() - 1) + static_cast<char>(bytes.back() ^ 1),
                                      read_file(results_folder.weights_path(other))};
  for (const std::string& text : damaged) {
    overwrite(weights, text);
    CHECK(problem() == "damaged");
    REQUIRE(run_experiment(experiment, folder.path(), quietly()) == 0);
    CHECK(read_file(weights) == bytes);
  }
  fs::remove(weights);
  CHECK(problem() == "missing");
  RunnerOptions without = quietly();
  without.weights = false;
  REQUIRE(run_experiment(experiment, folder.path(), without) == 0);
  CHECK_FALSE(fs::exists(weights));
  REQUIRE(run_experiment(experiment, folder.path(), quietly()) == 0);
  CHECK(contents(results_folder) == before);
  CHECK(read_file(results_folder.record_path(id)) == record);  // with the measurements of its first training
}

TEST_CASE("a run that gives another result keeps its record and gets no weights", "[weights]") {
  const TemporaryFolder folder;
  const Experiment experiment = small_experiment(1, 20);
  REQUIRE(run_experiment(experiment, folder.path(), quietly()) == 0);
  const ResultsFolder results_folder(folder.path(), "small");
  const std::string id = experiment.runs[0].id();
  Record record = *results_folder.load(id);
  record.result["final"]["test"]["loss"] = 0.5;
  record.result["hash"] = result_hash(record.result);
  overwrite(results_folder.record_path(id), record_text(record));
  fs::remove(results_folder.weights_path(id));
  CHECK(run_experiment(experiment, folder.path(), quietly()) == 1);
  CHECK(read_file(results_folder.record_path(id)) == record_text(record));
  CHECK_FALSE(fs::exists(results_folder.weights_path(id)));
}

TEST_CASE("a diverged run has no weights to miss", "[weights]") {
  Record record = example_record(1);
  record.result["weights"] = nullptr;
  CHECK(weights_problem("/nowhere/x.safetensors", record) == "");
}
