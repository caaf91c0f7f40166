#include "experiments/records/results_folder.h"

#include <fstream>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "tests/experiments/failing_files.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

using Catch::Contains;

namespace {

std::string load_error(const ResultsFolder& results_folder, const std::string& id) {
  try {
    results_folder.load(id);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a results folder returns the records that were written", "[results-folder]") {
  const TemporaryFolder folder;
  ResultsFolder results_folder(folder.path(), "small");
  CHECK(results_folder.load_all().empty());
  results_folder.prepare();
  const Record one = example_record(1), two = example_record(2);
  CHECK_FALSE(results_folder.has(one.id()));
  CHECK_FALSE(results_folder.load(one.id()));
  results_folder.commit(two);
  results_folder.commit(one);
  CHECK(results_folder.has(one.id()));
  CHECK(results_folder.load(one.id())->json() == one.json());
  CHECK(results_folder.load(one.id())->json().dump() == one.json().dump());
  const auto all = results_folder.load_all();
  REQUIRE(all.size() == 2);
  CHECK(all[0].id() < all[1].id());
  CHECK(file_names(folder.path()).size() == 2);
}

TEST_CASE("a finished record is never overwritten", "[results-folder]") {
  const TemporaryFolder folder;
  ResultsFolder results_folder(folder.path(), "small");
  results_folder.prepare();
  Record record = example_record(1);
  results_folder.commit(record);
  const std::string text = read_file(results_folder.record_path(record.id()));

  record.measured["host"] = "another";  // another process that was slower: the same result
  CHECK_NOTHROW(results_folder.commit(record));
  CHECK(read_file(results_folder.record_path(record.id())) == text);

  record.result["status"] = "solved";
  record.result["hash"] = result_hash(record.result);
  CHECK_THROWS_AS(results_folder.commit(record), std::runtime_error);
  CHECK(read_file(results_folder.record_path(record.id())) == text);
  CHECK(file_names(folder.path()).size() == 1);
}

TEST_CASE("a truncated record is refused with its file name", "[results-folder]") {
  const TemporaryFolder folder;
  ResultsFolder results_folder(folder.path(), "small");
  results_folder.prepare();
  const Record record = example_record(1);
  results_folder.commit(record);
  const fs::path path = results_folder.record_path(record.id());
  const std::string text = read_file(path);
  for (std::size_t size = 0; size + 1 < text.size(); size += 7) {  // the last byte is only the end of the line
    overwrite(path, text.substr(0, size));
    INFO("cut to " << size << " of " << text.size() << " bytes");
    CHECK(load_error(results_folder, record.id()).starts_with(path.string()));
    CHECK_THROWS_AS(results_folder.load_all(), UserError);
    CHECK_THROWS_AS(results_folder.commit(record), UserError);
    CHECK(read_file(path).size() == size);  // and never repaired behind the user's back
  }
}

TEST_CASE("an edited record is refused", "[results-folder]") {
  const TemporaryFolder folder;
  ResultsFolder results_folder(folder.path(), "small");
  results_folder.prepare();
  const Record record = example_record(1);
  const std::string id = record.id();
  const auto edited = [&](const char* pointer, const Json& value) {
    Json json = record.json();
    json.at(Json::json_pointer(pointer)) = value;
    overwrite(results_folder.record_path(id), json.dump());
    return load_error(results_folder, id);
  };
  CHECK(edited("/measured/host", "other") == "");  // measurements are not part of the promise
  CHECK(edited("/result/final/test/loss", 0.24) != "");
  CHECK(edited("/result/curve/1/update", 11) != "");
  CHECK(edited("/result/hash", "0123456789abcdef") != "");
  CHECK(edited("/spec/id", "0123456789abcdef") != "");
  CHECK(edited("/spec/canonical", "seed = 1\n") != "");
  CHECK(edited("/spec/seed", 2) != "");
  CHECK(edited("/spec/model/hidden", 5) != "");
  CHECK(edited("/spec/schema", record_schema + 1) != "");
  CHECK(edited("/spec/numerics_version", numerics_version + 1) != "");
  CHECK(edited("/spec/numerics_version", "x") != "");
  CHECK(edited("/measured", nullptr) != "");
  const auto edited_and_hashed = [&](const char* key, const Json& value) {
    Json json = record.json();
    json["result"][key] = value;
    json["result"]["hash"] = result_hash(json["result"]);
    overwrite(results_folder.record_path(id), json.dump());
    return load_error(results_folder, id);
  };
  CHECK(edited_and_hashed("status", "finished") == "");
  CHECK(edited_and_hashed("status", "weird") != "");
  CHECK(edited_and_hashed("status", 5) != "");
  CHECK(edited_and_hashed("final", nullptr) != "");
  CHECK(edited_and_hashed("curve", 1) != "");
  // Files have a list for each key of the curve.
  const Json stored = Json::parse(record_text(record));
  const Json& columns = stored["result"]["curve"];
  CHECK(columns["update"].size() == record.result["curve"].size());
  CHECK(columns["loss"][1] == record.result["curve"][1]["loss"]);
  CHECK(edited_and_hashed("curve", columns) == "");
  CHECK(results_folder.load(id)->result["curve"] == record.result["curve"]);
  Json shorter = columns;
  shorter["loss"].erase(0);
  CHECK_THAT(edited_and_hashed("curve", shorter), Contains("have different lengths"));
  shorter["loss"] = 1;
  CHECK_THAT(edited_and_hashed("curve", shorter), Contains("is no list"));

  fs::remove(results_folder.record_path(id));
  results_folder.commit(record);
  const std::string other = example_record(2).id();
  fs::rename(results_folder.record_path(id), results_folder.record_path(other));
  CHECK(load_error(results_folder, other) != "");

  for (const std::string& text :
       {std::string("[]"), std::string("{}"), std::string(R"({"spec":{},"result":{},"measured":{}})"),
        std::string(200000, '['), std::string("\xff\xfe")}) {
    overwrite(results_folder.record_path(other), text);
    CHECK(load_error(results_folder, other).starts_with(results_folder.record_path(other).string()));
  }
}

TEST_CASE("a results folder that holds something else is refused", "[results-folder]") {
  const TemporaryFolder folder;
  const fs::path results = folder.path() / "results";
  const auto refused = [&](const std::string& experiment = "small") {
    try {
      ResultsFolder results_folder(results, experiment);
    } catch (const UserError&) {
      return true;
    }
    return false;
  };
  CHECK_FALSE(refused());  // absent
  overwrite(results, "a file");
  CHECK(refused());
  fs::remove(results);
  fs::create_directories(results);
  CHECK_FALSE(refused());  // empty
  overwrite(results / "holiday.jpg", "");
  CHECK(refused());
  ResultsFolder(folder.path() / "good", "small").prepare();
  fs::rename(folder.path() / "good" / "small", results / "small");
  CHECK_FALSE(refused());  // results with a stray file
  overwrite(results / "small" / "report.html", "");
  CHECK_FALSE(refused());
  overwrite(results / "small" / "runs" / "holiday.jpg", "");
  CHECK(refused());
  fs::create_directories(results / "photos");
  CHECK_FALSE(refused("photos"));  // empty
  overwrite(results / "photos" / "holiday.jpg", "");
  CHECK(refused("photos"));
  overwrite(results / "file", "");
  CHECK(refused("file"));
}

TEST_CASE("a results folder that cannot be written is refused before the first run", "[results-folder]") {
  ResultsFolder results_folder("/proc/rnnbench-results", "small");
  CHECK_THROWS_AS(results_folder.prepare(), UserError);
  const TemporaryFolder folder;
  FailingFiles files(1, false);
  ResultsFolder full(folder.path(), "small", files);
  CHECK_THROWS_AS(full.prepare(), UserError);
}

TEST_CASE("a full disk is reported with the file and the system's reason", "[results-folder]") {
  CHECK_THROWS_WITH(system_files().write("/dev/full", "x"), "cannot write /dev/full: No space left on device");
}

TEST_CASE("a link in place of a file is not followed", "[results-folder]") {
  const TemporaryFolder folder;
  overwrite(folder.path() / "other", "of somebody else");
  fs::create_symlink("other", folder.path() / "file");
  CHECK_THROWS_AS(system_files().write(folder.path() / "file", "x"), std::system_error);
  write_atomically(folder.path() / "file", "x");
  CHECK(read_file(folder.path() / "other") == "of somebody else");
}

TEST_CASE("whichever file operation fails, a commit leaves the old state or the new one", "[results-folder]") {
  const bool dead = GENERATE(false, true);
  const Record record = example_record(1);
  int n = 1;
  for (bool failed = true; failed; ++n) {
    const TemporaryFolder folder;
    ResultsFolder(folder.path(), "small").prepare();
    FailingFiles files(n, dead);
    const ResultsFolder results_folder(folder.path(), "small", files);
    INFO("operation " << n << (dead ? " and all after it" : ""));
    failed = false;
    try {
      results_folder.commit(record);
    } catch (const std::runtime_error&) {
      failed = true;
    }
    CHECK(failed == files.failed());
    const auto there = results_folder.load(record.id());  // throws if it were half a record
    if (there) CHECK(there->json().dump() == record.json().dump());
    if (!failed) CHECK(there);
    if (!dead) CHECK(file_names(folder.path()).size() == (there ? 1 : 0));

    ResultsFolder again(folder.path(), "small");  // what is left behind does not hinder the next attempt
    again.prepare();
    again.commit(record);
    CHECK(again.load(record.id()));
  }
  CHECK(n > 3);  // written, renamed, synced: each failed once
}

TEST_CASE("whichever file operation fails, an overwritten file is the old one or the new one", "[results-folder]") {
  const std::string before(1000, 'a'), after(2000, 'b');
  int n = 1;
  for (bool failed = true; failed; ++n) {
    const TemporaryFolder folder;
    const fs::path path = folder.path() / "file";
    overwrite(path, before);
    FailingFiles files(n, false);
    failed = false;
    try {
      write_atomically(path, after, files);
    } catch (const std::runtime_error&) {
      failed = true;
    }
    const std::string text = read_file(path);
    CHECK((text == after || (failed && text == before)));
    CHECK(file_names(folder.path()).size() == 1);
  }
  CHECK(n > 3);
}
