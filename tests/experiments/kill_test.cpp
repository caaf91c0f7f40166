// A grid that is killed at random moments gives the bytes of one that was not, whatever its runs carry along.
#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <signal.h>
#include <thread>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/stream.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"
#include "tests/tasks/symbol_file.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

namespace {

RunnerOptions two_jobs() {
  RunnerOptions options = quiet_runner();
  options.jobs = 2;
  options.oversubscribe = true;
  return options;
}

pid_t start(const Experiment& experiment, const fs::path& results, const RunnerOptions& options) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
    int code = 3;
    try {
      code = run_experiment(experiment, results, options);
    } catch (...) {
    }
    ::_exit(code);
  }
  return child;
}

void check_killed(const Experiment& experiment) {
  const TemporaryFolder undisturbed, folder;
  const auto started = std::chrono::steady_clock::now();
  REQUIRE(run_experiment(experiment, undisturbed.path(), two_jobs()) == 0);
  const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
  const auto reference = contents(ResultsFolder(undisturbed.path(), experiment.name));

  RunnerOptions options = two_jobs();
  options.checkpoint_seconds = ms / 1e3 / 40;  // so that a killed process has often left a checkpoint
  Stream moments(1, Purpose::speed, 0, 0);
  double patience = ms;  // grows while processes are killed before they have saved anything: a disk may be slow
  int killed = 0, rounds = 0, resumed = 0;
  const auto count_resumed = [&] {
    for (const Record& record : ResultsFolder(folder.path(), experiment.name).load_all())
      resumed += record.measured["resumed"].get<int>();
  };
  for (; killed < 20 && rounds < 200; ++rounds) {
    const pid_t child = start(experiment, folder.path(), options);
    std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(patience * (0.02 + 0.2 * moments.uniform())));
    ::kill(child, SIGKILL);
    const int code = wait_for(child);
    REQUIRE((code == 0 || code == 128 + SIGKILL));
    killed += code != 0;
    // Whenever it was killed, every file is complete.
    for (const auto& [id, bytes] : contents(ResultsFolder(folder.path(), experiment.name)))
      CHECK(bytes == reference.at(id));
    const auto files = file_names(folder.path());
    const auto saved = [](const std::string& name) { return name.ends_with(".checkpoint") || name.ends_with(".json"); };
    if (std::none_of(files.begin(), files.end(), saved)) patience *= 1.2;
    if (code == 0) {
      count_resumed();
      fs::remove_all(folder.path() / experiment.name);
    }
  }
  CHECK(killed == 20);
  REQUIRE(wait_for(start(experiment, folder.path(), options)) == 0);
  CHECK(contents(ResultsFolder(folder.path(), experiment.name)) == reference);
  count_resumed();
  CHECK(resumed > 0);
  // Only records and weights remain.
  CHECK(file_names(folder.path()).size() == 2 * experiment.runs.size());
}

}  // namespace

TEST_CASE("killed at twenty moments and resumed, a grid gives the bytes of one that was not", "[runner][kill]") {
  check_killed(small_experiment(2, 4000));
}

TEST_CASE("truncation, plateau and best weights survive twenty kills", "[runner][kill][keeping]") {
  check_killed(declared({{"task", "adding"},
                         {"length", "12"},
                         {"cell", "lstm,gru"},
                         {"hidden", "8"},
                         {"batch", "8"},
                         {"updates", "6000"},
                         {"truncate", "5"},
                         {"optimizer", "adamw"},
                         {"learning-rate", "0.02"},
                         {"schedule", "plateau"},
                         {"plateau-patience", "1"},
                         {"evaluate-every", "50"},
                         {"keep", "best"},
                         {"seed", "1..2"}}));
}

TEST_CASE("streams of chunks survive twenty kills", "[runner][kill][chunks]") {
  const SymbolFile file(30, 20, 200);
  check_killed(declared({{"task", "sequences"},
                         {"file", file.path()},
                         {"chunk", "16"},
                         {"cell", "lstm,gru"},
                         {"layers", "2"},
                         {"dropout", "0.2"},
                         {"hidden", "8"},
                         {"batch", "8"},
                         {"updates", "1500"},
                         {"keep", "best"},
                         {"seed", "1..2"}}));
}
