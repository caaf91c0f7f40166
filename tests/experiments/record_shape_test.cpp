// Records with correct hashes that lack what analysis reads, or that contain texts which would leave their place.
#include "experiments/records/record_shape.h"

#include <fstream>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "core/hash.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

namespace {

// Every place of a JSON value, as pointers: "/final/test/loss", "/curve/0/update". `place` is a copy: `places` grows.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
void add_places(const Json& json, const std::string place, std::vector<std::string>& places) {
  if (!json.is_structured()) return;
  for (const auto& [key, value] : json.items()) {
    places.push_back(place + "/" + key);
    add_places(value, places.back(), places);
  }
}

// What reading says of the record with recomputed hashes; "" when it is accepted.
std::string reading(const TemporaryFolder& folder, Json json) {
  json["result"]["hash"] = result_hash(json["result"]);
  const fs::path path = folder.path() / (json["spec"]["id"].get<std::string>() + ".json");
  std::ofstream(path, std::ios::binary) << json.dump();
  try {
    read_record(path);
  } catch (const UserError& error) {
    CHECK(std::string(error.what()).starts_with(path.string() + ": this record cannot be used: "));
    CHECK(std::string(error.what()).find("json.exception") == std::string::npos);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a record without one of the keys that analysis reads is refused by the name of the key", "[record-shape]") {
  const TemporaryFolder folder;
  const Json record = example_record(1).json();
  CHECK(reading(folder, record) == "");
  const auto without = [&](const std::string& place) {
    Json edited = record;
    const auto slash = place.rfind('/');
    edited.at(Json::json_pointer(place.substr(0, slash))).erase(place.substr(slash + 1));
    return reading(folder, edited);
  };
  const std::vector<std::string> optional = {"/result/probe", "/result/probe/sequences", "/measured/host",
                                             "/measured/cpu_seconds_to_solve", "/result/hash"};  // the hash is restored
  std::vector<std::string> places;
  for (const char* section : {"result", "measured"}) add_places(record[section], std::string("/") + section, places);
  int refused = 0;
  for (const std::string& place : places) {
    const std::string key = place.substr(place.rfind('/') + 1);
    const bool score =
        (key == "mse" && place.find("final") == std::string::npos) || place.find("/scalars/") != std::string::npos;
    if (std::isdigit(static_cast<unsigned char>(key[0])) || score) continue;  // elements of lists, and optional scores
    INFO(place);
    const bool may_lack = std::count(optional.begin(), optional.end(), place) > 0;
    CHECK((without(place) == "") == (may_lack || place == "/result/probe/gates"));
    if (!may_lack && place.find('/', 8) == std::string::npos && place.starts_with("/result"))
      CHECK(without(place).find("its result." + key) != std::string::npos);
    ++refused;
  }
  CHECK(refused > 40);
}

TEST_CASE("a record with a value of another type is refused, wherever it is", "[record-shape]") {
  const TemporaryFolder folder;
  const Json record = example_record(1).json();
  const auto with = [&](const std::string& place, const Json& value) {
    Json edited = record;
    edited[Json::json_pointer(place)] = value;
    return reading(folder, edited);
  };
  std::vector<std::string> places;
  add_places(record["result"], "/result", places);
  for (const std::string& place : places) {
    if (place == "/result/hash" || place == "/result/probe/sequences") continue;
    INFO(place);
    const bool is_object = record.at(Json::json_pointer(place)).is_object();
    CHECK(with(place, is_object ? Json::array() : Json::object()) != "");
  }
  CHECK(with("/result/updates", -1) != "");
  CHECK(with("/result/updates", 1.5) != "");
  CHECK(with("/result/updates", 11) == "");
  CHECK(with("/result/baseline", nullptr) != "");
  CHECK(with("/result/optimum", nullptr) == "");
  CHECK(with("/result/curve", Json::array()) != "");
  CHECK(with("/result/final/training", {{"loss", 0.1}, {"mse", 0.1}}) == "");
  CHECK(with("/result/final/training", {{"loss", 0.1}}) != "");  // without the score of the measure
  CHECK(with("/measured/curve_cpu_seconds/1", "x") != "");
  CHECK(with("/measured/anything", "x") == "");
  for (const char* key : {"train_cpu_seconds", "train_wall_seconds", "evaluate_cpu_seconds", "evaluate_wall_seconds",
                          "cpu_seconds_to_solve", "wall_seconds_to_solve", "sequences_per_second", "ms_per_update",
                          "peak_memory_mib", "other_cpu_seconds", "oversubscribed", "threads", "jobs", "cpu", "cores"})
    CHECK(with((std::string("/measured/") + key).c_str(), Json::object()) != "");
  CHECK(with("/measured/oversubscribed", 1) != "");
  CHECK(with("/measured/cores", -1) != "");
}

TEST_CASE("a curve whose lists have different lengths is refused, whichever is empty", "[record-shape]") {
  const TemporaryFolder folder;
  Json record = example_record(1).json();
  const Json points = record["result"]["curve"];
  const auto with_lists = [&](bool extra_first, const Json& extra) {
    Json columns = Json::object();
    if (extra_first) columns["extra"] = extra;
    for (const Json& point : points)
      for (const auto& [key, value] : point.items()) columns[key].push_back(value);
    if (!extra_first) columns["extra"] = extra;
    record["result"]["curve"] = columns;
    return reading(folder, record);
  };
  for (const bool first : {true, false}) {
    INFO(first);
    CHECK(with_lists(first, Json(points.size(), 0.5)) == "");
    CHECK(with_lists(first, Json::array()).find("lists of its result.curve have different lengths") !=
          std::string::npos);
  }
}

TEST_CASE("a curve is refused before its points take memory", "[record-shape]") {
  const TemporaryFolder folder;
  Json record = example_record(1).json();
  const auto with = [&](std::size_t points, const std::vector<std::string>& keys) {
    Json columns = Json::object();
    for (const std::string& key : keys) columns[key] = Json(points, Json(0));
    record["result"]["curve"] = columns;
    return reading(folder, record);
  };
  CHECK(with(1000, {"update"}).find("its result.curve[...].train_loss is missing") != std::string::npos);
  CHECK(with(0, {"update", "train_loss", "loss"}).find("its result.curve[...] is missing") != std::string::npos);
  CHECK(with(0, {}).find("its result.curve[...] is missing") != std::string::npos);
  CHECK(with(1000, {"update", "train_loss", "loss"}) == "");
#ifdef NDEBUG  // not of a debugging build, nor with sanitizers, where it takes minutes
  CHECK(with(max_record_bytes / 8 / 3 + 1, {"update", "train_loss", "loss"})
            .find("its result.curve has more values than the maximum of 8388608") != std::string::npos);
#endif
}

TEST_CASE("a count that would be cut off is refused", "[record-shape]") {
  const TemporaryFolder folder;
  for (const char* place :
       {"/result/updates", "/result/parameters", "/result/hidden", "/result/sequences", "/result/updates_to_solve",
        "/result/curve/1/update", "/result/lengths/0/length", "/measured/cores", "/measured/threads"}) {
    INFO(place);
    Json record = example_record(1).json();
    record[Json::json_pointer(place)] = std::uint64_t{1} << 53;
    CHECK(reading(folder, record) == "");
    for (const std::uint64_t number : {(std::uint64_t{1} << 53) + 1, std::uint64_t{1} << 63, UINT64_MAX}) {
      record[Json::json_pointer(place)] = number;
      CHECK(reading(folder, record) != "");
    }
  }
  Record record = example_record(1);
  record.measured["cores"] = std::uint64_t{1} << 32;  // 0 as an int
  record.measured["train_wall_seconds"] = 1.0;
  record.measured["other_cpu_seconds"] = 1.0;
  CHECK_FALSE(timed_on_busy_machine(record));
}

TEST_CASE("a record of an older version is checked without this version's options", "[record-shape]") {
  const TemporaryFolder folder;
  Json record = example_record(1).json();
  const auto as_version_one = [](Json json) {
    json["spec"]["numerics_version"] = 1;
    const std::string canonical =
        "schema = " + std::to_string(record_schema) + "\nnumerics_version = 1\ntask = adding\n";
    json["spec"]["canonical"] = canonical;
    json["spec"]["id"] = hex16(fnv1a(canonical));
    return json;
  };
  CHECK(reading(folder, as_version_one(record)) == "");
  record["spec"]["model"]["retired-option"] = 3;
  CHECK(reading(folder, as_version_one(record)) == "");
  for (const char* place :
       {"/spec/task/name", "/spec/model/cell", "/spec/model/attention", "/spec/seed", "/spec/training/updates",
        "/spec/training/evaluate", "/spec/training/stop", "/spec/training/keep", "/spec/training", "/spec/model"}) {
    INFO(place);
    Json edited = record;
    edited[Json::json_pointer(place)] = Json::array({1});
    CHECK(reading(folder, as_version_one(edited)) != "");
  }
}

TEST_CASE("a record with a control character in any of its texts is refused", "[record-shape][injection]") {
  const TemporaryFolder folder;
  const Json record = example_record(1).json();
  for (const std::string& bad : {std::string("mse\nsystem(\"touch injected\")"), std::string("\x1b[2J"),
                                 std::string("\r"), std::string("a\0b", 3),
                                 std::string("\xc2\x9b"
                                             "2J"),
                                 std::string{'\xe2', '\x80', '\xae'}}) {
    const auto with = [&](const char* place, const Json& value) {
      Json edited = record;
      edited[Json::json_pointer(place)] = value;
      return reading(folder, edited);
    };
    CHECK(with("/result/measure/definition", bad) != "");
    CHECK(with("/result/reason", bad) != "");
    CHECK(with("/result/weights", bad) != "");
    CHECK(with("/result/probe/gates/0/gate", bad) != "");
    CHECK(with("/measured/host", bad) != "");
    CHECK(with("/measured/libraries", {{"boost", bad}}) != "");
    CHECK(with("/measured/libraries", {{bad, "1"}}) != "");
    Json renamed = record;  // the name of the measure occurs among the scores
    renamed["result"]["measure"]["name"] = bad;
    for (const char* purpose : {"validation", "test"}) renamed["result"]["final"][purpose][bad] = 0.1;
    CHECK(reading(folder, renamed) != "");
  }
  Json plain = record;
  plain["result"]["measure"]["definition"] = "écart « quadratique » – 二乗誤差 'x' \"y\" \\ $z `w`";
  CHECK(reading(folder, plain) == "");
}
