#include "experiments/running/estimate.h"

#include <algorithm>
#include <map>

#include "core/denormals.h"
#include "experiments/declaration/run_task.h"
#include "experiments/running/interrupt_guard.h"
#include "experiments/training/clock.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/update.h"
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::experiments {
namespace {

struct Cost {
  double update = 0, sequence = 0;  // seconds of an update, and of the prediction of one sequence
};

Cost measured_cost(const RunSpec& run) {
  const auto task = make_task(run);
  const auto network = make_network<float>(run.model, task->signature());
  Parameters<float> parameters(network->layout());
  network->initialize(run.seed, parameters);
  const auto workspace = network->workspace();
  Updater updater(run.training, task->chunk() > 0, *network, *workspace);
  std::vector<StreamPlace> streams;
  Batch batch;
  const int size = static_cast<int>(run.training.integer("batch"));
  Cost cost;
  for (int repetition = 0; repetition < 3; ++repetition) {  // the first one also allocates the arrays
    const double start = thread_cpu_seconds();
    next_batch(*task, {.seed = run.seed, .purpose = Purpose::speed, .step = static_cast<std::uint32_t>(repetition)},
               size, streams, batch);
    updater.update(parameters, batch, 1e-6, nullptr);
    const double seconds = thread_cpu_seconds() - start;
    cost.update = repetition == 0 ? seconds : std::min(cost.update, seconds);
  }
  std::vector<float> outputs;
  const double start = thread_cpu_seconds();
  network->predict(parameters, batch, false, *workspace, outputs);
  cost.sequence = (thread_cpu_seconds() - start) / size;
  return cost;
}

}  // namespace

std::vector<double> estimated_seconds(const std::vector<RunSpec>& runs) {
  const FlushDenormals flush;
  std::map<std::string, Cost> costs;
  std::vector<double> seconds;
  for (const RunSpec& run : runs) {
    stop_if_interrupted();
    std::string kind;
    for (const char* key : {"batch", "optimizer", "truncate"}) kind += run.training.text(key) + "\n";
    for (const Settings* part : {&run.task, &run.model})
      for (const auto& [key, value] : part->values()) kind += "\n" + key + "=" + value;
    auto known = costs.find(kind);
    if (known == costs.end()) known = costs.emplace(kind, measured_cost(run)).first;
    const Cost& cost = known->second;
    const std::int64_t updates = run.training.integer("updates");
    std::int64_t points = 1;
    for (std::int64_t u = 0; u < updates; u = next_evaluation(u, updates, run.training.integer("evaluate-every")))
      ++points;
    double lengths = 1;  // total length of a final test sequence at every length, in training lengths
    const double length = static_cast<double>(run.task.integer("length"));
    if (run.task.has("test-length"))
      for (const std::int64_t other : run.task.integers("test-length")) lengths += static_cast<double>(other) / length;
    const double evaluate = static_cast<double>(run.training.integer("evaluate"));
    seconds.push_back(
        static_cast<double>(updates) * cost.update +
        evaluate * cost.sequence *
            (static_cast<double>(points) * (1 + confirm_factor) + confirm_factor + test_factor * lengths));
  }
  return seconds;
}

}  // namespace rnnbench::experiments
