// Sequences as arrays of a safetensors file: what `rnnbench export` writes and `rnnbench predict` reads and writes.
//
//   inputs   I64 [sequences, time]             symbols from 0, or
//            F32 [sequences, time, features]   real values
//   targets  I64 [sequences, time]             classes from 0, or
//            F32 [sequences, time, outputs]    values (0 or 1 for yes/no answers)
//   mask     F32 [sequences, time]             weight of the step in the loss
//   answers  U8  [sequences, time]             1 where the step counts in the accuracy
//   outputs  F32 [sequences, time, outputs]    of a model: logits or values
//
// A sequence that is shorter than the longest one ends in steps with mask 0, whose other numbers are 0.
#pragma once

#include <string>
#include <vector>

#include "core/batch.h"
#include "core/safetensors.h"

namespace rnnbench::core {

// The loss as it is called in files: "cross_entropy", "mean_squared" or "bernoulli".
std::string name_of(Loss loss);

// The bytes of the arrays of one sequence with so many time steps.
double sequence_array_bytes(const Signature& signature, int steps, bool with_outputs);

// The sequences of all batches, in order. `outputs`: those of each batch, [steps, size, outputs] as in the batch; or
// none, and the file has no array of this name.
TensorFile sequence_arrays(const Signature& signature, const std::vector<Batch>& batches,
                           const std::vector<std::vector<float>>& outputs = {});

// The sequences of a file in batches of at most `size`. Other arrays are ignored. Without `mask`, the weight of every
// step is 1; without `answers`, steps with a weight are answers; without `targets`, they are 0. Sets `has_targets`.
// Throws UserError, which begins with `name`, when an array does not have the shape or type above or contains a number
// that is not allowed.
std::vector<Batch> batches_of(const TensorFile& file, const Signature& signature, int size, const std::string& name,
                              bool& has_targets);

}  // namespace rnnbench::core
