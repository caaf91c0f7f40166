// CellKernel for a given cell: loads the numbers of a unit block in each column, applies the cell, stores the results.
#if defined(RNNBENCH_MODELS_RECURRENT_CELL_KERNEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_RECURRENT_CELL_KERNEL_INL_H_
#undef RNNBENCH_MODELS_RECURRENT_CELL_KERNEL_INL_H_
#else
#define RNNBENCH_MODELS_RECURRENT_CELL_KERNEL_INL_H_
#endif

#include <complex>
#include <memory>

#include "models/cells/cell_options.h"
#include "models/cells/unit-inl.h"
#include "models/packs-inl.h"
#include "models/recurrent/cell_kernel.h"
#include "models/recurrent/cell_shape.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

template <class Cell, class V, class GateFunction>
class CellKernelOf final : public CellKernel<ScalarOf<V>> {
  using S = ScalarOf<V>;
  using Shape = CellShape<Cell>;
  static constexpr int L = PackTraits<V>::lanes, slots = Shape::slots, states = Shape::states, phases = Shape::phases(),
                       vectors = Shape::vectors;
  using UnitV = Unit<V, slots, states, vectors, GateFunction>;

 public:
  explicit CellKernelOf(const Settings& settings) : cell_(settings) {}

  void forward(int phase, const StepArrays<S>& arrays, const TilePlace& place, const S* sums,
               std::ptrdiff_t sums_stride, const S* const* direct, std::ptrdiff_t direct_offset) const override {
    if (phase == 0)
      apply_forward<0>(arrays, place, sums, sums_stride, direct, direct_offset);
    else if constexpr (phases == 2)
      apply_forward<1>(arrays, place, sums, sums_stride, direct, direct_offset);
  }
  void backward(int phase, const StepArrays<S>& arrays, const TilePlace& place, const S* const* d,
                const std::ptrdiff_t* d_stride) const override {
    if (phase == 0)
      apply_backward<0>(arrays, place, d, d_stride);
    else if constexpr (phases == 2)
      apply_backward<1>(arrays, place, d, d_stride);
  }

 private:
  // All addresses are computed before the loop. Inside it the compiler would have to load them again after every store,
  // because a stored pack may alias anything.
  template <int P>
  HWY_ATTR void apply_forward(const StepArrays<S>& arrays, const TilePlace& place, const S* sums,
                              std::ptrdiff_t sums_stride, const S* const* direct, std::ptrdiff_t direct_offset) const {
    constexpr int first = Shape::first(P), count = Shape::slots_of(P), recurrent = Shape::recurrent(P);
    constexpr bool makes_state = P == phases - 1;
    const std::ptrdiff_t stride = arrays.stride, at = place.column * stride + place.unit_block * L;
    const std::ptrdiff_t slot_at =
        (static_cast<std::ptrdiff_t>(place.unit_block) * arrays.columns + place.column) * (slots * L);
    S* slot = arrays.slots + slot_at;
    const S* next_slot = arrays.next_slots + slot_at;
    S* middle = makes_state ? nullptr : arrays.middle + at;
    const S *before[states], *next[states];
    S* after[states];
    for (int s = 0; s < states; ++s) {
      before[s] = arrays.before[s] + at;
      after[s] = arrays.after[s] + at;
      next[s] = arrays.next[s] + at;
    }
    const Cell cell = cell_;
    const int columns = place.count;
    const S* weights = vectors > 0 ? arrays.vectors + place.unit_block * (vectors * L) : nullptr;
    for (int c = 0; c < columns; ++c) {
      UnitV u;
      unrolled<first>([&](auto g) RNNBENCH_INLINE { u.gates[g] = load(slot + g * L); });
      unrolled<recurrent>([&](auto r) RNNBENCH_INLINE { u.gates[first + r] = load(sums + r * L); });
      unrolled<count - recurrent>([&](auto r) RNNBENCH_INLINE {
        u.gates[first + recurrent + r] = load(direct[c] + direct_offset + (recurrent + r) * L);
      });
      unrolled<states>([&](auto s) RNNBENCH_INLINE { u.before[s] = load(before[s] + c * stride); });
      unrolled<vectors>([&](auto v) RNNBENCH_INLINE { u.vectors[v] = load(weights + v * L); });
      if constexpr (phases == 1)
        cell.forward(u);
      else
        cell.forward(u, Constant<P>());
      unrolled<count>([&](auto g) RNNBENCH_INLINE { store(u.gates[first + g], slot + (first + g) * L); });
      if constexpr (makes_state) {
        unrolled<states>([&](auto s) RNNBENCH_INLINE {
          store(u.after[s], after[s] + c * stride);
          prefetch(next[s] + c * stride);
        });
        unrolled<slots>([&](auto g) RNNBENCH_INLINE { prefetch(next_slot + g * L); });
      } else {
        store(u.middle, middle + c * stride);
      }
      sums += sums_stride;
      slot += slots * L;
      next_slot += slots * L;
    }
  }

