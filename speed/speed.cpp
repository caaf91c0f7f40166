#include "speed/speed.h"

#include <algorithm>
#include <map>
#include <memory>

#include <benchmark/benchmark.h>

#include "core/denormals.h"
#include "core/threads.h"
#include "experiments/declaration/run_task.h"
#include "experiments/records/environment.h"
#include "experiments/training/clock.h"
#include "experiments/training/update.h"
#include "models/network.h"
#include "speed/peak.h"
#include "tasks/catalogue.h"

namespace rnnbench::speed {
namespace {

// Everything that an update of one run needs.
struct Case {
  Case(const RunSpec& run, const WorkspaceOptions& options)
      : spec(run),
        task(make_task(run)),
        network(make_network<float>(run.model, task->signature())),
        parameters(network->layout()),
        workspace(network->workspace(options)),
        updater(run.training, task->chunk() > 0, *network, *workspace) {
    network->initialize(run.seed, parameters);
    std::vector<StreamPlace> streams;
    next_batch(*task, {.seed = run.seed, .purpose = Purpose::speed, .step = 1},
               static_cast<int>(run.training.integer("batch")), streams, batch);
  }

  // With a learning rate of 0 the parameters stay the same, but the work does too.
  void update() { updater.update(parameters, batch, 0, nullptr); }
  void forward() { network->predict(parameters, batch, false, *workspace, outputs, updater.carried()); }

  const RunSpec spec;
  std::unique_ptr<const Task> task;
  std::unique_ptr<const Network<float>> network;
  Parameters<float> parameters;
  std::unique_ptr<Workspace<float>> workspace;
  Updater updater;
  Batch batch;
  std::vector<float> outputs;
};

// Collects the wall time of every repetition in milliseconds and prints nothing.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs)
      if (run.run_type == Run::RT_Iteration)
        milliseconds[run.run_name.function_name].push_back(run.GetAdjustedRealTime());
  }
  std::map<std::string, std::vector<double>> milliseconds;
};

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

// Whether this weight matrix multiplies the inputs of the network.
bool multiplies_input(const Block& block) {
  return block.name.find("weight_ih_l0") != std::string::npos || block.name == "embedding.weight";
}

// Steps at which some sequence of the batch has a loss, and the pairs of query and state that attention computes there.
struct Scored {
  int steps = 0;
  double pairs = 0;
};
Scored scored_steps(const Batch& batch) {
  Scored scored;
  for (int step = 0; step < batch.steps; ++step)
    for (int c = 0; c < batch.size; ++c)
      if (batch.weight[static_cast<std::size_t>(step) * batch.size + c] != 0) {
        ++scored.steps;
        scored.pairs += step + 1;
        break;
      }
  return scored;
}

}  // namespace

// Each element of a weight matrix costs three multiply-adds per step and sequence: forward pass, gradient of the
// matrix's input, gradient of the element. The inputs of the network have no gradient. The output layer works at scored
// steps only.
double nominal_flops(const RunSpec& run, const Layout& layout, int steps, int scored_steps, double pairs) {
  const double b = static_cast<double>(run.training.integer("batch"));
  double flops = 0;
  for (const Block& block : layout.blocks()) {
    if (block.vector) continue;
    const bool readout = block.name.starts_with("readout"), input = multiplies_input(block);
    flops += (input ? 4.0 : 6.0) * static_cast<double>(block.size()) * b * (readout ? scored_steps : steps);
  }
  const std::string attention = run.model.text_or("attention", "none");
  const int query = layout.find("attention.query.weight"), readout = layout.find("readout.weight");
  const double context = layout.block(readout).cols / 2.0;
  if (attention == "dot" || attention == "general" || attention == "multi-head") flops += 12 * b * context * pairs;
  if (attention == "additive") flops += 6 * b * layout.block(query).rows * pairs;
  return flops;
}

