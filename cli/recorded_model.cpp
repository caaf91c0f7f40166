#include "cli/recorded_model.h"

#include "core/error.h"
#include "core/options.h"
#include "experiments/declaration/feasible.h"
#include "experiments/declaration/run_task.h"
#include "experiments/records/find_record.h"
#include "experiments/records/results_folder.h"
#include "experiments/records/weights.h"
#include "tasks/catalogue.h"

namespace rnnbench::cli {
namespace {

// Sets the length of the task.
void set_length(const std::string& text, RunSpec& spec) try {
  for (const Option& option : find_task(spec.task.text("task")).options)
    if (option.name == "length") spec.task.set("length", canonical_value(option, text));
} catch (const UserError& error) {
  throw UserError(std::string("command line: ") + error.what());
}

}  // namespace

RecordedModel recorded_model(const Arguments& arguments, int batch) {
  const std::filesystem::path path =
      find_record(arguments.results(),
                  arguments.only_positional("one RUN (an id, the beginning of an id, or the path of a record)"));
  Record record = read_record(path);
  RunSpec spec = spec_from_json(record.spec);
  spec.training.set("batch", std::to_string(batch));
  spec.task.set("test-length", "");  // not needed, and not to be checked for memory
  if (arguments.has("length")) set_length(arguments.text("length", ""), spec);
  check_feasible(spec);
  auto task = make_task(spec);
  auto network = make_network<float>(spec.model, task->signature());
  Parameters<float> parameters(network->layout());
  load_weights(path, record, parameters);
  return {path, std::move(record), std::move(spec), std::move(task), std::move(network), std::move(parameters)};
}

}  // namespace rnnbench::cli
