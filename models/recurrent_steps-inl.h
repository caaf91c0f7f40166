// One step of a recurrent layer for one group of unit blocks and columns: the recurrent product in registers, then the
// cell on what it made; and the same on the way back. The loop over time is the driver's (recurrent-inl.h).
#if defined(RNNBENCH_MODELS_RECURRENT_STEPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_RECURRENT_STEPS_INL_H_
#undef RNNBENCH_MODELS_RECURRENT_STEPS_INL_H_
#else
#define RNNBENCH_MODELS_RECURRENT_STEPS_INL_H_
#endif

#include <algorithm>

#include "models/recurrent_tape-inl.h"
#include "models/recurrent_weights-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench {
namespace HWY_NAMESPACE {

template <class Cell, class V>
class RecurrentSteps : protected RecurrentWeights<Cell, V> {
 protected:
  using Weights = RecurrentWeights<Cell, V>;
  using typename Weights::S, typename Weights::Shape;
  using Weights::L, Weights::G, Weights::A, Weights::J, Weights::slots, Weights::states, Weights::phases;
  using Weights::at_, Weights::back_group, Weights::in_, Weights::one_hot_, Weights::stride_, Weights::unit_blocks_,
      Weights::units_;
  using UnitV = Unit<V, slots, states>;
  using Tape = RecurrentTape<Cell, V>;

  RecurrentSteps(const Settings& settings, const RecurrentShape& shape, const RecurrentBlocks& blocks)
      : Weights(shape, blocks), cell_(settings) {}

  // Phase P of units [ub, ub + B) * L in columns [column, column + C).
  template <int P, int B, int C>
  HWY_ATTR void forward_tile(const S* packed, const S* input, const S* recurrent, const TileInput<S>& in,
                             const Tape& t, int step, int ub, int column) const {
    constexpr int rows = Shape::rows(P), first = Shape::before(P), R = rows * B;
    // Input parts of the gates kept apart, which join after the recurrent product: at kept[c] + (b * G + r) * L.
    const S* kept[C];
    alignas(64) S computed[A > 0 ? C * B * G * L : 1];
    V acc[R][C];  // rows of the recurrent product: gates kept apart, then joined gates
    if (one_hot_) {
      unrolled<C>([&](auto c) RNNBENCH_INLINE {
        const std::int32_t symbol = in.symbols[static_cast<std::size_t>(step) * in.columns + column + c];
        const S* start = packed + at_.input + ((static_cast<std::size_t>(symbol) * unit_blocks_ + ub) * G + first) * L;
        kept[c] = start + J * L;
        unrolled<B>([&](auto b) RNNBENCH_INLINE {
          unrolled<rows - A>([&](auto r) RNNBENCH_INLINE { acc[b * rows + A + r][c] = load(start + (b * G + r) * L); });
        });
      });
    } else {
      V x[R][C];  // rows of the input product: joined gates, then those kept apart
      const S* start = packed + at_.bias + (static_cast<std::size_t>(ub) * G + first) * L;
      unrolled<B>([&](auto b) RNNBENCH_INLINE {
        unrolled<rows>([&](auto r) RNNBENCH_INLINE {
          const V bias = load(start + (b * G + r) * L);
          unrolled<C>([&](auto c) RNNBENCH_INLINE { x[b * rows + r][c] = bias; });
        });
      });
      multiply_accumulate(x, input + static_cast<std::size_t>(ub) * rows * L * in_, R * L,
                          in.values + (static_cast<std::size_t>(step) * in.columns + column) * in.stride, 1, in.stride,
                          in_);
      unrolled<C>([&](auto c) RNNBENCH_INLINE {
        kept[c] = A > 0 ? computed + c * (B * G * L) : nullptr;
        unrolled<B>([&](auto b) RNNBENCH_INLINE {
          unrolled<rows - A>([&](auto r) RNNBENCH_INLINE { acc[b * rows + A + r][c] = x[b * rows + r][c]; });
          unrolled<A>([&](auto r) RNNBENCH_INLINE {
            store(x[b * rows + J + r][c], computed + (c * (B * G) + b * G + r) * L);
          });
        });
      });
    }
    unrolled<B>([&](auto b) RNNBENCH_INLINE {
      unrolled<A>([&](auto r) RNNBENCH_INLINE {
        const V bias = load(packed + at_.apart_bias + (static_cast<std::size_t>(ub + b) * A + r) * L);
        unrolled<C>([&](auto c) RNNBENCH_INLINE { acc[b * rows + r][c] = bias; });
      });
    });
    const S* source = P == 0 ? t.state(0, step, column) : t.middle(step, column);
    const S* panel = recurrent + static_cast<std::size_t>(ub) * rows * L * units_;
    multiply_accumulate<2>(acc, panel, R * L, source, 1, stride_, units_, 1, 0, 0, panel + (R + column * 2 / C) * L * static_cast<std::ptrdiff_t>(units_));

    alignas(64) S sums[R * C * L];
    unrolled<B>([&](auto b) RNNBENCH_INLINE {
      unrolled<C>([&](auto c) RNNBENCH_INLINE {
        unrolled<rows>([&](auto r) RNNBENCH_INLINE { store(acc[b * rows + r][c], sums + ((b * C + c) * rows + r) * L); });
      });
    });
    for (int b = 0; b < B; ++b)
      apply_forward<P, C>(sums + b * (C * rows * L), kept, b * (G * L), t, step, ub + b, column, step + 1 < in.steps);
  }

