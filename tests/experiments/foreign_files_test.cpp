// Results folders that somebody else has prepared.
#include "experiments/records/foreign_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "experiments/records/results_folder.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Catch::Contains;
namespace fs = std::filesystem;

TEST_CASE("links and devices in results are refused, wherever they are", "[results-folder][foreign]") {
  const TemporaryFolder folder;
  const fs::path results = folder.path() / "results", outside = folder.path() / "outside";
  fs::create_directories(outside);
  overwrite(outside / "file", "of somebody else");
  ResultsFolder(results, "small").prepare();
  fs::create_directories(results / "small" / "figures");
  const auto refusal = [&](const fs::path& place) -> std::string {
    try {
      ResultsFolder again(results, "small");
    } catch (const UserError& error) {
      fs::remove(place);
      return error.what();
    }
    fs::remove(place);
    return "";
  };
  for (const char* name :
       {"small/report.html", "small/search-A.jsonl", "small/runs/0123456789abcdef.json", "small/figures/loss.svg"}) {
    const fs::path place = results / name;
    fs::create_symlink(outside / "file", place);
    CHECK_THAT(refusal(place), Contains(place.string() + ": this is a symbolic link"));
    fs::create_symlink("nowhere", place);
    CHECK_THAT(refusal(place), Contains(place.string() + ": this is a symbolic link"));
    REQUIRE(::mkfifo(place.c_str(), 0666) == 0);
    CHECK_THAT(refusal(place), Contains(place.string() + ": this is neither a file nor a folder"));
    overwrite(place, "");
    CHECK(refusal(place) == "");
  }
  for (const char* name : {"small/traces", "small/imported"}) {
    fs::create_directory_symlink(outside, results / name);
    CHECK_THAT(refusal(results / name), Contains("this is a symbolic link"));
  }
  fs::rename(results / "small", results / "kept");
  fs::create_directory_symlink("kept", results / "small");
  CHECK_THAT(refusal(results / "small"), Contains("small: this is a symbolic link"));
  fs::rename(results / "kept", results / "small");

  // The results folder itself is the choice of the user.
  fs::create_directory_symlink(results, folder.path() / "link");
  ResultsFolder(folder.path() / "link", "small").prepare();
}

TEST_CASE("results are not written to folders of other users", "[results-folder][foreign]") {
  refuse_other_owner("/nonexistent");
  refuse_other_owner("/usr");  // of root
  if (::geteuid() != 0) {
    WARN("skipped: only root can give a folder to another user");
    return;
  }
  const TemporaryFolder folder;
  const fs::path results = folder.path() / "results";
  ResultsFolder(results, "small").prepare();
  for (const fs::path& of_other : {results, results / "small", results / "small" / "runs"}) {
    REQUIRE(::chown(of_other.c_str(), 12345, 12345) == 0);
    ResultsFolder readable(results, "small");
    CHECK_THROWS_WITH(readable.prepare(), Contains(of_other.string() + ": this folder belongs to user 12345"));
    REQUIRE(::chown(of_other.c_str(), 0, 0) == 0);
  }
  ResultsFolder(results, "small").prepare();
}
