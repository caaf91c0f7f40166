// The interface of a layer, as the network sees it. A layer packs its weights once per update, and runs tiles of up to
// 16 sequences through all steps, forward and backward.
#pragma once

#include <cstdint>
#include <numeric>
#include <type_traits>
#include <vector>

#include "core/batch.h"
#include "core/namespaces.h"
#include "core/parameters.h"
#include "models/trace.h"

namespace rnnbench::models {

// Most sequences of a tile. Results depend on it, because the gradient of a weight is one sum per tile; they do not
// depend on the number of threads.
inline constexpr int tile_width = 16;

constexpr std::size_t round_up(std::size_t n, std::size_t unit) { return (n + unit - 1) / unit * unit; }

// Numbers in a pack. Strides are multiples of it.
template <class S>
inline constexpr int lanes_of = std::is_same_v<S, float> ? 16 : 1;

// One number of the gradient, summed over the tiles in the order of their index.
template <class S>
S sum_of_tiles(const S* first, std::size_t stride, int tiles) {
  S total = *first;
  for (int tile = 1; tile < tiles; ++tile) total += first[tile * stride];
  return total;
}

// Offsets of arrays inside one allocation, each on a 64-byte boundary.
class Places {
 public:
  std::size_t add(std::size_t count) {
    const std::size_t at = total_;
    total_ += round_up(count, 16);
    return at;
  }
  std::size_t total() const { return total_; }

 private:
  std::size_t total_ = 0;
};

// How the features of one step lie in memory: in pieces, one for each layer that makes some of them. Each piece starts
// at a multiple of the lanes, and the numbers between the end of a piece and the next one are 0.
class Features {
 public:
  Features(int size = 0) : pieces_{size} {}
  explicit Features(std::vector<int> pieces) : pieces_(std::move(pieces)) {}
  const std::vector<int>& pieces() const { return pieces_; }
  int real() const { return std::accumulate(pieces_.begin(), pieces_.end(), 0); }
  // depth: numbers from the start of the first piece to the end of the last one. stride: the same, rounded up.
  int depth(int lanes) const {
    return stride(lanes) - static_cast<int>(round_up(pieces_.back(), lanes)) + pieces_.back();
  }
  int stride(int lanes) const {
    std::size_t sum = 0;
    for (int piece : pieces_) sum += round_up(piece, lanes);
    return static_cast<int>(sum);
  }
  bool identity() const { return pieces_.size() == 1; }  // number k in memory is feature k
  int real_of(int place, int lanes) const {              // the feature at number `place` in memory; -1 between pieces
    if (pieces_.size() == 1) return place < pieces_[0] ? place : -1;
    int before = 0;
    for (int piece : pieces_) {
      if (place < piece) return place >= 0 ? before + place : -1;
      place -= static_cast<int>(round_up(piece, lanes));
      before += piece;
    }
    return -1;
  }

 private:
  std::vector<int> pieces_;
};

// The input of a layer: one-hot symbols [steps][columns], or values [steps][columns][stride]. A column is a sequence of
// the tile.
template <class S>
struct TileInput {
  int steps = 0, columns = 0;
  int room = 0;  // steps that the tape has space for; offsets of what outlives a segment depend on this only
  const std::int32_t* symbols = nullptr;
  const S* values = nullptr;
  int stride = 0;
  const int* lengths = nullptr;                    // number of steps of each column
  const std::int32_t* reversed_symbols = nullptr;  // each column's symbols in reverse order
  const std::uint8_t* kept = nullptr;  // [steps][columns][features]: 0 where dropout drops an input; null: no dropout
};

// The gradient of a layer's outputs over some steps: `values` (unless null), plus M^T d at the wanted steps (unless
// `panels` is null). M is the weight matrix of the linear map that the outputs go into, packed by Linear for its
// backward pass.
template <class S>
struct OutputGradient {
  const S* values = nullptr;  // [steps][columns][stride]
  const S* panels = nullptr;
  const S* d = nullptr;  // [steps][columns][d_stride]
  int depth = 0, d_stride = 0;
  const std::uint8_t* wanted = nullptr;  // [steps]
};

// A layer. The caller allocates all arrays; sizes count numbers. A tape holds the activations of in.steps steps, which
// are the whole sequence or one segment of it. The caller runs a segment in spans [begin, end) of its steps: forward in
// ascending order, backward in descending order.
template <class S>
class Layer {
 public:
  virtual ~Layer() = default;
  virtual int stride() const = 0;  // of its outputs
  virtual Features features() const = 0;
  // Whether the layer needs all steps at once, so that the sequence is one segment and one span.
  virtual bool whole() const { return false; }
  // Whether the gradient of the outputs may be given as panels, or as values only.
  virtual bool takes_panels() const { return true; }
  virtual std::size_t packed_size() const = 0;
  virtual std::size_t gradient_size() const = 0;
  virtual std::size_t tape_size(int steps, int columns) const = 0;

  // pack packs the weights, and unpack_gradient writes the gradient of the parameters: the sum of the packed gradients
  // of all tiles, which lie `stride` numbers apart, in the order of their index. Both do part `piece` of the work,
  // which `pieces` calls complete.
  virtual void pack(const Parameters<S>& parameters, S* packed, int piece, int pieces) const = 0;
  virtual void unpack_gradient(const S* packed_gradient, std::size_t stride, int tiles, Parameters<S>& gradient,
                               int piece, int pieces) const = 0;

  // Set the states before the first step of the tape: start to the initial states, load_states to what save_states has
  // written after an earlier segment (states_size() numbers).
  virtual void start(const S* packed, const TileInput<S>& in, S* tape) const = 0;
  virtual std::size_t states_size(int columns) const = 0;
  virtual void save_states(const TileInput<S>& in, const S* tape, S* states) const = 0;
  virtual void load_states(const TileInput<S>& in, const S* states, S* tape) const = 0;
  // Overwrites what save_states has written by the initial states, except in the columns where `continues` is 1.
  virtual void reset_states(const S* packed, int columns, const std::uint8_t* continues, S* states) const = 0;

  virtual void forward(const S* packed, const TileInput<S>& in, int begin, int end, S* tape) const = 0;
  // The hidden states of all steps of a tape: [steps][columns][stride].
  virtual const S* outputs(const TileInput<S>& in, const S* tape) const = 0;

  // The backward pass takes the segments from the last to the first. start_backward comes before the last segment and
  // sets the packed gradient to 0. backward adds to it, overwrites activations of the tape, and writes d_inputs [steps
  // of the span][columns][input_stride] unless it is null; `later_segments`: this segment is not the last one.
  // carry_back comes between two segments, finish_backward after the first one.
  virtual void start_backward(const TileInput<S>& in, S* tape, S* gradient) const = 0;
  virtual void backward(const S* packed, const TileInput<S>& in, int begin, int end, bool later_segments,
                        const OutputGradient<S>& d_outputs, S* d_inputs, int input_stride, S* tape,
                        S* gradient) const = 0;
  virtual void carry_back(const TileInput<S>& in, S* tape) const = 0;
  virtual void finish_backward(const S* packed, const TileInput<S>& in, S* tape, S* gradient) const = 0;

  // The activations of one column: gates, then states.
  virtual std::vector<Trace> trace(const TileInput<S>& in, const S* tape, int column) const = 0;
};

}  // namespace rnnbench::models