  // The cell's forward function of phase P on one unit block in C columns. (All addresses are worked out before the loop:
  // to the compiler a pack that is stored may change any number in memory.)
  template <int P, int C>
  HWY_INLINE HWY_ATTR void apply_forward(const S* sums, const S* (&kept)[C], int kept_offset, const Tape& t, int step,
                                         int ub, int column, bool ahead) const {
    constexpr int rows = Shape::rows(P), first = Shape::before(P);
    constexpr bool makes_state = P == phases - 1;
    const std::ptrdiff_t stride = stride_;
    S* slot = t.slot(step, ub, column);
    S* middle = makes_state ? nullptr : t.middle(step, column) + ub * L;
    const S *before[states], *next[states];
    S* after[states];
    for (int s = 0; s < states; ++s) {
      before[s] = t.state(s, step, column) + ub * L;
      after[s] = t.state(s, step + 1, column) + ub * L;
      next[s] = ahead ? t.state(s, step + 2, column) + ub * L : after[s];
    }
    const S* next_slot = ahead ? t.slot(step + 1, ub, column) : slot;
    const Cell cell = cell_;
    for (int c = 0; c < C; ++c) {
      UnitV u;
      unrolled<first>([&](auto g) RNNBENCH_INLINE { u.gates[g] = load(slot + g * L); });
      unrolled<rows>([&](auto r) RNNBENCH_INLINE { u.gates[first + r] = load(sums + r * L); });
      unrolled<A>([&](auto r) RNNBENCH_INLINE { u.gates[G + r] = load(kept[c] + kept_offset + r * L); });
      unrolled<states>([&](auto s) RNNBENCH_INLINE { u.before[s] = load(before[s] + c * stride); });
      if constexpr (phases == 1)
        cell.forward(u);
      else
        cell.forward(u, Constant<P>());
      unrolled<rows + A>([&](auto g) RNNBENCH_INLINE { store(u.gates[first + g], slot + (first + g) * L); });
      if constexpr (makes_state) {
        unrolled<states>([&](auto s) RNNBENCH_INLINE {
          store(u.after[s], after[s] + c * stride);
          prefetch(next[s] + c * stride);
        });
        unrolled<slots>([&](auto g) RNNBENCH_INLINE { prefetch(next_slot + g * L); });
      } else {
        store(u.middle, middle + c * stride);
      }
      sums += rows * L;
      slot += slots * L;
      next_slot += slots * L;
    }
  }

