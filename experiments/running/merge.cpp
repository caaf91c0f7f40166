#include "experiments/running/merge.h"

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/plain_text.h"
#include "core/read_file.h"
#include "experiments/records/imported.h"
#include "experiments/records/results_folder.h"
#include "experiments/records/weights.h"
#include "experiments/running/interrupt_guard.h"
#include "experiments/search/search.h"
#include "experiments/search/trials.h"

namespace rnnbench::experiments {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t files_at_a_time = 1024, bytes_at_a_time = std::size_t{1} << 26;
constexpr std::uint64_t max_copied_bytes = std::uint64_t{1} << 30;

// What becomes a name in the target, and is printed, must be plain text.
void check_plain_name(const fs::path& path) {
  if (!is_plain_text(path.filename().string()))
    throw UserError(plain_text(path.string()) + ": this name contains a control character or is not UTF-8; rename it");
}

// The results of one experiment from one folder to another.
class Merge {
 public:
  // `unrepaired`: damaged weights files of the target for which no source had good ones so far.
  Merge(const ResultsFolder& from, ResultsFolder& into, Merged& merged, std::set<fs::path>& unrepaired)
      : from_(from), into_(into), files_(into.files()), merged_(merged), unrepaired_(unrepaired) {}

  void run() {
    copy_file("protocol.json");
    add_trials();
    add_records();
    add_imports();
  }

 private:
  // A file that is not a record.
  void copy_file(const fs::path& name) {
    const fs::path source = from_.path() / name, target = into_.path() / name;
    if (!path_exists(source)) return;
    const std::string bytes = read_foreign_file(source, max_copied_bytes);
    fs::create_directories(target.parent_path());
    if (write_once(target, bytes, files_))
      ++merged_.other_files;
    else if (read_foreign_file(target, max_copied_bytes) != bytes)
      merged_.differing.push_back(source.string() + " differs from " + target.string());
  }

  void add_imports() {
    const std::vector<fs::path> paths = files_of_imports(from_.path());
    if (paths.empty()) return;
    const fs::path folder = into_.path() / "imported";
    fs::create_directories(folder);
    const ImportLock lock(folder);
    std::vector<ImportedRun> all;
    std::string problem_of_target;
    try {
      all = load_imports(into_);
    } catch (const UserError& error) {
      problem_of_target = error.what();
    }
    for (const fs::path& path : paths) {
      stop_if_interrupted();
      std::string problem;
      if (!path_exists(folder / path.filename()))
        problem = problem_of_target.empty() ? problem_of_import(path, all) : problem_of_target;
      if (problem.empty())
        copy_file(fs::path("imported") / path.filename());
      else
        merged_.unusable.push_back(problem + "; " + path.string() + " was left out");
    }
  }

  // Why the results in the file cannot stand beside all others, to which they are added; "" if they can. Commands would
  // refuse all results of the experiment.
  static std::string problem_of_import(const fs::path& path, std::vector<ImportedRun>& all) {
    const std::string content = read_foreign_file(path, max_import_bytes);
    const std::size_t before = all.size();
    try {
      for (ImportedRun& run : read_import(path, content, [](ScoredTask task) { return task; }))
        all.push_back(std::move(run));
      check_imports(all);
    } catch (const UserError& error) {
      all.resize(before);
      return error.what();
    }
    return "";
  }

  void add_trials() {
    for (const char letter : searches) {
      const TrialFile source(TrialFile::path_in(from_.path(), letter));
      if (source.ids_in_order().empty()) continue;
      TrialFile target(TrialFile::path_in(into_.path(), letter), files_);
      std::vector<std::string> differing;
      merged_.trials += target.add_all(source, differing);
      for (const std::string& id : differing)
        merged_.differing.push_back("trial " + id + " of " + source.path().string() + " differs from that of " +
                                    target.path().string());
    }
  }

  // Whether the target has another result.
  bool differs(const Record& record, const std::optional<Record>& known) {
    if (!known || known->result.at("hash") == record.result.at("hash")) return false;
    const std::string id = record.id();
    merged_.differing.push_back(from_.record_path(id).string() + " differs from " + into_.record_path(id).string());
    return true;
  }

  using NamesAndBytes = std::vector<std::pair<std::string, std::string>>;

