// Temporary files: those of processes that work stay, those of processes that were killed are removed.
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/text.h"
#include "experiments/records/environment.h"
#include "experiments/records/files.h"
#include "experiments/running/runner.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

namespace {

std::string temporary(const std::string& host, pid_t process, int count = 0) {
  return ".x.json." + host + "." + std::to_string(process) + "." + std::to_string(count) + ".tmp";
}

// Stops in the middle of a write.
class StoppedFiles : public Files {
 public:
  explicit StoppedFiles(int pipe) : pipe_(pipe) {}
  void write(const fs::path& path, const std::string& bytes) override {
    Files::write(path, bytes.substr(0, bytes.size() / 2));
    if (::write(pipe_, "w", 1) == 1) ::pause();
  }

 private:
  const int pipe_;
};

// Knows the name of the last file that was written.
class NamedFiles : public Files {
 public:
  void write(const fs::path& path, const std::string& bytes) override {
    written = path;
    Files::write(path, bytes);
  }
  fs::path written;
};

}  // namespace

TEST_CASE("the temporary file of a process stays until the process ends", "[temporary-files]") {
  const TemporaryFolder folder;
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    StoppedFiles files(pipe[1]);
    write_atomically(folder.path() / "file", "0123456789", files);
    ::_exit(0);
  }
  char started = 0;
  REQUIRE(::read(pipe[0], &started, 1) == 1);
  REQUIRE(file_names(folder.path()).size() == 1);
  remove_abandoned(folder.path());
  CHECK(file_names(folder.path()).size() == 1);
  ::kill(child, SIGKILL);
  wait_for(child);
  remove_abandoned(folder.path());
  CHECK(file_names(folder.path()).empty());
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_CASE("whether a process lives is not decided by its number, which containers share", "[temporary-files]") {
  const TemporaryFolder folder;
  // The same number as this process, which lives, but nobody has locked the file.
  overwrite(folder.path() / temporary(host_name(), ::getpid()), "half");
  // A number that no process has, but somebody has locked the file.
  const fs::path busy = folder.path() / temporary(host_name(), 999999999, 1);
  overwrite(busy, "half");
  const int file = ::open(busy.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(::flock(file, LOCK_EX) == 0);
  remove_abandoned(folder.path());
  CHECK(file_names(folder.path()) == std::vector<std::string>{busy.filename().string()});
  ::close(file);
  remove_abandoned(folder.path());
  CHECK(file_names(folder.path()).empty());
}

TEST_CASE("files of other machines stay for a day, and other files for ever", "[temporary-files]") {
  const TemporaryFolder folder;
  const fs::path other = folder.path() / temporary("other-machine", 1);
  const std::vector<std::string> kept = {".hidden.tmp", ".x.1.tmp", "x.json." + host_name() + ".1.0.tmp", ".x.json"};
  for (const std::string& name : kept) overwrite(folder.path() / name, "");
  overwrite(other, "half");
  remove_abandoned(folder.path());
  CHECK(fs::exists(other));
  fs::last_write_time(other, fs::file_time_type::clock::now() - std::chrono::hours(25));
  remove_abandoned(folder.path());
  CHECK_FALSE(fs::exists(other));
  CHECK(file_names(folder.path()).size() == kept.size());
}

TEST_CASE("leftovers of a killed process are removed although the grid is complete", "[temporary-files][runner]") {
  const TemporaryFolder folder;
  const Experiment experiment = small_experiment(1, 10);
  RunnerOptions options;
  options.jobs = 1;
  options.progress = options.summary = false;
  REQUIRE(run_experiment(experiment, folder.path(), options) == 0);
  const auto complete = file_names(folder.path());
  for (const fs::path& where : {folder.path(), folder.path() / "small", folder.path() / "small" / "runs"})
    overwrite(where / temporary(host_name(), 999999999), "half");
  REQUIRE(run_experiment(experiment, folder.path(), options) == 0);
  CHECK(file_names(folder.path()) == complete);
}

TEST_CASE("a temporary file of the same name is left alone", "[temporary-files]") {
  // Another container may have the same host name and process number.
  const TemporaryFolder folder;
  NamedFiles files;
  write_atomically(folder.path() / "x.json", "first", files);
  const std::string last = fs::path(files.written).stem().extension().string();  // ".7" of ".x.json.host.42.7.tmp"
  const int count = parse_number<int>(last.substr(1)).value();
  std::vector<fs::path> taken;
  for (int i = 1; i <= 3; ++i) {
    taken.push_back(folder.path() / temporary(host_name(), ::getpid(), count + i));
    overwrite(taken.back(), "theirs");
  }
  write_atomically(folder.path() / "x.json", "second", files);
  CHECK(files.written == folder.path() / temporary(host_name(), ::getpid(), count + 4));
  CHECK(read_file(folder.path() / "x.json") == "second");
  for (const fs::path& path : taken) CHECK(read_file(path) == "theirs");
}
