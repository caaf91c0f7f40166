// What the functions of a cell work on.
#if defined(RNNBENCH_MODELS_CELLS_UNIT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_CELLS_UNIT_INL_H_
#undef RNNBENCH_MODELS_CELLS_UNIT_INL_H_
#else
#define RNNBENCH_MODELS_CELLS_UNIT_INL_H_
#endif

#include <array>

#include "models/packs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

// One unit (or sixteen) of one sequence at one step.
//   gates   numbers of each phase in turn: the recurrent parts of gates kept apart, the joined gates, the gates that
//   recur
//           on nothing, the input parts of gates kept apart; within each kind in the order of declaration.
//           Forward: enter as pre-activations, leave as whatever backward wants to find (the last number of a gate is
//           what `trace` shows). Backward: leave as gradients of the pre-activations.
//   before, after   states at t-1 and t
//   grad    backward: enters as the gradient of `after`, leaves as the gradient of `before` through this unit alone
//   (the
//           driver adds what comes back through the recurrent products)
//   middle, d_middle   what phase 1 recurs on, and its gradient
//   handed_over   what backward of phase 1 leaves for backward of phase 0, in cells with `hands_over = true`
//   vectors, d_vectors   the weights of the unit, and their gradient, which enters as 0 and is added up by the driver
// gate() is the squashing function of gates, sigmoid unless the option gate-activation says otherwise.
template <class V, int Slots, int States, int Vectors, class GateFunction>
struct Unit {
  std::array<V, Slots> gates;
  std::array<V, States> before, after, grad;
  V middle, d_middle, handed_over;
  std::array<V, Vectors> vectors, d_vectors;
  static HWY_INLINE V number(float x) { return broadcast(ScalarOf<V>(x)); }
  static HWY_INLINE V gate(V x) { return GateFunction::value(x); }
  static HWY_INLINE V gate_slope(V y) { return GateFunction::slope(y); }  // from the value
};

// The squashing functions of gates, and their slopes from the value.
struct SigmoidGate {
  template <class V>
  static HWY_INLINE V value(V x) {
    return sigmoid(x);
  }
  template <class V>
  static HWY_INLINE V slope(V y) {
    return sigmoid_slope(y);
  }
};
struct HardSigmoidGate {  // max(0, min(1, x / 6 + 1 / 2)), as PyTorch
  template <class V>
  static HWY_INLINE V value(V x) {
    const V y = fma(x, broadcast(ScalarOf<V>(1.0 / 6)), broadcast(ScalarOf<V>(0.5))), rest = one_minus(y);
    return where_positive(y, one_minus(where_positive(rest, rest)));
  }
  template <class V>
  static HWY_INLINE V slope(V y) {
    return where_positive(y, where_positive(one_minus(y), broadcast(ScalarOf<V>(1.0 / 6))));
  }
};
struct ReluGate {
  template <class V>
  static HWY_INLINE V value(V x) {
    return where_positive(x, x);
  }
  template <class V>
  static HWY_INLINE V slope(V y) {
    return where_positive(y, broadcast(ScalarOf<V>(1)));
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
