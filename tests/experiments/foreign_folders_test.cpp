// Folders of other users among the results, and paths that leave no room for the names of files.
#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "analysis/csv.h"
#include "core/error.h"
#include "experiments/records/environment.h"
#include "experiments/records/results_folder.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Catch::Contains;
namespace fs = std::filesystem;

TEST_CASE("nothing is written to or removed from a folder of another user, wherever it is among the results",
          "[results-folder][foreign]") {
  if (::geteuid() != 0) {
    WARN("skipped: only root can give a folder to another user");
    return;
  }
  const TemporaryFolder folder;
  const fs::path results = folder.path() / "results";
  ResultsFolder small(results, "small");
  small.prepare();
  small.commit(example_record(1));
  for (const char* name : {"figures", "imported", "slurm", "runs", "."}) {
    const fs::path of_other = results / "small" / name;
    fs::create_directories(of_other);
    REQUIRE(::chown(of_other.c_str(), 12345, 12345) == 0);
    CHECK_THROWS_WITH(small.prepare(), Contains("this folder belongs to user 12345"));
    CHECK_THROWS_WITH(write_csv(small), Contains("this folder belongs to user 12345"));
    REQUIRE(::chown(of_other.c_str(), 0, 0) == 0);
  }
  CHECK_FALSE(fs::exists(results / "small/runs.csv"));
  const std::string id = "0123456789abcdef";
  const fs::path leftover = results / "small/runs" / (".x.json." + host_name() + ".999999999.0.tmp");
  overwrite(small.checkpoint_path(id), "");
  overwrite(leftover, "half");
  const auto tidy = [&] {
    small.discard_checkpoint(id);
    small.remove_leftovers();
    return !fs::exists(small.checkpoint_path(id)) && !fs::exists(leftover);
  };
  REQUIRE(::chown((results / "small").c_str(), 12345, 12345) == 0);
  CHECK_FALSE(tidy());
  CHECK(fs::exists(small.checkpoint_path(id)));
  CHECK(fs::exists(leftover));
  REQUIRE(::chown((results / "small").c_str(), 0, 0) == 0);
  CHECK(tidy());
}

TEST_CASE("a path that leaves no room for the names of files is refused before the first run", "[results-folder]") {
  const TemporaryFolder folder;
  fs::path base = folder.path();
  while (base.string().size() < 3900) base /= std::string(std::min<std::size_t>(200, 3900 - base.string().size()), 'x');
  fs::create_directories(base);
  const Record record = example_record(1);
  int written = 0, refused = 0;
  for (std::size_t length = 20; length < 190; length += 6) {
    try {
      ResultsFolder results(base / std::string(length, 'y'), "small");
      results.prepare();
      results.commit(record, "weights");  // what the write test allows must not fail
      ++written;
    } catch (const UserError&) {
      ++refused;
    }
  }
  CHECK(written > 0);
  CHECK(refused > 0);
}
