#include "cli/speed.h"

#include <iomanip>
#include <iostream>
#include <sstream>

#include "cli/arguments.h"
#include "cli/columns.h"
#include "core/error.h"
#include "experiments/declaration/feasible.h"
#include "models/network.h"
#include "speed/speed.h"
#include "tasks/catalogue.h"

namespace rnnbench::cli {
namespace {

bool sets(const Arguments& arguments, const std::string& key) {
  for (const Assignment& setting : arguments.settings())
    if (setting.key == key) return true;
  return false;
}

std::string fixed(double value, int digits) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(digits) << value;
  return out.str();
}

}  // namespace

int speed_command(const CommandArguments& words) {
  const std::vector<Flag> flags = {
      {.name = "time-steps"}, {.name = "threads"}, {.name = "recompute"}, {.name = "repetitions"}, format_flag()};
  const Arguments given("speed", words, flags);
  if (given.has("time-steps") && sets(given, "length"))
    throw UserError("command line: --time-steps and --length exclude each other");
  // Unless a file names them, the default is every cell on copy.
  CommandArguments completed = words;
  const auto add_default = [&](const std::string& key, const std::string& value) {
    if (sets(given, key) || !given.positional().empty()) return;
    completed.push_back("--" + key);
    completed.push_back(value);
  };
  add_default("cell", "all");
  add_default("task", "copy");
  const Arguments arguments("speed", completed, flags);

  SpeedOptions options;
  options.workspace = workspace_options(arguments);
  Experiment experiment = parse_experiment(arguments, options.workspace);
  if (arguments.has("time-steps")) {
    const std::int64_t steps = arguments.integer("time-steps", 0, 1, 100'000'000);
    for (RunSpec& run : experiment.runs) {
      const TaskEntry& task = find_task(run.task.text("task"));
      run.task.set("length", std::to_string(task.length_of_steps(run.task, steps)));
      check_feasible(run, options.workspace);
    }
  }
  options.repetitions = static_cast<int>(arguments.integer("repetitions", 9, 1, 1000));
  const std::vector<SpeedResult> results = measure_speed(experiment.runs, options);

  if (arguments.format() == "json") {
    Json all = Json::array();
    for (const SpeedResult& result : results) {
      Json json = speed_json(result);
      json["threads"] = options.workspace.threads;
      json["recompute"] = options.workspace.recompute;
      json["isa"] = isa_name(best_isa());
      all.push_back(std::move(json));
    }
    std::cout << (all.size() == 1 ? all[0] : all).dump(2) << '\n';
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"model", "task", "batch", "steps", "hidden", "wall ms/update",
                                              "wall ms/forward", "sequences/s", "GFLOP/s", "of peak", "executed",
                                              "of bound"}};
  for (const SpeedResult& r : results) {
    const std::string attention = r.run.model.text_or("attention", "none");
    rows.push_back({r.run.model.text("cell") + (attention == "none" ? "" : " + " + attention), r.run.task.text("task"),
                    r.run.training.text("batch"), std::to_string(r.time_steps), std::to_string(r.hidden),
                    fixed(r.wall_ms_per_update, 3), fixed(r.wall_ms_forward, 3), fixed(r.sequences_per_second, 0),
                    fixed(r.gflops, 1), fixed(100 * r.fraction_of_peak, 1) + " %",
                    fixed(100 * r.executed_fraction, 0) + " %",
                    r.bound ? fixed(100 * r.bound->milliseconds() / r.wall_ms_per_update, 1) + " %" : "-"});
  }
  print_columns(std::cout, rows);
  if (!results.empty())
    std::cout
        << "peak of " << options.workspace.threads << (options.workspace.threads == 1 ? " thread: " : " threads: ")
        << fixed(results[0].peak_gflops, 1) << " GFLOP/s, measured before and after; " << isa_name(best_isa())
        << "; medians of " << options.repetitions << " interleaved repetitions; highest memory "
        << fixed(results[0].peak_memory_mib, 0) << " MiB; other processes used " << fixed(results[0].other_cores, 2)
        << " cores meanwhile\n"
           "GFLOP/s counts nominal operations; executed: the fraction of them that is computed, because one-hot inputs "
           "are looked up\n"
           "bound: the executed operations at the peak, and the arithmetic of cells and optimizer at its own rate "
           "(docs/speed.md)\n";
  return 0;
}

}  // namespace rnnbench::cli
