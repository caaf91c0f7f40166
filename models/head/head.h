// The head of a network: optional attention, the output layer, and the loss.
#pragma once

#include <memory>
#include <vector>

#include "core/isa.h"
#include "models/attention/attention.h"
#include "models/layer.h"

namespace rnnbench::models {

struct HeadShape {
  AttentionKind attention = AttentionKind::none;
  int heads = 1;             // of multi-head attention
  Features states;           // of the top layer
  Features memory;           // what attention looks at
  bool over_inputs = false;  // the memory is the network's inputs, not its hidden states
  int outputs = 0;
  Loss loss = Loss::cross_entropy;
};

// Numbers of the parameter blocks in the layout; -1: this head has no such block.
struct HeadBlocks {
  AttentionBlocks attention;
  int hidden_weight = -1, hidden_bias = -1;  // hidden layer between context and output layer, feed-forward attention
  int weight = -1, bias = -1;                // output layer: [outputs][states, or states and context, or context]
};

// The type that losses are summed in.
template <class S>
using TotalOf = std::conditional_t<std::is_same_v<S, float>, double, S>;

// Targets of a tile: [steps][columns], or [steps][columns][outputs] for `values`. Cross-entropy reads `classes`, the
// other losses read `values`.
struct TileTargets {
  const std::int32_t* classes = nullptr;
  const float* values = nullptr;
  const float* weight = nullptr;
};

// A tile as the head sees it. Arrays are the caller's.
template <class S>
struct HeadTile {
  const S* packed = nullptr;  // the weights
  int steps = 0, columns = 0;
  const S* h = nullptr;       // hidden states of the top layer, [steps][columns][their stride]
  const S* inputs = nullptr;  // of the network, the same with their stride; read when attention is over them
  S* tape = nullptr;          // tape_size() numbers
};

// Output layer, loss and their gradients are computed for some steps at a time, those in `wanted`; attention looks at
// the whole tape.
template <class S>
class Head {
 public:
  virtual ~Head() = default;
  virtual std::size_t packed_size() const = 0;
  virtual std::size_t gradient_size() const = 0;
  virtual std::size_t tape_size(int steps, int columns) const = 0;
  virtual void pack(const Parameters<S>& parameters, S* packed) const = 0;
  // Writes the sum of the packed gradients of all tiles, which lie `stride` numbers apart, in the order of their index.
  virtual void unpack_gradient(const S* packed_gradient, std::size_t stride, int tiles,
                               Parameters<S>& gradient) const = 0;

  // Computes the contexts of the wanted steps; does nothing without attention.
  virtual void attend(const HeadTile<S>& tile, const StepRanges& wanted) const = 0;
  // Computes the outputs of the wanted steps. Output `o` of a step and column is at
  // tape[(step * columns + column) * output_stride() + o].
  virtual void forward(const HeadTile<S>& tile, const StepRanges& wanted) const = 0;
  virtual int output_stride() const = 0;
  // For the wanted steps: losses[step] = sum over columns of weight * loss. Overwrites the outputs with their gradient,
  // times `scale`.
  virtual void loss(const HeadTile<S>& tile, const StepRanges& wanted, const TileTargets& targets, S scale,
                    TotalOf<S>* losses) const = 0;

  // The packed gradient is set to zero by the caller; attend_backward and accumulate add to it. attend_backward comes
  // after the loss of all wanted steps and overwrites d_h.
  virtual void attend_backward(const HeadTile<S>& tile, const StepRanges& wanted, S* d_h, S* gradient) const = 0;
  virtual void accumulate(const HeadTile<S>& tile, const StepRanges& wanted, S* gradient) const = 0;
  // What the output layer contributes to the gradient of the hidden states from `step` on; the caller fills `wanted`.
  virtual OutputGradient<S> output_gradient(const HeadTile<S>& tile, int step) const = 0;
  // The same as numbers that are added to d_h, which begins at `step`. The wanted steps are counted from there.
  virtual void add_output_gradient(const HeadTile<S>& tile, int step, const StepRanges& wanted, S* d_h) const = 0;

  // The attention weights of one sequence.
  virtual std::vector<Trace> trace(const HeadTile<S>& tile, int column) const = 0;
};

template <class S>
std::unique_ptr<Head<S>> make_head(Isa isa, const HeadShape& shape, const HeadBlocks& blocks);

}  // namespace rnnbench::models
