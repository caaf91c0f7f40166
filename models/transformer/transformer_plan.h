// The structure of a Transformer: its settings, sizes and parameter blocks.
#pragma once

#include <cstdint>
#include <vector>

#include "core/option.h"
#include "core/parameters.h"
#include "models/attention/attention.h"
#include "models/cells/cell_entry.h"

namespace rnnbench::models {

enum class Positions { none, learned, sinusoidal };

// x_t = W input_t + b + position_t
struct EmbeddingPlan {
  int weight = -1, bias = -1, table = -1;  // table: [max positions][hidden], learned positions
  Positions positions = Positions::sinusoidal;
  int inputs = 0, hidden = 0, table_steps = 0;
  bool one_hot = false;
};

// y = x + attention(norm(x)),  z = y + W_2 relu(W_1 norm(y) + b_1) + b_2
struct BlockPlan {
  AttentionBlocks attention;
  int norm1_gain = -1, norm1_bias = -1, norm2_gain = -1, norm2_bias = -1;
  int weight1 = -1, bias1 = -1, weight2 = -1, bias2 = -1;
  int hidden = 0, heads = 1, inner = 0;
};

struct NormPlan {
  int gain = -1, bias = -1, hidden = 0;
};

struct TransformerPlan {
  EmbeddingPlan embedding;
  std::vector<BlockPlan> blocks;
  NormPlan norm;  // after the last block
};

// Its entry in the table of cells, and its options.
CellEntry transformer_entry();
std::vector<Option> transformer_options();
// Adds the parameter blocks to the layout.
TransformerPlan place_transformer(const Settings& settings, const Signature& signature, int hidden, int heads,
                                  Layout& layout);
void initialize_transformer(const TransformerPlan& plan, std::uint64_t seed, Parameters<float>& parameters);

}  // namespace rnnbench::models
