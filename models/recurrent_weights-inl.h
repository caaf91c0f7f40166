// The weights of a recurrent layer as the driver wants them, and the way back for their gradient.
//
//   panels   [group of unit blocks][k][rows of the group][L]: weights of a product, rows = gates of the phase
// With a one-hot input the panel of the input is a table: for every symbol what the accumulators start from.
#if defined(RNNBENCH_MODELS_RECURRENT_WEIGHTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_RECURRENT_WEIGHTS_INL_H_
#undef RNNBENCH_MODELS_RECURRENT_WEIGHTS_INL_H_
#else
#define RNNBENCH_MODELS_RECURRENT_WEIGHTS_INL_H_
#endif

#include <algorithm>

#include "core/product-inl.h"
#include "models/cell_shape.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench {
namespace HWY_NAMESPACE {

template <class Cell, class V>
class RecurrentWeights {
 protected:
  using S = ScalarOf<V>;
  using Shape = CellShape<Cell>;
  static constexpr int L = PackTraits<V>::lanes;
  static constexpr int G = Shape::gates, A = Shape::apart(), J = G - A, slots = Shape::slots, states = Shape::states;
  static constexpr int phases = Shape::phases();
  static constexpr int back_group = 4;  // row blocks of the transposed products

  RecurrentWeights(const RecurrentShape& shape, const RecurrentBlocks& blocks)
      : in_(shape.inputs), one_hot_(shape.one_hot), units_(shape.hidden), unit_blocks_((shape.hidden + L - 1) / L),
        stride_(unit_blocks_ * L), needs_input_gradient_(shape.needs_input_gradient), blocks_(blocks) {
    const std::size_t row = static_cast<std::size_t>(unit_blocks_) * L;  // numbers of one gate over all units
    Places packed;
    at_.bias = packed.add(G * row);        // what the input rows start from
    at_.apart_bias = packed.add(A * row);  // b_hh of the gates kept apart
    at_.input = packed.add(G * row * in_);
    at_.recurrent = packed.add(G * row * units_);
    at_.recurrent_t = packed.add(static_cast<std::size_t>(G) * units_ * row);
    at_.input_t = packed.add(needs_input_gradient_ ? static_cast<std::size_t>(G) * units_ * round_up(in_, L) : 0);
    at_.initial = packed.add(states * row);
    at_.packed_size = packed.total();
    Places gradient;
    at_.d_bias = gradient.add(slots * row);
    at_.d_input = gradient.add(G * row * in_);
    at_.d_recurrent = gradient.add(G * row * units_);
    at_.d_initial = gradient.add(states * row);
    at_.gradient_size = gradient.total();
  }

  void pack_weights(const Parameters<S>& parameters, S* packed) const {
    const S* w_ih = parameters.block(blocks_.weight_ih);
    const S* w_hh = parameters.block(blocks_.weight_hh);
    const S* b_ih = parameters.block(blocks_.bias_ih);
    const S* b_hh = parameters.block(blocks_.bias_hh);
    const auto unit = [&](int gate, int u) { return gate * units_ + u; };  // row of PyTorch's matrices

    for (int ub = 0; ub < unit_blocks_; ++ub)
      for (int r = 0; r < G; ++r)
        for (int lane = 0; lane < L; ++lane) {
          const int u = ub * L + lane;
          const bool real = u < units_;
          const int i = unit(Shape::input_gate(r), u);
          S& bias = packed[at_.bias + (static_cast<std::size_t>(ub) * G + r) * L + lane];
          bias = !real ? S(0) : r < J ? b_ih[i] + b_hh[i] : b_ih[i];
          if (r < A)
            packed[at_.apart_bias + (static_cast<std::size_t>(ub) * A + r) * L + lane] =
                real ? b_hh[unit(Shape::recurrent_gate(r), u)] : S(0);
        }
    if (one_hot_) {  // what the accumulators start from: bias + column of the symbol, as one rounding
      S* out = packed + at_.input;
      for (int symbol = 0; symbol < in_; ++symbol)
        for (int ub = 0; ub < unit_blocks_; ++ub)
          for (int r = 0; r < G; ++r)
            for (int lane = 0; lane < L; ++lane, ++out) {
              const int u = ub * L + lane;
              *out = u >= units_ ? S(0)
                                 : packed[at_.bias + (static_cast<std::size_t>(ub) * G + r) * L + lane] +
                                       w_ih[static_cast<std::size_t>(unit(Shape::input_gate(r), u)) * in_ + symbol];
            }
    }
    S* input = packed + at_.input;
    S* recurrent = packed + at_.recurrent;
    S* recurrent_t = packed + at_.recurrent_t;
    for_each_phase([&](auto phase) {
      constexpr int p = phase.value, rows = Shape::rows(p), first = Shape::before(p), group = Shape::group(rows);
      if (!one_hot_)
        input = pack_gate_panels<rows, group>(in_, input, [&](int r, int u, int k) {
          return w_ih[static_cast<std::size_t>(unit(Shape::input_gate(first + r), u)) * in_ + k];
        });
      recurrent = pack_gate_panels<rows, group>(units_, recurrent, [&](int r, int u, int k) {
        return w_hh[static_cast<std::size_t>(unit(Shape::recurrent_gate(first + r), u)) * units_ + k];
      });
      recurrent_t = pack_transposed<rows>(units_, recurrent_t, [&](int k, int r, int u) {
        return w_hh[static_cast<std::size_t>(unit(Shape::recurrent_gate(first + r), u)) * units_ + k];
      });
    });
    if (needs_input_gradient_)
      pack_transposed<G>(in_, packed + at_.input_t, [&](int k, int r, int u) {
        return w_ih[static_cast<std::size_t>(unit(Shape::input_gate(r), u)) * in_ + k];
      });
    for (int s = 0; s < states; ++s)
      for (int u = 0; u < stride_; ++u)
        packed[at_.initial + static_cast<std::size_t>(s) * stride_ + u] =
            u < units_ && !blocks_.initial.empty() ? parameters.block(blocks_.initial[s])[u] : S(0);
  }

