// The recurrent driver: everything about a layer that is not the mathematics of its cell. One text for the float path
// of each instruction set (packs of sixteen) and for double and complex<double> (packs of one).
//
// Forward, per step: for a group of unit blocks and columns the accumulators start from bias (and input), take the
// recurrent product, and the cell is applied to them. Backward, per step descending: the gradient of the hidden state
// is one chain over what reads it and all gates of the next step, and the cell is applied to it; at the end of a span
// the weights' gradients take in its columns, time descending, columns ascending: one chain per weight and tile.
#if defined(RNNBENCH_MODELS_RECURRENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_RECURRENT_INL_H_
#undef RNNBENCH_MODELS_RECURRENT_INL_H_
#else
#define RNNBENCH_MODELS_RECURRENT_INL_H_
#endif

#include <algorithm>
#include <cstring>

#include "models/cell_options.h"
#include "models/recurrent_tape-inl.h"
#include "models/recurrent_weights-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench {
namespace HWY_NAMESPACE {

template <class Cell, class V>
class RecurrentLayer final : public RecurrentPart<ScalarOf<V>>, private RecurrentWeights<Cell, V> {
  using Weights = RecurrentWeights<Cell, V>;
  using typename Weights::S, typename Weights::Shape;
  using Weights::L, Weights::G, Weights::A, Weights::J, Weights::slots, Weights::states, Weights::phases;
  using Weights::back_group, Weights::for_each_phase;
  using Weights::at_, Weights::blocks_, Weights::in_, Weights::one_hot_, Weights::stride_, Weights::unit_blocks_,
      Weights::units_;
  using UnitV = Unit<V, slots, states>;
  using Tape = RecurrentTape<Cell, V>;

 public:
  RecurrentLayer(const Settings& settings, const RecurrentShape& shape, const RecurrentBlocks& blocks)
      : Weights(shape, blocks), cell_(settings) {}

  int stride() const override { return stride_; }
  std::size_t packed_size() const override { return at_.packed_size; }
  std::size_t gradient_size() const override { return at_.gradient_size; }
  std::size_t tape_size(int steps, int columns) const override {
    return Tape(unit_blocks_, steps, columns, nullptr).size();
  }

  void pack(const Parameters<S>& parameters, S* packed, int piece, int pieces) const override {
    Weights::pack_weights(parameters, packed, piece, pieces);
  }
  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient, int piece,
                       int pieces) const override {
    Weights::write_gradient(packed, stride, tiles, gradient, piece, pieces);
  }

  void start(const S* packed, const TileInput<S>& in, S* tape_data) const override {
    const Tape t = tape(in, tape_data);
    for (int s = 0; s < states; ++s)
      for (int c = 0; c < in.columns; ++c)
        std::copy_n(packed + at_.initial + static_cast<std::size_t>(s) * stride_, stride_, t.state(s, 0, c));
  }
  std::size_t states_size(int columns) const override { return static_cast<std::size_t>(states) * columns * stride_; }
  void save_states(const TileInput<S>& in, const S* tape_data, S* out) const override {
    const Tape t = tape(in, const_cast<S*>(tape_data));
    for (int s = 0; s < states; ++s) std::copy_n(t.state(s, in.steps, 0), t.row_size(), out + s * t.row_size());
  }
  void load_states(const TileInput<S>& in, const S* from, S* tape_data) const override {
    const Tape t = tape(in, tape_data);
    for (int s = 0; s < states; ++s) std::copy_n(from + s * t.row_size(), t.row_size(), t.state(s, 0, 0));
  }

  const S* outputs(const TileInput<S>& in, const S* tape_data) const override {
    return tape(in, const_cast<S*>(tape_data)).state(0, 1, 0);
  }

