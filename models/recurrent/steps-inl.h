// One phase of one step of a recurrent layer, forward and backward: for each group of unit blocks and columns, first
// the products, then the cell. The loop over steps is in recurrent-inl.h.
#if defined(RNNBENCH_MODELS_RECURRENT_STEPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_RECURRENT_STEPS_INL_H_
#undef RNNBENCH_MODELS_RECURRENT_STEPS_INL_H_
#else
#define RNNBENCH_MODELS_RECURRENT_STEPS_INL_H_
#endif

#include <algorithm>
#include <memory>

#include "models/recurrent/cell_kernel.h"
#include "models/recurrent/norm-inl.h"
#include "models/recurrent/tape.h"
#include "models/recurrent/tiles-inl.h"
#include "models/recurrent/weights-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

// What all steps of a pass over a tile share.
template <class V>
struct RecurrentPass {
  using S = ScalarOf<V>;
  const S* packed;
  const TileInput<S>& in;
  const RecurrentTape<S>& tape;
  // The columns of the tile, in groups for register tiles of one, two (or three) and four packs.
  ColumnGroups of_one{in.columns, max_columns<V>(1)}, of_two{in.columns, max_columns<V>(2)},
      of_four{in.columns, max_columns<V>(4)};
  const ColumnGroups& columns(int rows) const { return rows == 1 ? of_one : rows < 4 ? of_two : of_four; }
};
template <class V>
struct RecurrentBackwardPass {
  using S = ScalarOf<V>;
  RecurrentPass<V> forward;
  const OutputGradient<S>& d_outputs;
  int first_step;  // of d_outputs
  S* gradient;
};

template <class V>
class RecurrentSteps {
  using Weights = RecurrentWeights<V>;
  using Place = typename Weights::Place;
  using Product = CellStructure::Product;
  using Transposed = typename Weights::Transposed;
  using S = ScalarOf<V>;
  using Tape = RecurrentTape<S>;
  using Tiles = RecurrentTiles<V>;
  using Factor = typename Tiles::Factor;
  using Pass = RecurrentPass<V>;
  using BackwardPass = RecurrentBackwardPass<V>;
  static constexpr int L = PackTraits<V>::lanes, back_group = Weights::back_group;

 public:
  RecurrentSteps(const Weights& weights, std::unique_ptr<const CellKernel<S>> kernel)
      : w_(weights), kernel_(std::move(kernel)) {}

  void forward(const Pass& pass, int step, int phase) const {
    const S* const packed = pass.packed;
    const TileInput<S>& in = pass.in;
    const Tape& t = pass.tape;
    const StepArrays<S> arrays = forward_arrays(pass, step);
    if (w_.fused[phase]) {
      const int recurrent = product_of(w_.cell.recurrences, phase);
      const Fused fused{in,
                        w_.one_hot ? packed + w_.table_at.weights : packed + w_.bias_at.weights,
                        packed + w_.input_places[product_of(w_.cell.inputs, phase)].at.weights,
                        packed + w_.recurrent_places[recurrent].at.weights,
                        source_of(w_.cell.recurrences[recurrent], t, step, 0),
                        step,
                        phase,
                        w_.cell.slots_of(phase)};
      const int group = w_.recurrent_places[recurrent].group;
      alignas(64) S sums[tile_width * max_product_rows * L];
      in_blocks(w_.unit_blocks, group, [&](int ub, int blocks) {
        const ColumnGroups& columns = pass.columns(fused.rows * blocks);
        for (int g = 0; g < columns.count; ++g) fused_sums(fused, ub, blocks, columns.groups[g], g, sums);
        for (int b = 0; b < blocks; ++b)
          kernel_->forward(phase, arrays, {ub + b, 0, in.columns}, sums + b * fused.rows * L, fused.rows * blocks * L,
                           nullptr, 0);
      });
      return;
    }
    const int first = w_.cell.first_of_phase[phase], count = w_.cell.slots_of(phase),
              recurrent = w_.cell.recurrent_slots(phase);
    Sums sums;
    for (int ub = 0; ub < w_.unit_blocks; ++ub) {
      start_sums(pass, step, ub, first, count, sums);
      in_columns(in.columns, w_.general_columns[phase], [&](int column, int columns) {
        add_products(pass, step, phase, {ub, column, columns}, sums);
      });
      if (!w_.normalized)
        kernel_->forward(phase, arrays, {ub, 0, in.columns}, sums.recurrent, recurrent * L, sums.start,
                         sums.start_offset);
      else
        for (int c = 0; c < in.columns; ++c) {
          S* slot = t.slot(step, ub, c) + first * L;
          std::copy_n(sums.recurrent + c * (recurrent * L), recurrent * L, slot);
          std::copy_n(sums.start[c] + sums.start_offset + recurrent * L, (count - recurrent) * L, slot + recurrent * L);
        }
    }
    if (!w_.normalized) return;
    // Now the sums of all units are in the slots: normalize them there, then apply the cell.
    const CellStructure::Rows rows{w_.cell.first_of_phase[phase], w_.cell.slots_of(phase)};
    normalize<V>(norm_shape(), rows, packed + w_.gain_at.weights, packed + w_.bias_at.weights,
                 packed + w_.real_at.weights, t, step);
    for (int ub = 0; ub < w_.unit_blocks; ++ub) {
      const S* direct[tile_width];
      for (int c = 0; c < in.columns; ++c) direct[c] = t.slot(step, ub, c);
      kernel_->forward(phase, arrays, {ub, 0, in.columns}, direct[0] + rows.slot * L, w_.slots * L, direct,
                       rows.slot * L);
    }
  }

