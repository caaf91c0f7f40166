// Files of arrays, and the sequences in them that `rnnbench predict` reads.
#include "core/safetensors.h"

#include <cmath>

#include "core/sequence_arrays.h"
#include "tests/fuzz/check.h"

namespace rnnbench::fuzz {
namespace {

using namespace rnnbench::core;

void check_batch(const Batch& batch, const Signature& signature) {
  const std::size_t steps = static_cast<std::size_t>(batch.steps) * static_cast<std::size_t>(batch.size);
  require(batch.weight.size() == steps && batch.answer.size() == steps, "every step has a weight");
  for (const std::int32_t symbol : batch.symbols)
    require(symbol >= 0 && symbol < signature.inputs, "a symbol is one of the inputs");
  for (const std::int32_t target : batch.classes)
    require(target >= 0 && target < signature.outputs, "a class is one of the outputs");
  for (const auto* numbers : {&batch.values, &batch.targets, &batch.weight})
    for (const float number : *numbers) require(std::isfinite(number), "a number is finite");
  for (const float weight : batch.weight) require(weight >= 0, "a weight is not negative");
}

}  // namespace

void safetensors(const std::string& input) {
  const TensorFile file = from_safetensors(input, "fuzz.safetensors");
  const std::string bytes = to_safetensors(file);
  const TensorFile again = must_accept("a file that was written", [&] { return from_safetensors(bytes, "again"); });
  require(again.metadata == file.metadata && again.tensors.size() == file.tensors.size(),
          "a file has the same content after it was written and read");
  for (const Tensor& tensor : file.tensors) {
    const Tensor* same = again.find(tensor.name);
    require(same != nullptr && same->type == tensor.type && same->shape == tensor.shape && same->bytes == tensor.bytes,
            "an array is the same after it was written and read");
  }
  for (const Signature& signature : {Signature{.inputs = 3, .one_hot = true, .outputs = 3},
                                     Signature{.inputs = 2, .outputs = 1, .loss = Loss::mean_squared},
                                     Signature{.inputs = 2, .outputs = 2, .loss = Loss::bernoulli}})
    try {
      bool has_targets = false;
      for (const Batch& batch : batches_of(file, signature, 4, "fuzz.safetensors", has_targets))
        check_batch(batch, signature);
    } catch (const UserError&) {  // the arrays are of another signature
    }
}

}  // namespace rnnbench::fuzz
