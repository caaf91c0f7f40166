#include "models/plan.h"

#include <numeric>

#include "core/error.h"
#include "models/network.h"

namespace rnnbench::models {
namespace {

constexpr int largest_hidden = 16384;

void place_recurrent(NetworkPlan& plan, int inputs, PartPlan& part) {
  const CellStructure& cell = part.cell->structure;
  const int h = plan.hidden;
  const auto rows = [&](const CellStructure::Matrix& matrix) { return static_cast<int>(matrix.gates.size()) * h; };
  RecurrentBlocks& blocks = part.blocks;
  for (const CellStructure::Matrix& matrix : cell.matrices) {
    const bool is_input = &matrix == &cell.matrices[0];
    blocks.weights.push_back(matrix.gates.empty() ? -1
                                                  : plan.layout.add("rnn." + matrix.name + part.suffix, rows(matrix),
                                                                    is_input ? inputs : h));
  }
  blocks.bias_ih = plan.layout.add("rnn.bias_ih" + part.suffix, rows(cell.matrices[0]));
  if (!cell.matrices[1].gates.empty())
    blocks.bias_hh = plan.layout.add("rnn.bias_hh" + part.suffix, rows(cell.matrices[1]));
  if (!cell.vectors.empty())
    blocks.vectors = plan.layout.add("rnn.peephole" + part.suffix, static_cast<int>(cell.vectors.size()) * h);
  if (plan.layer_norm) blocks.gain = plan.layout.add("rnn.gain" + part.suffix, static_cast<int>(cell.slots.size()) * h);
  if (plan.learned_initial_state)
    for (const std::string& state : cell.states)
      blocks.initial.push_back(plan.layout.add("initial_state." + state.substr(0, state.find(' ')) + part.suffix, h));
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
    case AttentionKind::multi_head:  // PyTorch's names
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

// "lstm", "forward", "backward gru", "lstm 2": what tells a part from its neighbors.
std::string part_name(const std::vector<const CellFactory*>& cells, std::size_t index, bool bidirectional,
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
        PartPlan part{plan.cells[l][i], reversed, part_name(plan.cells[l], i, plan.bidirectional, reversed), "", {}};
        part.suffix =
            "_l" + std::to_string(l) + (i == 0 ? "" : "_" + std::to_string(i + 1)) + (reversed ? "_reverse" : "");
        place_recurrent(plan, inputs.real(), part);
        layer.parts.push_back(std::move(part));
      }
    }
    layer.outputs = Features(std::vector<int>(layer.parts.size(), plan.hidden));
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

// The width is a multiple of this: heads are of equal size.
int unit_of_width(const NetworkPlan& plan) {
  const int parts = static_cast<int>(plan.cells.back().size()) * (plan.bidirectional ? 2 : 1);
  return plan.heads / std::gcd(plan.heads, parts);
}

// Settings that mean nothing together.
void check_settings(const Settings& settings, const NetworkPlan& plan) {
  const auto refuse = [&](const std::string& key, const std::string& why) {
    throw UserError(key + " = " + settings.text(key) + " " + why);
  };
  if (settings.text("init") == "chrono")
    for (const char* bias : {"forget-bias", "update-bias"})
      if (settings.has(bias))
        throw UserError("init = chrono draws the biases of the gates itself: leave out " + std::string(bias) + " = " +
                        settings.text(bias) + ", or choose another init");
  if (plan.bidirectional && plan.signature.predicts_inputs)
    refuse("direction", "would see the very inputs that this task asks for: it allows direction = forward only");
  if (plan.attention == AttentionKind::dot && plan.attends_to_inputs)
    refuse(
        "attend",
        "does not go with attention = dot, whose two vectors are of one size: allowed are additive, general and multi-head");
  if (plan.cells.size() == 1) {
    if (plan.dropout > 0) refuse("dropout", "acts between layers, and there is one: give layers = 2 or more");
    if (plan.residual) refuse("residual", "goes around a layer on another, and there is one: give layers = 2 or more");
  }
  if (plan.residual)
    for (const auto& cells : plan.cells)
      if (cells.size() != plan.cells[0].size())
        refuse("residual",
               "adds a layer's input to its output, which must be of one size: as many cells in every layer");
}

// The plan at the width that is asked for, or the widest within the budget; a multiple of `part`.
NetworkPlan sized(NetworkPlan plan, const Settings& settings, int part) {
  if (!settings.has("budget")) {
    const auto hidden = static_cast<int>(settings.integer("hidden"));
    if (hidden % part != 0)
      throw UserError("heads = " + std::to_string(plan.heads) + " do not divide " + settings.text("cell") +
                      "'s hidden = " + settings.text("hidden") + ": give a width that is a multiple of " +
                      std::to_string(part));
    return plan_of_width(plan, settings, hidden);
  }

  const std::size_t budget = static_cast<std::size_t>(settings.integer("budget"));
  const auto count = [&](int parts) { return plan_of_width(plan, settings, parts * part).layout.count(); };
  if (count(1) > budget)
    throw UserError("budget = " + settings.text("budget") + " is too small: " + settings.text("cell") + " with " +
                    (part == 1 ? "one hidden unit" : std::to_string(part) + " hidden units") + " has " +
                    std::to_string(count(1)) + " parameters on this task");
  int low = 1, high = largest_hidden / part + 1;  // count(low) fits, count(high) does not or is not allowed
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (count(middle) <= budget ? low : high) = middle;
  }
  return plan_of_width(plan, settings, low * part);
}

std::vector<Option> width_options() {
  return {integer_option("hidden", "64", 1, largest_hidden, "units of a layer (or give budget)"),
          integer_option("budget", "", 1, 1e9,
                         "largest number of parameters: the width follows, so that models compare at equal size")};
}

}  // namespace

