// Folders for runs that are not kept: that of a process that works stays, that of a killed one is removed.
#include "experiments/records/temporary_results.h"

#include <cstdlib>
#include <iterator>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

namespace {

// TMPDIR for the scope.
class TemporaryFilesIn {
 public:
  explicit TemporaryFilesIn(const fs::path& folder) {
    if (const char* const named = std::getenv("TMPDIR")) before_ = named;
    ::setenv("TMPDIR", folder.c_str(), 1);
  }
  ~TemporaryFilesIn() {
    if (before_.empty())
      ::unsetenv("TMPDIR");
    else
      ::setenv("TMPDIR", before_.c_str(), 1);
  }
  TemporaryFilesIn(const TemporaryFilesIn&) = delete;
  TemporaryFilesIn& operator=(const TemporaryFilesIn&) = delete;

 private:
  std::string before_;
};

}  // namespace

TEST_CASE("the temporary results of a killed process are removed by the next one", "[temporary-files]") {
  const TemporaryFolder folder;
  const TemporaryFilesIn place(folder.path());
  fs::create_directory(folder.path() / "rnnbench-backup");  // of the user
  const auto folders = [&] { return std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()); };
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const TemporaryResults results;
    overwrite(results.path() / "file", "x");
    if (::write(ends[1], "w", 1) == 1) ::pause();
    ::_exit(0);
  }
  char started = 0;
  REQUIRE(::read(ends[0], &started, 1) == 1);
  {
    const TemporaryResults own;
    CHECK(folders() == 3);
  }
  CHECK(folders() == 2);
  ::kill(child, SIGKILL);
  wait_for(child);
  {
    const TemporaryResults own;
    CHECK(folders() == 2);
  }
  CHECK(folders() == 1);
  for (const int end : ends) ::close(end);
}

TEST_CASE("a folder for temporary files that cannot be written is refused", "[temporary-files][errors]") {
  const TemporaryFilesIn place("/proc");
  CHECK_THROWS_AS(TemporaryResults(), UserError);
}
