// The parameters that a network starts training from.
#pragma once

#include <cstdint>

#include "core/parameters.h"
#include "core/settings.h"
#include "models/plan.h"

namespace rnnbench::models {

// Fills all blocks. Each block draws from a stream of its own: Stream(seed, Purpose::initial, block number, 0).
void initialize_parameters(const NetworkPlan& plan, const Settings& settings, std::uint64_t seed,
                           Parameters<float>& parameters);

}  // namespace rnnbench::models
