#include "cli/dump.h"

#include <filesystem>
#include <iostream>

#include "cli/arguments.h"
#include "cli/output_file.h"
#include "core/denormals.h"
#include "core/safetensors.h"
#include "experiments/declaration/run_task.h"
#include "experiments/records/weights.h"
#include "experiments/training/update.h"

namespace rnnbench::cli {
namespace {

void add(TensorFile& file, const std::string& name, const std::vector<std::int64_t>& shape,
         const std::vector<float>& values) {
  file.tensors.push_back(make_tensor(name, shape, values.data()));
}

}  // namespace

int dump_command(const CommandArguments& words) {
  const Arguments arguments("dump", words, {{.name = "to"}});
  const std::filesystem::path path = output_file(arguments);
  const RunSpec run = parse_single_run(arguments, {{"task", "copy"}, {"cell", "lstm"}});
  refuse_inputs(path, input_files(run));

  const FlushDenormals flush;
  const auto task = make_task(run);
  const Signature signature = task->signature();
  const auto network = make_network<float>(run.model, signature);
  Parameters<float> parameters(network->layout()), gradient(network->layout());
  network->initialize(run.seed, parameters);
  Batch batch;
  std::vector<StreamPlace> streams;
  next_batch(*task, {.seed = run.seed, .purpose = Purpose::speed, .step = 1},
             static_cast<int>(run.training.integer("batch")), streams, batch);
  const auto workspace = network->workspace();
  std::vector<float> outputs;
  network->predict(parameters, batch, true, *workspace, outputs);
  const double loss = network->gradient(parameters, batch, *workspace, gradient);

  TensorFile file;
  file.metadata = {{"spec", run.canonical()}, {"format", "pt"}};
  const std::int64_t steps = batch.steps, size = batch.size;
  std::vector<float> inputs = batch.values;
  if (signature.one_hot) {
    inputs.assign(batch.symbols.size() * signature.inputs, 0.0f);
    for (std::size_t i = 0; i < batch.symbols.size(); ++i) inputs[i * signature.inputs + batch.symbols[i]] = 1.0f;
  }
  add(file, "inputs", {steps, size, signature.inputs}, inputs);
  if (signature.loss == Loss::cross_entropy) {
    const std::vector<std::int64_t> classes(batch.classes.begin(), batch.classes.end());
    file.tensors.push_back(make_tensor("targets", {steps, size}, classes.data()));
  } else {
    add(file, "targets", {steps, size, signature.outputs}, batch.targets);
  }
  add(file, "mask", {steps, size}, batch.weight);
  add(file, "outputs", {steps, size, signature.outputs}, outputs);
  file.tensors.push_back(make_tensor("loss", {1}, &loss));
  append_parameters("", parameters, file);
  append_parameters("grad.", gradient, file);
  name_as_in_files(run.json().at("model"), file);
  write_output_file(path, file);
  std::cout << "wrote " << file.tensors.size() << " arrays to " << path.string() << '\n';
  return 0;
}

}  // namespace rnnbench::cli
