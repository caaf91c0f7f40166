// The layers of a network.
#pragma once

#include <memory>
#include <vector>

#include "core/isa.h"
#include "models/layer.h"
#include "models/plan.h"

namespace rnnbench::models {

// The layers of a plan, from the input up. S = float, double or complex<double>.
template <class S>
std::vector<std::unique_ptr<Layer<S>>> make_layers(Isa isa, const NetworkPlan& plan, const Settings& settings);

}  // namespace rnnbench::models
