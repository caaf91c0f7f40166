#include "experiments/records/results_folder.h"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "core/read_file.h"
#include "experiments/declaration/spec.h"
#include "experiments/records/environment.h"
#include "experiments/records/foreign_files.h"
#include "experiments/records/parse_json.h"
#include "experiments/records/record_shape.h"
#include "experiments/running/interrupt_guard.h"

namespace rnnbench::experiments {
namespace fs = std::filesystem;

namespace {

// About as much as a small run writes. If the disk has no room for it, no run is started.
constexpr std::size_t write_test_bytes = 1 << 16;
// Of all points of a curve. Those of a run have about eight characters each, so the largest record has no more.
constexpr std::size_t max_curve_values = max_record_bytes / 8;

bool is_id(const std::string& text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool is_own_file(const fs::path& path) {
  static const std::vector<std::string> endings = {".json", ".safetensors", ".checkpoint"};
  if (is_temporary(path.filename().string())) return true;
  return is_id(path.stem().string()) && std::count(endings.begin(), endings.end(), path.extension().string()) > 0;
}

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

// Whether a folder holds results: without records, git keeps the files of a study but not the folder runs, and there
// may be only results of other programs (experiments/records/imported.h).
bool is_experiment(const fs::path& folder) {
  if (fs::is_directory(folder / "runs") || fs::is_directory(folder / "imported")) return true;
  return std::ranges::any_of(paths_in(folder), is_file_of_study);
}

// A results folder holds folders of experiments and possibly the page of all findings. A folder with other files and no
// experiment is probably a mistyped --results.
void check_results(const fs::path& results) {
  if (!fs::exists(results)) return;
  if (!fs::is_directory(results)) throw UserError("results = " + results.string() + ": this is not a folder");
  std::string other_file;
  for (const fs::path& path : paths_in(results)) {
    if (fs::is_directory(path)) {
      if (is_experiment(path)) return;
    } else if (!is_hidden(path) && path.filename() != "findings.html") {
      other_file = path.filename().string();
    }
  }
  if (!other_file.empty())
    throw UserError("results = " + results.string() + ": this folder holds other files, such as " + other_file +
                    "; choose a new or empty folder, or one with earlier results");
}

void check_experiment(const fs::path& folder) {
  if (!fs::exists(folder)) return;
  const auto refuse = [](const fs::path& path) {
    throw UserError(
        path.string() +
        ": this does not belong to an experiment's results; move it away or choose another --results folder");
  };
  if (!fs::is_directory(folder)) refuse(folder);
  const fs::path runs = folder / "runs";
  if (!fs::exists(runs)) {
    if (fs::is_directory(folder / "imported")) return;
    for (const fs::path& path : paths_in(folder))
      if (!is_hidden(path) && !is_file_of_study(path)) refuse(path);
    return;
  }
  if (!fs::is_directory(runs)) refuse(runs);
  for (const fs::path& path : paths_in(runs))
    if (!is_hidden(path) && (!is_own_file(path) || fs::is_directory(path))) refuse(path);
}

// Objects and arrays that contain others are written over several lines, all others on one line.
void write_json(const Json& json, int indent, std::string& out) {
  const bool nested = json.is_structured() &&
                      std::any_of(json.begin(), json.end(), [](const Json& value) { return value.is_structured(); });
  if (!nested) {
    out += json.dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  const std::string space(indent + 1, ' ');
  out += json.is_object() ? "{\n" : "[\n";
  bool first = true;
  for (const auto& [key, value] : json.items()) {
    if (!first) out += ",\n";
    first = false;
    out += space;
    if (json.is_object()) out += Json(key).dump() + ": ";
    write_json(value, indent + 1, out);
  }
  out += "\n" + std::string(indent, ' ') + (json.is_object() ? "}" : "]");
}

// A learning curve as files store it: {"update": [...], "loss": [...], ...}, so that names are not repeated at every
// point, which would triple the file. A curve whose points have different keys stays as it is.
Json columns_of(const Json& points) {
  if (!points.is_array() || points.empty() || !points.front().is_object()) return points;
  Json columns = Json::object();
  for (const auto& [key, value] : points.front().items()) columns[key] = Json::array();
  for (const Json& point : points) {
    if (!point.is_object() || point.size() != columns.size()) return points;
    for (const auto& [key, value] : point.items()) {
      if (!columns.contains(key)) return points;
      columns[key].push_back(value);
    }
  }
  return columns;
}

// Points take many times the memory of their lists, so everything that can be wrong is found before they are made.
Json points_of(Json columns) {
  if (!columns.is_object()) return columns;
  Json first = Json::object();
  for (const auto& [key, values] : columns.items()) {
    if (!values.is_array()) throw std::runtime_error("its result.curve." + key + " is no list, so it was edited");
    if (values.size() != columns.begin()->size())
      throw std::runtime_error("the lists of its result.curve have different lengths, so it was edited");
    if (!values.empty()) first[key] = values[0];
  }
  if (first.empty()) return Json::array();
  check_curve(Json::array({first}));
  const std::size_t length = columns.begin()->size();
  if (length > max_curve_values / columns.size())
    throw std::runtime_error("its result.curve has more values than the maximum of " +
                             std::to_string(max_curve_values));
  Json points(length, Json::object());
  for (Json& point : points) point.get_ref<Json::object_t&>().reserve(columns.size());
  for (const auto& [key, values] : columns.items())
    for (std::size_t i = 0; i < length; ++i) points[i][key] = values[i];
  return points;
}

// The record in a file's text. Throws std::exception that says what is wrong.
Record checked_record(const std::string& text, const std::string& id) {
  const auto require = [](bool good, const char* what) {
    if (!good) throw std::runtime_error(what);
  };
  Json json;
  try {
    json = parse_json(text);
  } catch (const Json::exception&) {
    throw std::runtime_error("it is not complete JSON, so it was truncated or edited");
  }
  for (const char* section : {"spec", "result", "measured"})
    require(json.is_object() && json.contains(section) && json[section].is_object(),
            "one of its sections spec, result and measured is missing");
  Record record{std::move(json["spec"]), std::move(json["result"]), std::move(json["measured"])};
  const Json& spec = record.spec;
  require(spec.contains("schema") && spec["schema"].is_number_integer() && spec["schema"] == record_schema,
          "this program does not read its schema");
  require(spec.contains("canonical") && spec["canonical"].is_string() && spec.contains("id") && spec["id"].is_string(),
          "its spec has no canonical text or no id");
  require(spec["id"] == hex16(fnv1a(spec["canonical"].get<std::string>())),
          "its id is not the hash of its canonical text, so it was edited");
  require(spec["id"] == id, "the file is not named after its id");
  require(record.result.contains("hash") && record.result["hash"] == result_hash(record.result),
          "its result does not have the hash that it states, so it was edited");
  if (record.result.contains("curve")) record.result["curve"] = points_of(std::move(record.result["curve"]));
  check_shape(record);
  const Json& status = record.result["status"];
  require(status == "solved" || status == "finished" || status == "diverged",
          "its status is none of solved, finished and diverged, so it was edited");
  require(spec.contains("numerics_version") && spec["canonical"].get<std::string>().starts_with(
                                                   "schema = " + spec["schema"].dump() +
                                                   "\nnumerics_version = " + spec["numerics_version"].dump() + "\n"),
          "its schema or numerics_version does not match its canonical text, so it was edited");
  // A record of an older version may use options that no longer exist, so only its hashes can be checked.
  if (spec["numerics_version"] == numerics_version)
    require(spec_from_json(spec).json() == spec, "its spec does not match its canonical text, so it was edited");
  return record;
}

[[noreturn]] void refuse_record(const fs::path& path, const std::exception& error) {
  throw UserError(path.string() + ": this record cannot be used: " + error.what() +
                  "; restore the file, or move it away to train the run again");
}

}  // namespace

std::string result_hash(const Json& result) {
  std::string text;  // dump() of the result as it is stored, without the key "hash", and without a copy
  for (const auto& [key, value] : result.items())
    if (key != "hash")
      text += (text.empty() ? "{" : ",") + Json(key).dump() + ":" +
              (key == "curve" ? columns_of(value) : value).dump(-1, ' ', false, Json::error_handler_t::replace);
  return hex16(fnv1a(text.empty() ? "{}" : text + "}"));
}

std::string record_text(const Record& record) {
  Json json = record.json();
  if (json["result"].contains("curve")) json["result"]["curve"] = columns_of(json["result"]["curve"]);
  std::string text;
  write_json(json, 0, text);
  return text + "\n";
}

Record read_record(const fs::path& path, const std::string& text) try {
  stop_if_interrupted();  // commands read a hundred thousand records
  return checked_record(text, path.stem().string());
} catch (const std::exception& error) {
  rethrow_failure_of_system();
  refuse_record(path, error);
}

Record read_record(const fs::path& path) try {
  stop_if_interrupted();
  return checked_record(read_file(path, max_record_bytes), path.stem().string());
} catch (const std::exception& error) {
  rethrow_failure_of_system();
  refuse_record(path, error);
}

std::vector<std::string> experiments_in(const fs::path& results) {
  std::vector<std::string> names;
  try {
    for (const fs::path& path : paths_in(results))
      if (!is_hidden(path) && fs::is_directory(path) && is_experiment(path)) names.push_back(path.filename().string());
  } catch (const fs::filesystem_error& error) {
    throw UserError("results = " + results.string() + ": cannot be read: " + error.code().message());
  }
  return names;
}

bool is_file_of_study(const fs::path& path) {
  const std::string name = path.filename().string();
  return (name.starts_with("search-") && name.ends_with(".jsonl")) || name == "protocol.json";
}

bool is_among_results(const fs::path& path) {
  for (fs::path folder = path; folder != folder.root_path() && !folder.empty(); folder = folder.parent_path()) {
    const fs::path name = folder.filename();
    if ((name != "runs" && name != "imported") || !fs::is_directory(folder)) continue;
    const auto is_result = [&](const fs::path& file) {
      return name == "runs" ? is_own_file(file) : file.extension() == ".csv";
    };
    if (std::ranges::any_of(paths_in(folder), is_result)) return true;
  }
  return false;
}

ResultsFolder::ResultsFolder(const fs::path& results, const std::string& experiment, Files& files)
    : folder_(results / experiment), files_(&files) {
  try {
    check_results(results);
    refuse_links_and_devices(folder_);
    check_experiment(folder_);
  } catch (const fs::filesystem_error& error) {
    throw UserError("results = " + results.string() + ": cannot be read: " + error.code().message());
  }
}

void ResultsFolder::refuse_other_owners() const { experiments::refuse_other_owners(folder_); }

void ResultsFolder::prepare() {
  const fs::path runs = folder_ / "runs";
  try {
    refuse_other_owners();
    fs::create_directories(runs);
    // Its name is longer than that of any record or weights file, for which a path of the maximum length has no room.
    const fs::path write_test =
        runs / (".write-test-with-a-name-of-some-length." + host_name() + "." + std::to_string(::getpid()) + ".0.tmp");
    write_atomically(write_test, std::string(write_test_bytes, ' '), *files_);
    files_->remove(write_test);
    files_->sync_folder(folder_);
    remove_leftovers();
  } catch (const std::system_error& error) {
    const std::string sentence = "results: cannot write " + runs.string() + ": " + error.code().message();
    if (is_wrong_path(error.code())) throw UserError(sentence);
    throw std::runtime_error(sentence);
  } catch (const UserError&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw UserError(std::string("results: ") + error.what());
  }
}

fs::path ResultsFolder::record_path(const std::string& id) const { return folder_ / "runs" / (id + ".json"); }
fs::path ResultsFolder::weights_path(const std::string& id) const { return folder_ / "runs" / (id + ".safetensors"); }
fs::path ResultsFolder::checkpoint_path(const std::string& id) const { return folder_ / "runs" / (id + ".checkpoint"); }

bool ResultsFolder::has(const std::string& id) const { return path_exists(record_path(id)); }

std::optional<Record> ResultsFolder::load(const std::string& id) const {
  if (!has(id)) return std::nullopt;
  return read_record(record_path(id));
}

std::vector<std::string> ResultsFolder::ids() const {
  std::vector<std::string> ids;
  if (fs::is_directory(folder_ / "runs"))
    for (const fs::path& path : paths_in(folder_ / "runs"))
      if (path.extension() == ".json" && !is_hidden(path)) ids.push_back(path.stem().string());
  return ids;
}

std::vector<Record> ResultsFolder::load_all() const {
  std::vector<Record> records;
  for (const std::string& id : ids()) records.push_back(read_record(record_path(id)));
  return records;
}

void ResultsFolder::for_each(const std::function<void(const Record&)>& visit) const {
  for (const std::string& id : ids()) visit(read_record(record_path(id)));
}

void ResultsFolder::commit(const Record& record, const std::string& weights) const {
  const std::string id = record.id();
  // Whether there is a record of this run already.
  const auto is_recorded = [&] {
    const auto existing = load(id);
    if (existing && result_hash(existing->result) != result_hash(record.result))
      throw std::runtime_error(record_path(id).string() +
                               " was recorded earlier or by another process with a different result; it was kept");
    return existing.has_value();
  };
  const bool recorded = is_recorded();
  if (!weights.empty()) write_atomically(weights_path(id), weights, *files_);
  if (!recorded && !write_once(record_path(id), record_text(record), *files_)) is_recorded();
}

void ResultsFolder::remove_leftovers() const noexcept {
  try {
    refuse_other_owners();
    for (const fs::path& folder : {folder_.parent_path(), folder_, folder_ / "runs", folder_ / "figures",
                                   folder_ / "imported", folder_ / "slurm"})
      if (fs::is_directory(folder)) remove_abandoned(folder, *files_);
  } catch (const std::exception&) {
  }
}

void ResultsFolder::discard_checkpoint(const std::string& id) const noexcept {
  try {
    for (const fs::path& folder : {folder_.parent_path(), folder_, folder_ / "runs"}) refuse_other_owner(folder);
    files_->remove(checkpoint_path(id));
  } catch (const std::exception&) {
  }
}

}  // namespace rnnbench::experiments
