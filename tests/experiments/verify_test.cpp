// `rnnbench verify` finds what was changed in a record, and only that.
#include "experiments/running/verify.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <set>
#include <signal.h>
#include <sys/wait.h>
#include <thread>

#include <catch2/catch.hpp>

#include "core/hash.h"
#include "experiments/running/other_settings.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

namespace {

struct Verified {
  int code;
  std::string out, err;
};

// The records of four small runs, and the program beside them.
class Recorded {
 public:
  Recorded() {
    RunnerOptions options;
    options.jobs = 1;
    options.weights = options.summary = options.progress = false;
    REQUIRE(run_experiment(experiment, folder.path() / "results", options) == 0);
  }

  Verified verify(const std::string& arguments) const {
    fs::create_directory(folder.path() / "tmp");
    const std::string command = "cd '" + folder.path().string() +
                                "' && TMPDIR=\"$PWD/tmp\" '" RNNBENCH_PROGRAM "' verify " + arguments +
                                " --jobs 1 >out 2>err";
    const int status = std::system(command.c_str());
    CHECK(fs::is_empty(folder.path() / "tmp"));  // whatever happened, nothing stays
    return {WEXITSTATUS(status), read_file(folder.path() / "out"), read_file(folder.path() / "err")};
  }
  std::string id(std::size_t run = 0) const { return experiment.runs[run].id(); }
  Record record() const { return *results_folder().load(id()); }
  // Replaces a record, with a correct hash so that it is accepted.
  void replace(Record record) const {
    record.result["hash"] = result_hash(record.result);
    write(record);
  }
  void write(const Record& record) const {
    std::ofstream(results_folder().record_path(record.id()), std::ios::binary) << record_text(record);
  }
  // Replaces the first record by one of numerics_version 1, and returns that.
  Record replace_by_old() const {
    Record old = record();
    fs::remove(results_folder().record_path(old.id()));
    std::string canonical = old.spec["canonical"];
    const std::string now = "numerics_version = " + std::to_string(numerics_version);
    canonical.replace(canonical.find(now), now.size(), "numerics_version = 1");
    old.spec["numerics_version"] = 1;
    old.spec["canonical"] = canonical;
    old.spec["id"] = hex16(fnv1a(canonical));
    write(old);
    return old;
  }
  ResultsFolder results_folder() const { return ResultsFolder(folder.path() / "results", experiment.name); }

  const TemporaryFolder folder;
  const Experiment experiment = small_experiment(2, 20);
};

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

SampledRun made_up(int cell, int length, int seed) {
  Json spec = {{"task", {{"name", "adding"}, {"length", length}}}, {"model", {{"cell", std::to_string(cell)}}}};
  spec["id"] = hex16(fnv1a(spec.dump() + std::to_string(seed)));
  return sampled_run(spec);
}

}  // namespace

TEST_CASE("verify: runs that were not touched are identical, in any number of threads", "[verify]") {
  const Recorded recorded;
  const Verified outcome =
      recorded.verify(recorded.id(0) + " results/small/runs/" + recorded.id(3) + ".json --threads 2");
  INFO(outcome.out << outcome.err);
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
  CHECK(outcome.out.starts_with(recorded.id(0) + " adding lstm "));
  CHECK(holds(outcome.out, "seed=1: identical\n" + recorded.id(3) + " adding gru "));
  CHECK(outcome.out.ends_with("2 of 2 runs identical, 0 different, 0 not verified\n"));
}

TEST_CASE("verify: a changed number is found with its place and size, beside what is different here", "[verify]") {
  const Recorded recorded;
  Record record = recorded.record();
  const double loss = record.result["curve"][1]["loss"];
  record.result["updates"] = 7;  // before the curve in the record, not as a difference
  record.result["curve"][1]["loss"] = 2 * loss;
  record.result["final"]["test"]["loss"] = 0;
  record.measured["isa"] = "abacus";
  record.measured["libraries"]["boost"] = "0.1";
  record.measured["threads"] = 1;
  recorded.replace(record);
  const Verified outcome = recorded.verify(recorded.id(0) + " " + recorded.id(1));
  INFO(outcome.out << outcome.err);
  CHECK(outcome.code == 1);
  // Updates, both losses and the hash; half of the recorded loss is off.
  CHECK(holds(outcome.out, "seed=1: different\n  result.curve[1].loss: recorded " + Json(2 * loss).dump() + ", now " +
                               Json(loss).dump() + " (off by "));
  CHECK(holds(outcome.out, ", relative 0.5), the first of 4 differences\n"));
  CHECK(holds(outcome.out, "\n  libraries.boost: recorded 0.1, now "));
  CHECK(holds(outcome.out, "\n  isa: recorded abacus, now "));
  CHECK_FALSE(holds(outcome.out, "\n  threads: "));
  CHECK_FALSE(holds(outcome.out, "\n  compiler: "));
  CHECK(holds(outcome.out, "seed=2: identical\n"));
  CHECK(outcome.out.ends_with("1 of 2 runs identical, 1 different, 0 not verified\n"));
}

