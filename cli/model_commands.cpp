// check and dump: what a model computes, laid open.
#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "cli/arguments.h"
#include "cli/columns.h"
#include "cli/command.h"
#include "core/error.h"
#include "core/safetensors.h"
#include "experiments/ledger.h"
#include "models/gradient_check.h"
#include "tasks/task.h"

namespace rnnbench {
namespace {

constexpr double gradient_bound = 1e-12;

std::string scientific(double value) {
  std::ostringstream out;
  out << std::scientific << std::setprecision(1) << value;
  return out.str();
}

// `outputs` of every step in double precision would hide the float path: the dump shows what training computes.
void add(TensorFile& file, const std::string& name, const std::vector<std::int64_t>& shape,
         const std::vector<float>& values) {
  file.tensors.push_back(make_tensor(name, shape, values.data()));
}

}  // namespace

int check_command(const CommandArguments& words) {
  const Arguments arguments("check", words, {format_flag()}, false);
  std::vector<CellEntry> cells;
  for (const std::string& name : arguments.positional()) cells.push_back(find_cell(name));
  if (cells.empty()) cells = all_cells();

  // Odd sizes, two layers, a learned initial state; symbols into a softmax, and values into a squared error.
  const Signature signatures[] = {{3, true, 4, Loss::cross_entropy}, {3, false, 2, Loss::mean_squared}};
  std::vector<std::vector<std::string>> rows{{"cell", "attention", "loss", "block", "worst error", ""}};
  Json json = Json::array();
  bool all_good = true;
  for (const CellEntry& cell : cells)
    for (const char* attention : {"none", "additive", "dot"})
      for (const Signature& signature : signatures) {
        Settings settings = default_settings(model_options(cell));
        settings.set("cell", cell.name);
        settings.set("attention", attention);
        settings.set("hidden", "5");
        settings.set("layers", "2");
        settings.set("initial-state", "learned");
        const std::string loss = signature.one_hot ? "cross-entropy" : "squared error";
        for (const BlockError& error : check_gradient(settings, signature, random_batch(signature, 6, 3, 1), 1)) {
          const bool good = error.worst <= gradient_bound;
          all_good &= good;
          rows.push_back({cell.name, attention, loss, error.name, scientific(error.worst), good ? "" : "WRONG"});
          json.push_back({{"cell", cell.name}, {"attention", attention}, {"loss", loss}, {"block", error.name},
                          {"worst", error.worst}, {"good", good}});
        }
      }
  if (arguments.format() == "json") {
    std::cout << json.dump(2) << '\n';
  } else {
    print_columns(std::cout, rows);
    std::cout << (all_good ? "every gradient agrees with the complex step to "
                           : "SOME GRADIENTS ARE WRONG: the bound is ")
              << scientific(gradient_bound) << " of the block's largest derivative\n";
  }
  return all_good ? 0 : 1;
}

int dump_command(const CommandArguments& words) {
  const Arguments arguments("dump", words, {{"to"}});
  if (!arguments.has("to")) throw UserError("dump: --to FILE.safetensors is missing: it says where to write");
  const std::filesystem::path path = arguments.text("to", "");
  const RunSpec run = parse_single_run(arguments, {{"task", "copy"}, {"cell", "lstm"}});
  if (std::filesystem::is_directory(path))
    throw UserError("dump: --to " + path.string() + " is a folder; a file name is needed");
  if (std::filesystem::exists(path) && !std::filesystem::is_regular_file(path))  // a device would be replaced
    throw UserError("dump: --to " + path.string() + " is not an ordinary file; a file name is needed");

  flush_denormals();
  const auto task = find_task(run.task.text("task")).make(run.task);
  const Signature signature = task->signature();
  const auto network = make_network<float>(run.model, signature);
  Parameters<float> parameters(network->layout()), gradient(network->layout());
  network->initialise(run.seed, parameters);
  Batch batch;
  task->sample({run.seed, Purpose::speed, 1}, static_cast<int>(run.training.integer("batch")), batch);
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
  try {
    write_atomically(path, to_safetensors(file));
  } catch (const std::exception& error) {
    throw UserError("dump: " + path.string() + " cannot be written: " + error.what());
  }
  std::cout << "wrote " << file.tensors.size() << " arrays to " << path.string() << '\n';
  return 0;
}

}  // namespace rnnbench