  // Also adds to the gradients of the biases, of the vectors, and of the input weights if the input is one-hot, because
  // they are sums of numbers that are in registers here. Phase 1 also stores the slots of phase 0, which it may have
  // changed; the slots of a phase are final after its own call.
  template <int P>
  HWY_ATTR void apply_backward(const StepArrays<S>& arrays, const TilePlace& place, const S* const* d,
                               const std::ptrdiff_t* d_stride) const {
    constexpr int first = Shape::first(P), count = Shape::slots_of(P);
    constexpr bool makes_state = P == phases - 1;
    const std::ptrdiff_t stride = arrays.stride, at = place.column * stride + place.unit_block * L;
    const std::ptrdiff_t slot_at =
        (static_cast<std::ptrdiff_t>(place.unit_block) * arrays.columns + place.column) * (slots * L);
    S* slot = arrays.slots + slot_at;
    const S* next_slot = arrays.next_slots + slot_at;
    const S *before[states], *after[states], *next[states], *grad[states];
    S* d_states[states];
    std::ptrdiff_t grad_stride[states];
    for (int s = 0; s < states; ++s) {
      before[s] = arrays.before[s] + at;
      after[s] = arrays.after[s] + at;
      next[s] = arrays.next[s] + at;
      d_states[s] = arrays.d_states[s] + at;
      grad[s] = d[s];
      grad_stride[s] = d_stride[s];
    }
    S* partial_gradient = has_partial_gradient<Cell>() ? arrays.partial_gradient + at : nullptr;
    const S* d_middle = makes_state ? nullptr : d[states];
    const std::ptrdiff_t d_middle_stride = makes_state ? 0 : d_stride[states];
    const std::int32_t* symbols = arrays.symbols != nullptr ? arrays.symbols + place.column : nullptr;
    const std::ptrdiff_t table_row = arrays.table_row;
    S* table = symbols != nullptr ? arrays.d_table + place.unit_block * (slots * L) : nullptr;
    S* bias_at = arrays.d_bias + place.unit_block * (slots * L) + first * L;
    const S* weights = vectors > 0 ? arrays.vectors + place.unit_block * (vectors * L) : nullptr;
    S* d_weights = vectors > 0 ? arrays.d_vectors + place.unit_block * (vectors * L) : nullptr;
    V bias[count], d_vectors[vectors > 0 ? vectors : 1];
    unrolled<count>([&](auto g) RNNBENCH_INLINE { bias[g] = load(bias_at + g * L); });
    unrolled<vectors>([&](auto v) RNNBENCH_INLINE { d_vectors[v] = load(d_weights + v * L); });
    const Cell cell = cell_;
    const int columns = place.count;
    for (int c = 0; c < columns; ++c) {
      UnitV u;
      unrolled<slots>([&](auto g) RNNBENCH_INLINE { u.gates[g] = load(slot + g * L); });
      unrolled<states>([&](auto s) RNNBENCH_INLINE {
        u.before[s] = load(before[s] + c * stride);
        u.after[s] = load(after[s] + c * stride);
        u.grad[s] = load(grad[s] + c * grad_stride[s]);
      });
      unrolled<vectors>([&](auto v) RNNBENCH_INLINE {
        u.vectors[v] = load(weights + v * L);
        u.d_vectors[v] = broadcast(S(0));
      });
      if constexpr (!makes_state) u.d_middle = load(d_middle + c * d_middle_stride);
      if constexpr (P == 0 && has_partial_gradient<Cell>()) u.partial_gradient = load(partial_gradient + c * stride);
      if constexpr (phases == 1)
        cell.backward(u);
      else
        cell.backward(u, Constant<P>());
      unrolled<first + count>([&](auto g) RNNBENCH_INLINE { store(u.gates[g], slot + g * L); });
      if constexpr (P == 1 && has_partial_gradient<Cell>()) store(u.partial_gradient, partial_gradient + c * stride);
      unrolled<states>([&](auto s) RNNBENCH_INLINE { store(u.grad[s], d_states[s] + c * stride); });
      unrolled<count>([&](auto g) RNNBENCH_INLINE { bias[g] = bias[g] + u.gates[first + g]; });
      unrolled<vectors>([&](auto v) RNNBENCH_INLINE { d_vectors[v] = d_vectors[v] + u.d_vectors[v]; });
      if constexpr (P == 0) {
        unrolled<slots>([&](auto g) RNNBENCH_INLINE { prefetch(next_slot + g * L); });
        unrolled<states>([&](auto s) RNNBENCH_INLINE { prefetch(next[s] + c * stride); });
      }
      if (symbols != nullptr) {
        S* row = table + symbols[c] * table_row + first * L;
        unrolled<count>([&](auto g) RNNBENCH_INLINE { store(load(row + g * L) + u.gates[first + g], row + g * L); });
      }
      slot += slots * L;
      next_slot += slots * L;
    }
    unrolled<count>([&](auto g) RNNBENCH_INLINE { store(bias[g], bias_at + g * L); });
    unrolled<vectors>([&](auto v) RNNBENCH_INLINE { store(d_vectors[v], d_weights + v * L); });
  }

  const Cell cell_;
};

template <class Cell, class V>
std::unique_ptr<CellKernel<ScalarOf<V>>> make_kernel(const Settings& settings) {
  const std::string function = gate_function(settings);
  if (function == "hard-sigmoid") return std::make_unique<CellKernelOf<Cell, V, HardSigmoidGate>>(settings);
  if (function == "relu") return std::make_unique<CellKernelOf<Cell, V, ReluGate>>(settings);
  return std::make_unique<CellKernelOf<Cell, V, SigmoidGate>>(settings);
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