TEST_CASE("verify: what is missing, new or written otherwise is a difference", "[verify]") {
  const Recorded recorded;
  const Record good = recorded.record();
  const auto first = [&](const Record& record) {
    const auto found = result_differences(record.result, good.result);
    return found.empty() ? "" : difference_text(found[0]);
  };
  CHECK(first(good) == "");
  Record record = good;
  record.result["lengths"][1].erase("mse");
  const std::string missing = "result.lengths[1].mse: recorded nothing, now " + good.result["lengths"][1]["mse"].dump();
  CHECK(first(record) == missing);
  recorded.replace(record);
  CHECK(holds(recorded.verify(recorded.id()).out, "  " + missing + ", the first of 2 differences\n"));

  record = good;
  record.result["more"] = Json::array();
  CHECK(first(record) == "result.more: recorded [], now nothing");
  record = good;
  record.result["curve"].erase(2);
  CHECK(first(record).starts_with("result.curve[2]: recorded nothing, now {\"update\":20,"));
  record = good;
  record.result["optimum"] = "0";
  CHECK(first(record).starts_with("result.optimum: recorded 0, now "));

  // Numbers are equal as numbers, keys have no order; the hash tells that the bytes are others.
  Json other = {{"b", 2}, {"a", 1.0}, {"hash", "x"}};
  CHECK(result_differences({{"hash", "x"}, {"a", 1}, {"b", 2.0}}, other).empty());
  other["c"] = 1;
  const auto found = result_differences({{"hash", "y"}, {"a", 1}, {"b", 2.0}}, other);
  REQUIRE(found.size() == 2);
  CHECK(found[0].path == "result.c");
  CHECK(difference_text(found[1]) == "result.hash: recorded y, now x");
  // Off by 3 from nothing: no relative size.
  CHECK(difference_text({"n", Json(0), Json(-3)}) == "n: recorded 0, now -3 (off by 3)");
}

TEST_CASE("verify: bad input is refused with one sentence before any run starts", "[verify][errors]") {
  const Recorded recorded;
  const auto refusal = [&](const std::string& arguments) {
    const Verified outcome = recorded.verify(arguments);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
    return outcome.err;
  };
  CHECK(holds(refusal(recorded.id() + " 0123456789abcdef"), "RUN = 0123456789abcdef: no record in results/*/runs"));
  CHECK(holds(refusal("quickstart"), "RUN = quickstart: this is neither an id"));
  CHECK(holds(refusal(""), "needs RUN ..., --sample N EXPERIMENT or --all DIR, but none is given"));
  CHECK(holds(refusal(recorded.id() + " --hidden 5"), "--hidden cannot change a recorded run"));
  CHECK(holds(refusal("--sample 0 --task adding"), "--sample = 0 is not a whole number"));
  CHECK(holds(refusal("--sample 1 --task adding --cell lstm"),
              "results/adding: there is no record of any of the 1 runs"));

  CHECK(holds(refusal("--all results " + recorded.id()), "--all DIR verifies all runs in a folder, so '"));
  CHECK(holds(refusal("--all results --hidden 5"), "so --hidden is not possible with it"));
  CHECK(holds(refusal("--all nowhere"), "nowhere"));

  // A record of another numerics_version can be read, but not computed again.
  const Record old = recorded.replace_by_old();
  CHECK(holds(refusal(old.id()), old.id() + ".json: this record has numerics_version 1, but this program"));
}

TEST_CASE("who has records of another numerics_version only is told of no settings to repeat", "[verify]") {
  const Recorded recorded;
  recorded.replace_by_old();
  for (const RunSpec& run : recorded.experiment.runs) fs::remove(recorded.results_folder().record_path(run.id()));
  CHECK(recorded_with_other_settings(recorded.experiment, recorded.results_folder())
            .ends_with(" has 1 record of runs with other settings: repeat the settings that they were trained with"));
}

