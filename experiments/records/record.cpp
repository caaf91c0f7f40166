#include "experiments/records/record.h"

namespace rnnbench::experiments {

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
