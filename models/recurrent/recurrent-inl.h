// The recurrent layer: everything except the mathematics of its cell. The same code is compiled for float with each
// instruction set (packs of sixteen lanes), and for double and complex<double> (packs of one).
//
// Forward, at each step and for a group of unit blocks and columns: registers are initialized with the biases, the
// products with the input and the states are added, and the cell is applied.
// Backward, steps descending: the gradient of the hidden state is summed over the output layer and all gates of the
// next step, and the cell is applied to it. After each span, its steps are added to the gradients of the weights. The
// order of each sum is fixed (steps descending, columns ascending), which makes results reproducible.
#if defined(RNNBENCH_MODELS_RECURRENT_RECURRENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_RECURRENT_RECURRENT_INL_H_
#undef RNNBENCH_MODELS_RECURRENT_RECURRENT_INL_H_
#else
#define RNNBENCH_MODELS_RECURRENT_RECURRENT_INL_H_
#endif

#include <algorithm>
#include <complex>

#include "models/recurrent/steps-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

template <class V>
class RecurrentLayer final : public Layer<ScalarOf<V>> {
  using S = ScalarOf<V>;
  using Weights = RecurrentWeights<V>;
  using Steps = RecurrentSteps<V>;
  using Tape = RecurrentTape<S>;
  using Product = CellStructure::Product;
  static constexpr int L = PackTraits<V>::lanes;

 public:
  RecurrentLayer(const CellStructure& cell, std::unique_ptr<const CellKernel<S>> kernel, const RecurrentShape& shape,
                 const RecurrentBlocks& blocks)
      : w_(cell, shape, blocks), steps_(w_, std::move(kernel)) {}

  int stride() const override { return w_.state_stride; }
  Features features() const override { return Features(w_.units); }
  std::size_t packed_size() const override { return w_.packed_size(); }
  std::size_t gradient_size() const override { return w_.gradient_size(); }
  std::size_t tape_size(int steps, int columns) const override {
    return Tape(w_.cell, w_.normalized, w_.unit_blocks, steps, columns, nullptr).size();
  }

