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

// All arrays are the caller's, [steps][columns][stride]; the memory m and its gradient have the stride of its features.
// `tape` has tape_size() numbers, which forward() writes and backward() reads. `queries` are the steps whose contexts
// are needed.
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
  virtual void forward(const S* packed, int steps, int columns, const StepRanges& queries, const S* h, const S* memory,
                       S* tape) const = 0;
  virtual S* context(S* tape, int steps, int columns) const = 0;
  virtual S* d_context(S* tape, int steps, int columns) const = 0;
  // Reads d_context of the queries; adds to d_h, to d_memory unless it is null, and to the packed gradient.
  virtual void backward(const S* packed, int steps, int columns, const StepRanges& queries, const S* h, const S* memory,
                        S* d_h, S* d_memory, S* tape, S* gradient) const = 0;
  // The attention weights of one sequence.
  virtual std::vector<Trace> trace(const S* tape, int steps, int columns, int column) const = 0;
};

}  // namespace rnnbench::models
