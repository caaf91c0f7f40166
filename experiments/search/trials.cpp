#include "experiments/search/trials.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fcntl.h>
#include <stdexcept>
#include <system_error>
#include <unistd.h>

#include "core/error.h"
#include "core/hash.h"
#include "core/plain_text.h"
#include "core/read_file.h"
#include "core/text.h"
#include "experiments/records/foreign_files.h"
#include "experiments/records/parse_json.h"
#include "experiments/records/record_shape.h"
#include "experiments/running/interrupt_guard.h"
#include "tasks/catalogue.h"

namespace rnnbench::experiments {
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t max_trial_file_bytes = std::uint64_t{1} << 30;

// The end of every line: the hash of the text before it.
const std::string hash_key = ",\"line_hash\":\"";
std::string line_end(std::string_view text) { return hash_key + hex16(fnv1a(text.data(), text.size())) + "\"}"; }

// Whether the line ends as it has to.
bool has_line_end(std::string_view line) {
  const auto hash_at = line.rfind(hash_key);
  return hash_at != std::string_view::npos && line.substr(hash_at) == line_end(line.substr(0, hash_at));
}

// In the canonical text of trials that this program can use.
const std::string current_version = "\nnumerics_version = " + std::to_string(numerics_version) + "\n";

std::optional<double> number_or_nothing(const Json& value) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_number()) throw std::runtime_error("a score is not a number");
  return value.get<double>();
}

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

std::int64_t count_in(const Json& value) {
  require(is_count(value), "a number of updates is not a whole number from 0 to 9007199254740992");
  return value.get<std::int64_t>();
}

TrialRecord trial_in(const Json& json) {
  TrialRecord trial;
  trial.canonical = json.at("canonical").get<std::string>();
  trial.status = json.at("status").get<std::string>();
  trial.solved = json.at("solved").get<bool>();
  if (const Json& updates = json.at("updates_to_solve"); !updates.is_null()) trial.updates_to_solve = count_in(updates);
  trial.updates = count_in(json.at("updates"));
  trial.measure = json.at("measure").get<std::string>();
  trial.higher_is_better = json.at("higher_is_better").get<bool>();
  trial.baseline = number_or_nothing(json.at("baseline")).value_or(std::nan(""));
  trial.optimum = number_or_nothing(json.at("optimum"));
  for (const auto& [name, value] : json.at("validation").items())
    trial.validation.emplace_back(name, number_or_nothing(value));
  trial.result_hash = json.at("result_hash").get<std::string>();
  trial.cpu_seconds = number_or_nothing(json.at("cpu_seconds")).value_or(0);
  if (json.contains("paths"))
    for (const auto& [name, path] : json.at("paths").items()) trial.paths.emplace_back(name, path.get<std::string>());

  require(json.at("id") == trial.id(), "its id is not the hash of its canonical text");
  require(trial.status == "solved" || trial.status == "finished" || trial.status == "diverged",
          "its status is none of solved, finished and diverged");
  require(trial.solved == trial.updates_to_solve.has_value(), "solved and updates_to_solve contradict each other");
  bool plain = is_plain_text(replace_all(trial.canonical, "\n", " ")) && is_plain_text(trial.measure) &&
               is_plain_text(trial.result_hash),
       has_measure = false;
  for (const auto& [name, value] : trial.validation) {
    plain = plain && is_plain_text(name);
    has_measure = has_measure || name == trial.measure;
  }
  for (const auto& [name, path] : trial.paths) plain = plain && is_plain_text(name) && is_plain_text(path);
  require(plain, "one of its texts contains a control character");
  require(has_measure, "it has no validation score of its measure");
  return trial;
}

[[noreturn]] void refuse_write(const fs::path& path, const std::error_code& reason) {
  const std::string sentence = "cannot write " + path.string() + ": " + reason.message();
  if (is_wrong_path(reason)) throw UserError(sentence);
  throw std::runtime_error(sentence);
}

}  // namespace

std::string TrialRecord::id() const { return hex16(fnv1a(canonical)); }

std::optional<double> TrialRecord::score(const std::string& name) const {
  for (const auto& [key, value] : validation)
    if (key == name) return value;
  return std::nullopt;
}

TrialRecord trial_record(const RunSpec& run, const Record& record) {
  const Json& result = record.result;
  TrialRecord trial;
  trial.canonical = run.canonical();
  trial.status = result.at("status");
  trial.solved = result.at("solved");
  if (const Json& updates = result.at("updates_to_solve"); !updates.is_null())
    trial.updates_to_solve = updates.get<std::int64_t>();
  trial.updates = result.at("updates");
  const bool by_loss = find_task(run.task.text("task")).measures_beyond_training;
  trial.measure = by_loss ? "loss" : result.at("measure").at("name").get<std::string>();
  trial.higher_is_better = !by_loss && result.at("measure").at("higher_is_better").get<bool>();
  trial.baseline = number_or_nothing(result.at("baseline")).value_or(std::nan(""));
  trial.optimum = number_or_nothing(result.at("optimum"));
  for (const auto& [name, value] : result.at("final").at("validation").items())
    trial.validation.emplace_back(name, number_or_nothing(value));
  trial.result_hash = result.at("hash");
  trial.cpu_seconds =
      record.measured.at("train_cpu_seconds").get<double>() + record.measured.at("evaluate_cpu_seconds").get<double>();
  trial.paths = input_paths(run);
  return trial;
}

RunSpec spec_of(const TrialRecord& trial) try {
  return spec_from_canonical(trial.canonical, trial.paths);
} catch (const UserError& error) {
  throw UserError((trial.place.empty() ? "" : trial.place + ": ") + "trial " + trial.id() + ": " + error.what());
}