  // acc += a transposed product with the gradients in slots [slot, slot + Rows) of unit blocks [begin, end) at `step`;
  // `panel` is that of block `begin`. Asks for two lines from `ahead` on with each row of the panel.
  template <int Rows, int B, int C>
  HWY_INLINE HWY_ATTR void transposed_product(V (&acc)[B][C], const S* panel, const Tape& t, int step, int slot,
                                              int column, int begin, int end, const S* ahead) const {
    for (int ub = begin; ub < end; ++ub) {
      const int real = std::min(L, units_ - ub * L);
      multiply_accumulate<2>(acc, panel, B * L, t.slot(step, ub, column) + slot * L, 1, slots * L, real, Rows,
                             static_cast<std::ptrdiff_t>(real) * B * L, L, ahead);
      panel += static_cast<std::ptrdiff_t>(Rows) * real * B * L;
      ahead += static_cast<std::ptrdiff_t>(Rows) * real * 2 * 16;
    }
  }

  // The cell's backward function of phase P at `step`, on the gradient of what that phase made. `consumed`: by phase 0
  // of the next step, or by phase 1 of this one.
  template <int P>
  void backward_step(const S* packed, const TileInput<S>& in, const OutputGradient<S>& d_outputs, int at,
                     bool consumed, const Tape& t, int step, S* gradient) const {
    constexpr bool makes_state = P == phases - 1;
    constexpr int consumer = makes_state ? 0 : 1, rows = Shape::rows(consumer), slot = Shape::before(consumer);
    const int consumed_at = makes_state ? step + 1 : step;
    const S* panels = packed + at_.recurrent_t + static_cast<std::size_t>(Shape::before(consumer)) * units_ * stride_;
    const bool read = makes_state && d_outputs.panels != nullptr && d_outputs.wanted[at];
    // A panel that the second-level cache does not hold beside everything else is taken in parts, by all columns in turn.
    constexpr int part = std::max(1, 512 / (rows * L));  // unit blocks
    alignas(64) S sums[back_group * tile_width * L];
    for_blocks<back_group>(unit_blocks_, [&](int ub, auto blocks) HWY_ATTR {
      constexpr int B = blocks.value;
      const S* panel = panels + static_cast<std::size_t>(ub) * L * rows * units_;
      int begin = 0;
      do {
        const int end = consumed ? std::min(unit_blocks_, begin + part) : unit_blocks_;
        const std::ptrdiff_t taken = static_cast<std::ptrdiff_t>(rows) * (std::min(units_, end * L) - begin * L);
        for_columns<tile_columns<V, B>()>(in.columns, [&](int column, auto columns) HWY_ATTR {
          constexpr int C = columns.value;
          S* sum = sums + column * (B * L);
          V acc[B][C];
          if (begin > 0) {
            unrolled<B>([&](auto b) RNNBENCH_INLINE {
              unrolled<C>([&](auto c) RNNBENCH_INLINE { acc[b][c] = load(sum + (b * C + c) * L); });
            });
          } else {
            unrolled<B>([&](auto b) RNNBENCH_INLINE {
              unrolled<C>([&](auto c) RNNBENCH_INLINE {
                acc[b][c] = makes_state ? load(t.carry(0, column + c) + (ub + b) * L) : broadcast(S(0));
              });
            });
            if (makes_state && d_outputs.values != nullptr) {
              const S* values = d_outputs.values + (static_cast<std::size_t>(at) * in.columns + column) * stride_ + ub * L;
              unrolled<B>([&](auto b) RNNBENCH_INLINE {
                unrolled<C>([&](auto c) RNNBENCH_INLINE { acc[b][c] = acc[b][c] + load(values + c * stride_ + b * L); });
              });
            }
            if (read)
              multiply_accumulate(acc, d_outputs.panels + static_cast<std::size_t>(ub) * L * d_outputs.depth, B * L,
                                  d_outputs.d + (static_cast<std::size_t>(at) * in.columns + column) * d_outputs.d_stride,
                                  1, d_outputs.d_stride, d_outputs.depth);
          }
          if (consumed)
            transposed_product<rows>(acc, panel, t, consumed_at, slot, column, begin, end,
                                     panel + taken * (B * L + column / C * 2 * 16));
          unrolled<B>([&](auto b) RNNBENCH_INLINE {
            unrolled<C>([&](auto c) RNNBENCH_INLINE { store(acc[b][c], sum + (b * C + c) * L); });
          });
          if (end == unit_blocks_)
            for (int b = 0; b < B; ++b) apply_backward<P, C>(sum + b * (C * L), in, t, step, ub + b, column, gradient);
        });
        panel += taken * B * L;
        begin = end;
      } while (begin < unit_blocks_);
    });
  }

