// The recurrent driver: everything about a layer that is not the mathematics of its cell. One text for the float path
// of each instruction set (packs of sixteen) and for double and complex<double> (packs of one).
//
// Layouts (lanes L = 16 or 1, unit block = L units, everything features fastest):
//   states[s]  [steps + 1][columns][stride]                    states 0 .. steps; row t + 1 is the state after step t
//   slots      [steps][unit blocks][columns][slots][L]         activations, then gradients of pre-activations in place
// Forward, per step: for a group of unit blocks and columns the accumulators start from bias (and input), take the
// recurrent product, and the cell is applied to them. Backward, per step descending: the gradient of the hidden state
// is one chain over all gates of the next step, and the cell is applied to it; every few steps the weights' gradients
// take in the columns that are still in cache, time descending, columns ascending: one chain per weight and tile.
#if defined(RNNBENCH_MODELS_RECURRENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_RECURRENT_INL_H_
#undef RNNBENCH_MODELS_RECURRENT_INL_H_
#else
#define RNNBENCH_MODELS_RECURRENT_INL_H_
#endif

#include <algorithm>
#include <cstring>

#include "models/cell_options.h"
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

 public:
  RecurrentLayer(const Settings& settings, const RecurrentShape& shape, const RecurrentBlocks& blocks)
      : Weights(shape, blocks), cell_(settings) {}

  int stride() const override { return stride_; }
  std::size_t packed_size() const override { return at_.packed_size; }
  std::size_t gradient_size() const override { return at_.gradient_size; }
  std::size_t tape_size(int steps, int columns) const override { return tape(nullptr, steps, columns).size; }
  const S* outputs(const S* tape, int columns) const override {
    return tape + static_cast<std::size_t>(columns) * stride_;  // states[0] lies first; skip h_0
  }

  void pack(const Parameters<S>& parameters, S* packed) const override { Weights::pack_weights(parameters, packed); }
  void unpack_gradient(const S* packed, Parameters<S>& gradient) const override {
    Weights::add_gradient(packed, gradient);
  }

  void forward(const S* packed, const TileInput<S>& in, S* tape_data) const override {
    const Tape t = tape(tape_data, in.steps, in.columns);
    for (int s = 0; s < states; ++s)
      for (int c = 0; c < in.columns; ++c)
        std::copy_n(packed + at_.initial + static_cast<std::size_t>(s) * stride_, stride_, t.state(s, 0, c));
    for (int step = 0; step < in.steps; ++step) {
      std::size_t input = at_.input, recurrent = at_.recurrent;
      for_each_phase([&](auto phase) {
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

  void backward(const S* packed, const TileInput<S>& in, const S* d_outputs, S* d_inputs, int input_stride,
                S* tape_data, S* gradient) const override {
    const Tape t = tape(tape_data, in.steps, in.columns);
    std::fill_n(gradient, at_.gradient_size, S(0));
    std::fill_n(t.carry[0], static_cast<std::size_t>(states + 1) * in.columns * stride_, S(0));
    int done = in.steps;  // steps from here on are in the weights' gradients
    for (int step = in.steps - 1; step >= 0; --step) {
      backward_step<phases - 1>(packed, in, d_outputs, t, step);
      if constexpr (phases == 2) backward_step<0>(packed, in, d_outputs, t, step);
      if (d_inputs) input_gradient(packed, in, d_inputs, input_stride, t, step);
      if ((done - step) * in.columns >= gradient_columns || step == 0) {
        accumulate(in, t, step, done, gradient);
        done = step;
      }
    }
    backward_start(packed, in, t, gradient);
  }

  std::vector<Trace> trace(const S* tape_data, int steps, int columns, int column) const override {
    const Tape t = tape(const_cast<S*>(tape_data), steps, columns);
    std::vector<Trace> traces;
    const auto add = [&](std::string_view name, auto at) {
      Trace trace{std::string(name), units_, {}};
      for (int step = 0; step < steps; ++step)
        for (int u = 0; u < units_; ++u) trace.values.push_back(static_cast<float>(real_part_of(at(step, u))));
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
  // Columns of gradient that the weights take in at once: they stay in the second-level cache.
  static constexpr int gradient_columns = 256;

  struct Tape {
    const RecurrentLayer* layer;
    int columns;
    S* states_[states];
    S* slots_;
    S* middle_;         // [steps][columns][stride], cells of two phases
    S* carry[states];   // gradient of the states on its way back, [columns][stride] each, contiguous
    S* d_middle;        // [columns][stride]
    std::size_t size;
    S* state(int s, int row, int column) const {
      return states_[s] + (static_cast<std::size_t>(row) * columns + column) * layer->stride_;
    }
    S* slot(int step, int unit_block, int column) const {
      return slots_ +
             ((static_cast<std::size_t>(step) * layer->unit_blocks_ + unit_block) * columns + column) * slots * L;
    }
    S* middle(int step, int column) const {
      return middle_ + (static_cast<std::size_t>(step) * columns + column) * layer->stride_;
    }
    S* of(S* rows, int column) const { return rows + static_cast<std::size_t>(column) * layer->stride_; }
  };

  Tape tape(S* data, int steps, int columns) const {
    const std::size_t row = static_cast<std::size_t>(columns) * stride_;
    Places places;
    Tape t{this, columns, {}, nullptr, nullptr, {}, nullptr, 0};
    std::size_t at[2 * states + 3];
    for (int s = 0; s < states; ++s) at[s] = places.add((steps + 1) * row);
    at[states] = places.add(static_cast<std::size_t>(steps) * row * slots);
    at[states + 1] = places.add(phases == 2 ? steps * row : 0);
    at[states + 2] = places.add((states + 1) * row);
    t.size = places.total();
    if (data == nullptr) return t;
    for (int s = 0; s < states; ++s) t.states_[s] = data + at[s];
    t.slots_ = data + at[states];
    t.middle_ = data + at[states + 1];
    for (int s = 0; s < states; ++s) t.carry[s] = data + at[states + 2] + s * row;
    t.d_middle = data + at[states + 2] + states * row;
    return t;
  }

  static double real_part_of(float x) { return x; }
  template <class T> static double real_part_of(T x) { return real_part(x); }

  template <int P, int B, int C>
  HWY_ATTR void forward_tile(const S* packed, const S* input, const S* recurrent, const TileInput<S>& in,
                             const Tape& t, int step, int ub, int column) const {
    constexpr int rows = Shape::rows(P), first = Shape::before(P), R = rows * B;
    V x[R][C];  // input rows: joined gates, then those kept apart
    if (one_hot_) {
      for (int c = 0; c < C; ++c) {
        const std::int32_t symbol = in.symbols[static_cast<std::size_t>(step) * in.columns + column + c];
        const S* table = packed + at_.input + (static_cast<std::size_t>(symbol) * unit_blocks_ + ub) * G * L;
        for (int b = 0; b < B; ++b)
          for (int r = 0; r < rows; ++r) x[b * rows + r][c] = load(table + (b * G + first + r) * L);
      }
    } else {
      for (int b = 0; b < B; ++b)
        for (int r = 0; r < rows; ++r) {
          const V start = load(packed + at_.bias + (static_cast<std::size_t>(ub + b) * G + first + r) * L);
          for (int c = 0; c < C; ++c) x[b * rows + r][c] = start;
        }
      multiply_accumulate(x, input + static_cast<std::size_t>(ub) * rows * L * in_, R * L,
                          in.values + (static_cast<std::size_t>(step) * in.columns + column) * in.stride, 1, in.stride,
                          in_);
    }
    V a[R][C];  // recurrent rows: those kept apart, then joined gates
    for (int b = 0; b < B; ++b)
      for (int r = 0; r < rows; ++r)
        for (int c = 0; c < C; ++c)
          a[b * rows + r][c] = r < A ? load(packed + at_.apart_bias + (static_cast<std::size_t>(ub + b) * A + r) * L)
                                     : x[b * rows + r - A][c];
    const S* source = P == 0 ? t.state(0, step, column) : t.middle(step, column);
    multiply_accumulate(a, recurrent + static_cast<std::size_t>(ub) * rows * L * units_, R * L, source, 1, stride_,
                        units_);
    for (int b = 0; b < B; ++b)
      for (int c = 0; c < C; ++c) {
        UnitV u;
        S* slot = t.slot(step, ub + b, column + c);
        if constexpr (P > 0)
          for (int g = 0; g < first; ++g) u.gates[g] = load(slot + g * L);
        for (int r = 0; r < rows; ++r) u.gates[first + r] = a[b * rows + r][c];
        for (int r = 0; r < A; ++r) u.gates[G + r] = x[b * rows + J + r][c];
        for (int s = 0; s < states; ++s) u.before[s] = load(t.state(s, step, column + c) + (ub + b) * L);
        if constexpr (phases == 1)
          cell_.forward(u);
        else
          cell_.forward(u, Constant<P>());
        for (int g = first; g < first + rows + A; ++g) store(u.gates[g], slot + g * L);
        if constexpr (P < phases - 1)
          store(u.middle, t.middle(step, column + c) + (ub + b) * L);
        else
          for (int s = 0; s < states; ++s) store(u.after[s], t.state(s, step + 1, column + c) + (ub + b) * L);
      }
  }

  // dst[column][row block] of a transposed product with the gradients in slots [slot, slot + Rows) of step `step`.
  template <int Rows, int B, int C>
  HWY_INLINE HWY_ATTR void transposed_product(V (&acc)[B][C], const S* panel, const Tape& t, int step, int slot,
                                              int column) const {
    for (int ub = 0; ub < unit_blocks_; ++ub) {
      const int real = std::min(L, units_ - ub * L);
      multiply_accumulate(acc, panel, B * L, t.slot(step, ub, column) + slot * L, 1, slots * L, real, Rows,
                          static_cast<std::ptrdiff_t>(real) * B * L, L);
      panel += static_cast<std::size_t>(Rows) * real * B * L;
    }
  }

  // The cell's backward function of phase P at `step`, on the gradient of what that phase made.
  template <int P>
  void backward_step(const S* packed, const TileInput<S>& in, const S* d_outputs, const Tape& t, int step) const {
    constexpr bool makes_state = P == phases - 1;
    // The phase that consumed it: phase 0 of the next step, or phase 1 of this one.
    constexpr int consumer = makes_state ? 0 : 1, rows = Shape::rows(consumer), slot = Shape::before(consumer);
    const int consumed_at = makes_state ? step + 1 : step;
    const S* panels = packed + at_.recurrent_t + static_cast<std::size_t>(Shape::before(consumer)) * units_ * stride_;
    for_blocks<back_group>(unit_blocks_, [&](int ub, auto blocks) HWY_ATTR {
      constexpr int B = blocks.value;
      const S* panel = panels + static_cast<std::size_t>(ub) * L * rows * units_;
      for_columns<tile_columns<V, B>()>(in.columns, [&](int column, auto columns) HWY_ATTR {
        constexpr int C = columns.value;
        V acc[B][C];
        for (int b = 0; b < B; ++b)
          for (int c = 0; c < C; ++c)
            acc[b][c] = makes_state
                            ? load(t.of(t.carry[0], column + c) + (ub + b) * L) +
                                  load(d_outputs + (static_cast<std::size_t>(step) * in.columns + column + c) * stride_ +
                                       (ub + b) * L)
                            : broadcast(S(0));
        if (consumed_at < in.steps) transposed_product<rows>(acc, panel, t, consumed_at, slot, column);
        for (int b = 0; b < B; ++b)
          for (int c = 0; c < C; ++c) apply_backward<P>(acc[b][c], t, step, ub + b, column + c);
      });
    });
  }

  template <int P>
  HWY_ATTR void apply_backward(V d, const Tape& t, int step, int ub, int column) const {
    UnitV u;
    S* slot = t.slot(step, ub, column);
    for (int g = 0; g < slots; ++g) u.gates[g] = load(slot + g * L);
    for (int s = 0; s < states; ++s) {
      u.before[s] = load(t.state(s, step, column) + ub * L);
      u.after[s] = load(t.state(s, step + 1, column) + ub * L);
      u.grad[s] = load(t.of(t.carry[s], column) + ub * L);
    }
    if constexpr (P == phases - 1)
      u.grad[0] = d;
    else
      u.d_middle = d;
    if constexpr (phases == 1)
      cell_.backward(u);
    else
      cell_.backward(u, Constant<P>());
    for (int g = 0; g < slots; ++g) store(u.gates[g], slot + g * L);
    for (int s = 0; s < states; ++s) store(u.grad[s], t.of(t.carry[s], column) + ub * L);
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
        for (int b = 0; b < B; ++b)
          for (int c = 0; c < C; ++c) acc[b][c] = broadcast(S(0));
        transposed_product<G>(acc, panel, t, step, A, column);
        for (int b = 0; b < B; ++b)
          for (int c = 0; c < C; ++c)
            store(acc[b][c], d_inputs + (static_cast<std::size_t>(step) * in.columns + column + c) * input_stride +
                                 (block + b) * L);
      });
    });
  }

  // What flows into the initial states, summed over columns.
  void backward_start(const S* packed, const TileInput<S>& in, const Tape& t, S* gradient) const {
    if (blocks_.initial.empty()) return;
    constexpr int rows = Shape::rows(0);
    for_blocks<back_group>(unit_blocks_, [&](int ub, auto blocks) HWY_ATTR {
      constexpr int B = blocks.value;
      const S* panel = packed + at_.recurrent_t + static_cast<std::size_t>(ub) * L * rows * units_;
      for (int column = 0; column < in.columns; ++column) {
        V acc[B][1];
        for (int b = 0; b < B; ++b) acc[b][0] = load(t.of(t.carry[0], column) + (ub + b) * L);
        transposed_product<rows>(acc, panel, t, 0, 0, column);
        for (int b = 0; b < B; ++b) {
          for (int s = 0; s < states; ++s) {
            S* sum = gradient + at_.d_initial + static_cast<std::size_t>(s) * stride_ + (ub + b) * L;
            store(load(sum) + (s == 0 ? acc[b][0] : load(t.of(t.carry[s], column) + (ub + b) * L)), sum);
          }
        }
      }
    });
  }

  // Adds steps [begin, end) to the packed gradient of weights and biases, time descending, columns ascending.
  void accumulate(const TileInput<S>& in, const Tape& t, int begin, int end, S* gradient) const {
    for (int ub = 0; ub < unit_blocks_; ++ub) {
      accumulate_bias(t, ub, begin, end, gradient + at_.d_bias + static_cast<std::size_t>(ub) * slots * L);
      for_each_phase([&](auto phase) HWY_ATTR {
        constexpr int p = phase.value, rows = Shape::rows(p), first = Shape::before(p);
        const S* source = p == 0 ? t.state(0, end - 1, 0) : t.middle(end - 1, 0);
        outer_products<rows>(t, ub, first, begin, end, source, stride_, units_,
                             gradient + at_.d_recurrent + (static_cast<std::size_t>(ub) * units_ * G + first) * L);
      });
      if (one_hot_) {
        for (int step = end - 1; step >= begin; --step)
          for (int c = 0; c < t.columns; ++c) {
            const std::int32_t symbol = in.symbols[static_cast<std::size_t>(step) * in.columns + c];
            S* row = gradient + at_.d_input + (static_cast<std::size_t>(symbol) * unit_blocks_ + ub) * G * L;
            const S* d = t.slot(step, ub, c) + A * L;
            for (int r = 0; r < G; ++r) store(load(row + r * L) + load(d + r * L), row + r * L);
          }
      } else {
        const S* source = in.values + static_cast<std::size_t>(end - 1) * in.columns * in.stride;
        outer_products<G>(t, ub, A, begin, end, source, in.stride, in_,
                          gradient + at_.d_input + static_cast<std::size_t>(ub) * in_ * G * L);
      }
    }
  }

  HWY_ATTR void accumulate_bias(const Tape& t, int ub, int begin, int end, S* sum) const {
    V acc[slots];
    for (int g = 0; g < slots; ++g) acc[g] = load(sum + g * L);
    for (int step = end - 1; step >= begin; --step)
      for (int c = 0; c < t.columns; ++c) {
        const S* d = t.slot(step, ub, c);
        for (int g = 0; g < slots; ++g) acc[g] = acc[g] + load(d + g * L);
      }
    for (int g = 0; g < slots; ++g) store(acc[g], sum + g * L);
  }

  // out[k][G][L] (rows of the phase) += sum over steps and columns of slots [slot, slot + Rows) times source[column][k];
  // `source` is that of the last step.
  template <int Rows>
  HWY_ATTR void outer_products(const Tape& t, int ub, int slot, int begin, int end, const S* source, int stride,
                               int depth, S* out) const {
    for_columns<tile_columns<V, Rows>()>(depth, [&](int k, auto columns) HWY_ATTR {
      constexpr int K = columns.value;
      V acc[Rows][K];
      for (int r = 0; r < Rows; ++r)
        for (int c = 0; c < K; ++c) acc[r][c] = load(out + (static_cast<std::size_t>(k + c) * G + r) * L);
      multiply_accumulate(acc, t.slot(end - 1, ub, 0) + slot * L, slots * L, source + k, stride, 1, t.columns, end - begin,
                          -static_cast<std::ptrdiff_t>(unit_blocks_) * t.columns * slots * L,
                          -static_cast<std::ptrdiff_t>(t.columns) * stride);
      for (int r = 0; r < Rows; ++r)
        for (int c = 0; c < K; ++c) store(acc[r][c], out + (static_cast<std::size_t>(k + c) * G + r) * L);
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
