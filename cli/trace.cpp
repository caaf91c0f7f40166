// trace: what a trained network does at every step of one test sequence.
#include <algorithm>
#include <iostream>
#include <utility>

#include "analysis/figures/trace_figure.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "core/error.h"
#include "experiments/declaration/feasible.h"
#include "experiments/records/files.h"
#include "experiments/records/find_record.h"
#include "experiments/records/results_folder.h"
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t evaluation_seed = 0;     // of test sequences, as in the evaluation of every run
constexpr std::int64_t last_sample = 1'000'000;  // sequences in reach
constexpr int max_steps = 2500;                  // of a trace: the attention alone is their square

// `spec` at another length and for one sequence.
void set_length(const std::string& text, RunSpec& spec) try {
  for (const Option& option : find_task(spec.task.text("task")).options)
    if (option.name == "length") spec.task.set("length", canonical_value(option, text));
} catch (const UserError& error) {
  throw UserError(std::string("command line: ") + error.what());
}

// Shorter sequences of a task end in steps that count for nothing: they are left out.
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

Batch test_sequence(const RunSpec& spec, const Task& task, std::uint32_t sample) {
  if (task.steps() > max_steps)
    throw UserError("length = " + spec.task.text("length") + " means " + std::to_string(task.steps()) +
                    " time steps, and a trace has at most " + std::to_string(max_steps) +
                    "; choose a shorter --length");
  Batch batch;
  task.sample({.seed = evaluation_seed, .purpose = Purpose::test, .first = sample}, 1, batch);
  drop_padding(task.signature(), batch);
  return batch;
}

std::string model_name(const RunSpec& spec, int hidden) {
  const std::string attention = spec.model.text_or("attention", "none");
  const std::int64_t layers = spec.model.integer("layers");
  return spec.model.text("cell") + (attention == "none" ? "" : " + " + attention + " attention") + ", " +
         std::to_string(hidden) + " units" + (layers > 1 ? " in each of " + std::to_string(layers) + " layers" : "");
}

// "10 of 10 answers right", or "answers 1.13 where 1.12 is asked" for one number.
std::string verdict(const SequenceTrace& trace) {
  const Signature& signature = trace.signature;
  const bool classes = signature.loss == Loss::cross_entropy;
  int asked = 0, right = 0;
  std::size_t last = 0;
  for (std::size_t step = 0; step < trace.batch.answer.size(); ++step) {
    if (!trace.batch.answer[step]) continue;
    ++asked;
    last = step * signature.outputs;
    if (!classes) continue;
    const auto first = trace.outputs.begin() + static_cast<std::ptrdiff_t>(last);
    right += std::max_element(first, first + signature.outputs) - first == trace.batch.classes[step];
  }
  if (classes) return std::to_string(right) + " of " + std::to_string(asked) + " answers right";
  if (asked == 1 && signature.outputs == 1)
    return "answers " + fixed_text(trace.outputs[last], 3) + " where " + fixed_text(trace.batch.targets[last], 3) +
           " is asked";
  const std::string loss = significant(loss_of(signature, trace.batch, trace.outputs).mean());
  if (signature.loss == Loss::bernoulli) return "negative log-likelihood " + loss + " nats a step";
  return "mean squared error " + loss;
}

SequenceTrace make_trace(const RunSpec& spec, const fs::path& record_path, const Record& record, std::uint32_t sample) {
  const auto task = find_task(spec.task.text("task")).make(spec.task);
  const auto network = make_network<float>(spec.model, task->signature());
  Parameters<float> parameters(network->layout());
  load_weights(record_path, record, parameters);

  flush_denormals();
  SequenceTrace trace;
  trace.signature = task->signature();
  trace.batch = test_sequence(spec, *task, sample);
  for (Trace& part : network->trace(parameters, trace.batch, 0))
    trace.activations.push_back({std::move(part.name), part.width, std::move(part.values)});
  const auto workspace = network->workspace();
  network->predict(parameters, trace.batch, true, *workspace, trace.outputs);

  const std::string length = spec.task.text("length");
  const bool trained = record.spec.at("task").at("length") == spec.task.integer("length");
  trace.name =
      record.id() + (trained ? "" : "-length-" + length) + (sample == 0 ? "" : "-sample-" + std::to_string(sample));
  trace.title =
      spec.task.text("task") + ": " + model_name(spec, network->hidden()) + ", seed " + std::to_string(spec.seed);
  trace.caption = "Run " + record.id() + ", test sequence " + std::to_string(sample) + " at length " + length +
                  (trained ? "" : " (trained at " + record.spec.at("task").at("length").dump() + ")") + ": " +
                  verdict(trace) + ".";
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
  const Arguments arguments("trace", words, {results_flag(), {"sample"}, {"length"}}, false);
  const auto sample = static_cast<std::uint32_t>(arguments.integer("sample", 0, 0, last_sample));
  const fs::path record_path =
      find_record(arguments.results(), arguments.only_positional("one RUN: an id, the beginning of one, or a path"));
  const Record record = read_record(record_path);
  RunSpec spec = spec_from_json(record.spec);
  spec.training.set("batch", "1");
  spec.task.set("test-length", "");  // one sequence is all that is made
  if (arguments.has("length")) set_length(arguments.text("length", ""), spec);
  check_feasible(spec);
  const SequenceTrace trace = make_trace(spec, record_path, record, sample);

  const fs::path folder = trace_folder(record_path), csv = folder / (trace.name + ".csv");
  const Figure figure = trace_figure(trace);
  try {
    fs::create_directories(folder);
    write_atomically(csv, trace_csv(trace));
    write_figures({figure}, folder);
  } catch (const std::exception& error) {
    throw UserError("trace: " + folder.string() + " cannot be written: " + error.what());
  }

  std::cout << trace.title << '\n' << trace.caption << '\n';
  if (std::any_of(trace.activations.begin(), trace.activations.end(), is_gate))
    std::cout << "\nMean of every gate over its units, per kind of step:\n\n" << gate_means(trace).text();
  std::cout << '\n' << csv.string() << '\n';
  if (!gnuplot_available()) {
    std::cerr << "gnuplot is not installed, so " << (folder / figure.name).string()
              << ".gp is not drawn; it and its .dat file are there (Debian: apt-get install gnuplot-nox)\n";
    return 0;
  }
  draw_figures({figure}, folder);
  for (const char* ending : {".svg", ".pdf", ".png"}) std::cout << (folder / (figure.name + ending)).string() << '\n';
  return 0;
}

}  // namespace rnnbench::cli