  void pack(const Parameters<S>& parameters, S* packed, int piece, int pieces) const override {
    w_.pack_weights(parameters, packed, piece, pieces);
  }
  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient, int piece,
                       int pieces) const override {
    w_.write_gradient(packed, stride, tiles, gradient, piece, pieces);
  }

  void start(const S* packed, const TileInput<S>& in, S* tape_data) const override {
    const Tape t = tape(in, tape_data);
    for (int s = 0; s < w_.states; ++s)
      for (int c = 0; c < in.columns; ++c)
        std::copy_n(packed + w_.initial_at.weights + static_cast<std::size_t>(s) * w_.state_stride, w_.state_stride,
                    t.state(s, 0, c));
  }
  std::size_t states_size(int columns) const override {
    return static_cast<std::size_t>(w_.states) * columns * w_.state_stride;
  }
  void save_states(const TileInput<S>& in, const S* tape_data, S* out) const override {
    const Tape t = tape(in, const_cast<S*>(tape_data));
    for (int s = 0; s < w_.states; ++s) std::copy_n(t.state(s, in.steps, 0), t.row_size(), out + s * t.row_size());
  }
  void load_states(const TileInput<S>& in, const S* from, S* tape_data) const override {
    const Tape t = tape(in, tape_data);
    for (int s = 0; s < w_.states; ++s) std::copy_n(from + s * t.row_size(), t.row_size(), t.state(s, 0, 0));
  }

  void reset_states(const S* packed, int columns, const std::uint8_t* continues, S* states) const override {
    for (int s = 0; s < w_.states; ++s)
      for (int c = 0; c < columns; ++c, states += w_.state_stride)
        if (continues == nullptr || !continues[c])
          std::copy_n(packed + w_.initial_at.weights + static_cast<std::size_t>(s) * w_.state_stride, w_.state_stride,
                      states);
  }

  const S* outputs(const TileInput<S>& in, const S* tape_data) const override {
    return tape(in, const_cast<S*>(tape_data)).state(0, 1, 0);
  }

  void forward(const S* packed, const TileInput<S>& in, int begin, int end, S* tape_data) const override {
    const Tape t = tape(in, tape_data);
    const RecurrentPass<V> pass{packed, in, t};
    for (int step = begin; step < end; ++step)
      for (int phase = 0; phase < w_.cell.phases; ++phase) steps_.forward(pass, step, phase);
  }

  void start_backward(const TileInput<S>& in, S* tape_data, S* gradient) const override {
    const Tape t = tape(in, tape_data);
    std::fill_n(gradient, w_.gradient_size(), S(0));
    std::fill_n(t.d_state(0, 0), t.d_states_size(), S(0));
  }

  void backward(const S* packed, const TileInput<S>& in, int begin, int end, bool later_segments,
                const OutputGradient<S>& d_outputs, S* d_inputs, int input_stride, S* tape_data,
                S* gradient) const override {
    const Tape t = tape(in, tape_data);
    const RecurrentBackwardPass<V> pass{{packed, in, t}, d_outputs, begin, gradient};
    const int last = later_segments ? in.steps : in.steps - 1;
    for (int step = end - 1; step >= begin; --step) {
      for (int phase = w_.cell.phases - 1; phase >= 0; --phase) steps_.backward(pass, step, phase, step < last);
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

  // The gradient of the initial states, summed over the columns.
  void finish_backward(const S* packed, const TileInput<S>& in, S* tape_data, S* gradient) const override {
    if (w_.parameter_blocks.initial_states.empty()) return;
    const Tape t = tape(in, tape_data);
    alignas(64) S sum[Weights::back_group * L];
    for (int s = 0; s < w_.states; ++s)
      in_blocks(w_.unit_blocks, Weights::back_group, [&](int ub, int blocks) {
        auto back = steps_.transposed_product(w_.state_products[s], packed, t, 0, ub, blocks, 0, w_.unit_blocks);
        back.direct = t.d_state(s, 0) + ub * L;
        back.direct_column = w_.state_stride;
        for (int column = 0; column < in.columns; ++column) {
          tile_table<V>.transposed[blocks - 1][0](back, column, sum, blocks * L);
          S* out = gradient + w_.initial_at.gradient + static_cast<std::size_t>(s) * w_.state_stride + ub * L;
          for (int i = 0; i < blocks * L; ++i) out[i] += sum[i];
        }
      });
  }

  std::vector<Trace> trace(const TileInput<S>& in, const S* tape_data, int column) const override {
    const Tape t = tape(in, const_cast<S*>(tape_data));
    std::vector<Trace> traces;
    const auto add = [&](const std::string& name, auto at) {
      Trace trace{name, w_.units, {}};
      for (int step = 0; step < in.steps; ++step)
        for (int u = 0; u < w_.units; ++u) trace.values.push_back(static_cast<float>(std::real(at(step, u))));
      traces.push_back(std::move(trace));
    };
    for (std::size_t g = 0; g < w_.cell.gates.size(); ++g) {
      const int slot = w_.cell.slot_of_gate(static_cast<int>(g));
      add(w_.cell.gates[g].name, [&](int step, int u) { return t.slot(step, u / L, column)[slot * L + u % L]; });
    }
    for (int s = 0; s < w_.states; ++s)
      if (w_.cell.gate_named(w_.cell.states[s]) < 0)  // unless it is the value of a gate, which is there already
        add(w_.cell.states[s], [&](int step, int u) { return t.state(s, step + 1, column)[u]; });
    return traces;
  }

 private:
  Tape tape(const TileInput<S>& in, S* data) const {
    return Tape(w_.cell, w_.normalized, w_.unit_blocks, in.steps, in.columns, data);
  }

  // Gradient of the layer's input at `step`.
  void input_gradient(const S* packed, const TileInput<S>& in, S* d_inputs, int input_stride, const Tape& t,
                      int step) const {
    in_blocks((w_.input_depth + L - 1) / L, Weights::back_group, [&](int block, int blocks) {
      const auto back = steps_.transposed_product(w_.input_products, packed, t, step, block, blocks, 0, w_.unit_blocks);
      in_columns(in.columns, max_columns<V>(blocks), [&](int column, int columns) {
        tile_table<V>.transposed[blocks - 1][columns - 1](
            back, column, d_inputs + static_cast<std::size_t>(column) * input_stride + block * L, input_stride);
      });
    });
  }

  // Adds steps [begin, end) to the packed gradients of the matrices. (Those of one-hot inputs are done by the cell
  // kernel.)
  void accumulate(const TileInput<S>& in, const Tape& t, int begin, int end, S* gradient) const {
    for (std::size_t p = 0; p < w_.cell.recurrences.size(); ++p) {
      const Product& product = w_.cell.recurrences[p];
      const S* source = product.source == from_middle ? t.middle(end - 1, 0) : t.state(product.source, end - 1, 0);
      outer_products(t, product.rows, begin, end, source, w_.state_stride, w_.units,
                     gradient + w_.recurrent_places[p].at.gradient);
    }
    for (std::size_t p = 0; p < w_.cell.inputs.size() && !w_.one_hot; ++p)
      outer_products(t, w_.cell.inputs[p].rows, begin, end,
                     in.values + static_cast<std::size_t>(end - 1) * in.columns * in.stride, in.stride, w_.input_depth,
                     gradient + w_.input_places[p].at.gradient);
  }

  // out[ub][k][rows][L] += slot * source[column][k], summed over steps and columns; `source` points to the last step.
  // If a unit block has one row of packs only, several unit blocks share a tile.
  void outer_products(const Tape& t, const CellStructure::Rows& rows, int begin, int end, const S* source, int stride,
                      int depth, S* out) const {
    const std::ptrdiff_t of_block = static_cast<std::ptrdiff_t>(depth) * rows.count * L;
    in_blocks(w_.unit_blocks, rows.count == 1 ? 4 : 1, [&](int ub, int blocks) {
      ProductTile<S> tile{.start = out + ub * of_block,
                          .start_column = rows.count * L,
                          .a = t.slot(end - 1, ub, 0) + rows.slot * L,
                          .a_step = w_.slots * L,
                          .b = source,
                          .b_step = stride,
                          .b_column = 1,
                          .depth = t.columns(),
                          .segments = end - begin,
                          .a_segment = -static_cast<std::ptrdiff_t>(t.slots_size()),
                          .b_segment = -static_cast<std::ptrdiff_t>(t.columns()) * stride,
                          .out = out + ub * of_block,
                          .out_column = rows.count * L};
      if (blocks > 1) {
        tile.a_row = t.slot(end - 1, 1, 0) - t.slot(end - 1, 0, 0);
        tile.out_row = of_block;
      }
      multiply<V>(tile, rows.count * blocks, depth);
    });
  }

  const Weights w_;
  const Steps steps_;  // refers to w_
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