  void add_gradient(const S* packed, Parameters<S>& gradient) const {
    S* w_ih = gradient.block(blocks_.weight_ih);
    S* w_hh = gradient.block(blocks_.weight_hh);
    S* b_ih = gradient.block(blocks_.bias_ih);
    S* b_hh = gradient.block(blocks_.bias_hh);
    for (int u = 0; u < units_; ++u) {
      const std::size_t ub = u / L, lane = u % L;
      for (int r = 0; r < G; ++r) {
        const std::size_t row = static_cast<std::size_t>(Shape::input_gate(r)) * units_ + u;
        for (int k = 0; k < in_; ++k) {
          const std::size_t from = one_hot_ ? (static_cast<std::size_t>(k) * unit_blocks_ + ub) * G + r
                                            : (ub * in_ + k) * G + r;
          w_ih[row * in_ + k] += packed[at_.d_input + from * L + lane];
        }
        b_ih[row] += packed[at_.d_bias + (ub * slots + A + r) * L + lane];
      }
      for (int r = 0; r < G; ++r) {
        const std::size_t row = static_cast<std::size_t>(Shape::recurrent_gate(r)) * units_ + u;
        for (int k = 0; k < units_; ++k)
          w_hh[row * units_ + k] += packed[at_.d_recurrent + ((ub * units_ + k) * G + r) * L + lane];
        b_hh[row] += packed[at_.d_bias + (ub * slots + r) * L + lane];
      }
      if (!blocks_.initial.empty())
        for (int s = 0; s < states; ++s)
          gradient.block(blocks_.initial[s])[u] += packed[at_.d_initial + static_cast<std::size_t>(s) * stride_ + u];
    }
  }

  template <class F>
  static void for_each_phase(F&& f) {
    f(Constant<0>());
    if constexpr (phases == 2) f(Constant<1>());
  }

  struct At {
    std::size_t bias, apart_bias, input, recurrent, recurrent_t, input_t, initial, packed_size;
    std::size_t d_bias, d_input, d_recurrent, d_initial, gradient_size;
  };

  const int in_;
  const bool one_hot_;
  const int units_, unit_blocks_, stride_;
  const bool needs_input_gradient_;
  const RecurrentBlocks blocks_;
  At at_;

 private:
  // Panels [group of unit blocks][k][blocks of the group][rows][L] of at(row, unit, k).
  template <int Rows, int Group, class At>
  S* pack_gate_panels(int depth, S* out, At&& at) const {
    for_blocks<Group>(unit_blocks_, [&](int ub, auto blocks) HWY_ATTR {
      for (int k = 0; k < depth; ++k)
        for (int b = 0; b < blocks.value; ++b)
          for (int r = 0; r < Rows; ++r)
            for (int lane = 0; lane < L; ++lane) {
              const int u = (ub + b) * L + lane;
              *out++ = u < units_ ? at(r, u, k) : S(0);
            }
    });
    return out;
  }

  // Panels [group of k blocks][unit block][row][unit of the block that exists][L * blocks of the group] of at(k, row,
  // unit): the order in which the chains of the transposed product run.
  template <int Rows, class At>
  S* pack_transposed(int depth, S* out, At&& at) const {
    for_blocks<back_group>((depth + L - 1) / L, [&](int block, auto blocks) HWY_ATTR {
      for (int ub = 0; ub < unit_blocks_; ++ub)
        for (int r = 0; r < Rows; ++r)
          for (int u = ub * L; u < std::min(units_, (ub + 1) * L); ++u)
            for (int i = 0; i < blocks.value * L; ++i) {
              const int k = block * L + i;
              *out++ = k < depth ? at(k, r, u) : S(0);
            }
    });
    return out;
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench
HWY_AFTER_NAMESPACE();

#endif
