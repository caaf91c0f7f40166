#include "cli/predict.h"

#include <algorithm>
#include <iostream>

#include "cli/arguments.h"
#include "cli/output_file.h"
#include "cli/recorded_model.h"
#include "core/error.h"
#include "core/sequence_arrays.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/update.h"

namespace rnnbench::cli {
namespace {

constexpr int batch_size = 64;  // as in the evaluation of runs
// Of a run that was tested on a list, all its entries; otherwise as many random sequences as its test scores are of.
std::int64_t default_count(const RecordedModel& model) {
  const int listed = model.task->listed(Purpose::test);
  return listed > 0 ? listed : test_factor * spec_from_json(model.record.spec).training.integer("evaluate");
}

// Share of the answers that are correct, of batches with classes as targets.
double accuracy(const Signature& signature, const std::vector<Batch>& batches,
                const std::vector<std::vector<float>>& outputs) {
  std::int64_t answers = 0, correct = 0;
  for (std::size_t k = 0; k < batches.size(); ++k)
    for (std::size_t i = 0; i < batches[k].answer.size(); ++i) {
      if (!batches[k].answer[i]) continue;
      const auto at = outputs[k].begin() + static_cast<std::ptrdiff_t>(i * signature.outputs);
      ++answers;
      correct += std::max_element(at, at + signature.outputs) - at == batches[k].classes[i];
    }
  return answers == 0 ? 0 : static_cast<double>(correct) / static_cast<double>(answers);
}

}  // namespace

int predict_command(const CommandArguments& words) {
  const Arguments arguments("predict", words,
                            {results_flag(), {.name = "to"}, {.name = "from"}, {.name = "count"}, {.name = "length"}},
                            /*settings=*/false);
  const std::filesystem::path path = output_file(arguments);
  for (const char* flag : {"count", "length"})
    if (arguments.has("from") && arguments.has(flag))
      throw UserError("command line: --" + std::string(flag) +
                      " chooses test sequences and cannot be combined with --from, which names a file of sequences");
  const RecordedModel model = recorded_model(arguments, batch_size);
  const Signature signature = model.task->signature();
  bool has_targets = true;
  std::vector<Batch> batches;
  if (arguments.has("from")) {
    const std::string from = arguments.text("from", "");
    batches = batches_of(read_safetensors(from), signature, batch_size, from, has_targets);
  } else {
    const std::int64_t count = arguments.integer("count", default_count(model), 1, max_sequences);
    check_size(count, sequence_array_bytes(signature, model.task->steps(), true));
    batches = test_sequences(*model.task, model.spec.seed, 0, count);
  }

  flush_denormals();
  const auto workspace = model.network->workspace();
  std::vector<std::vector<float>> outputs;
  LossSum loss;
  for (const Batch& batch : batches) {
    model.network->predict(model.parameters, batch, true, *workspace, outputs.emplace_back());
    loss += loss_of(signature, batch, outputs.back());
  }
  TensorFile file = sequence_arrays(signature, batches, outputs);
  if (!has_targets) std::erase_if(file.tensors, [](const Tensor& tensor) { return tensor.name == "targets"; });
  file.metadata = {{"run", model.record.id()},
                   {"spec", spec_from_json(model.record.spec).canonical()},
                   {"loss", name_of(signature.loss)},
                   {"format", "pt"}};
  write_output_file(path, file);
  std::cout << "wrote the outputs for " << file.tensors.at(0).shape.at(0) << " sequences to " << path.string();
  if (has_targets) {
    std::cout << "\nloss " << loss.mean();
    if (signature.loss == Loss::cross_entropy) std::cout << ", accuracy " << accuracy(signature, batches, outputs);
  }
  std::cout << '\n';
  return 0;
}

}  // namespace rnnbench::cli
