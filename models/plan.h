// What the settings of a model amount to: the structure of the network, its sizes, and the layout of its parameters.
#pragma once

#include <string>
#include <vector>

#include "core/settings.h"
#include "models/head/head.h"
#include "models/layer.h"
#include "models/recurrent/recurrent.h"
#include "models/state_size.h"
#include "models/transformer/transformer_plan.h"

namespace rnnbench::models {

struct CellFactory;

// A recurrent layer, or one of the sublayers of a layer: the two directions, or different cells side by side.
struct SublayerPlan {
  const CellFactory* cell = nullptr;
  bool reversed = false;  // from the last step to the first
  std::string name;       // in traces; empty unless the layer has several sublayers
  std::string suffix;     // of the names of its parameters: "_l0", "_l0_reverse"
  RecurrentBlocks blocks;
};

struct LayerPlan {
  Features inputs, outputs;
  bool one_hot = false;  // its inputs are symbols
  bool top = false;      // the last layer
  std::vector<SublayerPlan> sublayers;
};

struct NetworkPlan {
  Signature signature;
  std::vector<std::vector<const CellFactory*>> cells;  // of each layer
  bool bidirectional = false, residual = false, layer_norm = false, learned_initial_state = false;
  double dropout = 0;
  AttentionKind attention = AttentionKind::none;
  int heads = 1;                   // of multi-head attention
  bool attends_to_inputs = false;  // not to its hidden states
  bool is_transformer = false;     // if so, `cells` and `layers` are empty
  TransformerPlan transformer;
  int hidden = 0;
  Layout layout;
  std::vector<LayerPlan> layers;
  HeadBlocks head;

  StateSize state_size() const;
  Features states() const;  // hidden states of the last layer, which the output layer sees
  RecurrentShape recurrent_shape(std::size_t layer) const;
  HeadShape head_shape() const;
};

// Throws UserError for settings that contradict each other and for a budget that is too small for any width, or that
// counts a state which grows with the sequence.
NetworkPlan plan_network(const Settings& settings, const Signature& signature);

}  // namespace rnnbench::models
