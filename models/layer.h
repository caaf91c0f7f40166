// The parts of a network as its assembly sees them: each packs its weights once per update, and carries a tile of up to
// 16 sequences through all steps, forward and back. Virtual calls happen once per tile and part.
#pragma once

#include <cstdint>
#include <memory>
#include <numeric>
#include <type_traits>
#include <vector>

#include "core/batch.h"
#include "core/options.h"
#include "core/parameters.h"
#include "models/network.h"
#include "models/recurrent/cell_kernel.h"

namespace rnnbench::models {

struct CellFactory;

// Sequences of a tile: part of the numerics (a weight gradient is one chain per tile), whatever the number of threads.
inline constexpr int tile_width = 16;

constexpr std::size_t round_up(std::size_t n, std::size_t unit) { return (n + unit - 1) / unit * unit; }

// Numbers of a pack: what strides are multiples of.
template <class S>
inline constexpr int lanes_of = std::is_same_v<S, float> ? 16 : 1;

// A number of the gradient: the sum over tiles in the order of their index.
template <class S>
S sum_of_tiles(const S* first, std::size_t stride, int tiles) {
  S total = *first;
  for (int tile = 1; tile < tiles; ++tile) total += first[tile * stride];
  return total;
}

// Places for arrays inside one allocation, each on a 64-byte boundary.
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

// The features of a step: pieces that lie one after the other, each on a boundary of the lanes. (The numbers between a
// piece's end and that boundary are 0.)
class Features {
 public:
  Features(int size = 0) : pieces_{size} {}
  explicit Features(std::vector<int> pieces) : pieces_(std::move(pieces)) {}
  const std::vector<int>& pieces() const { return pieces_; }
  int real() const { return std::accumulate(pieces_.begin(), pieces_.end(), 0); }
  // Numbers up to the end of the last piece, and from step to step.
  int depth(int lanes) const {
    return stride(lanes) - static_cast<int>(round_up(pieces_.back(), lanes)) + pieces_.back();
  }
  int stride(int lanes) const {
    std::size_t sum = 0;
    for (int piece : pieces_) sum += round_up(piece, lanes);
    return static_cast<int>(sum);
  }
  bool identity() const { return pieces_.size() == 1; }  // place k is feature k
  int real_of(int place, int lanes) const {              // the feature at a place; -1 between pieces
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

// What goes into a layer: symbols (steps x columns) of a one-hot input, or values[(t * columns + c) * stride +
// feature].
template <class S>
struct TileInput {
  int steps = 0, columns = 0;
  int room = 0;  // steps that the tape was made for: places in it that outlast a segment depend on this alone
  const std::int32_t* symbols = nullptr;
  const S* values = nullptr;
  int stride = 0;
  const int* lengths = nullptr;                    // steps of each column that exist, and for layers that run backwards
  const std::int32_t* reversed_symbols = nullptr;  // each column's symbols in the reverse order
  const std::uint8_t* kept = nullptr;              // [steps][columns][features] inputs that dropout leaves; null: all
};

// The gradient of a layer's outputs over some steps: values, where given, plus M^T d at the steps that are wanted. M is
// the linear map that reads the outputs, in the panels that Linear packs for its way back.
template <class S>
struct OutputGradient {
  const S* values = nullptr;  // [steps][columns][stride]
  const S* panels = nullptr;
  const S* d = nullptr;  // [steps][columns][d_stride]
  int depth = 0, d_stride = 0;
  const std::uint8_t* wanted = nullptr;  // [steps]
};

// A layer. All arrays are the caller's; sizes are in numbers. Hidden states lie features fastest with a
// stride of `stride()` (hidden size rounded up to the lanes of a pack; the rest is never read).
//
// A tape holds in.steps steps: the whole sequence or, one after the other, segments of it. The caller runs a segment in
// spans [begin, end) of its steps, forward in ascending order, back in descending order.
template <class S>
class Layer {
 public:
  virtual ~Layer() = default;
  virtual int stride() const = 0;
  virtual Features features() const = 0;  // of its outputs
  // It needs all steps at once: one segment, one span. It takes d_outputs as panels, not only as values.
  virtual bool whole() const { return false; }
  virtual bool takes_panels() const { return true; }
  virtual std::size_t packed_size() const = 0;
  virtual std::size_t gradient_size() const = 0;
  virtual std::size_t tape_size(int steps, int columns) const = 0;

  // Piece `piece` of `pieces` that together pack all weights; and that together write the parameters' gradient: the sum
  // of the packed gradients of all tiles, which lie `stride` numbers apart, in the order of their index.
  virtual void pack(const Parameters<S>& parameters, S* packed, int piece, int pieces) const = 0;
  virtual void unpack_gradient(const S* packed_gradient, std::size_t stride, int tiles, Parameters<S>& gradient,
                               int piece, int pieces) const = 0;

  // The states before the first step of the tape: those of the parameters, or what an earlier segment ended with
  // (states_size() numbers).
  virtual void start(const S* packed, const TileInput<S>& in, S* tape) const = 0;
  virtual std::size_t states_size(int columns) const = 0;
  virtual void save_states(const TileInput<S>& in, const S* tape, S* states) const = 0;
  virtual void load_states(const TileInput<S>& in, const S* states, S* tape) const = 0;

  virtual void forward(const S* packed, const TileInput<S>& in, int begin, int end, S* tape) const = 0;
  // Hidden states after the steps of a tape: [steps][columns][stride].
  virtual const S* outputs(const TileInput<S>& in, const S* tape) const = 0;

  // start_backward: before the last segment; zeroes the packed gradient. backward adds to it, uses the tape's
  // activations up and overwrites d_inputs (or null; [steps of the span][columns][input_stride]). `goes_on`: there are
  // segments after this one. carry_back: after a segment, before the one that precedes it. finish_backward: after the
  // first segment.
  virtual void start_backward(const TileInput<S>& in, S* tape, S* gradient) const = 0;
  virtual void backward(const S* packed, const TileInput<S>& in, int begin, int end, bool goes_on,
                        const OutputGradient<S>& d_outputs, S* d_inputs, int input_stride, S* tape,
                        S* gradient) const = 0;
  virtual void carry_back(const TileInput<S>& in, S* tape) const = 0;
  virtual void finish_backward(const S* packed, const TileInput<S>& in, S* tape, S* gradient) const = 0;

  // Activations of one column by name: gates, then states.
  virtual std::vector<Trace> trace(const TileInput<S>& in, const S* tape, int column) const = 0;
};

// Where a recurrent layer finds its parameters; -1: it has none.
struct RecurrentBlocks {
  std::vector<int> weights;  // of CellStructure::matrices
  int bias_ih = -1, bias_hh = -1;
  int vectors = -1, gain = -1;  // rows = vectors * hidden, slots * hidden
  std::vector<int> initial;     // of each state, rows = hidden; empty: zero initial state
};

struct RecurrentShape {
  Features inputs;
  bool one_hot = false;
  int hidden = 0;
  bool needs_input_gradient = false, layer_norm = false;
};

template <class S>
std::unique_ptr<Layer<S>> make_recurrent(Isa isa, const CellFactory& cell, const Settings& settings,
                                         const RecurrentShape& shape, const RecurrentBlocks& blocks);

// One cell as the table knows it: facts and the makers of its kernel.
struct CellFactory {
  CellEntry entry;
  CellStructure structure;
  std::unique_ptr<CellKernel<float>> (*make_float)(Isa, const Settings&) = nullptr;
  std::unique_ptr<CellKernel<double>> (*make_double)(const Settings&) = nullptr;
  std::unique_ptr<CellKernel<std::complex<double>>> (*make_complex)(const Settings&) = nullptr;
  bool is_recurrent() const { return make_float != nullptr; }  // or the Transformer
};
// The cells that a name stands for: of each layer, from the input up, side by side. "lstm+gru" is an LSTM with a GRU on
// it, "lstm|gru" the two side by side. Throws UserError with the nearest known name.
std::vector<std::vector<const CellFactory*>> cells_of(const std::string& name);

}  // namespace rnnbench::models
