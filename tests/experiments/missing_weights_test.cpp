// Weights files that were deleted or truncated after their runs were recorded.
#include <fstream>
#include <map>

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

TEST_CASE("runs that give other results keep their records and get no weights", "[weights]") {
  const TemporaryFolder folder;
  const Experiment experiment = small_experiment(1, 20);
  REQUIRE(run_experiment(experiment, folder.path(), quietly()) == 0);
  const ResultsFolder results_folder(folder.path(), "small");
  std::map<std::string, std::string> edited;
  for (const RunSpec& run : experiment.runs) {
    Record record = *results_folder.load(run.id());
    record.result["final"]["test"]["loss"] = 0.5;
    record.result["hash"] = result_hash(record.result);
    edited[run.id()] = record_text(record);
    overwrite(results_folder.record_path(run.id()), edited[run.id()]);
    fs::remove(results_folder.weights_path(run.id()));
  }
  REQUIRE(edited.size() == 2);
  RunnerOptions options = quietly();
  options.summary = true;  // which names each of several failures once more
  CHECK(run_experiment(experiment, folder.path(), options) == 1);
  for (const auto& [id, text] : edited) {
    CHECK(read_file(results_folder.record_path(id)) == text);
    CHECK_FALSE(fs::exists(results_folder.weights_path(id)));
  }
}

TEST_CASE("a changed byte in the header of a weights file is damage, and run repairs it", "[weights]") {
  const TemporaryFolder folder;
  const Experiment experiment = small_experiment(1, 20);
  REQUIRE(run_experiment(experiment, folder.path(), quietly()) == 0);
  const ResultsFolder results_folder(folder.path(), "small");
  const std::string id = experiment.runs[0].id();
  const fs::path weights = results_folder.weights_path(id);
  const std::string bytes = read_file(weights);
  const Record record = *results_folder.load(id);
  const std::size_t header = bytes.size() - 4 * record.result.at("parameters").get<std::size_t>();
  REQUIRE(bytes.substr(0, header).find("F32") != std::string::npos);
  for (std::size_t i = 0; i < header; i += 1 + i / 64) {
    std::string edited = bytes;
    edited[i] = static_cast<char>(edited[i] ^ 1);
    overwrite(weights, edited);
    INFO(i);
    CHECK(weights_problem(weights, record) == "damaged");
  }
  // A type, a name and a shape that leave a complete file of the same length.
  for (const auto& [from, to] :
       {std::pair{"\"F32\"", "\"I32\""}, {"weight_hh_l0", "weight_hx_l0"}, {"[16,4]", "[4,16]"}}) {
    std::string edited = bytes;
    REQUIRE(edited.find(from) < header);
    edited.replace(edited.find(from), std::string(from).size(), to);
    overwrite(weights, edited);
    CHECK(weights_problem(weights, record) == "damaged");
    REQUIRE(run_experiment(experiment, folder.path(), quietly()) == 0);
    CHECK(read_file(weights) == bytes);
  }
  // Of another numerics_version, the names and shapes are not known.
  Record former = record;
  former.spec["numerics_version"] = 1;
  CHECK(weights_problem(weights, former) == "");
  std::string edited = bytes;
  edited.replace(edited.find("\"F32\""), 5, "\"I32\"");
  overwrite(weights, edited);
  CHECK(weights_problem(weights, former) == "damaged");
}

TEST_CASE("no record makes the program read beyond its weights file", "[weights]") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "x.safetensors";
  Record record = example_record(1);
  std::string header = "{\"id\":\"" + record.id() + "\"}";
  header.resize(64, ' ');
  for (const std::uint64_t parameters :
       {(std::uint64_t{1} << 62) - 2, (std::uint64_t{1} << 62) - 18, std::uint64_t{1} << 62, std::uint64_t{1} << 63,
        UINT64_MAX, UINT64_MAX / 4, std::uint64_t{1} << 53, std::uint64_t{18}, std::uint64_t{17}}) {
    record.result["parameters"] = parameters;
    const std::uint64_t size = std::uint64_t{72} - 8 - 4 * parameters;  // of the header, as it would overflow
    for (const std::uint64_t stated : {std::uint64_t{64}, size, std::uint64_t{0}}) {
      overwrite(path, std::string(reinterpret_cast<const char*>(&stated), sizeof stated) + header);
      INFO(parameters << ' ' << stated);
      CHECK(weights_problem(path, record) == "damaged");
    }
  }
  record.result["parameters"] = 0;
  overwrite(path, "");
  CHECK(weights_problem(path, record) == "damaged");
}

TEST_CASE("a diverged run has no weights to miss", "[weights]") {
  Record record = example_record(1);
  record.result["weights"] = nullptr;
  CHECK(weights_problem("/nowhere/x.safetensors", record) == "");
}
