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
#include "models/recurrent_steps-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench {
namespace HWY_NAMESPACE {

template <class Cell, class V>
class RecurrentLayer final : public RecurrentPart<ScalarOf<V>>, private RecurrentSteps<Cell, V> {
  using Steps = RecurrentSteps<Cell, V>;
  using typename Steps::S, typename Steps::Shape, typename Steps::Tape;
  using Steps::L, Steps::G, Steps::A, Steps::slots, Steps::states, Steps::phases;
  using Steps::at_, Steps::back_group, Steps::blocks_, Steps::for_each_phase, Steps::in_, Steps::one_hot_,
      Steps::stride_, Steps::unit_blocks_, Steps::units_;

 public:
  RecurrentLayer(const Settings& settings, const RecurrentShape& shape, const RecurrentBlocks& blocks)
      : Steps(settings, shape, blocks) {}

  int stride() const override { return stride_; }
  std::size_t packed_size() const override { return at_.packed_size; }
  std::size_t gradient_size() const override { return at_.gradient_size; }
  std::size_t tape_size(int steps, int columns) const override {
    return Tape(unit_blocks_, steps, columns, nullptr).size();
  }

  void pack(const Parameters<S>& parameters, S* packed, int piece, int pieces) const override {
    Steps::pack_weights(parameters, packed, piece, pieces);
  }
  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient, int piece,
                       int pieces) const override {
    Steps::write_gradient(packed, stride, tiles, gradient, piece, pieces);
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
            this->template forward_tile<p, blocks.value, columns.value>(packed, packed + input, packed + recurrent, in, t, step, ub,
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
      this->template backward_step<phases - 1>(packed, in, d_outputs, step - begin, step < last, t, step, gradient);
      if constexpr (phases == 2)
        this->template backward_step<0>(packed, in, d_outputs, step - begin, true, t, step, gradient);
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
        this->template transposed_product<rows>(acc, panel, t, 0, 0, column, 0, unit_blocks_, panel);
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
        this->template transposed_product<G>(acc, panel, t, step, A, column, 0, unit_blocks_, panel);
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
