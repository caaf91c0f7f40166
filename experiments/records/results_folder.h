// The folder that holds the records of one experiment. A run is finished when its record exists.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/parameters.h"
#include "experiments/records/files.h"
#include "experiments/records/record.h"

namespace rnnbench::experiments {

// <results>/<experiment>/ contains runs/<id>.json (a record), runs/<id>.safetensors (its final weights),
// runs/<id>.checkpoint (of an unfinished run), for a study the trials of its searches (search-A.jsonl, search-B.jsonl,
// see experiments/search/trials.h) and its protocol.json, imported/*.csv (results of other programs, see
// experiments/records/imported.h), and what is derived from them: runs.csv, curves.csv, tables, figures/ and
// report.html. <results>/findings.html is the page of all findings.
class ResultsFolder {
 public:
  // Creates nothing. Throws UserError when one of the two folders exists but holds something else, and for what
  // refuse_links_and_devices refuses (see experiments/records/foreign_files.h).
  ResultsFolder(const std::filesystem::path& results, const std::string& experiment, Files& files = system_files());

  // Throws UserError if the folder, the results folder that it is in, or a folder in it belongs to another user than
  // this one and root. Whatever writes here calls this or prepare() before.
  void refuse_other_owners() const;
  // Creates the folder, checks that it can be written and belongs to this user or to root, and removes leftovers.
  // Throws UserError if not, and std::system_error if there is no room on the disk or within the limits of the process.
  // Called before the first run.
  void prepare();

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path record_path(const std::string& id) const;
  std::filesystem::path weights_path(const std::string& id) const;
  std::filesystem::path checkpoint_path(const std::string& id) const;
  Files& files() const { return *files_; }

  bool has(const std::string& id) const;
  // The record, or nothing when there is none. Its form, schema, id and hash are checked; throws UserError that names
  // the file and the problem when it was truncated or edited.
  std::optional<Record> load(const std::string& id) const;
  std::vector<Record> load_all() const;  // sorted by id
  // The same, one at a time: a hundred thousand records need gigabytes.
  void for_each(const std::function<void(const Record&)>& visit) const;
  std::vector<std::string> ids() const;  // of the records, sorted
  // Writes the weights file (unless the text is empty) and then the record, each so that the file is complete or
  // absent. An existing record is kept; throws std::runtime_error if its result differs, in which case existing weights
  // are kept too, and when the disk is full.
  void commit(const Record& record, const std::string& weights = "") const;
  // Removes the temporary files that killed processes left. Failures are ignored: the next `run` tries again. Nothing
  // is removed from folders of other users.
  void remove_leftovers() const noexcept;
  // For a run that has its record. Failures are ignored: the next `run` of the experiment tries again. Nothing is
  // removed from folders of other users.
  void discard_checkpoint(const std::string& id) const noexcept;

 private:
  std::filesystem::path folder_;
  Files* files_;
};

// The names of the experiments whose results are in this folder, sorted. Throws UserError when it is no folder.
std::vector<std::string> experiments_in(const std::filesystem::path& results);

// Whether the name is that of the trials of a search (experiments/search/trials.h) or of the protocol of a study.
bool is_file_of_study(const std::filesystem::path& path);
// Whether the absolute path is in a folder of an experiment, or is one, whose files cannot be computed from others:
// `runs` with records, weights or checkpoints, or `imported` with results. Nothing else may be written there.
bool is_among_results(const std::filesystem::path& path);

// The record in a file named <id>.json, checked as ResultsFolder::load does. `text`: the content of the file, if the
// caller has read it.
Record read_record(const std::filesystem::path& path);
Record read_record(const std::filesystem::path& path, const std::string& text);
inline constexpr std::uint64_t max_record_bytes = std::uint64_t{1} << 26;  // a thousand times a common record
// The text of a record's file: readable JSON with one line for each point of the curve.
std::string record_text(const Record& record);
// The hash of a record's `result` without its "hash", 16 hex digits.
std::string result_hash(const Json& result);

}  // namespace rnnbench::experiments