  // Sums up the gradient of what the phase computed (the states, or `middle`), then applies the cell's backward
  // function. `consumed`: there is a next step, which used the states. `at`: index of the step in d_outputs.
  void backward(const BackwardPass& pass, int step, int phase, bool consumed) const {
    const Pass& forward = pass.forward;
    const OutputGradient<S>& d_outputs = pass.d_outputs;
    const S* const packed = forward.packed;
    const TileInput<S>& in = forward.in;
    const Tape& t = forward.tape;
    const int at = step - pass.first_step;
    const bool makes_state = phase == w_.cell.phases - 1;
    const StepArrays<S> arrays = backward_arrays(pass, step);
    // What has gradients from products: `middle`, or some states, the hidden state last.
    int targets[max_states], count = 0;
    if (makes_state) {
      for (int s = w_.states - 1; s > 0; --s)
        if (w_.state_products[s].rows > 0) targets[count++] = s;
      targets[count++] = 0;
    } else {
      targets[count++] = w_.states;
    }
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(at) * in.columns;
    alignas(64) S sums[(max_states + 1) * back_group * tile_width * L];
    in_blocks(w_.unit_blocks, back_group, [&](int ub, int blocks) {
      const ColumnGroups& columns = forward.columns(blocks);
      for (int i = 0; i < count; ++i) {
        const int target = targets[i];
        const Transposed& readers = makes_state ? w_.state_products[target] : w_.middle_products;
        const bool multiplied = readers.rows > 0 && (consumed || !makes_state);
        // A panel that is too large for the second-level cache is multiplied in parts, each by all columns before the
        // next.
        const int part = multiplied ? std::max(1, 512 / (readers.rows * L)) : w_.unit_blocks;
        for (int begin = 0; begin < w_.unit_blocks; begin += part) {
          const int end = std::min(w_.unit_blocks, begin + part);
          typename Tiles::Back back;
          if (multiplied)
            back = transposed_product(readers, packed, t, makes_state ? step + 1 : step, ub, blocks, begin, end);
          back.resume = begin > 0;
          if (makes_state) back.direct = t.d_state(target, 0) + ub * L;
          back.direct_column = back.values_column = w_.state_stride;
          if (target == 0 && d_outputs.values != nullptr)
            back.values = d_outputs.values + row * w_.state_stride + ub * L;
          if (target == 0 && d_outputs.panels != nullptr && d_outputs.wanted[at]) {
            back.read_panel = d_outputs.panels + static_cast<std::size_t>(ub) * L * d_outputs.depth;
            back.read_d = d_outputs.d + row * d_outputs.d_stride;
            back.read_column = d_outputs.d_stride;
            back.read_depth = d_outputs.depth;
          }
          for (int g = 0; g < columns.count; ++g) {
            const auto [column, size] = columns.groups[g];
            S* sum = sums + target * tile_width * (back_group * L) + column * (blocks * L);
            tile_table<V>.transposed[blocks - 1][size - 1](back, column, sum, blocks * L);
            back.ahead += 2 * 16 * back.taken;
          }
        }
      }
      for (int b = 0; b < blocks; ++b) apply_backward(arrays, phase, targets, count, sums, blocks * L, t, ub + b, b);
    });
    if (!w_.normalized) return;
    normalize_backward<V>(norm_shape(), {w_.cell.first_of_phase[phase], w_.cell.slots_of(phase)},
                          packed + w_.gain_at.weights, packed + w_.real_at.weights, pass.gradient + w_.gain_at.gradient,
                          t, step);
    if (w_.one_hot) add_to_table(pass, step, phase);
  }

