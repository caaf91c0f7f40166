// The final weights of a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/parameters.h"
#include "experiments/records/record.h"

namespace rnnbench::experiments {

// 64-bit FNV-1a hash of the parameters of all blocks, in order: `weights` of a record's result.
std::uint64_t weights_hash(const Parameters<float>& parameters);

// Whether the weights file of a record, <id>.safetensors beside it, is "missing" or "damaged", or "" when it is neither
// or the run diverged and has none.
std::string weights_problem(const std::filesystem::path& path, const Record& record);

// Reads <id>.safetensors beside the record <id>.json. `parameters` has the layout of the record's network. Throws
// UserError when the file is missing, when the run diverged, or when the weights do not have the hash that the record
// states.
void load_weights(const std::filesystem::path& record_path, const Record& record, Parameters<float>& parameters);

}  // namespace rnnbench::experiments
