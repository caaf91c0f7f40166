// What the settings of a model come to: sizes, and the place of every parameter.
#pragma once

#include <string>
#include <vector>

#include "core/options.h"
#include "models/head.h"
#include "models/layer.h"

namespace rnnbench {

struct NetworkPlan {
  const CellFactory* cell = nullptr;
  Signature signature;
  AttentionKind attention = AttentionKind::none;
  int layers = 1, hidden = 0;
  bool learned_initial_state = false, layer_norm = false;
  Layout layout;
  std::vector<RecurrentBlocks> recurrent;  // of each layer
  HeadBlocks head;

  RecurrentShape recurrent_shape(int layer) const;
  HeadShape head_shape() const { return {attention, hidden, signature.outputs, signature.loss}; }
};

// Throws UserError for settings that contradict one another and for a budget that no width fits.
NetworkPlan plan_network(const Settings& settings, const Signature& signature);

// Fills parameters from Stream(seed, Purpose::initial, block number, 0), a stream for each block.
void initialise_parameters(const NetworkPlan& plan, const Settings& settings, std::uint64_t seed,
                           Parameters<float>& parameters);

}  // namespace rnnbench
