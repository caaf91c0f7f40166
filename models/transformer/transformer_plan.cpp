// The Transformer's entry in the table of cells, its options, its parameter blocks and their initial values.
#include "models/transformer/transformer_plan.h"

#include <cmath>

#include "core/stream.h"

namespace rnnbench::models {

CellEntry transformer_entry() {
  return {.name = "transformer",
          .summary = "Causal Transformer decoder, pre-norm",
          .formula =
              "x = W_e input + b_e + position                       embedding\n"
              "per layer, over the steps so far:\n"
              "  y = x + W_o [heads of softmax(q k / sqrt(d)) v] + b_o,   q, k, v = W norm(x) + b\n"
              "  x = y + W_2 max(0, W_1 norm(y) + b_1) + b_2               4 h inner units\n"
              "h = norm(x)                                          after the last layer, to the output layer",
          .source = "Vaswani et al. 2017; norm before each sub-layer: Radford et al. 2019, Xiong et al. 2020",
          .parameters = "12 h h + 13 h",
          .state = "2 h per step so far"};
}

std::vector<Option> transformer_options() {
  return {
      integer_option("layers", "2", 1, 64, "blocks of attention and feed-forward network"),
      integer_option("heads", "4", 1, 64, "attention heads; hidden must be a multiple of them"),
      choice_option(
          "positions", "sinusoidal", {"sinusoidal", "learned", "none"},
          "how steps are told apart: added sines and cosines (Vaswani 2017), a learned vector for each step, or the "
          "causal mask alone"),
      with_use(integer_option("max-positions", "1024", 1, 1e6,
                              "number of learned positions; all steps beyond them share the last one"),
               [](const Settings& s) { return s.text("positions") == "learned"; })};
}

TransformerPlan place_transformer(const Settings& settings, const Signature& signature, int hidden, int heads,
                                  Layout& layout) {
  TransformerPlan plan;
  const std::string& positions = settings.text("positions");
  EmbeddingPlan& e = plan.embedding;
  e.inputs = signature.inputs;
  e.one_hot = signature.one_hot;
  e.hidden = hidden;
  e.positions = positions == "learned" ? Positions::learned
                : positions == "none"  ? Positions::none
                                       : Positions::sinusoidal;
  e.weight = layout.add("embedding.weight", hidden, signature.inputs);
  e.bias = layout.add("embedding.bias", hidden);
  if (e.positions == Positions::learned) {
    e.table_steps = static_cast<int>(settings.integer("max-positions"));
    e.table = layout.add("position.weight", e.table_steps, hidden);
  }
  for (std::int64_t l = 0; l < settings.integer("layers"); ++l) {
    const std::string name = "transformer.layers." + std::to_string(l) + ".";
    BlockPlan b;
    b.hidden = hidden;
    b.heads = heads;
    b.inner = 4 * hidden;
    b.attention.query = b.attention.key = b.attention.value =
        layout.add(name + "self_attn.in_proj_weight", 3 * hidden, hidden);
    b.attention.bias = layout.add(name + "self_attn.in_proj_bias", 3 * hidden);
    b.attention.out = layout.add(name + "self_attn.out_proj.weight", hidden, hidden);
    b.attention.out_bias = layout.add(name + "self_attn.out_proj.bias", hidden);
    b.weight1 = layout.add(name + "linear1.weight", b.inner, hidden);
    b.bias1 = layout.add(name + "linear1.bias", b.inner);
    b.weight2 = layout.add(name + "linear2.weight", hidden, b.inner);
    b.bias2 = layout.add(name + "linear2.bias", hidden);
    b.norm1_gain = layout.add(name + "norm1.weight", hidden);
    b.norm1_bias = layout.add(name + "norm1.bias", hidden);
    b.norm2_gain = layout.add(name + "norm2.weight", hidden);
    b.norm2_bias = layout.add(name + "norm2.bias", hidden);
    plan.blocks.push_back(b);
  }
  plan.norm = {layout.add("transformer.norm.weight", hidden), layout.add("transformer.norm.bias", hidden), hidden};
  return plan;
}

// As in PyTorch (but its attention draws W_q, W_k and W_v by Glorot's rule): matrices and the biases of linear maps are
// uniform in +-1/sqrt(inputs), the biases of attention are 0, and each layer normalization starts as the identity.
void initialize_transformer(const TransformerPlan& plan, std::uint64_t seed, Parameters<float>& parameters) {
  const auto fill = [&](int block, float value) {
    std::fill_n(parameters.block(block), parameters.layout().block(block).size(), value);
  };
  const auto uniform = [&](int block, int inputs) {
    Stream stream(seed, Purpose::initial, static_cast<std::uint32_t>(block), 0);
    const float bound = 1.0f / std::sqrt(static_cast<float>(inputs));
    float* out = parameters.block(block);
    for (std::size_t i = 0; i < parameters.layout().block(block).size(); ++i) out[i] = stream.uniform(-bound, bound);
  };
  const EmbeddingPlan& e = plan.embedding;
  uniform(e.weight, e.inputs);
  uniform(e.bias, e.inputs);
  if (e.table >= 0) uniform(e.table, e.hidden);
  for (const BlockPlan& b : plan.blocks) {
    uniform(b.attention.query, b.hidden);
    uniform(b.attention.out, b.hidden);
    uniform(b.weight1, b.hidden);
    uniform(b.bias1, b.hidden);
    uniform(b.weight2, b.inner);
    uniform(b.bias2, b.inner);
    for (int block : {b.attention.bias, b.attention.out_bias, b.norm1_bias, b.norm2_bias}) fill(block, 0);
    for (int block : {b.norm1_gain, b.norm2_gain}) fill(block, 1);
  }
  fill(plan.norm.gain, 1);
  fill(plan.norm.bias, 0);
}

}  // namespace rnnbench::models