  void forward(const S* packed, const TileInput<S>& in, int begin, int end, S* tape_data) const override {
    const Tape t = tape(in, tape_data);
    for (int step = begin; step < end; ++step) {
      std::size_t input = at_.input, recurrent = at_.recurrent;
      for_each_phase([&](auto phase) HWY_ATTR {
        constexpr int p = phase.value, rows = Shape::rows(p), group = Shape::group(rows);
        for_blocks<group>(unit_blocks_, [&](int ub, auto blocks) HWY_ATTR {
          for_columns<tile_columns<V, rows * blocks.value>()>(in.columns, [&](int column, auto columns) HWY_ATTR {
            forward_tile<p, blocks.value, columns.value>(packed, packed + input, packed + recurrent, in, t, step, ub,
                                                         column);
          });
        });
        input += static_cast<std::size_t>(rows) * stride_ * in_;
        recurrent += static_cast<std::size_t>(rows) * stride_ * units_;
      });
    }
  }

  void start_backward(const TileInput<S>& in, S* tape_data, S* gradient) const override {
    const Tape t = tape(in, tape_data);
    std::fill_n(gradient, at_.gradient_size, S(0));
    std::fill_n(t.carry(0, 0), t.carry_size(), S(0));
  }

  void backward(const S* packed, const TileInput<S>& in, int begin, int end, bool goes_on,
                const OutputGradient<S>& d_outputs, S* d_inputs, int input_stride, S* tape_data,
                S* gradient) const override {
    const Tape t = tape(in, tape_data);
    const int last = goes_on ? in.steps : in.steps - 1;
    for (int step = end - 1; step >= begin; --step) {
      backward_step<phases - 1>(packed, in, d_outputs, step - begin, step < last, t, step, gradient);
      if constexpr (phases == 2) backward_step<0>(packed, in, d_outputs, step - begin, true, t, step, gradient);
      if (d_inputs)
        input_gradient(packed, in, d_inputs + static_cast<std::size_t>(step - begin) * in.columns * input_stride,
                       input_stride, t, step);
    }
    accumulate(in, t, begin, end, gradient);
  }

  void carry_back(const TileInput<S>& in, S* tape_data) const override {
    const Tape t = tape(in, tape_data);
    std::copy_n(t.slot(0, 0, 0), t.slots_size(), t.slot(in.steps, 0, 0));
  }

  // What flows into the initial states, summed over columns.
  void finish_backward(const S* packed, const TileInput<S>& in, S* tape_data, S* gradient) const override {
    if (blocks_.initial.empty()) return;
    const Tape t = tape(in, tape_data);
    constexpr int rows = Shape::rows(0);
    for_blocks<back_group>(unit_blocks_, [&](int ub, auto blocks) HWY_ATTR {
      constexpr int B = blocks.value;
      const S* panel = packed + at_.recurrent_t + static_cast<std::size_t>(ub) * L * rows * units_;
      for (int column = 0; column < in.columns; ++column) {
        V acc[B][1];
        for (int b = 0; b < B; ++b) acc[b][0] = load(t.carry(0, column) + (ub + b) * L);
        transposed_product<rows>(acc, panel, t, 0, 0, column, 0, unit_blocks_, panel);
        for (int b = 0; b < B; ++b)
          for (int s = 0; s < states; ++s) {
            S* sum = gradient + at_.d_initial + static_cast<std::size_t>(s) * stride_ + (ub + b) * L;
            store(load(sum) + (s == 0 ? acc[b][0] : load(t.carry(s, column) + (ub + b) * L)), sum);
          }
      }
    });
  }

  std::vector<Trace> trace(const TileInput<S>& in, const S* tape_data, int column) const override {
    const Tape t = tape(in, const_cast<S*>(tape_data));
    std::vector<Trace> traces;
    const auto add = [&](std::string_view name, auto at) {
      Trace trace{std::string(name), units_, {}};
      for (int step = 0; step < in.steps; ++step)
        for (int u = 0; u < units_; ++u) trace.values.push_back(static_cast<float>(std::real(at(step, u))));
      traces.push_back(std::move(trace));
    };
    for (int r = 0; r < G; ++r)
      add(Cell::gates[Shape::input_gate(r)].name,
          [&](int step, int u) { return t.slot(step, u / L, column)[(A + r) * L + u % L]; });
    for (int s = 0; s < states; ++s)
      add(Cell::states[s], [&](int step, int u) { return t.state(s, step + 1, column)[u]; });
    return traces;
  }

