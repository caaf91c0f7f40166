// Layer normalization inside the recurrence (Ba, Kiros & Hinton 2016): the weighted sum x of each slot is normalized
// over the units of the layer, then scaled and shifted. The two slots of a gate kept apart are normalized separately.
//   x^ = (x - mean) / sqrt(variance + 1e-5)        pre-activation = gain x^ + bias
// The tape keeps x^ as normal [steps][unit blocks][columns][slots][L] and 1 / sqrt(variance + 1e-5) as deviation
// [steps][columns][slots].
#if defined(RNNBENCH_MODELS_RECURRENT_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_RECURRENT_NORM_INL_H_
#undef RNNBENCH_MODELS_RECURRENT_NORM_INL_H_
#else
#define RNNBENCH_MODELS_RECURRENT_NORM_INL_H_
#endif

#include <cmath>

#include "models/packs-inl.h"
#include "models/recurrent/tape.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

struct NormShape {
  int units, unit_blocks, slots;
};

// Replaces the sums in the slots of a step by pre-activations. (The sums of units beyond the last one are 0.)
// gain, bias: [unit blocks][slots][L]; real: [unit blocks][L], 1 for units that exist and 0 beyond them.
template <class V>
HWY_ATTR void normalize(const NormShape& shape, const CellStructure::Rows& rows, const ScalarOf<V>* gain,
                        const ScalarOf<V>* bias, const ScalarOf<V>* real, const RecurrentTape<ScalarOf<V>>& t,
                        int step) {
  using S = ScalarOf<V>;
  constexpr int L = PackTraits<V>::lanes;
  const S units = S(static_cast<float>(shape.units));
  for (int c = 0; c < t.columns(); ++c)
    for (int slot = rows.slot; slot < rows.slot + rows.count; ++slot) {
      V sum = broadcast(S(0)), squares = sum;
      for (int ub = 0; ub < shape.unit_blocks; ++ub) sum = sum + load(t.slot(step, ub, c) + slot * L);
      const V mean = broadcast(sum_of_lanes(sum) / units);
      for (int ub = 0; ub < shape.unit_blocks; ++ub) {
        const V off = (load(t.slot(step, ub, c) + slot * L) - mean) * load(real + ub * L);
        squares = fma(off, off, squares);
        store(off, t.normal(step, ub, c) + slot * L);
      }
      const S inverse = S(1) / std::sqrt(sum_of_lanes(squares) / units + S(1e-5));
      t.deviation(step, c)[slot] = inverse;
      for (int ub = 0; ub < shape.unit_blocks; ++ub) {
        S* normal = t.normal(step, ub, c) + slot * L;
        const std::ptrdiff_t at = (static_cast<std::ptrdiff_t>(ub) * shape.slots + slot) * L;
        const V x = load(normal) * broadcast(inverse);
        store(x, normal);
        store(fma(load(gain + at), x, load(bias + at)), t.slot(step, ub, c) + slot * L);
      }
    }
}

// Replaces the gradients of pre-activations in the slots of a step by those of the sums, and adds to the gradient of
// the gain.
template <class V>
HWY_ATTR void normalize_backward(const NormShape& shape, const CellStructure::Rows& rows, const ScalarOf<V>* gain,
                                 const ScalarOf<V>* real, ScalarOf<V>* d_gain, const RecurrentTape<ScalarOf<V>>& t,
                                 int step) {
  using S = ScalarOf<V>;
  constexpr int L = PackTraits<V>::lanes;
  const S units = S(static_cast<float>(shape.units));
  for (int c = 0; c < t.columns(); ++c)
    for (int slot = rows.slot; slot < rows.slot + rows.count; ++slot) {
      V sum = broadcast(S(0)), along = sum;
      for (int ub = 0; ub < shape.unit_blocks; ++ub) {
        const std::ptrdiff_t at = (static_cast<std::ptrdiff_t>(ub) * shape.slots + slot) * L;
        S* d = t.slot(step, ub, c) + slot * L;
        const V normal = load(t.normal(step, ub, c) + slot * L), d_normal = load(d) * load(gain + at);
        store(fma(load(d), normal, load(d_gain + at)), d_gain + at);
        sum = sum + d_normal;
        along = fma(d_normal, normal, along);
        store(d_normal, d);
      }
      const V mean = broadcast(sum_of_lanes(sum) / units), mean_along = broadcast(sum_of_lanes(along) / units);
      const V inverse = broadcast(t.deviation(step, c)[slot]);
      for (int ub = 0; ub < shape.unit_blocks; ++ub) {
        S* d = t.slot(step, ub, c) + slot * L;
        const V normal = load(t.normal(step, ub, c) + slot * L);
        store((load(d) - mean - normal * mean_along) * inverse * load(real + ub * L), d);
      }
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
