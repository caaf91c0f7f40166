#include "experiments/running/merge.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/error.h"
#include "core/read_file.h"
#include "experiments/records/results_folder.h"
#include "experiments/records/weights.h"
#include "experiments/search/search.h"
#include "experiments/search/trials.h"

namespace rnnbench::experiments {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t files_at_a_time = 1024, bytes_at_a_time = std::size_t{1} << 26;
constexpr std::uint64_t max_copied_bytes = std::uint64_t{1} << 30;

// The results of one experiment from one folder to another.
class Merge {
 public:
  Merge(const ResultsFolder& from, ResultsFolder& into, Merged& merged)
      : from_(from), into_(into), files_(into.files()), merged_(merged) {}

  void run() {
    copy_file("protocol.json");
    add_trials();
    add_records();
    if (fs::is_directory(from_.path() / "imported"))
      for (const fs::path& path : paths_in(from_.path() / "imported"))
        if (path.extension() == ".csv") copy_file(fs::path("imported") / path.filename());
  }

 private:
  // A file that is not a record.
  void copy_file(const fs::path& name) {
    const fs::path source = from_.path() / name, target = into_.path() / name;
    if (!path_exists(source)) return;
    const std::string bytes = read_file(source, max_copied_bytes);
    fs::create_directories(target.parent_path());
    if (write_once(target, bytes, files_))
      ++merged_.other_files;
    else if (read_file(target, max_copied_bytes) != bytes)
      merged_.differing.push_back(source.string() + " differs from " + target.string());
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

  void add_records() {
    using NamesAndBytes = std::vector<std::pair<std::string, std::string>>;
    NamesAndBytes records, weights;
    const auto write = [&] {
      // First the weights, without which a record would have to be trained again.
      for (NamesAndBytes* files : {&weights, &records}) {
        write_all_once(into_.path() / "runs", *files, files_);
        files->clear();
      }
    };
    std::size_t bytes = 0;
    for (const std::string& id : from_.ids()) {
      const fs::path path = from_.record_path(id);
      std::string text = read_file(path, max_record_bytes);
      const Record record = read_record(path, text);
      const auto known = into_.load(id);
      if (known && known->result.at("hash") != record.result.at("hash")) {
        merged_.differing.push_back(path.string() + " differs from " + into_.record_path(id).string());
        continue;
      }
      const fs::path weights_path = from_.weights_path(id);
      if (path_exists(weights_path) && !path_exists(into_.weights_path(id))) {
        if (weights_problem(weights_path, record).empty()) {
          weights.emplace_back(weights_path.filename().string(), read_file(weights_path, max_copied_bytes));
          bytes += weights.back().second.size();
          ++merged_.weights;
        } else {
          merged_.damaged.push_back(weights_path.string() + " is damaged, so it was left out");
        }
      }
      if (known) {
        ++merged_.identical;
      } else {
        bytes += text.size();
        records.emplace_back(path.filename().string(), std::move(text));
        ++merged_.records;
      }
      if (records.size() + weights.size() < files_at_a_time && bytes < bytes_at_a_time) continue;
      write();
      bytes = 0;
    }
    write();
  }

  const ResultsFolder& from_;
  ResultsFolder& into_;
  Files& files_;
  Merged& merged_;
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
    for (const std::string& name : names) sources.emplace_back(results, name);
  }
  std::map<std::string, Merged> merged;
  for (const auto& [results, name] : sources) {
    const ResultsFolder source(results, name);
    ResultsFolder target(into, name, files);
    target.prepare();
    Merged& of_experiment = merged[name];
    of_experiment.experiment = name;
    Merge(source, target, of_experiment).run();
  }
  std::vector<Merged> all;
  for (auto& [name, of_experiment] : merged) all.push_back(std::move(of_experiment));
  return all;
}

}  // namespace rnnbench::experiments
