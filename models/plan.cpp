#include "models/plan.h"

#include <numeric>

#include "core/error.h"
#include "models/catalogue.h"
#include "models/cells/cell_factory.h"
#include "models/transformer/transformer_plan.h"

namespace rnnbench::models {
namespace {

// Adds the parameter blocks of a recurrent layer to the layout.
void place_recurrent(NetworkPlan& plan, int inputs, SublayerPlan& sublayer) {
  const CellStructure& cell = sublayer.cell->structure;
  const int h = plan.hidden;
  const auto rows = [&](const CellStructure::Matrix& matrix) { return static_cast<int>(matrix.gates.size()) * h; };
  RecurrentBlocks& blocks = sublayer.blocks;
  for (const CellStructure::Matrix& matrix : cell.matrices) {
    const bool is_input = &matrix == &cell.matrices[0];
    blocks.weights.push_back(matrix.gates.empty() ? -1
                                                  : plan.layout.add("rnn." + matrix.name + sublayer.suffix,
                                                                    rows(matrix), is_input ? inputs : h));
  }
  blocks.bias_ih = plan.layout.add("rnn.bias_ih" + sublayer.suffix, rows(cell.matrices[0]));
  if (!cell.matrices[1].gates.empty())
    blocks.bias_hh = plan.layout.add("rnn.bias_hh" + sublayer.suffix, rows(cell.matrices[1]));
  if (!cell.vectors.empty())
    blocks.vectors = plan.layout.add("rnn.peephole" + sublayer.suffix, static_cast<int>(cell.vectors.size()) * h);
  if (plan.layer_norm)
    blocks.gain = plan.layout.add("rnn.gain" + sublayer.suffix, static_cast<int>(cell.slots.size()) * h);
  if (plan.learned_initial_state)
    for (const std::string& state : cell.states)
      blocks.initial_states.push_back(
          plan.layout.add("initial_state." + state.substr(0, state.find(' ')) + sublayer.suffix, h));
}

void place_head(NetworkPlan& plan) {
  Layout& layout = plan.layout;
  const int states = plan.states().real(), memory = plan.attends_to_inputs ? plan.signature.inputs : states;
  AttentionBlocks& a = plan.head.attention;
  int context = memory;
  switch (plan.attention) {
    case AttentionKind::none:
      context = 0;
      break;
    case AttentionKind::dot:
      break;
    case AttentionKind::general:
      a.query = layout.add("attention.query.weight", memory, states);
      break;
    case AttentionKind::additive:
      a.query = layout.add("attention.query.weight", states, states);
      a.key = layout.add("attention.key.weight", states, memory);
      a.bias = layout.add("attention.bias", states);
      a.energy = layout.add("attention.energy", states);
      break;
    case AttentionKind::multi_head:  // the names of blocks are PyTorch's
      if (plan.attends_to_inputs) {
        a.query = layout.add("attention.q_proj_weight", states, states);
        a.key = layout.add("attention.k_proj_weight", states, memory);
        a.value = layout.add("attention.v_proj_weight", states, memory);
      } else {
        a.query = a.key = a.value = layout.add("attention.in_proj_weight", 3 * states, states);
      }
      a.bias = layout.add("attention.in_proj_bias", 3 * states);
      a.out = layout.add("attention.out_proj.weight", states, states);
      a.out_bias = layout.add("attention.out_proj.bias", states);
      context = states;
      break;
    case AttentionKind::feedforward:
      a.energy = layout.add("attention.energy", memory);
      a.bias = layout.add("attention.bias", 1);
      plan.head.hidden_weight = layout.add("readout.hidden.weight", context, context);
      plan.head.hidden_bias = layout.add("readout.hidden.bias", context);
      break;
  }
  const int joined = plan.attention == AttentionKind::feedforward ? context : states + context;
  plan.head.weight = layout.add("readout.weight", plan.signature.outputs, joined);
  plan.head.bias = layout.add("readout.bias", plan.signature.outputs);
}

// What tells a sublayer from the others of its layer: "lstm", "forward", "backward gru", "lstm 2".
std::string sublayer_name(const std::vector<const CellFactory*>& cells, std::size_t index, bool bidirectional,
                          bool reversed) {
  std::string name = bidirectional ? reversed ? "backward" : "forward" : "";
  if (cells.size() == 1) return name;
  const std::string& cell = cells[index]->entry.name;
  int before = 0, same = 0;
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells[i]->entry.name == cell) ++same, before += i < index;
  return name + (name.empty() ? "" : " ") + cell + (same > 1 ? " " + std::to_string(before + 1) : "");
}

void place_parameters(NetworkPlan& plan, const Settings& settings) {
  if (plan.is_transformer) {
    plan.transformer = place_transformer(settings, plan.signature, plan.hidden, plan.heads, plan.layout);
    place_head(plan);
    return;
  }
  Features inputs(plan.signature.inputs);
  for (std::size_t l = 0; l < plan.cells.size(); ++l) {
    LayerPlan layer;
    layer.inputs = inputs;
    layer.one_hot = l == 0 && plan.signature.one_hot;
    layer.top = l + 1 == plan.cells.size();
    for (const bool reversed : {false, true}) {
      if (reversed && !plan.bidirectional) continue;
      for (std::size_t i = 0; i < plan.cells[l].size(); ++i) {
        SublayerPlan sublayer{
            plan.cells[l][i], reversed, sublayer_name(plan.cells[l], i, plan.bidirectional, reversed), "", {}};
        sublayer.suffix =
            "_l" + std::to_string(l) + (i == 0 ? "" : "_" + std::to_string(i + 1)) + (reversed ? "_reverse" : "");
        place_recurrent(plan, inputs.real(), sublayer);
        layer.sublayers.push_back(std::move(sublayer));
      }
    }
    layer.outputs = Features(std::vector<int>(layer.sublayers.size(), plan.hidden));
    inputs = layer.outputs;
    plan.layers.push_back(std::move(layer));
  }
  place_head(plan);
}

NetworkPlan plan_of_width(NetworkPlan plan, const Settings& settings, int hidden) {
  plan.hidden = hidden;
  place_parameters(plan, settings);
  return plan;
}

AttentionKind attention_kind(const CellEntry& cell, const Settings& settings) {
  const std::string& name = cell.attention.empty() ? settings.text("attention") : cell.attention;
  for (const auto& [kind, known] : {std::pair{AttentionKind::additive, "additive"},
                                    {AttentionKind::dot, "dot"},
                                    {AttentionKind::general, "general"},
                                    {AttentionKind::multi_head, "multi-head"},
                                    {AttentionKind::feedforward, "feedforward"}})
    if (name == known) return kind;
  return AttentionKind::none;
}

// The width has to be a multiple of this, so that the hidden states of all sublayers together can be split into
// attention heads of equal size.
int width_divisor(const NetworkPlan& plan) {
  const int sublayers = static_cast<int>(plan.cells.back().size()) * (plan.bidirectional ? 2 : 1);
  return plan.heads / std::gcd(plan.heads, sublayers);
}

// Refuses settings that contradict each other.
void check_settings(const Settings& settings, const NetworkPlan& plan) {
  const auto refuse = [&](const std::string& key, const std::string& why) {
    throw UserError(key + " = " + settings.text(key) + " " + why);
  };
  if (plan.bidirectional && plan.signature.predicts_inputs)
    refuse("direction", "would see the inputs that this task asks for: allowed is direction = forward");
  if (plan.attention == AttentionKind::dot && plan.attends_to_inputs)
    refuse("attend",
           "is not possible with attention = dot, which needs two vectors of the same size: "
           "allowed are additive, general and multi-head");
  if (plan.cells.size() == 1) {
    if (plan.dropout > 0)
      refuse("dropout", "acts between layers, but this model has only one: give layers = 2 or more");
    if (plan.residual)
      refuse("residual", "acts on the layers above the first, but this model has only one: give layers = 2 or more");
  }
  if (plan.residual)
    for (const auto& cells : plan.cells)
      if (cells.size() != plan.cells[0].size())
        refuse("residual",
               "adds the input of a layer to its output, which must have the same size: "
               "put the same number of cells in every layer");
}

// The plan at the width that the settings ask for, or at the largest width within their budget. Widths are multiples of
// `divisor`.
NetworkPlan sized(NetworkPlan plan, const Settings& settings, int divisor) {
  const bool by_state = settings.has("state-budget");
  if (!by_state && !settings.has("budget")) {
    const auto hidden = static_cast<int>(settings.integer("hidden"));
    if (hidden % divisor != 0)
      throw UserError("heads = " + std::to_string(plan.heads) + " do not divide the hidden states of " +
                      settings.text("cell") + " with hidden = " + settings.text("hidden") +
                      ": give a hidden size that is a multiple of " + std::to_string(divisor));
    return plan_of_width(plan, settings, hidden);
  }

  const std::string key = by_state ? "state-budget" : "budget";
  const std::size_t budget = static_cast<std::size_t>(settings.integer(key));
  const auto size = [&](int multiple) {
    const NetworkPlan sized = plan_of_width(plan, settings, multiple * divisor);
    return by_state ? sized.state_size().fixed : sized.layout.count();
  };
  if (by_state && plan_of_width(plan, settings, divisor).state_size().per_step > 0)
    throw UserError("state-budget = " + settings.text(key) + " is not possible with attention over states or inputs, " +
                    "where the state grows with the sequence: give hidden or budget");
  if (size(1) > budget)
    throw UserError(key + " = " + settings.text(key) + " is too small: " + settings.text("cell") + " with " +
                    (divisor == 1 ? "one hidden unit" : std::to_string(divisor) + " hidden units") + " has " +
                    (by_state ? "a state of " + std::to_string(size(1)) + " values"
                              : std::to_string(size(1)) + " parameters on this task"));
  // Bisection: low is within the budget, high is above it or above the largest width.
  int low = 1, high = max_hidden / divisor + 1;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (size(middle) <= budget ? low : high) = middle;
  }
  return plan_of_width(plan, settings, low * divisor);
}

}  // namespace

