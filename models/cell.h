// What a cell is: the mathematics of one unit, for any number type.
//
// A cell's file (models/lstm.h) holds one struct with
//   gates     the gates in PyTorch's order, each with its joining and phase
//   states    names of the states; the first is the hidden state
//   entry()   name, summary, formula, papers, options
//   forward   pre-activations in, activations and next states out
//   backward  gradient of the next states in, gradients of pre-activations and of the previous states' direct use out
// The matrix products, the loop over time, the tiles and the threads are the driver's (models/recurrent-inl.h), which
// applies the cell to sixteen units at once in training and to one unit in double or complex<double> in the checks.
//
// The file has no include guard: its unit includes it once per instruction set, between the two macros below.
#pragma once

#include <array>
#include <string_view>

#include "models/layer.h"

namespace rnnbench {

// joined: pre-activation = W x + b_ih + U h + b_hh in one chain. apart: the cell gets W x + b_ih and U h + b_hh as two
// numbers (GRU's candidate, whose reset gate multiplies only the second).
enum class Join { joined, apart };

struct Gate {
  std::string_view name;
  Join join = Join::joined;
  int phase = 0;  // phase 1 recurs on the vector that phase 0 leaves in `middle` instead of the hidden state
};

// One unit (or sixteen) of one sequence at one step.
//   gates   in order: the recurrent parts of gates kept apart, the joined gates, the input parts of gates kept apart.
//           Forward: enter as pre-activations, leave as whatever backward wants to find. Backward: leave as gradients of
//           the pre-activations.
//   before, after   states at t-1 and t
//   grad    backward: enters as the gradient of `after`, leaves as the gradient of `before` through this unit alone (the
//           driver adds what comes back through the recurrent product)
//   middle, d_middle   what phase 1 recurs on, and its gradient
template <class V, int Slots, int States>
struct Unit {
  std::array<V, Slots> gates;
  std::array<V, States> before, after, grad;
  V middle, d_middle;
};

}  // namespace rnnbench

#define RNNBENCH_CELL_BEGIN HWY_BEFORE_NAMESPACE(); namespace rnnbench { namespace HWY_NAMESPACE {
#define RNNBENCH_CELL_END } } HWY_AFTER_NAMESPACE();