  // The transposed product that adds to row blocks [block, block + blocks), from the slots of unit blocks [begin, end).
  typename Tiles::Back transposed_product(const Transposed& of, const S* packed, const Tape& t, int step, int block,
                                          int blocks, int begin, int end) const {
    typename Tiles::Back back;
    if (of.rows == 0) return back;
    const std::ptrdiff_t width = blocks * L, before = static_cast<std::ptrdiff_t>(of.rows) * begin * L;
    back.taken = static_cast<std::ptrdiff_t>(of.rows) * (std::min(w_.units, end * L) - begin * L);
    back.panel = packed + of.at.weights + static_cast<std::size_t>(block) * L * of.rows * w_.units + before * width;
    back.ahead = back.panel + back.taken * width;
    back.parts = &of.parts;
    back.slots = t.slot(step, begin, 0);
    back.slot_column = w_.slots * L;
    back.block_step = static_cast<std::ptrdiff_t>(t.columns()) * w_.slots * L;
    back.begin = begin;
    back.end = end;
    back.units = w_.units;
    return back;
  }

 private:
  NormShape norm_shape() const { return {w_.units, w_.unit_blocks, w_.slots}; }

  static int product_of(const std::vector<Product>& products, int phase) {
    for (std::size_t p = 0; p < products.size(); ++p)
      if (products[p].phase == phase) return static_cast<int>(p);
    return -1;
  }

  const S* source_of(const Product& product, const Tape& t, int step, int column) const {
    return product.source == from_middle ? t.middle(step, column) : t.state(product.source, step, column);
  }

  const S* input_at(const TileInput<S>& in, int step, int column) const {
    return in.values + (static_cast<std::size_t>(step) * in.columns + column) * in.stride;
  }

  // A fused phase: bias, input and state are summed in registers, for all slots at once.
  struct Fused {
    const TileInput<S>& in;
    const S *start, *input, *recurrent, *source;
    int step, phase, rows;
  };
  // The sums of some columns, to sums[column][blocks][rows][L].
  void fused_sums(const Fused& f, int ub, int blocks, const ColumnGroups::Group& columns, int turn, S* sums) const {
    const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(f.step) * f.in.columns + columns.first, unit = w_.slots * L;
    const S* start[max_tile_columns];
    if (w_.one_hot)
      for (int c = 0; c < columns.size; ++c) start[c] = f.start + (f.in.symbols[at + c] * w_.unit_blocks + ub) * unit;
    else
      for (int c = 0; c < columns.size; ++c) start[c] = f.start + ub * unit;
    std::ptrdiff_t offset[max_product_rows];
    for (int b = 0, i = 0; b < blocks; ++b)
      for (int r = 0; r < f.rows; ++r) offset[i++] = b * unit + (w_.cell.first_of_phase[f.phase] + r) * L;
    const std::ptrdiff_t from = static_cast<std::ptrdiff_t>(ub) * f.rows * L, width = f.rows * blocks * L;
    Factor x;
    if (!w_.one_hot)
      x = {f.input + from * w_.input_depth, f.in.values + at * f.in.stride, f.in.stride, w_.input_depth, nullptr};
    const S* panel = f.recurrent + from * w_.units;
    const Factor h{panel, f.source + columns.first * w_.state_stride, w_.state_stride, w_.units,
                   panel + (width + turn * 2 * L) * w_.units};
    tile_table<V>.sum[f.rows * blocks - 1][columns.size - 1](start, offset, w_.one_hot ? nullptr : &x, &h,
                                                             sums + columns.first * width, width);
  }

