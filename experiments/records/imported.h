// Results of other programs. They lie beside the records of an experiment as CSV files, are shown beside them, and are
// never taken for records: nothing verifies them, and no verdict is based on them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/namespaces.h"
#include "experiments/records/results_folder.h"

namespace rnnbench::experiments {

struct ImportedRun {
  std::string task;   // task_text() of a task of the experiment; where there is no experiment, the name in the file
  std::string model;  // as in the file
  std::uint64_t seed = 0;
  std::string measure;  // of the score, such as "recall"
  bool higher_is_better = true;
  std::optional<double> score;             // finite; nothing if the run diverged
  std::optional<std::int64_t> updates;     // updates of training
  std::optional<double> seconds;           // elapsed time of training
  std::optional<std::int64_t> parameters;  // number of parameters of the model
  std::string place;                       // "results/quickstart/imported/torch.csv:12"; not stored
};

// What a line says about its task and its score, and what that means.
struct ScoredTask {
  std::string task;
  std::string measure;                   // "": not given
  std::optional<bool> higher_is_better;  // nothing: not given
};

inline constexpr std::uint64_t max_import_bytes = std::uint64_t{1} << 24;
inline constexpr std::size_t max_import_runs = 100'000, max_import_name = 200;  // runs; bytes of a name

// The runs of a CSV file (core/csv.h), whose first line names the columns in any order:
//   task, model, seed, score                              required; `diverged` in place of a score is allowed
//   measure, higher_is_better, updates, seconds, parameters   optional; a cell may be empty
// `resolve` gives what a line says about its task the name, measure and direction that it means. Throws UserError
// "file:line: ..." for everything that is missing, unknown, twice or not a finite number, and if `resolve` throws, or
// leaves measure or direction open.
std::vector<ImportedRun> read_import(const std::filesystem::path& file,
                                     const std::function<ScoredTask(ScoredTask)>& resolve);
// The same for a file with this content.
std::vector<ImportedRun> read_import(const std::filesystem::path& file, const std::string& content,
                                     const std::function<ScoredTask(ScoredTask)>& resolve);

// The runs as such a file with all columns, sorted by task, model and seed: what is stored.
std::string import_text(std::vector<ImportedRun> runs);

// Throws UserError that names both places if two runs have the same task, model and seed, or if the scores of two runs
// on the same task are of different measures or directions.
void check_imports(const std::vector<ImportedRun>& runs);

// While it lives, other processes that import into this folder, or merge imports into it, wait: each checks its results
// together with those of the others. Where the file system has no locks, no file is lost, but results may be there
// twice.
class ImportLock {
 public:
  explicit ImportLock(const std::filesystem::path& folder);
  ~ImportLock();
  ImportLock(const ImportLock&) = delete;
  ImportLock& operator=(const ImportLock&) = delete;

 private:
  const int folder_;
};

// Where the import of this name is stored: <folder>/imported/NAME.csv.
std::filesystem::path import_path(const ResultsFolder& folder, const std::string& name);
// The runs of a stored file, checked as those of any other; it has to state measure and direction.
std::vector<ImportedRun> stored_import(const std::filesystem::path& path);
// The stored files of an experiment, sorted.
std::vector<std::filesystem::path> files_of_imports(const std::filesystem::path& experiment_folder);
bool has_imports(const std::filesystem::path& experiment_folder);
// The runs of all imports, checked; but for the file `without`, if it is given.
std::vector<ImportedRun> load_imports(const ResultsFolder& folder, const std::filesystem::path& without = {});

}  // namespace rnnbench::experiments
