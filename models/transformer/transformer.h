// The Transformer: a causal decoder without cross-attention, with layer normalization before each sub-layer. This
// header is what the rest of models uses; the layers themselves are in transformer-inl.h and transformer_block-inl.h.
#pragma once

#include <memory>
#include <vector>

#include "core/isa.h"
#include "models/layer.h"
#include "models/transformer/transformer_plan.h"

namespace rnnbench::models {

// The layers from the input up: embedding, blocks, norm.
template <class S>
std::vector<std::unique_ptr<Layer<S>>> make_transformer(Isa isa, const TransformerPlan& plan);

}  // namespace rnnbench::models
