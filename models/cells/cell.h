// What a cell is: the mathematics of one unit, for any number type.
//
// A cell's file (models/cells/lstm.h) holds a struct with
//   gates     the gates in PyTorch's order: what each recurs on, and whether its two parts are joined
//   states    names of the states; the first is the hidden state
//   vectors   (optional) names of vectors with a weight for each unit: peepholes
//   hands_over   (optional) see Unit
//   entry()   name, summary, formula, papers, options
//   forward   pre-activations in, activations and next states out
//   backward  gradient of the next states in, gradients of pre-activations and of the previous states' direct use out
// What they get is a Unit (models/cells/unit-inl.h). The matrix products, the loop over time, the tiles and the threads
// are the driver's (models/recurrent/recurrent-inl.h), which applies the cell to sixteen units at once in training and
// to one unit in double or complex<double> in the checks.
//
// A cell's file has no include guard: its unit includes it once per instruction set, between the two macros below.
#pragma once

#include <array>
#include <string_view>

#include "models/layer.h"

namespace rnnbench::models {

// What a gate recurs on: one or several of these, joined by |.
namespace from {
inline constexpr unsigned nothing = 0, hidden = 1, middle = 1u << 16;
constexpr unsigned state(int number) { return 1u << number; }  // as in `states`; state(0) is the hidden state
}  // namespace from

// joined: pre-activation = W x + b_ih + U h + b_hh in one chain. apart: the cell gets W x + b_ih and U h + b_hh as two
// numbers (GRU's candidate, whose reset gate multiplies only the second).
enum class Join { joined, apart };

// What a large value of the gate does: keeps the old state, or takes the new one. Chrono initialization needs it.
enum class Weighs { neither, old_state, new_state };

struct Gate {
  std::string_view name;
  unsigned recurs_on = from::hidden;
  Join join = Join::joined;
  Weighs weighs = Weighs::neither;
  // Gates that recur on the vector that the others leave in `middle` (r * h') are of phase 1, the others of phase 0. A
  // cell with phase 1 has a forward and a backward function for each: forward(u, Constant<0>()).
  constexpr int phase() const { return (recurs_on & from::middle) != 0 ? 1 : 0; }
};

}  // namespace rnnbench::models

#define RNNBENCH_CELL_BEGIN    \
  HWY_BEFORE_NAMESPACE();      \
  namespace rnnbench::models { \
  namespace HWY_NAMESPACE {
#define RNNBENCH_CELL_END \
  }                       \
  }                       \
  HWY_AFTER_NAMESPACE();
