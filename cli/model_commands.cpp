#include "cli/model_commands.h"

#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "cli/arguments.h"
#include "cli/columns.h"
#include "core/error.h"
#include "core/options.h"
#include "core/safetensors.h"
#include "experiments/declaration/run_task.h"
#include "experiments/records/results_folder.h"
#include "experiments/records/weights.h"
#include "experiments/training/update.h"
#include "models/catalogue.h"
#include "models/gradient_check.h"
#include "tasks/catalogue.h"

namespace rnnbench::cli {
namespace {

// Largest allowed error of a gradient, relative to the largest derivative of its block.
constexpr double gradient_bound = 1e-12;

std::string scientific(double value) {
  std::ostringstream out;
  out << std::scientific << std::setprecision(1) << value;
  return out.str();
}

void add(TensorFile& file, const std::string& name, const std::vector<std::int64_t>& shape,
         const std::vector<float>& values) {
  file.tensors.push_back(make_tensor(name, shape, values.data()));
}

// The settings to check: the defaults, and every other value of each option that changes the computation.
std::vector<std::pair<std::string, std::string>> checked_settings(const CellEntry& cell) {
  std::vector<std::pair<std::string, std::string>> settings{{"", ""}};
  for (const Option& option : model_options(cell)) {
    if (option.kind != Option::Kind::choice || option.name == "init" || option.name == "initial-state") continue;
    for (const std::string& choice : option.choices)
      if (choice != option.default_value && option.name != "attend") settings.emplace_back(option.name, choice);
  }
  return settings;
}

}  // namespace

int check_command(const CommandArguments& words) {
  const Arguments arguments("check", words, {format_flag()}, false);
  std::vector<CellEntry> cells;
  for (const std::string& name : arguments.positional()) cells.push_back(find_cell(name));
  if (cells.empty()) cells = all_cells();

  // Small odd sizes, two layers and a learned initial state; symbols as inputs with cross-entropy, real values
  // otherwise.
  const std::pair<const char*, Signature> signatures[] = {
      {"cross-entropy", {.inputs = 3, .one_hot = true, .outputs = 4, .loss = Loss::cross_entropy}},
      {"squared error", {.inputs = 3, .one_hot = false, .outputs = 2, .loss = Loss::mean_squared}},
      {"bernoulli", {.inputs = 3, .one_hot = false, .outputs = 2, .loss = Loss::bernoulli}}};
  std::vector<std::vector<std::string>> rows{{"cell", "settings", "loss", "worst block", "error", ""}};
  Json json = Json::array();
  bool all_good = true;
  for (const CellEntry& cell : cells)
    for (const auto& [key, value] : checked_settings(cell))
      for (const auto& [loss, signature] : signatures) {
        Settings settings = default_settings(model_options(cell));
        settings.set("cell", cell.name);
        settings.set("hidden", "4");
        settings.set("layers", "2");
        if (settings.has("initial-state")) settings.set("initial-state", "learned");
        if (!key.empty()) settings.set(key, value);
        const std::string what = key.empty() ? "defaults" : key + " = " + value;
        BlockError worst;
        for (const BlockError& error : check_gradient(settings, signature, random_batch(signature, 6, 3, 1), 1)) {
          const bool good = error.worst <= gradient_bound;
          json.push_back({{"cell", cell.name},
                          {"settings", what},
                          {"loss", loss},
                          {"block", error.name},
                          {"worst", error.worst},
                          {"good", good}});
          if (!(error.worst <= worst.worst) || worst.name.empty()) worst = error;
        }
        const bool good = worst.worst <= gradient_bound;
        all_good &= good;
        rows.push_back({cell.name, what, loss, worst.name, scientific(worst.worst), good ? "" : "WRONG"});
      }
  if (arguments.format() == "json") {
    std::cout << json.dump(2) << '\n';
  } else {
    print_columns(std::cout, rows);
    std::cout << (all_good ? "every gradient agrees with its complex-step derivative: no error exceeds "
                           : "SOME GRADIENTS ARE WRONG: an error exceeds ")
              << scientific(gradient_bound) << " of the block's largest derivative\n";
  }
  return all_good ? 0 : 1;
}

int dump_command(const CommandArguments& words) {
  const Arguments arguments("dump", words, {{.name = "to"}});
  if (!arguments.has("to")) throw UserError("command line: 'rnnbench dump' needs --to FILE.safetensors");
  const std::filesystem::path path = arguments.text("to", "");
  const RunSpec run = parse_single_run(arguments, {{"task", "copy"}, {"cell", "lstm"}});
  if (std::filesystem::is_directory(path))
    throw UserError("command line: --to = " + path.string() + " is a folder; give the name of a file");
  if (std::filesystem::exists(path) &&
      !std::filesystem::is_regular_file(path))  // write_atomically would replace a device
    throw UserError("command line: --to = " + path.string() + " is not a regular file; give the name of a file");

  flush_denormals();
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
  try {
    write_atomically(path, to_safetensors(file));
  } catch (const std::exception& error) {
    throw UserError("command line: --to = " + path.string() + " cannot be written: " + error.what());
  }
  std::cout << "wrote " << file.tensors.size() << " arrays to " << path.string() << '\n';
  return 0;
}

}  // namespace rnnbench::cli