RecurrentShape NetworkPlan::recurrent_shape(std::size_t layer) const {
  return {.inputs = layers[layer].inputs,
          .one_hot = layers[layer].one_hot,
          .hidden = hidden,
          .needs_input_gradient = layer > 0,
          .layer_norm = layer_norm};
}

HeadShape NetworkPlan::head_shape() const {
  const Features states = this->states();
  return {.attention = attention,
          .heads = heads,
          .states = states,
          .memory = attends_to_inputs ? Features(signature.inputs) : states,
          .over_inputs = attends_to_inputs,
          .outputs = signature.outputs,
          .loss = signature.loss};
}

Features NetworkPlan::states() const { return is_transformer ? Features(hidden) : layers.back().outputs; }

StateSize NetworkPlan::state_size() const {
  const auto width = static_cast<std::size_t>(hidden);
  if (is_transformer) return {0, 2 * width * transformer.blocks.size()};  // keys and values
  // The weighted mean is a sum of vectors and the sum of their weights.
  if (attention == AttentionKind::feedforward) return {width + 1, 0};
  StateSize size;
  for (const LayerPlan& layer : layers)
    for (const SublayerPlan& sublayer : layer.sublayers) size.fixed += width * sublayer.cell->structure.states.size();
  if (attention != AttentionKind::none) size.per_step = attends_to_inputs ? signature.inputs : states().real();
  return size;
}

