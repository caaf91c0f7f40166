// Joining results folders: nothing is lost, nothing is replaced, and an interrupted merge is continued.
#include "experiments/running/merge.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/text.h"
#include "experiments/search/trials.h"
#include "tests/experiments/failing_files.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;
using Catch::Contains;

namespace {

// The record of a seed in <results>/small, with another score if `score` is given.
void record(const fs::path& results, std::uint64_t seed, double score = -1) {
  ResultsFolder folder(results, "small");
  folder.prepare();
  Record example = example_record(seed);
  if (score >= 0) {
    example.result["final"]["test"]["mse"] = score;
    example.result["hash"] = result_hash(example.result);
  }
  folder.commit(example);
}

TrialRecord trial_of(std::uint64_t seed, const std::string& hash) {
  TrialRecord trial = trial_record(small_run(seed), example_record(seed));
  trial.result_hash = hash;
  return trial;
}

void store_trial(const fs::path& results, std::uint64_t seed, const std::string& hash = "0123456789abcdef") {
  fs::create_directories(results / "small");
  TrialFile(TrialFile::path_in(results / "small", 'A')).add(trial_of(seed, hash));
}

void write_file(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  overwrite(path, text);
}

std::map<std::string, std::string> bytes_below(const fs::path& folder) {
  std::map<std::string, std::string> bytes;
  for (const std::string& name : file_names(folder)) bytes[name] = read_file(folder / name);
  return bytes;
}

}  // namespace

TEST_CASE("a merge of more files than are written at a time copies each of them", "[merge]") {
  const TemporaryFolder folder;
  record(folder.path() / "one", 1);
  const ResultsFolder from(folder.path() / "one", "small");
  constexpr std::uint64_t runs = 1100;  // more than files_at_a_time in merge.cpp
  for (std::uint64_t seed = 2; seed <= runs; ++seed)
    overwrite(from.record_path(small_run(seed).id()), record_text(example_record(seed)));
  CHECK(merge_results({folder.path() / "one"}, folder.path() / "all").at(0).records == runs);
  CHECK(bytes_below(folder.path() / "all") == bytes_below(folder.path() / "one"));
}

TEST_CASE("a merge adds what is new, keeps what is there, and names what differs", "[merge]") {
  const TemporaryFolder folder;
  const fs::path one = folder.path() / "one", two = folder.path() / "two", all = folder.path() / "all";
  record(one, 1), record(one, 2), record(one, 3);
  record(two, 2), record(two, 3, 0.125), record(two, 4);
  store_trial(one, 11), store_trial(one, 12);
  store_trial(two, 12), store_trial(two, 13), store_trial(two, 11, "fedcba9876543210");
  write_file(one / "small" / "protocol.json", "{}\n");
  write_file(two / "small" / "protocol.json", "{ }\n");
  write_file(two / "small" / "imported" / "torch.csv",
             "task,model,seed,measure,higher_is_better,score\nimdb,m,1,accuracy,true,0.5\n");
  write_file(two / "small" / "runs" / (example_record(5).id() + ".checkpoint"), "unfinished");
  write_file(two / "small" / "runs.csv", "derived\n");
  const auto before_one = bytes_below(one), before_two = bytes_below(two);

  const std::vector<Merged> merged = merge_results({one, two}, all);
  REQUIRE(merged.size() == 1);
  CHECK(merged[0].experiment == "small");
  CHECK(merged[0].records == 4);
  CHECK(merged[0].identical == 1);
  CHECK(merged[0].trials == 3);
  CHECK(merged[0].other_files == 2);
  const std::string id3 = example_record(3).id();
  CHECK(merged[0].differing ==
        std::vector<std::string>{
            (two / "small/protocol.json").string() + " differs from " + (all / "small/protocol.json").string(),
            "trial " + trial_of(11, "").id() + " of " + (two / "small/search-A.jsonl").string() +
                " differs from that of " + (all / "small/search-A.jsonl").string(),
            (two / "small/runs" / (id3 + ".json")).string() + " differs from " +
                (all / "small/runs" / (id3 + ".json")).string()});
  CHECK(bytes_below(one) == before_one);
  CHECK(bytes_below(two) == before_two);

  // The first folder's content wins, byte for byte.
  auto expected = before_one;
  const std::string id4 = example_record(4).id();
  expected["small/runs/" + id4 + ".json"] = before_two.at("small/runs/" + id4 + ".json");
  expected["small/imported/torch.csv"] = "task,model,seed,measure,higher_is_better,score\nimdb,m,1,accuracy,true,0.5\n";
  expected["small/search-A.jsonl"] += trial_line(trial_of(13, "0123456789abcdef"));
  CHECK(bytes_below(all) == expected);

  // Once more, nothing is added.
  const Merged again = merge_results({one}, all).at(0);
  CHECK(again.records + again.trials + again.other_files == 0);
  CHECK(again.identical == 3);
  CHECK(again.differing.empty());
  CHECK(bytes_below(all) == expected);
}

