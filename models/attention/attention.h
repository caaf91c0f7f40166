// Attention as the head and the blocks of the Transformer see it.
#pragma once

#include <vector>

#include "models/layer.h"

namespace rnnbench::models {

enum class AttentionKind { none, additive, dot, general, multi_head, feedforward };

// Whether each step has a query, whose context joins the hidden state as input of the output layer.
constexpr bool has_queries(AttentionKind kind) {
  return kind != AttentionKind::none && kind != AttentionKind::feedforward;
}

// Numbers of the parameter blocks in the layout; -1: this kind of attention has no such block.
struct AttentionBlocks {
  int query = -1, key = -1, value = -1, out = -1;  // matrices
  int bias = -1, energy = -1, out_bias = -1;
};

// Steps [begin, end).
struct StepRange {
  int begin, end;
};
using StepRanges = std::vector<StepRange>;

// A tile as attention sees it. Arrays are the caller's; x and memory are [steps][columns][stride of their features].
template <class S>
struct AttentionTile {
  const S* packed = nullptr;  // the weights
  int steps = 0, columns = 0;
  const StepRanges& queries;  // the steps whose contexts are needed
  const S* x = nullptr;       // what queries are made of
  const S* memory = nullptr;  // what they look at
  S* tape = nullptr;          // tape_size() numbers, which forward() writes and backward() reads
};

// What the backward pass adds gradients to. Those of x and memory are as large as x and memory.
template <class S>
struct AttentionGradients {
  S* x = nullptr;
  S* memory = nullptr;  // null: not needed
  S* packed = nullptr;  // gradient_size() numbers
};

template <class S>
class Attention {
 public:
  virtual ~Attention() = default;
  virtual Features context_features() const = 0;
  virtual std::size_t packed_size() const = 0;
  virtual std::size_t gradient_size() const = 0;
  virtual std::size_t tape_size(int steps, int columns) const = 0;
  virtual void pack(const Parameters<S>& parameters, S* packed) const = 0;
  // Writes the sum of the packed gradients of all tiles, which lie `stride` numbers apart, in the order of their index.
  virtual void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient) const = 0;

  // Fills the context and the attention weights of the queries.
  virtual void forward(const AttentionTile<S>& tile) const = 0;
  virtual S* context(S* tape, int steps, int columns) const = 0;
  virtual S* d_context(S* tape, int steps, int columns) const = 0;
  // Reads d_context of the queries.
  virtual void backward(const AttentionTile<S>& tile, const AttentionGradients<S>& d) const = 0;
  // The attention weights of one sequence.
  virtual std::vector<Trace> trace(const S* tape, int steps, int columns, int column) const = 0;
};

}  // namespace rnnbench::models