NetworkPlan plan_network(const Settings& settings, const Signature& signature) {
  NetworkPlan plan;
  const auto pattern = cells_of(settings.text("cell"));
  plan.signature = signature;
  if (!pattern[0][0]->is_recurrent()) {
    plan.is_transformer = true;
    plan.heads = static_cast<int>(settings.integer("heads"));
    const int heads = plan.heads;
    return sized(std::move(plan), settings, heads);
  }
  for (std::int64_t i = 0; i < settings.integer("layers"); ++i)
    plan.cells.insert(plan.cells.end(), pattern.begin(), pattern.end());
  plan.attention = attention_kind(find_cell(settings.text("cell")), settings);
  if (plan.attention == AttentionKind::multi_head) plan.heads = static_cast<int>(settings.integer("heads"));
  plan.attends_to_inputs = has_queries(plan.attention) && settings.text("attend") == "inputs";
  plan.learned_initial_state = settings.text_or("initial-state", "zero") == "learned";
  plan.layer_norm = settings.text("layer-norm") == "yes";
  plan.bidirectional = settings.text("direction") == "bidirectional";
  plan.residual = settings.text("residual") == "yes";
  plan.dropout = settings.real("dropout");
  check_settings(settings, plan);

  const int divisor = width_divisor(plan);
  return sized(std::move(plan), settings, divisor);
}

}  // namespace rnnbench::models
