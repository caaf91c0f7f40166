// The folder of one experiment's records: present means finished.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/parameters.h"
#include "experiments/records/files.h"
#include "experiments/records/record.h"

namespace rnnbench::experiments {

// <results>/<experiment>/: runs/<id>.json (a record), runs/<id>.safetensors (its final weights),
// runs/<id>.checkpoint (of an unfinished run), runs.csv, curves.csv, tables, figures/, report.html. Beside
// the experiments may lie findings.html.
class ResultsFolder {
 public:
  // Opens, does not create. Throws UserError when the path exists and is something else than such a folder.
  ResultsFolder(const std::filesystem::path& results, const std::string& experiment, Files& files = system_files());

  // Creates the folder and proves that it can be written; throws UserError when not. Before the first run.
  void prepare();

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path record_path(const std::string& id) const;
  std::filesystem::path weights_path(const std::string& id) const;
  std::filesystem::path checkpoint_path(const std::string& id) const;
  Files& files() const { return *files_; }

  bool has(const std::string& id) const;
  // The record, checked (JSON, schema, sections, id against the canonical text, result against its hash);
  // nothing when absent; UserError naming the file and what is wrong with it when truncated or edited.
  std::optional<Record> load(const std::string& id) const;
  std::vector<Record> load_all() const;  // sorted by id
  // Written to a temporary name, synced, renamed; never overwrites a finished record: when another process
  // was faster, its record stays, and it is an error if the results differ. Throws std::runtime_error when
  // the disk is full; the folder is then as before.
  void commit(const Record& record) const;
  // Of a run that has its record. Failing to remove it is no harm: it is tried again when the experiment runs
  // again.
  void discard_checkpoint(const std::string& id) const noexcept;

 private:
  std::filesystem::path folder_;
  Files* files_;
};

// The record in a file, checked as Ledger::load does; its name has to be <id>.json.
Record read_record(const std::filesystem::path& path);
// The file of a record: readable JSON, one line for each point of the curve.
std::string record_text(const Record& record);
// 16 hex digits: the hash of a record's `result` without its "hash".
std::string result_hash(const Json& result);

}  // namespace rnnbench::experiments