Json trial_json(const TrialRecord& trial) {
  Json json = Json::object();
  json["id"] = trial.id();
  json["canonical"] = trial.canonical;
  json["status"] = trial.status;
  json["solved"] = trial.solved;
  json["updates_to_solve"] = or_null(trial.updates_to_solve);
  json["updates"] = trial.updates;
  json["measure"] = trial.measure;
  json["higher_is_better"] = trial.higher_is_better;
  json["baseline"] = std::isfinite(trial.baseline) ? Json(trial.baseline) : Json(nullptr);
  json["optimum"] = or_null(trial.optimum);
  json["validation"] = Json::object();
  for (const auto& [name, value] : trial.validation) json["validation"][name] = or_null(value);
  json["result_hash"] = trial.result_hash;
  return json;
}

std::string trial_line(const TrialRecord& trial) {
  Json json = trial_json(trial);
  for (const auto& [name, path] : trial.paths) json["paths"][name] = path;
  json["cpu_seconds"] = trial.cpu_seconds;
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.pop_back();  // the closing brace, which line_end() adds
  return text + line_end(text) + "\n";
}

std::string trial_file_text(const fs::path& path, std::uint64_t from) {
  std::error_code error;
  const auto refuse = [&](const std::string& why) { throw UserError(path.string() + ": " + why); };
  if (!fs::is_regular_file(path, error)) refuse("this is not a file of trials");
  const std::uint64_t size = fs::file_size(path, error);
  if (error) refuse("cannot be read: " + error.message());
  if (size < from) refuse("became shorter while it was used; another program has changed it");
  if (size > max_trial_file_bytes) refuse("is too large for a file of trials");
  return read_file(path, max_trial_file_bytes, from);
}

fs::path TrialFile::path_in(const fs::path& study_folder, char search) {
  return study_folder / (std::string("search-") + search + ".jsonl");
}

TrialFile::TrialFile(fs::path path, Files& files) : path_(std::move(path)), files_(&files) { refresh(); }

const TrialRecord* TrialFile::find(const std::string& id) const {
  for (const auto* trials : {&trials_, &former_})
    if (const auto found = trials->find(id); found != trials->end()) return &found->second;
  return nullptr;
}

void TrialFile::refresh() {
  if (!path_exists(path_) && read_bytes_ == 0) return;
  const std::string bytes = trial_file_text(path_, read_bytes_);
  std::size_t start = 0;
  for (std::size_t end; (end = bytes.find('\n', start)) != std::string::npos; start = end + 1) {
    stop_if_interrupted();
    ++read_lines_;
    read_bytes_ += end + 1 - start;
    read_line(std::string_view(bytes).substr(start, end - start), read_lines_);
  }
  // A line that lacks nothing but its end is read again when it has one, as an equal line of a known trial.
  if (const std::string_view rest = std::string_view(bytes).substr(start); has_line_end(rest))
    read_line(rest, read_lines_ + 1);
}

void TrialFile::read_line(std::string_view line, std::size_t number) {
  const std::string place = path_.string() + ":" + std::to_string(number);
  const auto refuse = [&](const std::string& why) {
    throw UserError(place + ": this trial cannot be used: " + why +
                    "; restore the file, or remove the line to train the trial again");
  };
  if (!has_line_end(line)) refuse("the line does not have the hash that it states, so it was edited");
  TrialRecord trial;
  try {
    trial = trial_in(parse_json(std::string(line)));
  } catch (const std::exception& error) {
    rethrow_failure_of_system();
    refuse(error.what());
  }
  trial.place = place;
  auto& trials = trial.canonical.find(current_version) == std::string::npos ? former_ : trials_;
  const auto [known, is_new] = trials.try_emplace(trial.id(), trial);
  if (is_new) order_.push_back(trial.id());
  if (!is_new && known->second.result_hash != trial.result_hash)
    refuse("an earlier line has the same trial with a different result");
}

void TrialFile::check_writable() const {
  if (!path_exists(path_)) return;
  refuse_other_names(path_, fs::hard_link_count(path_));
  if (::faccessat(AT_FDCWD, path_.c_str(), W_OK, AT_EACCESS) != 0)
    refuse_write(path_, {errno, std::generic_category()});
}

void TrialFile::add(const TrialRecord& trial) {
  const std::string id = trial.id();
  const auto missing = [&]() -> std::string {
    refresh();
    const TrialRecord* known = find(id);
    if (known == nullptr) return trial_line(trial);
    if (known->result_hash == trial.result_hash) return "";
    throw std::runtime_error(path_.string() + ": the trial " + id +
                             " was recorded earlier or by another process with a different result; it was kept");
  };
  if (!missing().empty()) append(missing);
}

std::size_t TrialFile::add_all(const TrialFile& other, std::vector<std::string>& differing) {
  std::size_t added = 0;
  std::vector<std::string> others;
  const auto missing = [&] {
    refresh();
    std::string lines;
    added = 0;
    others.clear();
    for (const std::string& id : other.ids_in_order()) {
      const TrialRecord &trial = *other.find(id), *known = find(id);
      if (known == nullptr) {
        lines += trial_line(trial);
        ++added;
      } else if (known->result_hash != trial.result_hash) {
        others.push_back(id);
      }
    }
    return lines;
  };
  if (!missing().empty()) append(missing);
  differing.insert(differing.end(), others.begin(), others.end());
  return added;
}

// `lines` is called again while no other process appends: what one has added since the first call is not added twice.
void TrialFile::append(const std::function<std::string()>& lines) {
  try {
    files_->append_lines(path_, lines, has_line_end);
  } catch (const std::system_error& error) {
    refuse_write(path_, error.code());
  }
  refresh();
}

}  // namespace rnnbench::experiments
