// The final weights of a run.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/parameters.h"
#include "experiments/records/record.h"

namespace rnnbench::experiments {

// 64-bit FNV-1a hash of the parameters of all blocks, in order: `weights` of a record's result.
std::uint64_t weights_hash(const Parameters<float>& parameters);

// Reads <id>.safetensors beside the record <id>.json. `parameters` has the layout of the record's network. Throws
// UserError when the file is missing, when the run diverged, or when the weights do not have the hash that the record
// states.
void load_weights(const std::filesystem::path& record_path, const Record& record, Parameters<float>& parameters);

}  // namespace rnnbench::experiments
