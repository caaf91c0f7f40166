// The trials of a search, in one file per search with one line for each trial.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "experiments/declaration/spec.h"
#include "experiments/records/files.h"
#include "experiments/records/record.h"

namespace rnnbench::experiments {

// What is kept of a trial. Everything but cpu_seconds and paths is a function of `canonical`.
struct TrialRecord {
  std::string canonical;  // of the RunSpec; the id is its hash
  std::string status;     // "solved", "finished" or "diverged"
  bool solved = false;
  std::optional<std::int64_t> updates_to_solve;
  std::int64_t updates = 0;  // done
  std::string measure;       // the score that points are judged by (TaskEntry::measures_beyond_training)
  bool higher_is_better = true;
  double baseline = 0;
  std::optional<double> optimum;
  // final.validation of the result: score, value; nothing where it is not finite.
  std::vector<std::pair<std::string, std::optional<double>>> validation;
  std::string result_hash;  // `hash` of the record's result: verify trains the trial again and compares it
  double cpu_seconds = 0;   // training and evaluation
  std::vector<std::pair<std::string, std::string>> paths;  // input files of the task: option, path
  std::string place;  // "results/study/search-A.jsonl:3" of a trial that was read; not stored

  std::string id() const;
  std::optional<double> score(const std::string& name) const;  // a validation score; nothing: not finite
};

// What is kept of a finished run.
TrialRecord trial_record(const RunSpec& run, const Record& record);
// The run of a trial. Throws UserError that names its place when this program does not know an option or a value of its
// canonical text.
RunSpec spec_of(const TrialRecord& trial);

// What two trials of one run have in common: all but cpu_seconds and paths.
Json trial_json(const TrialRecord& trial);
// The text of a trial's line, with the line end. It ends with the hash of the text before it.
std::string trial_line(const TrialRecord& trial);

// The content of a file of trials from byte `from` on. Throws UserError when it is no file, or too large for one.
std::string trial_file_text(const std::filesystem::path& path, std::uint64_t from = 0);

// <results>/<study>/search-A.jsonl. Lines are in the order in which trials were finished, so with one job the file has
// the same bytes (but for cpu_seconds) after any interruption; otherwise the order differs. Several processes may
// append at the same time. An incomplete last line is that of a killed process: it is ignored, and the next add()
// removes it. One that lacks only its line end is a trial like others, and gets it with the next add().
class TrialFile {
 public:
  // Reads the file if there is one. Throws UserError with file and line number for a line that was edited, and for two
  // lines of one trial with different results; two equal ones count as one.
  explicit TrialFile(std::filesystem::path path, Files& files = system_files());

  static std::filesystem::path path_in(const std::filesystem::path& study_folder, char search);

  const std::filesystem::path& path() const { return path_; }
  // The trials of this program's numerics_version, by id, and their number.
  const std::map<std::string, TrialRecord>& trials() const { return trials_; }
  std::size_t size() const { return trials_.size(); }
  const std::map<std::string, TrialRecord>& former_trials() const { return former_; }  // of other versions
  const std::vector<std::string>& ids_in_order() const { return order_; }              // of lines, of all versions
  // Of any version. nullptr: not trained yet; valid as long as the file is.
  const TrialRecord* find(const std::string& id) const;

  // Reads what other processes have appended since the last call.
  void refresh();
  // Throws UserError if trials cannot be added to an existing file, which is better known before they are trained.
  void check_writable() const;
  // Appends the trial with one write and waits until it is on the disk. Does nothing when it is there already, also if
  // another process has just added it; throws std::runtime_error if its result differs, and when the disk is full, in
  // which case the file keeps its bytes, and UserError without the right to write.
  void add(const TrialRecord& trial);
  // The same for all trials of `other` that are not here yet, in the order of its lines and with one write. Returns how
  // many were added; the ids of trials that are here with another result are appended to `differing`.
  std::size_t add_all(const TrialFile& other, std::vector<std::string>& differing);

 private:
  void read_line(std::string_view line, std::size_t number);
  void append(const std::function<std::string()>& lines);

  std::filesystem::path path_;
  Files* files_;
  std::map<std::string, TrialRecord> trials_, former_;  // former_: of other versions
  std::vector<std::string> order_;                      // ids, as they first occur in the file
  std::uint64_t read_bytes_ = 0;
  std::size_t read_lines_ = 0;
};

}  // namespace rnnbench::experiments
