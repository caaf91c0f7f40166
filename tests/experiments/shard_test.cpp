// Shards: what belongs to each, and that together they give what one process gives.
#include "experiments/running/shard.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "experiments/running/merge.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;
using Catch::Contains;

namespace {

// Sets a variable of the environment for the scope, or removes it if the value is null.
class WithVariable {
 public:
  WithVariable(const char* name, const char* value) : name_(name) {
    if (value == nullptr)
      ::unsetenv(name);
    else
      ::setenv(name, value, 1);
  }
  ~WithVariable() { ::unsetenv(name_); }
  WithVariable(const WithVariable&) = delete;
  WithVariable& operator=(const WithVariable&) = delete;

 private:
  const char* name_;
};

std::string shard_of_array(const char* id, const char* count) {
  const WithVariable task("SLURM_ARRAY_TASK_ID", id), tasks("SLURM_ARRAY_TASK_COUNT", count);
  return parse_shard("slurm").text();
}

RunnerOptions runner_of(const Shard& shard) {
  RunnerOptions options = quiet_runner();
  options.shard = shard;
  return options;
}

}  // namespace

TEST_CASE("a shard is i/n, or what Slurm says", "[shard]") {
  CHECK(Shard().is_whole());
  CHECK(parse_shard("1/1").is_whole());
  CHECK(parse_shard("3/8").part == 3);
  CHECK(parse_shard("3/8").of == 8);
  CHECK(parse_shard("1000000/1000000").text() == "1000000/1000000");
  for (const char* wrong : {"", "0/4", "5/4", "-1/4", "+1/4", "1/0", "0/0", "4", "1/", "/4", "1/4/2", " 1/4", "1/4 ",
                            "a/b", "1.5/4", "1/1000001", "99999999999/99999999999", "Slurm"})
    CHECK_THROWS_WITH(parse_shard(wrong), "command line: --shard = " + std::string(wrong) +
                                              " is not i/n with 1 <= i <= n <= 1000000, such as 3/8, or slurm");
  CHECK(shard_of_array("2", "4") == "2/4");
  CHECK_THROWS_WITH(shard_of_array(nullptr, nullptr), Contains("which are not set"));
  CHECK_THROWS_WITH(shard_of_array("2", nullptr), Contains("which are not set"));
  CHECK_THROWS_WITH(shard_of_array("0", "4"),
                    "command line: --shard slurm: SLURM_ARRAY_TASK_ID = 0 and SLURM_ARRAY_TASK_COUNT = 4 are no shard; "
                    "the array has to be 1-N; to repeat some shards of N, give each as --shard i/N");
  CHECK_THROWS_WITH(shard_of_array("7", "2"), Contains("SLURM_ARRAY_TASK_ID = 7"));  // sbatch --array=3,7
}

TEST_CASE("every run belongs to exactly one shard, every n-th to the same", "[shard]") {
  const std::vector<RunSpec> runs = small_experiment(5, 60).runs;
  REQUIRE(runs.size() == 10);
  for (int of = 1; of <= 12; ++of) {
    std::multiset<std::string> ids;
    for (int part = 1; part <= of; ++part) {
      const std::vector<RunSpec> own = Shard{part, of}.of_runs(runs);
      for (std::size_t i = 0; i < own.size(); ++i) {
        CHECK(own[i].id() == runs[static_cast<std::size_t>(part - 1) + i * static_cast<std::size_t>(of)].id());
        ids.insert(own[i].id());
      }
    }
    CHECK(ids.size() == runs.size());
    CHECK(std::set(ids.begin(), ids.end()).size() == runs.size());
  }
}

TEST_CASE("shards in folders of their own, merged, are the records of one process", "[shard][merge][runner]") {
  const TemporaryFolder undisturbed, folder;
  const Experiment experiment = small_experiment(3, 60);
  REQUIRE(run_experiment(experiment, undisturbed.path(), quiet_runner()) == 0);
  std::vector<fs::path> parts;
  for (int part = 1; part <= 4; ++part) {
    parts.push_back(folder.path() / std::to_string(part));
    REQUIRE(run_experiment(experiment, parts.back(), runner_of({part, 4})) == 0);
    CHECK(ResultsFolder(parts.back(), experiment.name).ids().size() == (part <= 2 ? 2 : 1));  // of 6
  }
  const std::vector<Merged> merged = merge_results(parts, folder.path() / "all");
  REQUIRE(merged.size() == 1);
  CHECK(merged[0].records == 6);
  CHECK(merged[0].weights == 6);
  const auto all = contents(ResultsFolder(folder.path() / "all", experiment.name));
  CHECK(all == contents(ResultsFolder(undisturbed.path(), experiment.name)));
}

TEST_CASE("shards share a folder and leave nothing to each other", "[shard][runner]") {
  const TemporaryFolder undisturbed, shared;
  const Experiment experiment = small_experiment(3, 60);
  REQUIRE(run_experiment(experiment, undisturbed.path(), quiet_runner()) == 0);
  std::vector<pid_t> processes;
  for (int part = 1; part <= 3; ++part) {
    processes.push_back(::fork());
    if (processes.back() == 0) ::_exit(run_experiment(experiment, shared.path(), runner_of({part, 3})));
  }
  for (const pid_t process : processes) CHECK(wait_for(process) == 0);
  CHECK(contents(ResultsFolder(shared.path(), experiment.name)) ==
        contents(ResultsFolder(undisturbed.path(), experiment.name)));
}