  // Any other phase: the products are added one after the other, to sums in memory.
  struct Sums {
    // Of each column: biases and, unless the input is one-hot, the input product (of a one-hot input: the row of the
    // table). start[c] + start_offset is the phase's first slot.
    const S* start[tile_width];
    std::ptrdiff_t start_offset;
    alignas(64) S input[tile_width * max_slots * L];      // [columns][slots][L]
    alignas(64) S recurrent[tile_width * max_slots * L];  // [columns][recurrent slots][L]: with the recurrent products
  };
  void start_sums(const Pass& pass, int step, int ub, int first, int count, Sums& sums) const {
    const S* const packed = pass.packed;
    const TileInput<S>& in = pass.in;
    const std::size_t symbols = static_cast<std::size_t>(step) * in.columns;
    const S* bias = packed + w_.bias_at.weights + static_cast<std::size_t>(ub) * w_.slots * L + first * L;
    sums.start_offset = w_.one_hot ? first * L : 0;
    for (int c = 0; c < in.columns; ++c) {
      if (w_.one_hot) {
        const std::size_t symbol = in.symbols[symbols + c];
        sums.start[c] = packed + w_.table_at.weights + (symbol * w_.unit_blocks + ub) * w_.slots * L;
        continue;
      }
      S* out = sums.input + c * (count * L);
      if (w_.normalized)
        std::fill_n(out, count * L, S(0));
      else
        std::copy_n(bias, count * L, out);
      sums.start[c] = out;
    }
  }
  void add_products(const Pass& pass, int step, int phase, const TilePlace& place, Sums& sums) const {
    const S* const packed = pass.packed;
    const TileInput<S>& in = pass.in;
    const Tape& t = pass.tape;
    const int first = w_.cell.first_of_phase[phase], count = w_.cell.slots_of(phase),
              recurrent = w_.cell.recurrent_slots(phase), columns = place.count;
    const S* const* start = sums.start + place.column;
    for (std::size_t p = 0; p < w_.cell.inputs.size() && !w_.one_hot; ++p)
      if (w_.cell.inputs[p].phase == phase)
        add_product(w_.cell.inputs[p], packed + w_.input_places[p].at.weights, w_.input_depth,
                    input_at(in, step, place.column), in.stride, place, start, 0, first,
                    sums.input + place.column * (count * L), count * L);
    const std::ptrdiff_t width = recurrent * L;
    S* out = sums.recurrent + place.column * width;
    std::uint32_t summed = 0;  // bit mask of the phase's slots that have a sum already
    for (std::size_t p = 0; p < w_.cell.recurrences.size(); ++p) {
      const Product& product = w_.cell.recurrences[p];
      if (product.phase != phase) continue;
      const std::uint32_t rows = ((1u << product.rows.count) - 1) << (product.rows.slot - first);
      const bool is_first = (summed & rows) == 0;
      for (int slot = 0; slot < recurrent && !is_first; ++slot)  // the others start here
        if ((rows & ~summed) >> slot & 1)
          for (int c = 0; c < columns; ++c)
            std::copy_n(start[c] + sums.start_offset + slot * L, L, out + c * width + slot * L);
      summed |= rows;
      const S* sum[max_tile_columns];
      for (int c = 0; c < columns; ++c) sum[c] = out + c * width;
      add_product(product, packed + w_.recurrent_places[p].at.weights, w_.units,
                  source_of(product, t, step, place.column), w_.state_stride, place, is_first ? start : sum,
                  is_first ? sums.start_offset : 0, first, out, width);
    }
  }

  // out[c][slot - first] = start[c][slot - first] + the product, for the slots of the product.
  void add_product(const Product& product, const S* panels, int depth, const S* x, std::ptrdiff_t x_column,
                   const TilePlace& place, const S* const* start, std::ptrdiff_t start_offset, int first, S* out,
                   std::ptrdiff_t out_stride) const {
    std::ptrdiff_t offset[max_product_rows];
    const int rows = product.rows.count, slot = (product.rows.slot - first) * L;
    for (int r = 0; r < rows; ++r) offset[r] = start_offset + slot + r * L;
    const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(rows) * L * depth;
    const S* panel = panels + place.unit_block * size;
    const Factor factor{panel, x, x_column, depth, panel + size + place.column * 2 / place.count * L * depth};
    tile_table<V>.sum[rows - 1][place.count - 1](start, offset, nullptr, &factor, out + slot, out_stride);
  }

