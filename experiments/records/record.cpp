#include "experiments/records/record.h"

namespace rnnbench::experiments {

bool timed_on_busy_machine(const Record& record) {
  const Json& measured = record.measured;
  if (measured.value("oversubscribed", false)) return true;
  const double wall = measured.value("train_wall_seconds", 0.0) + measured.value("evaluate_wall_seconds", 0.0);
  // The addend: the kernel counts in hundredths of a second, on every core.
  return measured.value("other_cpu_seconds", 0.0) > measured.value("cores", 1.0) * (0.1 * wall + 0.02);
}

std::optional<double> wall_ms_per_update(const Record& record) {
  const auto stored = record.measured.find("ms_per_update");
  if (stored == record.measured.end() || !stored->is_number()) return std::nullopt;
  return stored->get<double>();
}

std::optional<double> cpu_ms_per_update(const Record& record) {
  const double updates = record.result.at("updates").get<double>();
  if (updates <= 0) return std::nullopt;
  return 1e3 * record.measured.at("train_cpu_seconds").get<double>() / updates;
}

}  // namespace rnnbench::experiments
