#include "experiments/declaration/feasible.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>
#include <vector>

#include "core/error.h"
#include "experiments/training/probe.h"
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::experiments {
namespace {

double physical_memory() { return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE); }

std::string gibibytes(double bytes) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f GiB", bytes / (1024.0 * 1024.0 * 1024.0));
  return text;
}

// Of the sequences of one batch, which all threads share.
double batch_bytes(const Signature& signature, std::int64_t steps, std::int64_t size) {
  const double inputs = signature.one_hot ? 1 : signature.inputs;
  const double targets = signature.loss == Loss::cross_entropy ? 1 : signature.outputs;
  return static_cast<double>(steps) * static_cast<double>(size) * (sizeof(float) * (inputs + targets + 1) + 1);
}

// Checks the longest test length. Prediction keeps a few steps only, about as many as training with --recompute 16.
void check_test_length(const RunSpec& run) {
  const WorkspaceOptions options{.threads = 1, .recompute = 16};
  constexpr int max_batch = 64;  // an evaluation is split into batches of at most this size
  const int batch = std::min(max_batch, static_cast<int>(run.training.integer("evaluate")));
  const std::vector<std::int64_t> lengths = run.task.integers("test-length");
  Settings settings = run.task;
  settings.set("length", std::to_string(*std::max_element(lengths.begin(), lengths.end())));
  const auto task = find_task(settings.text("task")).make(settings);
  const double needed = training_bytes(run.model, task->signature(), task->steps(), batch, options) +
                        batch_bytes(task->signature(), task->steps(), batch);
  if (needed <= physical_memory()) return;
  throw UserError("test-length = " + settings.text("length") + " for " + run.model.text("cell") + " on " +
                  run.task.text("task") + " needs about " + gibibytes(needed) + " of memory, but this machine has " +
                  gibibytes(physical_memory()) + "; choose a smaller test-length");
}

}  // namespace

void check_feasible(const RunSpec& run, const WorkspaceOptions& options) {
  const auto task = find_task(run.task.text("task")).make(run.task);
  const NetworkSize size = network_size(run.model, task->signature());
  check_probe(run);
  const std::int64_t batch = run.training.integer("batch");
  const double needed = training_bytes(run.model, task->signature(), task->steps(), static_cast<int>(batch), options) +
                        batch_bytes(task->signature(), task->steps(), batch);
  if (needed > physical_memory())
    throw UserError(
        run.model.text("cell") + " on " + run.task.text("task") + " with hidden = " + std::to_string(size.hidden) +
        (run.model.has("budget") ? " from budget = " + run.model.text("budget") : "") +
        ", batch = " + std::to_string(batch) + " and " + std::to_string(task->steps()) + " time steps needs about " +
        gibibytes(needed) + " of memory, but this machine has " + gibibytes(physical_memory()) +
        "; choose a smaller hidden, layers, batch or length" +
        (run.model.text_or("attention", "none") == "none" && options.recompute == 0 ? ", or use --recompute 100" : ""));
  if (run.task.has("test-length")) check_test_length(run);
}

}  // namespace rnnbench::experiments
