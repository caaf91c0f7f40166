#include "cli/run.h"

#include <iostream>

#include "analysis/csv.h"
#include "cli/arguments.h"
#include "cli/columns.h"
#include "cli/interruptible.h"
#include "core/error.h"
#include "experiments/records/weights.h"
#include "experiments/running/runner.h"

namespace rnnbench::cli {
namespace {

void print_plan(const Experiment& experiment, const Shard& shard, const std::filesystem::path& results, bool weights) {
  const ResultsFolder results_folder(results, experiment.name);
  std::size_t recorded = 0, again = 0;
  std::vector<std::vector<std::string>> rows;
  const std::vector<RunSpec> runs = shard.of_runs(experiment.runs);
  for (const RunSpec& run : runs) {
    stop_if_interrupted();
    const std::string id = run.id();
    const auto record = results_folder.load(id);  // reports a damaged record
    const bool lacks_weights = record && weights && !weights_problem(results_folder.weights_path(id), *record).empty();
    recorded += record.has_value();
    again += lacks_weights;
    rows.push_back({id, !record ? "to run" : lacks_weights ? "to run for its weights" : "recorded", describe(run)});
  }
  print_columns(std::cout, rows);
  std::cout << runs.size() << " runs" << (shard.is_whole() ? "" : " of shard " + shard.text()) << ", " << recorded
            << " recorded, " << runs.size() - recorded << " to run"
            << (again > 0 ? ", " + std::to_string(again) + " to run again for their weights" : "") << ", in "
            << results_folder.path().string() << '\n';
}

int run_or_plan(const Arguments& arguments) {
  if (arguments.has("keep-going") && arguments.has("fail-fast")) {
    throw UserError("command line: --keep-going and --fail-fast exclude each other");
  }
  RunnerOptions options;
  options.jobs = static_cast<int>(arguments.integer("jobs", 0, 1, 4096));
  const WorkspaceOptions workspace = workspace_options(arguments);
  options.threads = workspace.threads;
  options.recompute = workspace.recompute;
  options.keep_going = !arguments.has("fail-fast");
  options.weights = !arguments.has("no-weights");
  options.oversubscribe = arguments.has("oversubscribe");
  options.shard = shard_of(arguments);
  const Experiment experiment = parse_experiment(arguments, workspace);
  if (arguments.has("dry-run")) {
    print_plan(experiment, options.shard, arguments.results(), options.weights);
    return 0;
  }
  options.command = run_command_line(arguments);
  const ResultsFolder folder(arguments.results(), experiment.name);
  folder.for_each([](const Record&) {});  // reports a damaged record before any run starts
  const int code = run_experiment(experiment, arguments.results(), options);
  if (!options.shard.is_whole()) return code;
  return after_runs(code, [&] { write_csv(folder); });
}

}  // namespace

int run_command(const CommandArguments& words) {
  const Arguments arguments("run", words,
                            {{.name = "jobs"},
                             {.name = "threads"},
                             {.name = "shard"},
                             {.name = "recompute"},
                             results_flag(),
                             {.name = "dry-run", .takes_value = false},
                             {.name = "keep-going", .takes_value = false},
                             {.name = "fail-fast", .takes_value = false},
                             {.name = "no-weights", .takes_value = false},
                             {.name = "oversubscribe", .takes_value = false}});
  return interruptible(run_command_line(arguments), [&] { return run_or_plan(arguments); });
}

}  // namespace rnnbench::cli
