// From what a user calls a run to its record.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::experiments {

// The path of the record that `run` names: an id or the beginning of one, searched in <results>/*/runs, or the path of
// a record (any text with a '/' or the ending .json). The file exists, but its content is not checked (see
// read_record). Throws UserError when no record or more than one fits, and when the record, its weights or the folder
// of its experiment is what foreign_files.h refuses.
std::filesystem::path find_record(const std::filesystem::path& results, const std::string& run);

// Whether this is an id or the beginning of one.
bool begins_id(const std::string& run);
// All records in <results>/*/runs whose id begins with `prefix`, sorted by path.
std::vector<std::filesystem::path> records_with_prefix(const std::filesystem::path& results, const std::string& prefix);

// Throws the UserError for a beginning that fits several runs, which `places` names.
[[noreturn]] void refuse_ambiguous(const std::string& run, const std::vector<std::string>& places);

}  // namespace rnnbench::experiments
