// What tests of the runner share: small runs, folders that vanish, the program as a child process.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

#include "experiments/declaration/spec.h"
#include "experiments/records/results_folder.h"
#include "experiments/running/runner.h"
#include "experiments/training/train.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

// A new empty folder, removed at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// adding, 10 steps, an LSTM of 4 units, 60 updates of 8 sequences.
RunSpec small_run(std::uint64_t seed);
// An experiment of such runs with seeds 1 .. seeds, a grid of two cells.
Experiment small_experiment(int seeds, int updates);

// An experiment that is declared by settings alone: {"task", "copy"}, {"cell", "lstm,gru"}, ...
using SettingPairs = std::vector<std::pair<std::string, std::string>>;
SettingPairs with(SettingPairs settings, const SettingPairs& more);
Experiment declared(const SettingPairs& settings);
// Why it is refused, or "accepted".
std::string why_refused(const SettingPairs& settings);

RunnerOptions quiet_runner();  // one job that prints nothing
// Runs the experiment in a folder of its own.
std::vector<Record> records_of(const Experiment& experiment);

// Interrupts training after so many updates.
class InterruptAfter : public Observer {
 public:
  explicit InterruptAfter(int updates) : left_(updates) {}
  void progress(std::int64_t, std::int64_t, double) override { --left_; }
  bool stop() override { return left_ <= 0; }

 private:
  int left_;
};

// A complete record of small_run(seed), with made-up numbers and the hashes that belong to them.
Record example_record(std::uint64_t seed);

// What has to be the same bytes: spec, result and weights of every record, by id. Checks each record.
std::map<std::string, std::string> contents(const ResultsFolder& results_folder);

void overwrite(const std::filesystem::path& path, const std::string& text);
// Names of all files below a folder, hidden ones too.
std::vector<std::string> file_names(const std::filesystem::path& folder);

// The program with these arguments, its standard error in a file.
pid_t start_program(const std::vector<std::string>& arguments, const std::filesystem::path& standard_error);
// Waits; the exit code, or 128 + the number of the signal that ended it.
int wait_for(pid_t process);
int run_program(const std::vector<std::string>& arguments, const std::filesystem::path& standard_error);

}  // namespace rnnbench::test