TEST_CASE("a merge adds the weights of records, unless they are damaged", "[merge][weights]") {
  const TemporaryFolder folder;
  const fs::path one = folder.path() / "one", all = folder.path() / "all";
  const Experiment experiment = small_experiment(2, 20);
  REQUIRE(run_experiment(experiment, one, quiet_runner()) == 0);
  const ResultsFolder from(one, experiment.name), into(all, experiment.name);
  const std::string damaged = from.ids().at(1);
  const std::string bytes = read_file(from.weights_path(damaged));
  overwrite(from.weights_path(damaged), bytes.substr(1));

  Merged merged = merge_results({one}, all).at(0);
  CHECK(merged.records == 4);
  CHECK(merged.weights == 3);
  CHECK(merged.damaged ==
        std::vector<std::string>{from.weights_path(damaged).string() + " is damaged, so it was left out"});
  CHECK_FALSE(fs::exists(into.weights_path(damaged)));
  fs::remove(from.weights_path(damaged));
  CHECK(contents(into) == contents(from));

  // Also those of a record that is there.
  overwrite(from.weights_path(damaged), bytes);
  merged = merge_results({one}, all).at(0);
  CHECK(merged.records == 0);
  CHECK(merged.weights == 1);
  CHECK(merged.damaged.empty());
  CHECK(contents(into) == contents(from));

  // But not what lies beside a run that diverged, which has none.
  Record diverged = example_record(9);
  diverged.result["weights"] = nullptr;
  diverged.result["hash"] = result_hash(diverged.result);
  ResultsFolder(one, "small").prepare();
  ResultsFolder(one, "small").commit(diverged);
  overwrite(ResultsFolder(one, "small").weights_path(diverged.id()), bytes);
  merge_results({one}, all);
  CHECK(fs::exists(ResultsFolder(all, "small").record_path(diverged.id())));
  CHECK_FALSE(fs::exists(ResultsFolder(all, "small").weights_path(diverged.id())));
}

TEST_CASE("a merge refuses folders without results, folders given twice, and damaged records", "[merge][errors]") {
  const TemporaryFolder folder;
  const fs::path one = folder.path() / "one", all = folder.path() / "all", empty = folder.path() / "empty";
  record(one, 1);
  fs::create_directories(empty);
  CHECK_THROWS_WITH(merge_results({one, folder.path() / "nowhere"}, all), Contains("nowhere: cannot be read"));
  CHECK_THROWS_WITH(merge_results({empty}, all), Contains("empty: this folder holds no results"));
  CHECK_THROWS_WITH(merge_results({one / "small"}, all), Contains("this folder holds no results"));
  CHECK_THROWS_WITH(merge_results({one, one}, all), Contains("given twice"));
  CHECK_THROWS_WITH(merge_results({one}, one), Contains("given twice"));
  fs::create_directory_symlink(one, folder.path() / "link");
  CHECK_THROWS_WITH(merge_results({folder.path() / "link"}, one), Contains("given twice"));
  CHECK_FALSE(fs::exists(all));

  const fs::path path = one / "small" / "runs" / (example_record(1).id() + ".json");
  const std::string text = read_file(path);
  overwrite(path, text.substr(0, text.size() / 2));
  CHECK_THROWS_WITH(merge_results({one}, all), Contains("this record cannot be used"));
  CHECK(ResultsFolder(all, "small").ids().empty());
}

TEST_CASE("a merge that fails at any moment leaves complete files and is continued", "[merge][errors]") {
  const TemporaryFolder folder;
  const fs::path one = folder.path() / "one", undisturbed = folder.path() / "undisturbed";
  for (std::uint64_t seed = 1; seed <= 3; ++seed) record(one, seed);
  store_trial(one, 11);
  write_file(one / "small" / "protocol.json", "{}\n");
  merge_results({one}, undisturbed);
  const auto expected = bytes_below(undisturbed);
  for (const bool dead : {false, true}) {
    bool failed = true;
    int n = 1;
    for (; failed; ++n) {
      const fs::path all = folder.path() / (std::to_string(n) + (dead ? "dead" : "full"));
      FailingFiles files(n, dead);
      try {
        merge_results({one}, all, files);
      } catch (const std::exception&) {
      }
      failed = files.failed();
      if (fs::exists(all))
        for (const auto& [name, bytes] : bytes_below(all))
          if (!is_temporary(fs::path(name).filename().string())) CHECK(expected.at(name) == bytes);
      merge_results({one}, all);
      CHECK(bytes_below(all) == expected);
    }
    CHECK(n > 10);
  }
}