  // The cell's backward function of phase P on one unit block in C columns; then the gradients of its biases and of a
  // one-hot input's weights, which are sums of what has just been made.
  template <int P, int C>
  HWY_INLINE HWY_ATTR void apply_backward(const S* d, const TileInput<S>& in, const Tape& t, int step, int ub,
                                          int column, S* gradient) const {
    constexpr bool makes_state = P == phases - 1;
    const std::ptrdiff_t stride = stride_, table_row = static_cast<std::ptrdiff_t>(unit_blocks_) * G * L;
    S* slot = t.slot(step, ub, column);
    const S* next_slot = t.slot(std::max(step - 1, 0), ub, column);
    const S *before[states], *after[states], *next[states];
    S* carry[states];
    for (int s = 0; s < states; ++s) {
      before[s] = t.state(s, step, column) + ub * L;
      after[s] = t.state(s, step + 1, column) + ub * L;
      next[s] = t.state(s, std::max(step - 1, 0), column) + ub * L;
      carry[s] = t.carry(s, column) + ub * L;
    }
    const std::int32_t* symbols =
        one_hot_ ? in.symbols + static_cast<std::size_t>(step) * in.columns + column : nullptr;
    S* table = gradient + at_.d_input + static_cast<std::size_t>(ub) * G * L;
    S* bias_at = gradient + at_.d_bias + static_cast<std::size_t>(ub) * slots * L;
    V bias[slots];
    if constexpr (P == 0)
      unrolled<slots>([&](auto g) RNNBENCH_INLINE { bias[g] = load(bias_at + g * L); });
    const Cell cell = cell_;
    for (int c = 0; c < C; ++c) {
      UnitV u;
      unrolled<slots>([&](auto g) RNNBENCH_INLINE { u.gates[g] = load(slot + g * L); });
      unrolled<states>([&](auto s) RNNBENCH_INLINE {
        u.before[s] = load(before[s] + c * stride);
        u.after[s] = load(after[s] + c * stride);
        u.grad[s] = load(carry[s] + c * stride);
      });
      if constexpr (makes_state)
        u.grad[0] = load(d + c * L);
      else
        u.d_middle = load(d + c * L);
      if constexpr (phases == 1)
        cell.backward(u);
      else
        cell.backward(u, Constant<P>());
      unrolled<slots>([&](auto g) RNNBENCH_INLINE { store(u.gates[g], slot + g * L); });
      unrolled<states>([&](auto s) RNNBENCH_INLINE { store(u.grad[s], carry[s] + c * stride); });
      if constexpr (P == 0) {
        unrolled<slots>([&](auto g) RNNBENCH_INLINE {
          bias[g] = bias[g] + u.gates[g];
          prefetch(next_slot + g * L);
        });
        unrolled<states>([&](auto s) RNNBENCH_INLINE { prefetch(next[s] + c * stride); });
        if (symbols != nullptr) {
          S* row = table + symbols[c] * table_row;
          unrolled<G>([&](auto r) RNNBENCH_INLINE { store(load(row + r * L) + u.gates[A + r], row + r * L); });
        }
      }
      slot += slots * L;
      next_slot += slots * L;
    }
    if constexpr (P == 0)
      unrolled<slots>([&](auto g) RNNBENCH_INLINE { store(bias[g], bias_at + g * L); });
  }

  const Cell cell_;
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench
HWY_AFTER_NAMESPACE();

#endif