RecurrentShape NetworkPlan::recurrent_shape(std::size_t layer) const {
  return {layers[layer].inputs, layers[layer].one_hot, hidden, layer > 0, layer_norm};
}

HeadShape NetworkPlan::head_shape() const {
  const Features states = this->states();
  return {attention,
          heads,
          states,
          attends_to_inputs ? Features(signature.inputs) : states,
          attends_to_inputs,
          signature.outputs,
          signature.loss};
}

Features NetworkPlan::states() const { return is_transformer ? Features(hidden) : layers.back().outputs; }

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

  const int part = unit_of_width(plan);
  return sized(std::move(plan), settings, part);
}

std::vector<Option> model_options(const CellEntry& cell) {
  if (cell.name == "transformer") {
    std::vector<Option> options = width_options();
    for (Option& option : transformer_options()) options.push_back(std::move(option));
    return options;
  }
  std::vector<std::string> inits{"uniform", "orthogonal", "identity"};
  if (cell.gated) inits.push_back("chrono");
  std::vector<Option> options = width_options();
  for (
      Option& option : std::vector<Option>{
          integer_option(
              "layers", "1", 1, 16,
              "recurrent layers, each on the states of the one below (of cell = a+b: times the pattern is repeated)"),
          choice_option(
              "direction", "forward", {"forward", "bidirectional"},
              "bidirectional: a second part of each layer runs from the end of the sequence to its beginning and the "
              "outputs are joined; for tasks with one answer the final states of both (Schuster & Paliwal 1997)"),
          real_option(
              "dropout", "0", 0, 0.99,
              "probability that training drops a number between layers; the rest is divided by 1 - dropout, as PyTorch"),
          choice_option("residual", "no", {"no", "yes"},
                        "a layer on another adds its input to its output (Wu et al. 2016)"),
          choice_option(
              "attention", "none", {"none", "additive", "dot", "general", "multi-head"},
              "over the steps so far, at the last step over the whole sequence; the context joins the hidden state at "
              "the read-out (additive: Bahdanau 2015; dot, general: Luong 2015; multi-head: Vaswani 2017)"),
          with_use(
              integer_option("heads", "4", 1, 64, "heads of multi-head attention, which divide the number of states"),
              [](const Settings& s) { return s.has("attention") && s.text("attention") == "multi-head"; }),
          with_use(choice_option("attend", "states", {"states", "inputs"},
                                 "what attention looks at: the network's own states, or its inputs"),
                   [](const Settings& s) { return s.has("attention") && s.text("attention") != "none"; }),
          choice_option(
              "init", "uniform", inits,
              std::string("start of the weights: uniform in +-1/sqrt(hidden) as PyTorch; orthogonal or identity "
                          "recurrent weights (identity with zero biases: Le 2015)") +
                  (cell.gated ? "; chrono biases (Tallec & Ollivier 2018)" : "")),
          choice_option("initial-state", "zero", {"zero", "learned"}, "state before the first step"),
          choice_option(
              "layer-norm", "no", {"no", "yes"},
              "normalize what each gate sums up over the units of the layer, before its bias (Ba et al. 2016)")})
    options.push_back(std::move(option));
  if (cell.gated)
    options.push_back(with_use(integer_option("chrono-steps", "100", 3, 1e7,
                                              "T_max of chrono: the longest dependency expected, in time steps"),
                               [](const Settings& s) { return s.text("init") == "chrono"; }));
  options.insert(options.end(), cell.options.begin(), cell.options.end());
  if (!cell.attention.empty())
    std::erase_if(options, [](const Option& o) {
      return o.name == "attention" || o.name == "heads" || o.name == "attend" ||
             o.name == "initial-state";  // it has none
    });
  for (Option& option : options)
    if (const auto own = cell.defaults.find(option.name); own != cell.defaults.end())
      option.default_value = own->second;
  return options;
}

NetworkSize network_size(const Settings& settings, const Signature& signature) {
  const NetworkPlan plan = plan_network(settings, signature);
  return {plan.hidden, plan.layout.count()};
}

}  // namespace rnnbench::models