TEST_CASE("verify: an interrupt stops it and leaves nothing behind", "[verify]") {
  const Recorded recorded;
  Record record = recorded.record();
  RunSpec spec = spec_from_json(record.spec);
  spec.training.set("updates", "100000000");  // for hours
  record.spec = spec.json();
  recorded.write(record);
  const fs::path tmp = recorded.folder.path() / "tmp";
  fs::create_directory(tmp);
  ::setenv("TMPDIR", tmp.c_str(), 1);
  const pid_t child =
      start_program({"verify", recorded.results_folder().record_path(record.id())}, recorded.folder.path() / "err");
  ::unsetenv("TMPDIR");
  const auto started = [&] {  // the program handles interrupts before it creates this folder
    for (const auto& entry : fs::recursive_directory_iterator(tmp))
      if (entry.path().filename() == "runs") return true;
    return false;
  };
  for (int i = 0; i < 60000 && !started(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(started());
  ::kill(child, SIGINT);
  CHECK(wait_for(child) == 130);
  CHECK(fs::is_empty(tmp));
}

TEST_CASE("verify: a sample is the same each time and takes every task and model in turn", "[verify]") {
  std::vector<SampledRun> runs;
  for (int cell = 0; cell < 3; ++cell)
    for (int length = 0; length < 2; ++length)
      for (int seed = 1; seed <= 5; ++seed) runs.push_back(made_up(cell, length, seed));
  const auto chosen = [&](std::size_t count, const auto& text) {
    std::vector<std::string> texts;
    for (const std::size_t index : sample(runs, count)) texts.push_back(text(runs[index]));
    return texts;
  };
  const auto id = [](const SampledRun& run) { return run.id; };
  const auto distinct = [](const std::vector<std::string>& texts) {
    return std::set(texts.begin(), texts.end()).size();
  };
  const auto two = chosen(2, id), eight = chosen(8, id), all = chosen(99, id);
  CHECK(std::equal(two.begin(), two.end(), eight.begin()));
  CHECK(distinct(chosen(2, [](const SampledRun& run) { return run.task; })) == 2);
  CHECK(distinct(chosen(2, [](const SampledRun& run) { return run.model; })) == 2);
  CHECK(distinct(chosen(6, [](const SampledRun& run) { return run.task + run.model; })) == 6);
  CHECK(all.size() == runs.size());
  CHECK(distinct(all) == runs.size());
  CHECK(two[0] == *std::min_element(all.begin(), all.end()));
  std::reverse(runs.begin(), runs.end());
  CHECK(chosen(8, id) == eight);
}

TEST_CASE("verify: a sample of an experiment's records is verified", "[verify]") {
  const Recorded recorded;
  std::ofstream(recorded.folder.path() / "small.ini")
      << "task = adding\ncell = lstm, gru\nlength = 10\ntest-length = 15, 20\nhidden = 4\nupdates = "
         "20\nbatch = 8\n"
         "evaluate = 20\nseed = 1..3\n";  // of which two are recorded
  const Verified outcome = recorded.verify("--sample 2 small.ini");
  INFO(outcome.out << outcome.err);
  CHECK(outcome.code == 0);
  CHECK(holds(outcome.out, " adding lstm "));
  CHECK(holds(outcome.out, " adding gru "));
  CHECK(outcome.out.ends_with("2 of 2 runs identical, 0 different, 0 not verified\n"));
  CHECK(recorded.verify("--sample 2 small.ini").out == outcome.out);
  CHECK(recorded.verify("--sample 9 small.ini").out.ends_with("4 of 4 runs identical, 0 different, 0 not verified\n"));
}

TEST_CASE("verify: a sample of all records in a folder is verified with one line, if nothing differs", "[verify]") {
  const Recorded recorded;
  const Verified three = recorded.verify("--all results --sample 3");
  INFO(three.out << three.err);
  CHECK(three.code == 0);
  CHECK(three.out == "3 of 3 runs identical, 0 different, 0 not verified\n");
  CHECK(recorded.verify("--all results").out == "4 of 4 runs identical, 0 different, 0 not verified\n");

  Record changed = recorded.record();
  changed.result["final"]["test"]["loss"] = 0;
  recorded.replace(changed);
  const Verified one = recorded.verify("--all results");
  CHECK(one.code == 1);
  CHECK(holds(one.out, recorded.id() + " "));
  CHECK(holds(one.out, ": different\n  result."));
  CHECK_FALSE(holds(one.out, ": identical"));
  CHECK(one.out.ends_with("3 of 4 runs identical, 1 different, 0 not verified\n"));

  // Runs that this program or this machine cannot train again are counted, not forgotten.
  recorded.replace_by_old();
  const Verified left = recorded.verify("--all results");
  INFO(left.out << left.err);
  CHECK(left.code == 0);
  CHECK(left.out == "3 of 3 runs identical, 0 different, 0 not verified\n");
  CHECK(left.err ==
        "note: 1 run of another numerics_version than " + std::to_string(numerics_version) + " is left out\n");
}
