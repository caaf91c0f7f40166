// Results folders that somebody else has prepared.
#include "experiments/records/foreign_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "experiments/records/find_record.h"
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

TEST_CASE("a run is not found through a link in the folder of an experiment", "[results-folder][foreign]") {
  const TemporaryFolder folder;
  const fs::path results = folder.path() / "results", outside = folder.path() / "outside";
  const std::string id = "0123456789abcdef", record = id + ".json";
  const fs::path runs = results / "small" / "runs", path = runs / record, weights = runs / (id + ".safetensors");
  fs::create_directories(runs);
  fs::create_directories(outside);
  overwrite(path, "{}");
  overwrite(outside / record, "{}");
  const auto refused = [&](const fs::path& place) {
    const std::string sentence = place.string() + ": this is a symbolic link";
    for (const std::string& run : {id, id.substr(0, 4), path.string()})
      CHECK_THROWS_WITH(find_record(results, run), Contains(sentence));
    CHECK_THROWS_AS(find_record(results, id), UserError);
  };
  CHECK(find_record(results, id) == path);
  CHECK(find_record(results, path.string()) == path);
  fs::create_symlink(outside / record, weights);
  refused(weights);
  fs::remove(weights);
  fs::remove(path);
  fs::create_symlink(outside / record, path);
  refused(path);
  fs::remove_all(runs);
  fs::create_directory_symlink(outside, runs);
  refused(runs);
  fs::remove(runs);
  fs::create_directories(outside / "runs");
  overwrite(outside / "runs" / record, "{}");
  fs::remove(results / "small");
  fs::create_directory_symlink(outside, results / "small");
  refused(results / "small");
  // The results folder, and a file elsewhere, are the choice of the user.
  fs::remove(results / "small");
  fs::rename(outside, results / "small");
  fs::create_directory_symlink(results, folder.path() / "link");
  CHECK(find_record(folder.path() / "link", id) == folder.path() / "link" / "small" / "runs" / record);
  fs::create_symlink(path, folder.path() / "mine.json");
  CHECK(find_record(results, (folder.path() / "mine.json").string()) == folder.path() / "mine.json");
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
