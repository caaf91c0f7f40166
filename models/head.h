// The head of a network as its assembly sees it: optional attention, linear read-out, loss.
#pragma once

#include <memory>
#include <vector>

#include "models/layer.h"

namespace rnnbench {

struct AttentionBlocks {
  int query = -1, key = -1, bias = -1, energy = -1;  // -1: dot attention has none
};

enum class AttentionKind { none, additive, dot };

struct HeadShape {
  AttentionKind attention = AttentionKind::none;
  int hidden = 0, outputs = 0;
  Loss loss = Loss::cross_entropy;
};

struct HeadBlocks {
  AttentionBlocks attention;
  int weight = -1, bias = -1;  // read-out: [outputs][hidden, or hidden + context]
};

// Steps [begin, end) whose outputs are wanted.
struct Run {
  int begin, end;
};
using Runs = std::vector<Run>;

template <class S>
using TotalOf = std::conditional_t<std::is_same_v<S, float>, double, S>;

// Targets of a tile, [steps][columns], outputs fastest for values.
struct TileTargets {
  const std::int32_t* classes = nullptr;
  const float* values = nullptr;
  const float* weight = nullptr;
};

template <class S>
class HeadPart {
 public:
  virtual ~HeadPart() = default;
  virtual std::size_t packed_size() const = 0;
  virtual std::size_t gradient_size() const = 0;
  virtual std::size_t tape_size(int steps, int columns) const = 0;
  virtual void pack(const Parameters<S>& parameters, S* packed) const = 0;
  virtual void unpack_gradient(const S* packed_gradient, Parameters<S>& gradient) const = 0;
  // h: hidden states [steps][columns][hidden rounded up to the lanes].
  virtual void forward(const S* packed, int steps, int columns, const Runs& wanted, const S* h, S* tape) const = 0;
  // Output `o` of a step and column is at outputs()[(step * columns + column) * output_stride() + o].
  virtual const S* outputs(const S* tape, int steps, int columns) const = 0;
  virtual int output_stride() const = 0;
  // Sum of weight * loss over the tile, scaled by `scale` (1 / sum of weights of the batch); leaves the gradient of the
  // outputs in the tape, in the place of the outputs.
  virtual TotalOf<S> loss(int steps, int columns, const Runs& wanted, const TileTargets& targets, S scale,
                          S* tape) const = 0;
  // d_h: overwritten. gradient: overwritten.
  virtual void backward(const S* packed, int steps, int columns, const Runs& wanted, const S* h, S* d_h, S* tape,
                        S* gradient) const = 0;
  virtual std::vector<Trace> trace(const S* tape, int steps, int columns, int column) const = 0;
};

template <class S>
std::unique_ptr<HeadPart<S>> make_head(Isa isa, const HeadShape& shape, const HeadBlocks& blocks);

}  // namespace rnnbench
