#include "cli/predict.h"

#include <algorithm>
#include <iostream>

#include "cli/arguments.h"
#include "cli/output_file.h"
#include "cli/recorded_model.h"
#include "core/denormals.h"
#include "core/error.h"
#include "core/sequence_arrays.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/scorer.h"
#include "experiments/training/update.h"
#include "tasks/helpers.h"

namespace rnnbench::cli {
namespace {

constexpr int batch_size = 64;  // as in the evaluation of runs

// Of a run that was tested on a list, all its entries; otherwise as many random sequences as its test scores are of.
std::int64_t default_count(const RecordedModel& model) {
  const int listed = model.task->listed(Purpose::test);
  return listed > 0 ? listed : test_factor * spec_from_json(model.record.spec).training.integer("evaluate");
}

// The sequences of the test scores of a task that is scored without sampling. Which ones, the task itself decides, for
// some tasks by what the network answers.
std::vector<Batch> scored_sequences(const RecordedModel& model, Workspace<float>& workspace) {
  std::vector<Batch> batches;
  const Predict predict = predictor(*model.network, model.parameters, workspace);
  const auto keep = [&](const Batch& batch, std::vector<float>& outputs) {
    batches.push_back(batch);
    predict(batch, outputs);
  };
  model.task->evaluate(keep, {.seed = model.spec.seed, .purpose = Purpose::test}, batch_size);
  return batches;
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
  std::vector<std::filesystem::path> inputs = input_files(model.spec);
  inputs.insert(inputs.end(), {model.path, std::filesystem::path(model.path).replace_extension(".safetensors"),
                               std::filesystem::path(arguments.text("from", ""))});
  refuse_inputs(path, inputs);
  const Signature signature = model.task->signature();
  const FlushDenormals flush;
  const auto workspace = model.network->workspace();
  bool has_targets = true;
  std::vector<Batch> batches;
  if (arguments.has("from")) {
    const std::string from = arguments.text("from", "");
    batches = batches_of(read_safetensors(from), signature, batch_size, from, has_targets);
  } else if (!arguments.has("count") && model.task->evaluated_on() == EvaluatedOn::all) {
    batches = scored_sequences(model, *workspace);
    std::int64_t count = 0;
    int steps = 0;
    for (const Batch& batch : batches) count += batch.size, steps = std::max(steps, batch.steps);
    check_size(count, sequence_array_bytes(signature, steps, true));
  } else {
    const std::int64_t count = arguments.integer("count", default_count(model), 1, max_sequences);
    check_listed(*model.task, 0, count);
    check_size(count, sequence_array_bytes(signature, model.task->steps(), true));
    batches = test_sequences(*model.task, model.spec.seed, 0, count);
  }

  std::vector<std::vector<float>> outputs;
  LossSum loss;
  AnswerCount answers;
  for (const Batch& batch : batches) {
    model.network->predict(model.parameters, batch, true, *workspace, outputs.emplace_back());
    loss += loss_of(signature, batch, outputs.back());
    if (signature.loss == Loss::cross_entropy) answers += count_answers(signature, batch, outputs.back());
  }
  TensorFile file = sequence_arrays(signature, batches, outputs);
  if (!has_targets) std::erase_if(file.tensors, [](const Tensor& tensor) { return tensor.name == "targets"; });
  file.metadata = {{"run", model.record.id()},
                   {"spec", spec_from_json(model.record.spec).canonical()},
                   {"inputs", std::to_string(signature.inputs)},
                   {"outputs", std::to_string(signature.outputs)},
                   {"loss", name_of(signature.loss)},
                   {"format", "pt"}};
  write_output_file(path, file);
  std::cout << "wrote the outputs for " << file.tensors.at(0).shape.at(0) << " sequences to " << path.string();
  if (has_targets) {
    std::cout << "\nloss " << loss.mean();
    if (signature.loss == Loss::cross_entropy) std::cout << ", accuracy " << answers.accuracy();
  }
  std::cout << '\n';
  return 0;
}

}  // namespace rnnbench::cli
