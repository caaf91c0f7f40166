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

template <class Cell, class V>
class CellKernelOf final : public CellKernel<ScalarOf<V>> {
  using S = ScalarOf<V>;
  using Shape = CellShape<Cell>;
  static constexpr int L = PackTraits<V>::lanes, slots = Shape::slots, states = Shape::states, phases = Shape::phases(),
                       vectors = Shape::vectors;

 public:
  explicit CellKernelOf(const Settings& settings) : cell_(settings), gate_(gate_activation(settings)) {}

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
  // A unit block in N columns at once.
  template <int N>
  using Columns = std::conditional_t<N == 1, V, PackGroup<N>>;
  template <int N, class GateFunction>
  using UnitOf = Unit<Columns<N>, slots, states, vectors, GateFunction>;
  // f(c) for each of the columns. What it returns, or takes, is the pack of one column.
  template <int N, class F>
  static HWY_INLINE HWY_ATTR Columns<N> loaded(F f) {
    if constexpr (N == 1)
      return f(0);
    else
      return PackGroup<N>::of(f);
  }
  template <int N, class F>
  static HWY_INLINE HWY_ATTR void for_packs(const Columns<N>& packs, F f) {
    if constexpr (N == 1)
      f(packs, 0);
    else
      unrolled<N>([&](auto c) RNNBENCH_INLINE { f(packs.v[c], c); });
  }

  // Columns that backward computes at once: as many as hide latency, if what a column needs fits into the registers.
  static constexpr int backward_columns() {
    int columns = PackTraits<V>::side_by_side;
    while (columns > 1 && (slots + 3 * states) * columns > PackTraits<V>::all_registers) columns /= 2;
    return columns;
  }

