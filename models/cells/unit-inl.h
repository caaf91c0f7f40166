// The argument of a cell's functions, and the functions that gates can have.
#if defined(RNNBENCH_MODELS_CELLS_UNIT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_CELLS_UNIT_INL_H_
#undef RNNBENCH_MODELS_CELLS_UNIT_INL_H_
#else
#define RNNBENCH_MODELS_CELLS_UNIT_INL_H_
#endif

#include <array>

#include "models/cells/cell_options.h"
#include "models/packs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

// One hidden unit of one sequence at one step; with V = Pack, sixteen neighboring units; with V = PackGroup, these in
// several sequences.
template <class V, int Slots, int States, int Vectors, class GateFunction>
struct Unit {
  // One number per gate, or two for a gate kept apart (Join::apart). forward replaces the pre-activations by what
  // backward needs; `rnnbench trace` shows the last number of each gate. backward replaces these by the gradients of
  // the pre-activations.
  //
  // Order: phase 0, then phase 1. Within a phase: the recurrent parts of gates kept apart, the joined gates, the gates
  // that recur on nothing, the input parts of gates kept apart. Each of these in the order of declaration.
  std::array<V, Slots> gates;
  // The states of the previous step; those of this step, which forward computes; and, in backward, the gradient of
  // `after`, which backward replaces by the gradient of `before` along the paths inside this unit. (The layer adds the
  // paths through matrix products.)
  std::array<V, States> before, after, grad;
  // In cells with two phases: this unit's element of the vector that phase 1 recurs on, and its gradient.
  V middle, d_middle;
  // In cells with has_partial_gradient = true: the part of a gate's gradient that backward of phase 1 passes to
  // backward of phase 0.
  V partial_gradient;
  // The unit's weights, and their gradients at this step, which are 0 unless backward sets them.
  std::array<V, Vectors> vectors, d_vectors;

  static HWY_INLINE V number(float x) { return constant<V>(x); }
  // The function of the gates: the logistic sigmoid, unless the option gate-activation chooses another one.
  HWY_INLINE V gate(V x) const { return gate_function.value(x); }
  HWY_INLINE V gate_slope(V y) const { return gate_function.slope(y); }  // y = gate(x)
  [[no_unique_address]] GateFunction gate_function;
};

// Functions of gates. slope(y) is the derivative at x, given y = value(x).
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
struct HardSigmoidGate {  // max(0, min(1, x / 6 + 1 / 2)), as in PyTorch
  template <class V>
  static HWY_INLINE V value(V x) {
    const V y = fma(x, constant<V>(1.0 / 6), constant<V>(0.5)), rest = one_minus(y);
    return where_positive(y, one_minus(where_positive(rest, rest)));
  }
  template <class V>
  static HWY_INLINE V slope(V y) {
    return where_positive(y, where_positive(one_minus(y), constant<V>(1.0 / 6)));
  }
};
struct ReluGate {
  template <class V>
  static HWY_INLINE V value(V x) {
    return where_positive(x, x);
  }
  template <class V>
  static HWY_INLINE V slope(V y) {
    return where_positive(y, constant<V>(1));
  }
};
struct ChosenGate {  // any of them
  GateActivation chosen;
  template <class V>
  HWY_INLINE V value(V x) const {
    if (chosen == GateActivation::sigmoid) return SigmoidGate::value(x);
    return chosen == GateActivation::relu ? ReluGate::value(x) : HardSigmoidGate::value(x);
  }
  template <class V>
  HWY_INLINE V slope(V y) const {
    if (chosen == GateActivation::sigmoid) return SigmoidGate::slope(y);
    return chosen == GateActivation::relu ? ReluGate::slope(y) : HardSigmoidGate::slope(y);
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
