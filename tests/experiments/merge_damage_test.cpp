// Joining results folders of which one is damaged, or was prepared by somebody else.
#include <algorithm>
#include <filesystem>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "experiments/records/imported.h"
#include "experiments/running/merge.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Catch::Contains;
using Catch::StartsWith;
namespace fs = std::filesystem;

namespace {

void write_below(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  overwrite(path, text);
}

const std::string of_bert = "task,model,seed,measure,higher_is_better,score\nimdb,bert,1,accuracy,true,0.5\n";

}  // namespace

TEST_CASE("a merge replaces damaged weights by good ones, and names those that stay damaged", "[merge][weights]") {
  const TemporaryFolder folder;
  const fs::path one = folder.path() / "one", all = folder.path() / "all";
  const Experiment experiment = small_experiment(1, 20);
  REQUIRE(run_experiment(experiment, one, quiet_runner()) == 0);
  merge_results({one}, all);
  const ResultsFolder from(one, experiment.name), into(all, experiment.name);
  const std::string first = from.ids().at(0), second = from.ids().at(1);
  for (const std::string& id : {first, second})
    overwrite(into.weights_path(id), read_file(from.weights_path(id)).substr(1));
  fs::remove(from.weights_path(second));
  const Merged merged = merge_results({one}, all).at(0);
  CHECK(merged.weights == 1);
  CHECK(merged.identical == 2);
  CHECK(merged.damaged.empty());
  CHECK(merged.unrepaired == std::vector<std::string>{into.weights_path(second).string() +
                                                      " is damaged, and no given folder has these weights"});
  CHECK(read_file(into.weights_path(first)) == read_file(from.weights_path(first)));
}

TEST_CASE("a merge leaves out imported files that would make all results unusable", "[merge][imported]") {
  const TemporaryFolder folder;
  const fs::path one = folder.path() / "one", two = folder.path() / "two", all = folder.path() / "all";
  write_below(one / "small/imported/good.csv", of_bert);
  write_below(one / "small/imported/noise.csv", "\x80\xff\x01\n");
  write_below(two / "small/imported/again.csv", of_bert);
  const Merged merged = merge_results({one, two}, all).at(0);
  CHECK(merged.other_files == 1);
  REQUIRE(merged.unusable.size() == 2);
  CHECK_THAT(merged.unusable[0], Contains((one / "small/imported/noise.csv").string() + " was left out"));
  CHECK_THAT(merged.unusable[1], Contains("is already in") && Contains("again.csv was left out"));
  CHECK(load_imports(ResultsFolder(all, "small")).size() == 1);
}

TEST_CASE("imports of the target that cannot be used do not stop a merge", "[merge]") {
  const TemporaryFolder folder;
  const fs::path all = folder.path() / "all";
  write_below(all / "small/imported/junk.csv", "no results");
  write_below(folder.path() / "one/small/imported/x.csv", of_bert);
  write_below(folder.path() / "one/other/imported/x.csv", of_bert);
  const std::vector<Merged> merged = merge_results({folder.path() / "one"}, all);
  REQUIRE(merged.size() == 2);
  CHECK(merged[0].experiment == "other");
  CHECK(merged[0].other_files == 1);
  REQUIRE(merged[1].unusable.size() == 1);
  CHECK_THAT(merged[1].unusable[0], Contains("junk.csv") && Contains("one/small/imported/x.csv was left out"));
}

TEST_CASE("a merge refuses names that are not plain text, and folders in place of files", "[merge][errors]") {
  const TemporaryFolder folder;
  const fs::path all = folder.path() / "all";
  write_below(folder.path() / "one/a\nb/imported/x.csv", of_bert);
  write_below(folder.path() / "two/small/imported/x\x1b[2J.csv", of_bert);
  for (const char* source : {"one", "two"})
    CHECK_THROWS_WITH(merge_results({folder.path() / source}, all), Contains("contains a control character"));
  CHECK_FALSE(fs::exists(all));
  for (const char* name : {"protocol.json", "imported/x.csv"}) {
    const fs::path source = folder.path() / fs::path(name).stem();
    fs::create_directories(source / "small" / name);
    CHECK_THROWS_AS(merge_results({source}, all), UserError);
  }
}

TEST_CASE("what is written together names the files that were there already", "[merge]") {
  const TemporaryFolder folder;
  CHECK(write_all_once(folder.path(), {{"a", "1"}, {"b", "2"}}).empty());
  CHECK(write_all_once(folder.path(), {{"b", "3"}, {"c", "4"}}) == std::vector<std::string>{"b"});
  CHECK(read_file(folder.path() / "b") == "2");
  CHECK(read_file(folder.path() / "c") == "4");
}
