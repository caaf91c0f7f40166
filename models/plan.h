// What the settings of a model come to: sizes, and the place of every parameter.
#pragma once

#include <string>
#include <vector>

#include "core/options.h"
#include "models/head/head.h"
#include "models/layer.h"
#include "models/transformer/transformer.h"

namespace rnnbench::models {

// A recurrent layer, or one of several side by side.
struct PartPlan {
  const CellFactory* cell = nullptr;
  bool reversed = false;
  std::string name;    // in traces, where there are several
  std::string suffix;  // of its parameters: "_l0", "_l0_reverse"
  RecurrentBlocks blocks;
};

struct LayerPlan {
  Features inputs, outputs;
  bool one_hot = false, top = false;
  std::vector<PartPlan> parts;
};

struct NetworkPlan {
  Signature signature;
  std::vector<std::vector<const CellFactory*>> cells;  // of each layer, side by side
  bool bidirectional = false, residual = false, layer_norm = false, learned_initial_state = false;
  double dropout = 0;
  AttentionKind attention = AttentionKind::none;
  int heads = 1;
  bool attends_to_inputs = false;
  bool is_transformer = false;  // instead of `cells` and `layers`
  TransformerPlan transformer;
  int hidden = 0;
  Layout layout;
  std::vector<LayerPlan> layers;
  HeadBlocks head;

  Features states() const;  // that the read-out sees
  RecurrentShape recurrent_shape(std::size_t layer) const;
  HeadShape head_shape() const;
};

// Throws UserError for settings that contradict one another and for a budget that no width fits.
NetworkPlan plan_network(const Settings& settings, const Signature& signature);

// Fills parameters from Stream(seed, Purpose::initial, block number, 0), a stream for each block.
void initialize_parameters(const NetworkPlan& plan, const Settings& settings, std::uint64_t seed,
                           Parameters<float>& parameters);

// The layers of a plan, from the input up.
template <class S>
std::vector<std::unique_ptr<Layer<S>>> make_layers(Isa isa, const NetworkPlan& plan, const Settings& settings);

}  // namespace rnnbench::models
