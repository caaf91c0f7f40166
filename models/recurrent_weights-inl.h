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

#include "models/cell_shape.h"
#include "models/linear-inl.h"

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

  // Pieces are runs of four unit blocks (for the transposed panels: of four blocks of what they multiply into), which no
  // group of blocks crosses.
  void pack_weights(const Parameters<S>& parameters, S* packed, int piece, int pieces) const {
    const S* w_ih = parameters.block(blocks_.weight_ih);
    const S* w_hh = parameters.block(blocks_.weight_hh);
    const S* b_ih = parameters.block(blocks_.bias_ih);
    const S* b_hh = parameters.block(blocks_.bias_hh);
    const Range part = part_of(unit_blocks_, piece, pieces);
    for (int ub = part.begin; ub < part.end; ++ub) {
      for (int r = 0; r < G; ++r)
        for (int lane = 0; lane < L; ++lane) {
          const int u = ub * L + lane;
          const bool real = u < units_;
          const int i = row_of(Shape::input_gate(r), u);
          S& bias = packed[at_.bias + (static_cast<std::size_t>(ub) * G + r) * L + lane];
          bias = !real ? S(0) : r < J ? b_ih[i] + b_hh[i] : b_ih[i];
          if (r < A)
            packed[at_.apart_bias + (static_cast<std::size_t>(ub) * A + r) * L + lane] =
                real ? b_hh[row_of(Shape::recurrent_gate(r), u)] : S(0);
        }
      if (one_hot_) pack_table(w_ih, ub, packed);
      for (int s = 0; s < states; ++s)
        for (int u = ub * L; u < (ub + 1) * L; ++u)
          packed[at_.initial + static_cast<std::size_t>(s) * stride_ + u] =
              u < units_ && !blocks_.initial.empty() ? parameters.block(blocks_.initial[s])[u] : S(0);
    }
    S* input = packed + at_.input;
    S* recurrent = packed + at_.recurrent;
    S* recurrent_t = packed + at_.recurrent_t;
    for_each_phase([&](auto phase) {
      constexpr int p = phase.value, rows = Shape::rows(p), first = Shape::before(p), group = Shape::group(rows);
      if (!one_hot_) pack_gate_panels<rows, group>(w_ih, in_, part, input, [](int r) { return Shape::input_gate(first + r); });
      pack_gate_panels<rows, group>(w_hh, units_, part, recurrent, [](int r) { return Shape::recurrent_gate(first + r); });
      pack_transposed<rows>(w_hh, units_, part, recurrent_t, [](int r) { return Shape::recurrent_gate(first + r); });
      input += static_cast<std::size_t>(rows) * stride_ * in_;
      recurrent += static_cast<std::size_t>(rows) * stride_ * units_;
      recurrent_t += static_cast<std::size_t>(rows) * units_ * stride_;
    });
    if (needs_input_gradient_)
      pack_transposed<G>(w_ih, in_, part_of((in_ + L - 1) / L, piece, pieces), packed + at_.input_t,
                         [](int r) { return Shape::input_gate(r); });
  }

  void write_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient, int piece,
                      int pieces) const {
    S* w_ih = gradient.block(blocks_.weight_ih);
    S* w_hh = gradient.block(blocks_.weight_hh);
    const auto sum = [&](std::size_t at) { return sum_of_tiles(packed + at, stride, tiles); };
    const Range part = part_of(unit_blocks_, piece, pieces);
    for (int ub = part.begin; ub < part.end; ++ub) {
      const int real = std::min(L, units_ - ub * L);
      for (int r = 0; r < G; ++r) {
        const std::size_t in_row = row_of(Shape::input_gate(r), ub * L), row = row_of(Shape::recurrent_gate(r), ub * L);
        write_rows(packed + at_.d_input + (one_hot_ ? (static_cast<std::size_t>(ub) * G + r) * L
                                                    : (static_cast<std::size_t>(ub) * in_ * G + r) * L),
                   one_hot_ ? static_cast<std::size_t>(unit_blocks_) * G * L : G * L, stride, tiles, real, in_,
                   w_ih + in_row * in_);
        write_rows(packed + at_.d_recurrent + (static_cast<std::size_t>(ub) * units_ * G + r) * L, G * L, stride, tiles,
                   real, units_, w_hh + row * units_);
        for (int lane = 0; lane < real; ++lane) {
          const std::size_t bias = at_.d_bias + static_cast<std::size_t>(ub) * slots * L + lane;
          gradient.block(blocks_.bias_ih)[in_row + lane] = sum(bias + (A + r) * L);
          gradient.block(blocks_.bias_hh)[row + lane] = sum(bias + r * L);
        }
      }
      if (!blocks_.initial.empty())
        for (int s = 0; s < states; ++s)
          for (int u = ub * L; u < ub * L + real; ++u)
            gradient.block(blocks_.initial[s])[u] = sum(at_.d_initial + static_cast<std::size_t>(s) * stride_ + u);
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
  struct Range {
    int begin, end;
  };
  static Range part_of(int blocks, int piece, int pieces) {
    const int fours = (blocks + 3) / 4;
    return {std::min(blocks, fours * piece / pieces * 4), std::min(blocks, fours * (piece + 1) / pieces * 4)};
  }
  int row_of(int gate, int unit) const { return gate * units_ + unit; }  // of PyTorch's matrices

  // What the accumulators start from with a one-hot input: bias + column of the symbol, as one rounding.
  void pack_table(const S* w_ih, int ub, S* packed) const {
    for (int symbol = 0; symbol < in_; ++symbol)
      for (int r = 0; r < G; ++r) {
        const std::size_t block = static_cast<std::size_t>(ub) * G + r;
        S* out = packed + at_.input + (static_cast<std::size_t>(symbol) * unit_blocks_ * G + block) * L;
        for (int lane = 0; lane < L; ++lane) {
          const int u = ub * L + lane;
          out[lane] = u < units_ ? packed[at_.bias + block * L + lane] +
                                       w_ih[static_cast<std::size_t>(row_of(Shape::input_gate(r), u)) * in_ + symbol]
                                 : S(0);
        }
      }
  }

  // Panels [group of unit blocks][k][blocks of the group][rows][L] of w[gate_of(row)][unit][k], in squares that stay in
  // the first-level cache.
  template <int Rows, int Group, class GateOf>
  void pack_gate_panels(const S* w, int depth, Range part, S* panels, GateOf gate_of) const {
    for_blocks<Group>(part.end - part.begin, [&](int from, auto blocks) {
      constexpr int B = decltype(blocks)::value;
      S* panel = panels + static_cast<std::size_t>(part.begin + from) * Rows * L * depth;
      for (int b = 0; b < B; ++b)
        for (int r = 0; r < Rows; ++r) {
          const int unit = (part.begin + from + b) * L, real = std::min(L, units_ - unit);
          const S* rows = w + static_cast<std::size_t>(row_of(gate_of(r), unit)) * depth;
          for (int first = 0; first < depth; first += 16)
            for (int lane = 0; lane < L; ++lane)
              for (int k = first; k < std::min(depth, first + 16); ++k)
                panel[(static_cast<std::size_t>(k) * B * Rows + b * Rows + r) * L + lane] =
                    lane < real ? rows[static_cast<std::size_t>(lane) * depth + k] : S(0);
        }
    });
  }

  // Panels [group of k blocks][unit block][row][unit of the block that exists][L * blocks of the group] of
  // w[gate_of(row)][unit][k]: the order in which the chains of the transposed product run.
  template <int Rows, class GateOf>
  void pack_transposed(const S* w, int depth, Range part, S* panels, GateOf gate_of) const {
    for_blocks<back_group>(part.end - part.begin, [&](int from, auto blocks) {
      const int k = (part.begin + from) * L, width = decltype(blocks)::value * L, real = std::min(width, depth - k);
      S* out = panels + static_cast<std::size_t>(k) * Rows * units_;
      for (int ub = 0; ub < unit_blocks_; ++ub)
        for (int r = 0; r < Rows; ++r)
          for (int u = ub * L; u < std::min(units_, (ub + 1) * L); ++u, out += width) {
            std::copy_n(w + static_cast<std::size_t>(row_of(gate_of(r), u)) * depth + k, real, out);
            std::fill(out + real, out + width, S(0));
          }
    });
  }

  // w[lane][k] = sum over tiles of packed[k * step + lane], lane < real, k < depth.
  static void write_rows(const S* packed, std::size_t step, std::size_t stride, int tiles, int real, int depth, S* w) {
    S square[16][L];
    for (int first = 0; first < depth; first += 16) {
      const int count = std::min(16, depth - first);
      for (int k = 0; k < count; ++k) {
        const S* from = packed + (first + k) * step;
        for (int lane = 0; lane < L; ++lane) square[k][lane] = from[lane];
        for (int tile = 1; tile < tiles; ++tile)
          for (int lane = 0; lane < L; ++lane) square[k][lane] += from[tile * stride + lane];
      }
      for (int lane = 0; lane < real; ++lane)
        for (int k = 0; k < count; ++k) w[static_cast<std::size_t>(lane) * depth + first + k] = square[k][lane];
    }
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench
HWY_AFTER_NAMESPACE();

#endif
