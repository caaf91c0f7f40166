#include "models/plan.h"

#include "core/error.h"
#include "models/network.h"

namespace rnnbench {
namespace {

constexpr int largest_hidden = 16384;

void place_parameters(NetworkPlan& plan) {
  const int h = plan.hidden;
  const CellStructure& cell = plan.cell->structure;
  for (int layer = 0; layer < plan.layers; ++layer) {
    const std::string l = "_l" + std::to_string(layer);
    const int inputs = layer == 0 ? plan.signature.inputs : h;
    const auto rows = [&](const CellStructure::Matrix& matrix) { return static_cast<int>(matrix.gates.size()) * h; };
    RecurrentBlocks blocks;
    for (const CellStructure::Matrix& matrix : cell.matrices) {
      const bool is_input = &matrix == &cell.matrices[0];
      blocks.weights.push_back(
          matrix.gates.empty() ? -1 : plan.layout.add("rnn." + matrix.name + l, rows(matrix), is_input ? inputs : h));
    }
    blocks.bias_ih = plan.layout.add("rnn.bias_ih" + l, rows(cell.matrices[0]));
    if (!cell.matrices[1].gates.empty()) blocks.bias_hh = plan.layout.add("rnn.bias_hh" + l, rows(cell.matrices[1]));
    if (!cell.vectors.empty())
      blocks.vectors = plan.layout.add("rnn.peephole" + l, static_cast<int>(cell.vectors.size()) * h);
    if (plan.layer_norm) blocks.gain = plan.layout.add("rnn.gain" + l, static_cast<int>(cell.slots.size()) * h);
    if (plan.learned_initial_state)
      for (const std::string& state : cell.states)
        blocks.initial.push_back(plan.layout.add("initial_state." + state.substr(0, state.find(' ')) + l, h));
    plan.recurrent.push_back(blocks);
  }
  if (plan.attention == AttentionKind::additive)
    plan.head.attention = {plan.layout.add("attention.query.weight", h, h), plan.layout.add("attention.key.weight", h, h),
                           plan.layout.add("attention.bias", h), plan.layout.add("attention.energy", h)};
  const int joined = plan.attention == AttentionKind::none ? h : 2 * h;
  plan.head.weight = plan.layout.add("readout.weight", plan.signature.outputs, joined);
  plan.head.bias = plan.layout.add("readout.bias", plan.signature.outputs);
}

NetworkPlan plan_of_width(NetworkPlan plan, int hidden) {
  plan.hidden = hidden;
  place_parameters(plan);
  return plan;
}

}  // namespace

RecurrentShape NetworkPlan::recurrent_shape(int layer) const {
  if (layer == 0) return {Features(signature.inputs), signature.one_hot, hidden, false, layer_norm};
  return {Features(hidden), false, hidden, true, layer_norm};
}

NetworkPlan plan_network(const Settings& settings, const Signature& signature) {
  NetworkPlan plan;
  plan.cell = &cell_factory(settings.text("cell"));
  plan.signature = signature;
  plan.layers = static_cast<int>(settings.integer("layers"));
  const std::string& attention = settings.text("attention");
  plan.attention = attention == "additive" ? AttentionKind::additive
                   : attention == "dot"    ? AttentionKind::dot
                                           : AttentionKind::none;
  plan.learned_initial_state = settings.text("initial-state") == "learned";
  plan.layer_norm = settings.text("layer-norm") == "yes";
  if (settings.text("init") == "chrono")
    for (const char* bias : {"forget-bias", "update-bias"})
      if (settings.has(bias))
        throw UserError("init = chrono draws the biases of the gates itself: leave out " + std::string(bias) + " = " +
                        settings.text(bias) + ", or choose another init");

  if (!settings.has("budget")) return plan_of_width(plan, static_cast<int>(settings.integer("hidden")));

  const std::size_t budget = static_cast<std::size_t>(settings.integer("budget"));
  const auto count = [&](int hidden) { return plan_of_width(plan, hidden).layout.count(); };
  if (count(1) > budget)
    throw UserError("budget = " + settings.text("budget") + " is too small: " + plan.cell->entry.name +
                    " with one hidden unit has " + std::to_string(count(1)) + " parameters on this task");
  int low = 1, high = largest_hidden + 1;  // count(low) fits, count(high) does not or is not allowed
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    (count(middle) <= budget ? low : high) = middle;
  }
  return plan_of_width(plan, low);
}

std::vector<Option> model_options(const CellEntry& cell) {
  std::vector<std::string> inits{"uniform", "orthogonal", "identity"};
  if (cell.gated) inits.push_back("chrono");
  std::vector<Option> options{
      integer_option("hidden", "64", 1, largest_hidden, "units of a layer (or give budget)"),
      integer_option("budget", "", 1, 1e9,
                     "largest number of parameters: the width follows, so that models compare at equal size"),
      integer_option("layers", "1", 1, 16, "recurrent layers, each on the states of the one below"),
      choice_option("attention", "none", {"none", "additive", "dot"},
                    "over the network's own past states, causal; the context joins the hidden state at the read-out "
                    "(additive: Bahdanau 2015, dot: Luong 2015)"),
      choice_option("init", "uniform", inits,
                    std::string("start of the weights: uniform in +-1/sqrt(hidden) as PyTorch; orthogonal or identity "
                                "recurrent weights (identity with zero biases: Le 2015)") +
                        (cell.gated ? "; chrono biases (Tallec & Ollivier 2018)" : "")),
      choice_option("initial-state", "zero", {"zero", "learned"}, "state before the first step"),
      choice_option("layer-norm", "no", {"no", "yes"},
                    "normalise what each gate sums up over the units of the layer, before its bias (Ba et al. 2016)"),
  };
  if (cell.gated)
    options.push_back(with_use(
        integer_option("chrono-steps", "100", 3, 1e7, "T_max of chrono: the longest dependency expected, in time steps"),
        [](const Settings& s) { return s.text("init") == "chrono"; }));
  options.insert(options.end(), cell.options.begin(), cell.options.end());
  for (Option& option : options)
    if (const auto own = cell.defaults.find(option.name); own != cell.defaults.end()) option.fallback = own->second;
  return options;
}

NetworkSize network_size(const Settings& settings, const Signature& signature) {
  const NetworkPlan plan = plan_network(settings, signature);
  return {plan.hidden, plan.layout.count()};
}

}  // namespace rnnbench