  // First the weights, without which a record would have to be trained again.
  void write(NamesAndBytes& weights, NamesAndBytes& records) {
    const fs::path runs = into_.path() / "runs";
    merged_.weights += weights.size() - write_all_once(runs, weights, files_).size();
    const std::vector<std::string> kept = write_all_once(runs, records, files_);
    merged_.records += records.size() - kept.size();
    for (const std::string& name : kept) {  // another process has stored them meanwhile
      const std::string id = fs::path(name).stem().string();
      if (!differs(read_record(from_.record_path(id)), into_.load(id))) ++merged_.identical;
    }
    weights.clear();
    records.clear();
  }

  // The weights of a record, unless the target has good ones. Adds them to those that are written together, or writes
  // them in place of damaged ones.
  void add_weights(const Record& record, NamesAndBytes& weights) {
    if (record.result.at("weights").is_null()) return;  // whatever lies beside it
    const std::string id = record.id();
    const fs::path source = from_.weights_path(id), target = into_.weights_path(id);
    const bool there = path_exists(target), damaged = there && !weights_problem(target, record).empty();
    if (there && !damaged) return;
    if (damaged) unrepaired_.insert(target);
    if (!path_exists(source)) return;
    if (!weights_problem(source, record).empty()) {
      merged_.damaged.push_back(source.string() + " is damaged, so it was left out");
      return;
    }
    std::string bytes = read_foreign_file(source, max_copied_bytes);
    if (!damaged) {
      weights.emplace_back(source.filename().string(), std::move(bytes));
      return;
    }
    write_atomically(target, bytes, files_);
    unrepaired_.erase(target);
    ++merged_.weights;
  }

  void add_records() {
    NamesAndBytes records, weights;
    std::size_t bytes = 0;
    for (const std::string& id : from_.ids()) {
      const fs::path path = from_.record_path(id);
      std::string text = read_foreign_file(path, max_record_bytes);
      const Record record = read_record(path, text);
      const auto known = into_.load(id);
      if (differs(record, known)) continue;
      const std::size_t others = weights.size();
      add_weights(record, weights);
      if (weights.size() > others) bytes += weights.back().second.size();
      if (known) {
        ++merged_.identical;
      } else {
        bytes += text.size();
        records.emplace_back(path.filename().string(), std::move(text));
      }
      if (records.size() + weights.size() < files_at_a_time && bytes < bytes_at_a_time) continue;
      write(weights, records);
      bytes = 0;
    }
    write(weights, records);
  }

  const ResultsFolder& from_;
  ResultsFolder& into_;
  Files& files_;
  Merged& merged_;
  std::set<fs::path>& unrepaired_;
};

fs::path resolved_path(const fs::path& path) { return fs::weakly_canonical(fs::absolute(path)).lexically_normal(); }

}  // namespace

std::vector<Merged> merge_results(const std::vector<fs::path>& from, const fs::path& into, Files& files) {
  std::set<fs::path> given = {resolved_path(into)};
  for (const fs::path& results : from)
    if (!given.insert(resolved_path(results)).second)
      throw UserError("results = " + results.string() + ": this folder is given twice");
  std::vector<std::pair<fs::path, std::string>> sources;
  for (const fs::path& results : from) {
    const std::vector<std::string> names = experiments_in(results);
    if (names.empty()) throw UserError("results = " + results.string() + ": this folder holds no results");
    for (const std::string& name : names) {
      check_plain_name(results / name);
      for (const fs::path& path : files_of_imports(results / name)) check_plain_name(path);
      sources.emplace_back(results, name);
    }
  }
  std::map<std::string, Merged> merged;
  std::map<std::string, std::set<fs::path>> unrepaired;
  for (const auto& [results, name] : sources) {
    const ResultsFolder source(results, name);
    ResultsFolder target(into, name, files);
    target.prepare();
    Merged& of_experiment = merged[name];
    of_experiment.experiment = name;
    Merge(source, target, of_experiment, unrepaired[name]).run();
  }
  std::vector<Merged> all;
  for (auto& [name, of_experiment] : merged) {
    for (const fs::path& path : unrepaired[name])
      of_experiment.unrepaired.push_back(path.string() + " is damaged, and no given folder has these weights");
    all.push_back(std::move(of_experiment));
  }
  return all;
}

}  // namespace rnnbench::experiments