std::vector<SpeedResult> measure_speed(const std::vector<RunSpec>& runs, const SpeedOptions& options) {
  const FlushDenormals flush;
  std::vector<std::unique_ptr<Case>> cases;
  for (const RunSpec& run : runs) {
    cases.push_back(std::make_unique<Case>(run, options.workspace));
    if (const int started = cases.back()->workspace->team().size(); started < options.workspace.threads)
      throw std::runtime_error("the system started only " + std::to_string(started) + " of " +
                               std::to_string(options.workspace.threads) +
                               " threads, so their speed cannot be measured");
  }

  std::string repetitions = "--benchmark_repetitions=" + std::to_string(options.repetitions);
  std::string words[] = {"rnnbench speed", repetitions, "--benchmark_enable_random_interleaving=true",
                         "--benchmark_min_time=0.1"};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  benchmark::ClearRegisteredBenchmarks();
  const auto add_benchmark = [](const std::string& name, auto action) {
    benchmark::RegisterBenchmark(name.c_str(),
                                 [action](benchmark::State& state) {
                                   for (auto _ : state) action();
                                 })
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    Case* each = cases[i].get();
    add_benchmark("update " + std::to_string(i), [each] { each->update(); });
    add_benchmark("forward " + std::to_string(i), [each] { each->forward(); });
  }
  const OtherLoad other_load;
  const double start = wall_seconds();
  const double peak_before = peak_gflops(options.workspace.threads);
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector);
  const double peak = std::max(peak_before, peak_gflops(options.workspace.threads));

  const double other_cores = other_load.cpu_seconds() / (wall_seconds() - start);

  std::vector<SpeedResult> results;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& each = *cases[i];
    const std::vector<double>& updates = collector.milliseconds["update " + std::to_string(i)];
    const Scored scored = scored_steps(each.batch);
    SpeedResult r{.run = each.spec};
    r.time_steps = each.batch.steps;
    r.hidden = each.network->hidden();
    r.parameters = each.network->layout().count();
    r.wall_ms_per_update = median(updates);
    r.wall_ms_fastest = updates.empty() ? 0 : *std::min_element(updates.begin(), updates.end());
    r.wall_ms_forward = median(collector.milliseconds["forward " + std::to_string(i)]);
    r.sequences_per_second = each.batch.size / r.wall_ms_per_update * 1e3;
    r.nominal_flops = nominal_flops(each.spec, each.network->layout(), r.time_steps, scored.steps, scored.pairs);
    double input = 0;
    for (const Block& block : each.network->layout().blocks())
      if (multiplies_input(block)) input += 4.0 * static_cast<double>(block.size()) * each.batch.size * r.time_steps;
    r.executed_fraction = each.task->signature().one_hot ? 1 - input / r.nominal_flops : 1;
    r.gflops = r.nominal_flops / r.wall_ms_per_update * 1e-6;
    r.peak_gflops = peak;
    r.fraction_of_peak = r.gflops / peak;
    r.bound = measured_bound(each.spec, plan_network(each.spec.model, each.task->signature()),
                             {r.time_steps, each.batch.size, r.executed_fraction * r.nominal_flops}, peak,
                             options.workspace.threads);
    r.peak_memory_mib = peak_memory_mib();
    r.other_cores = other_cores;
    results.push_back(std::move(r));
  }
  return results;
}

Json speed_json(const SpeedResult& r) {
  Json json = Json::object();
  const Json spec = r.run.json();
  for (const char* section : {"task", "model", "training"}) json[section] = spec.at(section);
  json["time_steps"] = r.time_steps;
  json["hidden"] = r.hidden;
  json["parameters"] = r.parameters;
  json["wall_ms_per_update"] = r.wall_ms_per_update;
  json["wall_ms_per_update_fastest"] = r.wall_ms_fastest;
  json["wall_ms_forward"] = r.wall_ms_forward;
  json["sequences_per_second"] = r.sequences_per_second;
  json["nominal_flops"] = r.nominal_flops;
  json["executed_fraction"] = r.executed_fraction;
  json["gflops"] = r.gflops;
  json["peak_gflops"] = r.peak_gflops;
  json["fraction_of_peak"] = r.fraction_of_peak;
  json["ms_bound"] = r.bound ? Json(r.bound->milliseconds()) : Json(nullptr);
  json["fraction_of_bound"] = r.bound ? Json(r.bound->milliseconds() / r.wall_ms_per_update) : Json(nullptr);
  json["ms_bound_parts"] = r.bound ? Json{{"products", r.bound->products},
                                          {"weights", r.bound->weights},
                                          {"cells", r.bound->cells},
                                          {"optimizer", r.bound->optimizer}}
                                   : Json(nullptr);
  json["peak_memory_mib"] = r.peak_memory_mib;
  json["other_cores"] = r.other_cores;
  return json;
}

}  // namespace rnnbench::speed
