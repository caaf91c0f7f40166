#include "core/schedule.h"

#include <algorithm>

#include "core/math.h"

namespace rnnbench::core {

double learning_rate(const Settings& training, std::int64_t update) {
  const double rate = training.real("learning-rate");
  const std::string& schedule = training.text("schedule");
  if (schedule == "constant") return rate;
  const double warm = static_cast<double>(training.integer("warmup-updates")), now = static_cast<double>(update);
  if (now <= warm) return rate * (now / warm);
  if (schedule != "cosine" && schedule != "linear") return rate;
  const double last = static_cast<double>(training.integer("updates")),
               least = training.has("min-rate") ? training.real("min-rate") : 0;
  const double progress = (now - 1 - warm) / (last - warm);  // 0 in the first update after the warm-up, always below 1
  const double falling = schedule == "linear" ? 1 - progress : 0.5 * (1 + math::cos(3.14159265358979323846 * progress));
  return rate * (least + (1 - least) * falling);
}

void Plateau::evaluated(const Settings& training, bool is_best) {
  if (is_best) {
    waited = 0;
  } else if (++waited > training.integer("plateau-patience")) {
    scale = std::max(scale * training.real("plateau-factor"), training.real("min-rate"));
    waited = 0;
  }
}

}  // namespace rnnbench::core
