// The final weights of a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/parameters.h"
#include "core/safetensors.h"
#include "experiments/declaration/spec.h"
#include "experiments/records/record.h"

namespace rnnbench::experiments {

// 64-bit FNV-1a hash of the parameters of all blocks, in order: `weights` of a record's result.
std::uint64_t weights_hash(const Parameters<float>& parameters);

// In files, the blocks of the recurrent layers have the names that they have in PyTorch, such as "rnn.weight_ih_l0", if
// torch.nn.RNN, LSTM or GRU computes the same from them; otherwise the name of the cell stands in place of "rnn", so
// that PyTorch refuses them: "gru-v1.weight_ih_l0". `model` is the section "model" of a spec.
void name_as_in_files(const Json& model, TensorFile& file);

// The bytes of the weights file of a run.
std::string weights_file(const RunSpec& spec, const Parameters<float>& parameters);

// Whether the weights file of a record, <id>.safetensors beside it, is "missing" or "damaged", or "" when it is neither
// or the run diverged and has none. Every byte has to be as the program writes it. (Where the network of the run is not
// known, because of another numerics_version or an input file that is not there, names and shapes are not compared.)
std::string weights_problem(const std::filesystem::path& path, const Record& record);

// Reads <id>.safetensors beside the record <id>.json. `parameters` has the layout of the record's network. Throws
// UserError when the file is missing, when the run diverged, or when the weights do not have the hash that the record
// states.
void load_weights(const std::filesystem::path& record_path, const Record& record, Parameters<float>& parameters);

}  // namespace rnnbench::experiments
