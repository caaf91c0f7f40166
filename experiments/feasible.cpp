#include "experiments/feasible.h"

#include <unistd.h>

#include <cstdio>

#include "core/error.h"
#include "models/network.h"
#include "tasks/task.h"

namespace rnnbench {
namespace {

double physical_memory() { return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE); }

std::string gibibytes(double bytes) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f GiB", bytes / (1024.0 * 1024.0 * 1024.0));
  return text;
}

}  // namespace

void check_feasible(const RunSpec& run) {
  const auto task = find_task(run.task.text("task")).make(run.task);
  const NetworkSize size = network_size(run.model, task->signature());
  const std::int64_t batch = run.training.integer("batch");
  const double needed =
      training_bytes(run.model, task->signature(), task->steps(), static_cast<int>(batch), /*threads=*/1);
  if (needed <= physical_memory()) return;
  throw UserError(run.model.text("cell") + " on " + run.task.text("task") +
                  " with hidden = " + std::to_string(size.hidden) + ", batch = " + std::to_string(batch) +
                  " and " + std::to_string(task->steps()) + " time steps needs about " + gibibytes(needed) +
                  " of memory, this machine has " + gibibytes(physical_memory()) +
                  "; lower one of hidden, layers, batch and length");
}

}  // namespace rnnbench
