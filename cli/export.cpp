#include "cli/export.h"

#include <algorithm>
#include <iostream>

#include "cli/arguments.h"
#include "cli/output_file.h"
#include "core/error.h"
#include "core/sequence_arrays.h"
#include "experiments/declaration/run_task.h"
#include "experiments/training/evaluation.h"

namespace rnnbench::cli {
namespace {

// The sequences [first, first + count) of the training data, in the order in which updates use them.
std::vector<Batch> training_sequences(const Task& task, const RunSpec& run, std::int64_t first, std::int64_t count) {
  const std::int64_t size = run.training.integer("batch");
  std::vector<Batch> batches;
  for (std::int64_t done = 0; done < count;) {
    const std::int64_t update = (first + done) / size + 1, begin = (first + done) % size;
    const std::int64_t taken = std::min(size - begin, count - done);
    Batch batch;
    task.sample({.seed = run.seed,
                 .purpose = Purpose::training,
                 .step = static_cast<std::uint32_t>(update),
                 .set = static_cast<std::uint32_t>(run.training.integer("training-set"))},
                static_cast<int>(size), batch);
    batches.push_back(batch.sequences(static_cast<int>(begin), static_cast<int>(taken)));
    done += taken;
  }
  return batches;
}

// Throws UserError for a setting that would change nothing, such as one of the model.
void check_settings(const RunSpec& run, const std::vector<Assignment>& settings) {
  for (const Assignment& a : settings)
    if (!run.task.has(a.key) && a.key != "seed" && a.key != "batch" && a.key != "training-set")
      throw UserError("command line: --" + a.key +
                      " has no effect on sequences; 'rnnbench export' takes options of the task, --seed, --batch and "
                      "--training-set");
}

}  // namespace

int export_command(const CommandArguments& words) {
  const Arguments arguments(
      "export", words,
      {{.name = "to"}, {.name = "count"}, {.name = "first"}, {.name = "split", .choices = {"training", "test"}}});
  const std::filesystem::path path = output_file(arguments);
  const auto& settings = arguments.settings();
  if (std::none_of(settings.begin(), settings.end(), [](const Assignment& a) { return a.key == "task"; }))
    throw UserError("command line: 'rnnbench export' needs --task NAME");
  const RunSpec run = parse_single_run(arguments, {{"cell", "lstm"}});
  check_settings(run, settings);
  refuse_inputs(path, input_files(run));
  const std::int64_t first = arguments.integer("first", 0, 0, max_sequences);
  const std::string split = arguments.text("split", "training");
  const auto task = make_task(run);
  const std::int64_t rest = split == "test" ? task->listed(Purpose::test) - first : 0;  // of a list
  const std::int64_t count = arguments.integer("count", rest > 0 ? rest : 1000, 1, max_sequences);
  if (split == "test") check_listed(*task, first, count);
  if (task->chunk() > 0)
    throw UserError("command line: --chunk = " + run.task.text("chunk") +
                    " has no effect on 'rnnbench export', which writes whole sequences; leave it out");
  const Signature signature = task->signature();
  check_size(count, sequence_array_bytes(signature, task->steps(), false));

  TensorFile file = sequence_arrays(signature, split == "test" ? test_sequences(*task, run.seed, first, count)
                                                               : training_sequences(*task, run, first, count));
  file.metadata = {{"task", run.json().at("task").dump()},
                   {"seed", std::to_string(run.seed)},
                   {"split", split},
                   {"first", std::to_string(first)},
                   {"inputs", std::to_string(signature.inputs)},
                   {"outputs", std::to_string(signature.outputs)},
                   {"loss", name_of(signature.loss)},
                   {"format", "pt"}};
  if (split == "training") file.metadata["batch"] = run.training.text("batch");
  write_output_file(path, file);
  std::cout << "wrote " << count << ' ' << split << " sequences of up to " << file.tensors.at(0).shape.at(1)
            << " time steps to " << path.string() << '\n';
  return 0;
}

}  // namespace rnnbench::cli