  // Applies the cell's backward function to a unit block, the b-th of its group.
  void apply_backward(const StepArrays<S>& arrays, int phase, const int* targets, int count, const S* sums,
                      std::ptrdiff_t sum_stride, const Tape& t, int ub, int b) const {
    const S* d[max_states + 1];
    std::ptrdiff_t d_stride[max_states + 1];
    for (int s = 0; s < w_.states; ++s) {
      d[s] = t.d_state(s, 0) + ub * L;
      d_stride[s] = w_.state_stride;
    }
    for (int i = 0; i < count; ++i) {
      d[targets[i]] = sums + targets[i] * tile_width * (back_group * L) + b * L;
      d_stride[targets[i]] = sum_stride;
    }
    kernel_->backward(phase, arrays, {ub, 0, t.columns()}, d, d_stride);
  }

  StepArrays<S> forward_arrays(const Pass& pass, int step) const {
    const S* const packed = pass.packed;
    const TileInput<S>& in = pass.in;
    const Tape& t = pass.tape;
    const bool ahead = step + 1 < in.steps;
    StepArrays<S> arrays;
    arrays.columns = in.columns;
    arrays.stride = w_.state_stride;
    arrays.slots = t.slot(step, 0, 0);
    arrays.next_slots = ahead ? t.slot(step + 1, 0, 0) : arrays.slots;
    arrays.middle = t.middle(w_.cell.phases == 2 ? step : 0, 0);
    for (int s = 0; s < w_.states; ++s) {
      arrays.before[s] = t.state(s, step, 0);
      arrays.after[s] = t.state(s, step + 1, 0);
      arrays.next[s] = ahead ? t.state(s, step + 2, 0) : arrays.after[s];
    }
    arrays.vectors = packed + w_.vectors_at.weights;
    return arrays;
  }

  StepArrays<S> backward_arrays(const BackwardPass& pass, int step) const {
    const TileInput<S>& in = pass.forward.in;
    const Tape& t = pass.forward.tape;
    const int next = std::max(step - 1, 0);
    StepArrays<S> arrays = forward_arrays(pass.forward, step);
    arrays.next_slots = t.slot(next, 0, 0);
    for (int s = 0; s < w_.states; ++s) {
      arrays.next[s] = t.state(s, next, 0);
      arrays.d_states[s] = t.d_state(s, 0);
    }
    arrays.partial_gradient = t.partial_gradient();
    arrays.d_vectors = pass.gradient + w_.vectors_at.gradient;
    arrays.d_bias = pass.gradient + w_.bias_at.gradient;
    if (w_.one_hot && !w_.normalized) arrays.symbols = in.symbols + static_cast<std::size_t>(step) * in.columns;
    arrays.d_table = pass.gradient + w_.table_at.gradient;
    arrays.table_row = static_cast<std::ptrdiff_t>(w_.unit_blocks) * w_.slots * L;
    return arrays;
  }

  void add_to_table(const BackwardPass& pass, int step, int phase) const {
    const TileInput<S>& in = pass.forward.in;
    const Tape& t = pass.forward.tape;
    const int first = w_.cell.first_of_phase[phase] * L, count = w_.cell.slots_of(phase) * L;
    for (int ub = 0; ub < w_.unit_blocks; ++ub)
      for (int c = 0; c < in.columns; ++c) {
        const std::int32_t symbol = in.symbols[static_cast<std::size_t>(step) * in.columns + c];
        const S* d = t.slot(step, ub, c) + first;
        S* out = pass.gradient + w_.table_at.gradient +
                 (static_cast<std::size_t>(symbol) * w_.unit_blocks + ub) * w_.slots * L + first;
        for (int i = 0; i < count; ++i) out[i] += d[i];
      }
  }

  const Weights& w_;
  const std::unique_ptr<const CellKernel<S>> kernel_;
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