 private:
  Tape tape(const TileInput<S>& in, S* data) const { return Tape(unit_blocks_, in.steps, in.columns, data); }

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

  // Gradient of the layer's input at `step`: all input rows are slots [A, A + G).
  void input_gradient(const S* packed, const TileInput<S>& in, S* d_inputs, int input_stride, const Tape& t,
                      int step) const {
    for_blocks<back_group>((in_ + L - 1) / L, [&](int block, auto blocks) HWY_ATTR {
      constexpr int B = blocks.value;
      const S* panel = packed + at_.input_t + static_cast<std::size_t>(block) * L * G * units_;
      for_columns<tile_columns<V, B>()>(in.columns, [&](int column, auto columns) HWY_ATTR {
        constexpr int C = columns.value;
        V acc[B][C];
        unrolled<B>([&](auto b) RNNBENCH_INLINE {
          unrolled<C>([&](auto c) RNNBENCH_INLINE { acc[b][c] = broadcast(S(0)); });
        });
        transposed_product<G>(acc, panel, t, step, A, column, 0, unit_blocks_, panel);
        S* out = d_inputs + static_cast<std::size_t>(column) * input_stride + block * L;
        unrolled<B>([&](auto b) RNNBENCH_INLINE {
          unrolled<C>([&](auto c) RNNBENCH_INLINE { store(acc[b][c], out + c * input_stride + b * L); });
        });
      });
    });
  }

  // Adds steps [begin, end) to the packed gradient of the weights that multiply states and dense inputs.
  void accumulate(const TileInput<S>& in, const Tape& t, int begin, int end, S* gradient) const {
    for (int ub = 0; ub < unit_blocks_; ++ub) {
      for_each_phase([&](auto phase) HWY_ATTR {
        constexpr int p = phase.value, rows = Shape::rows(p), first = Shape::before(p);
        const S* source = p == 0 ? t.state(0, end - 1, 0) : t.middle(end - 1, 0);
        outer_products<rows>(t, ub, first, begin, end, source, stride_, units_,
                             gradient + at_.d_recurrent + (static_cast<std::size_t>(ub) * units_ * G + first) * L);
      });
      if (!one_hot_)
        outer_products<G>(t, ub, A, begin, end, in.values + static_cast<std::size_t>(end - 1) * in.columns * in.stride,
                          in.stride, in_, gradient + at_.d_input + static_cast<std::size_t>(ub) * in_ * G * L);
    }
  }

  // out[k][G][L] (rows of the phase) += sum over steps and columns of slots [slot, slot + Rows) times source[column][k];
  // `source` is that of the last step.
  template <int Rows>
  HWY_ATTR void outer_products(const Tape& t, int ub, int slot, int begin, int end, const S* source, int stride,
                               int depth, S* out) const {
    for_columns<tile_columns<V, Rows>()>(depth, [&](int k, auto columns) HWY_ATTR {
      constexpr int K = columns.value;
      V acc[Rows][K];
      S* at = out + static_cast<std::size_t>(k) * G * L;
      unrolled<Rows>([&](auto r) RNNBENCH_INLINE {
        unrolled<K>([&](auto c) RNNBENCH_INLINE { acc[r][c] = load(at + (c * G + r) * L); });
      });
      multiply_accumulate(acc, t.slot(end - 1, ub, 0) + slot * L, slots * L, source + k, stride, 1, t.columns(),
                          end - begin, -static_cast<std::ptrdiff_t>(t.slots_size()),
                          -static_cast<std::ptrdiff_t>(t.columns()) * stride);
      unrolled<Rows>([&](auto r) RNNBENCH_INLINE {
        unrolled<K>([&](auto c) RNNBENCH_INLINE { store(acc[r][c], at + (c * G + r) * L); });
      });
    });
  }

  const Cell cell_;
};

template <class Cell, class S>
std::unique_ptr<RecurrentPart<S>> make_reference(const Settings& settings, const RecurrentShape& shape,
                                                 const RecurrentBlocks& blocks) {
  return std::make_unique<RecurrentLayer<Cell, S>>(settings, shape, blocks);
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench
HWY_AFTER_NAMESPACE();

#endif