  // Calls f(Constant<N>(), function of the gates) for groups of N columns, then for single ones. Groups are for sigmoid
  // gates, which are what nearly everybody uses; everything else shares one compiled version.
  template <int N, class F>
  HWY_INLINE HWY_ATTR void for_groups(int columns, F f) const {
    int left = columns;
    if constexpr (N > 1)
      if (gate_ == GateActivation::sigmoid)
        for (; left >= N; left -= N) f(Constant<N>(), SigmoidGate());
    for (; left > 0; --left) f(Constant<1>(), ChosenGate{gate_});
  }

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
    const S* weights = vectors > 0 ? arrays.vectors + place.unit_block * (vectors * L) : nullptr;
    std::ptrdiff_t column = 0;  // stride * columns that are done
    for_groups<PackTraits<V>::side_by_side>(place.count, [&](auto group, auto gate_function) RNNBENCH_INLINE {
      constexpr int N = group;
      UnitOf<N, decltype(gate_function)> u;
      u.gate_function = gate_function;
      const auto load_at = [](const S* from, std::ptrdiff_t step) RNNBENCH_INLINE {
        return loaded<N>([&](int c) RNNBENCH_INLINE { return load(from + c * step); });
      };
      const auto store_at = [](const Columns<N>& packs, S* to, std::ptrdiff_t step) RNNBENCH_INLINE {
        for_packs<N>(packs, [&](V pack, int c) RNNBENCH_INLINE { store(pack, to + c * step); });
      };
      unrolled<first>([&](auto g) RNNBENCH_INLINE { u.gates[g] = load_at(slot + g * L, slots * L); });
      unrolled<recurrent>([&](auto r) RNNBENCH_INLINE { u.gates[first + r] = load_at(sums + r * L, sums_stride); });
      unrolled<count - recurrent>([&](auto r) RNNBENCH_INLINE {
        u.gates[first + recurrent + r] =
            loaded<N>([&](int c) RNNBENCH_INLINE { return load(direct[c] + direct_offset + (recurrent + r) * L); });
      });
      unrolled<states>([&](auto s) RNNBENCH_INLINE { u.before[s] = load_at(before[s] + column, stride); });
      unrolled<vectors>([&](auto v) RNNBENCH_INLINE { u.vectors[v] = load_at(weights + v * L, 0); });
      if constexpr (phases == 1)
        cell.forward(u);
      else
        cell.forward(u, Constant<P>());
      unrolled<count>([&](auto g) RNNBENCH_INLINE { store_at(u.gates[first + g], slot + (first + g) * L, slots * L); });
      if constexpr (makes_state) {
        unrolled<states>([&](auto s) RNNBENCH_INLINE {
          store_at(u.after[s], after[s] + column, stride);
          unrolled<N>([&](auto c) RNNBENCH_INLINE { prefetch(next[s] + column + c * stride); });
        });
        unrolled<N * slots>([&](auto g) RNNBENCH_INLINE { prefetch(next_slot + g * L); });
      } else {
        store_at(u.middle, middle + column, stride);
      }
      sums += N * sums_stride;
      direct += N;
      slot += N * slots * L;
      next_slot += N * slots * L;
      column += N * stride;
    });
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
    std::ptrdiff_t done = 0;  // columns
    for_groups<backward_columns()>(place.count, [&](auto group, auto gate_function) RNNBENCH_INLINE {
      constexpr int N = group;
      UnitOf<N, decltype(gate_function)> u;
      u.gate_function = gate_function;
      const std::ptrdiff_t column = done * stride;
      const auto load_at = [](const S* from, std::ptrdiff_t step) RNNBENCH_INLINE {
        return loaded<N>([&](int c) RNNBENCH_INLINE { return load(from + c * step); });
      };
      const auto store_at = [](const Columns<N>& packs, S* to, std::ptrdiff_t step) RNNBENCH_INLINE {
        for_packs<N>(packs, [&](V pack, int c) RNNBENCH_INLINE { store(pack, to + c * step); });
      };
      const auto add_columns = [](const Columns<N>& packs, V& sum) RNNBENCH_INLINE {
        for_packs<N>(packs, [&](V pack, int) RNNBENCH_INLINE { sum = sum + pack; });
      };
      unrolled<slots>([&](auto g) RNNBENCH_INLINE { u.gates[g] = load_at(slot + g * L, slots * L); });
      unrolled<states>([&](auto s) RNNBENCH_INLINE {
        u.before[s] = load_at(before[s] + column, stride);
        u.after[s] = load_at(after[s] + column, stride);
        u.grad[s] = load_at(grad[s] + done * grad_stride[s], grad_stride[s]);
      });
      unrolled<vectors>([&](auto v) RNNBENCH_INLINE {
        u.vectors[v] = load_at(weights + v * L, 0);
        u.d_vectors[v] = constant<Columns<N>>(0);
      });
      if constexpr (!makes_state) u.d_middle = load_at(d_middle + done * d_middle_stride, d_middle_stride);
      if constexpr (P == 0 && has_partial_gradient<Cell>())
        u.partial_gradient = load_at(partial_gradient + column, stride);
      if constexpr (phases == 1)
        cell.backward(u);
      else
        cell.backward(u, Constant<P>());
      unrolled<first + count>([&](auto g) RNNBENCH_INLINE { store_at(u.gates[g], slot + g * L, slots * L); });
      if constexpr (P == 1 && has_partial_gradient<Cell>())
        store_at(u.partial_gradient, partial_gradient + column, stride);
      unrolled<states>([&](auto s) RNNBENCH_INLINE { store_at(u.grad[s], d_states[s] + column, stride); });
      unrolled<count>([&](auto g) RNNBENCH_INLINE { add_columns(u.gates[first + g], bias[g]); });
      unrolled<vectors>([&](auto v) RNNBENCH_INLINE { add_columns(u.d_vectors[v], d_vectors[v]); });
      if constexpr (P == 0) {
        unrolled<N * slots>([&](auto g) RNNBENCH_INLINE { prefetch(next_slot + g * L); });
        unrolled<states>([&](auto s) RNNBENCH_INLINE {
          unrolled<N>([&](auto c) RNNBENCH_INLINE { prefetch(next[s] + column + c * stride); });
        });
      }
      // Sequences often read the same symbol, as during the delay of copy. One row then takes all columns, without a
      // store and a load between them.
      if (symbols != nullptr) {
        const std::int32_t symbol = symbols[done];
        bool same = true;
        for (int c = 1; c < N; ++c) same &= symbols[done + c] == symbol;
        unrolled<count>([&](auto g) RNNBENCH_INLINE {
          if (same) {
            S* row = table + symbol * table_row + (first + g) * L;
            V sum = load(row);
            add_columns(u.gates[first + g], sum);
            store(sum, row);
          } else {
            for_packs<N>(u.gates[first + g], [&](V pack, int c) RNNBENCH_INLINE {
              S* row = table + symbols[done + c] * table_row + (first + g) * L;
              store(load(row) + pack, row);
            });
          }
        });
      }
      slot += N * slots * L;
      next_slot += N * slots * L;
      done += N;
    });
    unrolled<count>([&](auto g) RNNBENCH_INLINE { store(bias[g], bias_at + g * L); });
    unrolled<vectors>([&](auto v) RNNBENCH_INLINE { store(d_vectors[v], d_weights + v * L); });
  }

  const Cell cell_;
  const GateActivation gate_;
};

template <class Cell, class V>
std::unique_ptr<CellKernel<ScalarOf<V>>> make_kernel(const Settings& settings) {
  return std::make_unique<CellKernelOf<Cell, V>>(settings);
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
