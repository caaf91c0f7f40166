// How a cell is written: the mathematics of one hidden unit, for any number type.
//
// The file of a cell (models/cells/lstm.h) holds a struct with
//   gates      the gates in PyTorch's order: what each of them recurs on, and how it gets its input
//   states     names of the states; the first one is the hidden state
//   vectors    (optional) names of weight vectors with one weight per unit: peepholes
//   has_partial_gradient    (optional) see Unit
//   entry()    name, summary, formula, papers and options
//   forward    from pre-activations of the gates and previous states to activations and new states
//   backward   from gradients of the new states to gradients of the pre-activations and of the previous states
// Both functions get a Unit (models/cells/unit-inl.h). The recurrent layer (models/recurrent/recurrent-inl.h) does the
// rest: matrix products, the loop over time, tiles and threads. It applies the cell to sixteen units at once in
// training, and to one unit in double or complex<double> in the checks.
//
// The file of a cell has no include guard, because it is included once per instruction set.
#pragma once

#include <array>
#include <string_view>

#include "models/cells/cell_entry.h"

namespace rnnbench::models {

// What a gate recurs on: one of these, or several joined by |.
namespace from {
inline constexpr unsigned nothing = 0, hidden = 1, middle = 1u << 16;
constexpr unsigned state(int number) { return 1u << number; }  // an element of `states`; state(0) is the hidden state
}  // namespace from

// joined: the gate gets one number, W x + b_ih + U h' + b_hh. apart: it gets two, W x + b_ih and U h' + b_hh, because
// it treats them differently (the reset gate of a GRU multiplies only the second one).
enum class Join { joined, apart };

// Whether a large value of the gate keeps the old state or takes the new one. Chrono initialization needs to know.
enum class Weighs { neither, old_state, new_state };

struct Gate {
  std::string_view name;
  unsigned recurs_on = from::hidden;
  Join join = Join::joined;
  Weighs weighs = Weighs::neither;
  // A step has two phases if one matrix product needs the result of another: the candidate of gru-v1 multiplies r * h',
  // and r itself comes from a product with h'. Phase 0 computes the gates that do not recur on `middle`, and from them
  // the vector `middle` (r * h'). Phase 1 computes the gates that recur on it. A cell with two phases has a forward and
  // a backward function for each: forward(u, Constant<0>()), forward(u, Constant<1>()).
  constexpr int phase() const { return (recurs_on & from::middle) != 0 ? 1 : 0; }
};

}  // namespace rnnbench::models
