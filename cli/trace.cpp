#include "cli/trace.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "analysis/figures/trace_figure.h"
#include "analysis/format.h"
#include "cli/arguments.h"
#include "cli/figures.h"
#include "cli/recorded_model.h"
#include "core/denormals.h"
#include "core/error.h"
#include "core/read_file.h"
#include "experiments/records/files.h"
#include "experiments/records/foreign_files.h"
#include "experiments/training/evaluation.h"
#include "models/catalogue.h"
#include "tasks/catalogue.h"

namespace rnnbench::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t max_sample = 1'000'000;
constexpr int max_steps = 2500;  // the attention weights of a trace grow with the square of its steps

// Removes the padding after the last step with a weight or an answer.
void drop_padding(const Signature& signature, Batch& batch) {
  while (batch.steps > 1 && batch.weight[batch.steps - 1] == 0 && batch.answer[batch.steps - 1] == 0) --batch.steps;
  const std::size_t steps = batch.steps;
  if (signature.one_hot)
    batch.symbols.resize(steps);
  else
    batch.values.resize(steps * signature.inputs);
  if (signature.loss == Loss::cross_entropy)
    batch.classes.resize(steps);
  else
    batch.targets.resize(steps * signature.outputs);
  batch.weight.resize(steps);
  batch.answer.resize(steps);
}

Batch sequence_without_padding(const RunSpec& spec, const Task& task, std::uint32_t sample) {
  if (task.steps() > max_steps)
    throw UserError("length = " + spec.task.text("length") + " means " + std::to_string(task.steps()) +
                    " time steps, but a trace has at most " + std::to_string(max_steps) +
                    "; choose a smaller --length");
  Batch batch = test_sequence(task, spec.seed, sample);
  drop_padding(task.signature(), batch);
  return batch;
}

std::string model_name(const RunSpec& spec, int hidden) {
  const std::string attention = spec.model.text_or("attention", "none");
  const std::size_t layers = cells_of(spec.model.text("cell")).size() * spec.model.integer("layers");
  return spec.model.text("cell") + (attention == "none" ? "" : " + " + attention + " attention") + ", " +
         std::to_string(hidden) + " units" + (layers > 1 ? " in each of " + std::to_string(layers) + " layers" : "");
}

// "10 of 10 answers are correct", or "the answer is 1.13, the target 1.12" if the answer is one number.
std::string answers_text(const SequenceTrace& trace) {
  const Signature& signature = trace.signature;
  const bool classes = signature.loss == Loss::cross_entropy;
  int answers = 0, correct = 0;
  std::size_t last = 0;
  for (std::size_t step = 0; step < trace.batch.answer.size(); ++step) {
    if (!trace.batch.answer[step]) continue;
    ++answers;
    last = step * signature.outputs;
    if (!classes) continue;
    const auto first = trace.outputs.begin() + static_cast<std::ptrdiff_t>(last);
    correct += std::max_element(first, first + signature.outputs) - first == trace.batch.classes[step];
  }
  if (classes) return std::to_string(correct) + " of " + std::to_string(answers) + " answers are correct";
  if (answers == 1 && signature.outputs == 1)
    return "the answer is " + fixed_text(trace.outputs[last], 3) + ", the target " +
           fixed_text(trace.batch.targets[last], 3);
  const std::string loss = significant(loss_of(signature, trace.batch, trace.outputs).mean());
  if (signature.loss == Loss::bernoulli) return "the negative log-likelihood is " + loss + " nats per step";
  return "the mean squared error is " + loss;
}

SequenceTrace make_trace(const RecordedModel& model, std::uint32_t sample) {
  const Network<float>& network = *model.network;
  const FlushDenormals flush;
  SequenceTrace trace;
  trace.signature = model.task->signature();
  trace.batch = sequence_without_padding(model.spec, *model.task, sample);
  for (Trace& part : network.trace(model.parameters, trace.batch, 0))
    trace.activations.push_back({std::move(part.name), part.width, std::move(part.values)});
  const auto workspace = network.workspace();
  network.predict(model.parameters, trace.batch, true, *workspace, trace.outputs);

  const Record& record = model.record;
  const std::string length = model.spec.task.text("length");
  const bool trained = model.at_trained_length();
  trace.name =
      record.id() + (trained ? "" : "-length-" + length) + (sample == 0 ? "" : "-sample-" + std::to_string(sample));
  trace.title = model.spec.task.text("task") + ": " + model_name(model.spec, network.hidden()) + ", seed " +
                std::to_string(model.spec.seed);
  // Sequences of a file are as long as they are; the option only limits them.
  const std::string at_length =
      needs_file(find_task(model.spec.task.text("task")))
          ? ""
          : " at length " + length +
                (trained ? "" : " (trained at " + record.spec.at("task").at("length").dump() + ")");
  trace.caption =
      "Run " + record.id() + ", test sequence " + std::to_string(sample) + at_length + ": " + answers_text(trace) + ".";
  return trace;
}

// <results>/<experiment>/traces/ of <results>/<experiment>/runs/<id>.json.
fs::path trace_folder(const fs::path& record_path) {
  fs::path folder = record_path.parent_path();
  if (fs::absolute(record_path).parent_path().filename() == "runs") folder = (folder / "..").lexically_normal();
  return folder / "traces";
}

}  // namespace

int trace_command(const CommandArguments& words) {
  const Arguments arguments("trace", words, {results_flag(), {.name = "sample"}, {.name = "length"}},
                            /*settings=*/false);
  const auto sample = static_cast<std::uint32_t>(arguments.integer("sample", 0, 0, max_sample));
  const RecordedModel model = recorded_model(arguments, 1);
  if (const int listed = model.task->listed(Purpose::test); listed > 0 && sample >= static_cast<std::uint32_t>(listed))
    throw UserError("command line: --sample = " + std::to_string(sample) +
                    " is more than there is; the test of this task has " +
                    counted(static_cast<std::size_t>(listed), "sequence") + ", numbered from 0");
  const SequenceTrace trace = make_trace(model, sample);

  const fs::path folder = trace_folder(model.path), csv = folder / (trace.name + ".csv");
  const Figure figure = trace_figure(trace);
  refuse_links_and_devices(folder);
  refuse_other_owners(folder.parent_path());
  try {
    fs::create_directories(folder);
    remove_abandoned(folder);
    write_atomically(csv, trace_csv(trace));
  } catch (const std::system_error& error) {
    const std::string sentence = "cannot write the trace to " + folder.string() + ": " + error.code().message();
    if (is_wrong_path(error.code())) throw UserError(sentence);
    throw std::runtime_error(sentence);
  }

  std::cout << trace.title << '\n' << trace.caption << '\n';
  if (std::any_of(trace.activations.begin(), trace.activations.end(), is_gate))
    std::cout << "\nMean of each gate over its units, by kind of step:\n\n" << gate_means(trace).text();
  std::cout << '\n' << csv.string() << '\n';
  draw({figure}, folder, {"", figure_formats, ""});
  return 0;
}

}  // namespace rnnbench::cli
