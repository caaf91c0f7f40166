// The head of a network as its assembly sees it: optional attention, linear read-out, loss.
#pragma once

#include <memory>
#include <vector>

#include "models/isa.h"
#include "models/layer.h"

namespace rnnbench::models {

enum class AttentionKind { none, additive, dot, general, multi_head, feedforward };
bool asks(AttentionKind kind);  // has queries, whose contexts join the states at the read-out

// -1: this attention has none.
struct AttentionBlocks {
  int query = -1, key = -1, value = -1, out = -1;  // matrices
  int bias = -1, energy = -1, out_bias = -1;
};

struct HeadShape {
  AttentionKind attention = AttentionKind::none;
  int heads = 1;
  Features states, memory;   // of the top layer; what attention looks at
  bool over_inputs = false;  // the memory are the network's inputs
  int outputs = 0;
  Loss loss = Loss::cross_entropy;
};

struct HeadBlocks {
  AttentionBlocks attention;
  int hidden_weight = -1, hidden_bias = -1;  // between context and read-out, feed-forward attention only
  int weight = -1, bias = -1;                // read-out: [outputs][states, or states and context, or context]
};

// Steps [begin, end) whose outputs are wanted.
struct StepRange {
  int begin, end;
};
using StepRanges = std::vector<StepRange>;

template <class S>
using TotalOf = std::conditional_t<std::is_same_v<S, float>, double, S>;

// Targets of a tile, [steps][columns], outputs fastest for values.
struct TileTargets {
  const std::int32_t* classes = nullptr;
  const float* values = nullptr;
  const float* weight = nullptr;
};

// All arrays are the caller's, of a tape of `steps` steps in `columns` columns; h are its hidden states
// [steps][columns][hidden rounded up to the lanes]. Read-out, loss and their gradients are taken in spans, whose wanted
// steps the caller gives; attention looks at the whole tape.
template <class S>
class HeadPart {
 public:
  virtual ~HeadPart() = default;
  virtual std::size_t packed_size() const = 0;
  virtual std::size_t gradient_size() const = 0;
  virtual std::size_t tape_size(int steps, int columns) const = 0;
  virtual void pack(const Parameters<S>& parameters, S* packed) const = 0;
  // Writes the sum of the packed gradients of all tiles, which lie `stride` numbers apart, in the order of their index.
  virtual void unpack_gradient(const S* packed_gradient, std::size_t stride, int tiles,
                               Parameters<S>& gradient) const = 0;

  // Fills the context of the wanted steps; nothing without attention. `inputs`: of the network, where attention is over
  // them.
  virtual void attend(const S* packed, int steps, int columns, const StepRanges& wanted, const S* h, const S* inputs,
                      S* tape) const = 0;
  virtual void forward(const S* packed, int steps, int columns, const StepRanges& wanted, const S* h,
                       S* tape) const = 0;
  // Output `o` of a step and column is at tape[(step * columns + column) * output_stride() + o].
  virtual int output_stride() const = 0;
  // losses[step] = sum over columns of weight * loss, for the wanted steps; leaves the gradient of the outputs, times
  // `scale`, in the place of the outputs.
  virtual void loss(const S* packed, int columns, const StepRanges& wanted, const TileTargets& targets, S scale,
                    S* tape, TotalOf<S>* losses) const = 0;

  // The packed gradient is zeroed by the caller. attend_backward: after the loss of all wanted steps; overwrites d_h.
  virtual void attend_backward(const S* packed, int steps, int columns, const StepRanges& wanted, const S* h,
                               const S* inputs, S* d_h, S* tape, S* gradient) const = 0;
  virtual void accumulate(int columns, const StepRanges& wanted, const S* h, const S* tape, S* gradient) const = 0;
  // The read-out's part of the gradient of the hidden states from `step` on; `wanted` is left to the caller.
  virtual OutputGradient<S> output_gradient(const S* packed, int columns, int step, const S* tape) const = 0;

  // The same as values: adds to d_h, of the steps from `step` on, at the wanted steps, counted from there.
  virtual void add_output_gradient(const S* packed, int columns, int step, const StepRanges& wanted, const S* tape,
                                   S* d_h) const = 0;

  virtual std::vector<Trace> trace(const S* tape, int steps, int columns, int column) const = 0;
};

template <class S>
std::unique_ptr<HeadPart<S>> make_head(Isa isa, const HeadShape& shape, const HeadBlocks& blocks);

}  // namespace rnnbench::models
