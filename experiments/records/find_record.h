// From what a user calls a run to its record and its weights.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/parameters.h"
#include "experiments/records/record.h"

namespace rnnbench::experiments {

// The path of the record that `run` names: an id or the beginning of one, searched in <results>/*/runs, or
// the path of a record (anything with a '/' or the ending .json). The file exists, its content is not checked
// (see read_record). Throws UserError when there is none, or more than one.
std::filesystem::path find_record(const std::filesystem::path& results, const std::string& run);

// Reads the final weights beside a record. `parameters` has the layout of the record's network. Throws
// UserError when the run kept none, or when they are not those whose hash the record states.
void load_weights(const std::filesystem::path& record_path, const Record& record, Parameters<float>& parameters);

// FNV-1a over the numbers of all blocks: "weights" of a record.
std::uint64_t weights_hash(const Parameters<float>& parameters);

}  // namespace rnnbench::experiments
