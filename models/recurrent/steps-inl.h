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

template <class V>
class RecurrentSteps : protected RecurrentWeights<V> {
 protected:
  using Weights = RecurrentWeights<V>;
  using typename Weights::Place, typename Weights::Product, typename Weights::S, typename Weights::Transposed;
  using Weights::L, Weights::at_, Weights::back_group, Weights::cell_, Weights::fused_, Weights::in_,
      Weights::normalized_, Weights::input_products_, Weights::middle_products_, Weights::state_products_,
      Weights::one_hot_, Weights::slots_, Weights::states_, Weights::stride_, Weights::unit_blocks_, Weights::units_,
      Weights::vectors_;
  using Tape = RecurrentTape<S>;
  using Tiles = RecurrentTiles<V>;
  using Factor = typename Tiles::Factor;

  RecurrentSteps(const CellStructure& cell, std::unique_ptr<const CellKernel<S>> kernel, const RecurrentShape& shape,
                 const RecurrentBlocks& blocks)
      : Weights(cell, shape, blocks), kernel_(std::move(kernel)) {}

  Tape tape(const TileInput<S>& in, S* data) const {
    return Tape(cell_, normalized_, unit_blocks_, in.steps, in.columns, data);
  }

  void forward_step(const S* packed, const TileInput<S>& in, const Tape& t, int step, int phase) const {
    const StepArrays<S> arrays = forward_arrays(packed, in, t, step);
    if (fused_[phase]) {
      const int recurrent = product_of(cell_.recurrences, phase);
      const Fused fused{in,
                        one_hot_ ? packed + at_.table : packed + at_.bias,
                        packed + this->input_places_[product_of(cell_.inputs, phase)].panels,
                        packed + this->recurrent_places_[recurrent].panels,
                        source_of(cell_.recurrences[recurrent], t, step, 0),
                        step,
                        phase,
                        cell_.slots_of(phase)};
      const int group = this->recurrent_places_[recurrent].group;
      const ColumnGroups few(in.columns, max_columns<V>(4)), many(in.columns, max_columns<V>(1));
      alignas(64) S sums[tile_width * max_product_rows * L];
      in_blocks(unit_blocks_, group, [&](int ub, int blocks) {
        const ColumnGroups& columns = fused.rows * blocks < 4 ? many : few;
        for (int g = 0; g < columns.count; ++g) fused_sums(fused, ub, blocks, columns.groups[g], g, sums);
        for (int b = 0; b < blocks; ++b)
          kernel_->forward(phase, arrays, {ub + b, 0, in.columns}, sums + b * fused.rows * L, fused.rows * blocks * L,
                           nullptr, 0);
      });
      return;
    }
    const int first = cell_.first_of_phase[phase], count = cell_.slots_of(phase),
              recurrent = cell_.recurrent_slots(phase);
    Sums sums;
    for (int ub = 0; ub < unit_blocks_; ++ub) {
      start_sums(packed, in, step, ub, first, count, sums);
      in_columns(in.columns, this->general_columns_[phase], [&](int column, int columns) {
        add_products(packed, in, t, step, phase, {ub, column, columns}, sums);
      });
      if (!normalized_)
        kernel_->forward(phase, arrays, {ub, 0, in.columns}, sums.recurrent, recurrent * L, sums.start,
                         sums.start_offset);
      else
        for (int c = 0; c < in.columns; ++c) {
          S* slot = t.slot(step, ub, c) + first * L;
          std::copy_n(sums.recurrent + c * (recurrent * L), recurrent * L, slot);
          std::copy_n(sums.start[c] + sums.start_offset + recurrent * L, (count - recurrent) * L, slot + recurrent * L);
        }
    }
    if (!normalized_) return;
    // Now the sums of all units are in the slots: normalize them there, then apply the cell.
    const CellStructure::Rows rows{cell_.first_of_phase[phase], cell_.slots_of(phase)};
    normalize<V>(norm_shape(), rows, packed + at_.gain, packed + at_.bias, packed + at_.real, t, step);
    for (int ub = 0; ub < unit_blocks_; ++ub) {
      const S* direct[tile_width];
      for (int c = 0; c < in.columns; ++c) direct[c] = t.slot(step, ub, c);
      kernel_->forward(phase, arrays, {ub, 0, in.columns}, direct[0] + rows.slot * L, slots_ * L, direct,
                       rows.slot * L);
    }
  }

  // Sums up the gradient of what the phase computed (the states, or `middle`), then applies the cell's backward
  // function. `consumed`: there is a next step, which used the states. `at`: index of the step in d_outputs.
  void backward_step(const S* packed, const TileInput<S>& in, const OutputGradient<S>& d_outputs, int at, bool consumed,
                     const Tape& t, int step, int phase, S* gradient) const {
    const bool makes_state = phase == cell_.phases - 1;
    const StepArrays<S> arrays = backward_arrays(packed, in, t, step, gradient);
    // What has gradients from products: `middle`, or some states, the hidden state last.
    int targets[max_states], count = 0;
    if (makes_state) {
      for (int s = states_ - 1; s > 0; --s)
        if (state_products_[s].rows > 0) targets[count++] = s;
      targets[count++] = 0;
    } else {
      targets[count++] = states_;
    }
    const ColumnGroups few(in.columns, max_columns<V>(4)), many(in.columns, max_columns<V>(1));
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(at) * in.columns;
    alignas(64) S sums[(max_states + 1) * back_group * tile_width * L];
    in_blocks(unit_blocks_, back_group, [&](int ub, int blocks) {
      const ColumnGroups& columns = blocks < 4 ? many : few;
      for (int i = 0; i < count; ++i) {
        const int target = targets[i];
        const Transposed& readers = makes_state ? state_products_[target] : middle_products_;
        const bool multiplied = readers.rows > 0 && (consumed || !makes_state);
        // A panel that is too large for the second-level cache is multiplied in parts, each by all columns before the
        // next.
        const int part = multiplied ? std::max(1, 512 / (readers.rows * L)) : unit_blocks_;
        for (int begin = 0; begin < unit_blocks_; begin += part) {
          const int end = std::min(unit_blocks_, begin + part);
          typename Tiles::Back back;
          if (multiplied)
            back = transposed_product(readers, packed, t, makes_state ? step + 1 : step, ub, blocks, begin, end);
          back.resume = begin > 0;
          if (makes_state) back.direct = t.d_state(target, 0) + ub * L;
          back.direct_column = back.values_column = stride_;
          if (target == 0 && d_outputs.values != nullptr) back.values = d_outputs.values + row * stride_ + ub * L;
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
    if (!normalized_) return;
    normalize_backward<V>(norm_shape(), {cell_.first_of_phase[phase], cell_.slots_of(phase)}, packed + at_.gain,
                          packed + at_.real, gradient + at_.d_gain, t, step);
    if (one_hot_) add_to_table(in, t, step, phase, gradient);
  }

  // The transposed product that adds to row blocks [block, block + blocks), from the slots of unit blocks [begin, end).
  typename Tiles::Back transposed_product(const Transposed& of, const S* packed, const Tape& t, int step, int block,
                                          int blocks, int begin, int end) const {
    typename Tiles::Back back;
    if (of.rows == 0) return back;
    const std::ptrdiff_t width = blocks * L, before = static_cast<std::ptrdiff_t>(of.rows) * begin * L;
    back.taken = static_cast<std::ptrdiff_t>(of.rows) * (std::min(units_, end * L) - begin * L);
    back.panel = packed + of.panels + static_cast<std::size_t>(block) * L * of.rows * units_ + before * width;
    back.ahead = back.panel + back.taken * width;
    back.parts = &of.parts;
    back.slots = t.slot(step, begin, 0);
    back.slot_column = slots_ * L;
    back.block_step = static_cast<std::ptrdiff_t>(t.columns()) * slots_ * L;
    back.begin = begin;
    back.end = end;
    back.units = units_;
    return back;
  }

 private:
  NormShape norm_shape() const { return {units_, unit_blocks_, slots_}; }

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
    const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(f.step) * f.in.columns + columns.first, unit = slots_ * L;
    const S* start[max_tile_columns];
    if (one_hot_)
      for (int c = 0; c < columns.size; ++c) start[c] = f.start + (f.in.symbols[at + c] * unit_blocks_ + ub) * unit;
    else
      for (int c = 0; c < columns.size; ++c) start[c] = f.start + ub * unit;
    std::ptrdiff_t offset[max_product_rows];
    for (int b = 0, i = 0; b < blocks; ++b)
      for (int r = 0; r < f.rows; ++r) offset[i++] = b * unit + (cell_.first_of_phase[f.phase] + r) * L;
    const std::ptrdiff_t from = static_cast<std::ptrdiff_t>(ub) * f.rows * L, width = f.rows * blocks * L;
    Factor x;
    if (!one_hot_) x = {f.input + from * in_, f.in.values + at * f.in.stride, f.in.stride, in_, nullptr};
    const S* panel = f.recurrent + from * units_;
    const Factor h{panel, f.source + columns.first * stride_, stride_, units_, panel + (width + turn * 2 * L) * units_};
    tile_table<V>.sum[f.rows * blocks - 1][columns.size - 1](start, offset, one_hot_ ? nullptr : &x, &h,
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
  void start_sums(const S* packed, const TileInput<S>& in, int step, int ub, int first, int count, Sums& sums) const {
    const std::size_t symbols = static_cast<std::size_t>(step) * in.columns;
    const S* bias = packed + at_.bias + static_cast<std::size_t>(ub) * slots_ * L + first * L;
    sums.start_offset = one_hot_ ? first * L : 0;
    for (int c = 0; c < in.columns; ++c) {
      if (one_hot_) {
        const std::size_t symbol = in.symbols[symbols + c];
        sums.start[c] = packed + at_.table + (symbol * unit_blocks_ + ub) * slots_ * L;
        continue;
      }
      S* out = sums.input + c * (count * L);
      if (normalized_)
        std::fill_n(out, count * L, S(0));
      else
        std::copy_n(bias, count * L, out);
      sums.start[c] = out;
    }
  }
  void add_products(const S* packed, const TileInput<S>& in, const Tape& t, int step, int phase, const TilePlace& place,
                    Sums& sums) const {
    const int first = cell_.first_of_phase[phase], count = cell_.slots_of(phase),
              recurrent = cell_.recurrent_slots(phase), columns = place.count;
    const S* const* start = sums.start + place.column;
    for (std::size_t p = 0; p < cell_.inputs.size() && !one_hot_; ++p)
      if (cell_.inputs[p].phase == phase)
        add_product(cell_.inputs[p], packed + this->input_places_[p].panels, in_, input_at(in, step, place.column),
                    in.stride, place, start, 0, first, sums.input + place.column * (count * L), count * L);
    const std::ptrdiff_t width = recurrent * L;
    S* out = sums.recurrent + place.column * width;
    std::uint32_t summed = 0;  // bit mask of the phase's slots that have a sum already
    for (std::size_t p = 0; p < cell_.recurrences.size(); ++p) {
      const Product& product = cell_.recurrences[p];
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
      add_product(product, packed + this->recurrent_places_[p].panels, units_,
                  source_of(product, t, step, place.column), stride_, place, is_first ? start : sum,
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
    for (int s = 0; s < states_; ++s) {
      d[s] = t.d_state(s, 0) + ub * L;
      d_stride[s] = stride_;
    }
    for (int i = 0; i < count; ++i) {
      d[targets[i]] = sums + targets[i] * tile_width * (back_group * L) + b * L;
      d_stride[targets[i]] = sum_stride;
    }
    kernel_->backward(phase, arrays, {ub, 0, t.columns()}, d, d_stride);
  }

  StepArrays<S> forward_arrays(const S* packed, const TileInput<S>& in, const Tape& t, int step) const {
    const bool ahead = step + 1 < in.steps;
    StepArrays<S> arrays;
    arrays.columns = in.columns;
    arrays.stride = stride_;
    arrays.slots = t.slot(step, 0, 0);
    arrays.next_slots = ahead ? t.slot(step + 1, 0, 0) : arrays.slots;
    arrays.middle = t.middle(cell_.phases == 2 ? step : 0, 0);
    for (int s = 0; s < states_; ++s) {
      arrays.before[s] = t.state(s, step, 0);
      arrays.after[s] = t.state(s, step + 1, 0);
      arrays.next[s] = ahead ? t.state(s, step + 2, 0) : arrays.after[s];
    }
    arrays.vectors = packed + at_.vectors;
    return arrays;
  }

  StepArrays<S> backward_arrays(const S* packed, const TileInput<S>& in, const Tape& t, int step, S* gradient) const {
    const int next = std::max(step - 1, 0);
    StepArrays<S> arrays = forward_arrays(packed, in, t, step);
    arrays.next_slots = t.slot(next, 0, 0);
    for (int s = 0; s < states_; ++s) {
      arrays.next[s] = t.state(s, next, 0);
      arrays.d_states[s] = t.d_state(s, 0);
    }
    arrays.partial_gradient = t.partial_gradient();
    arrays.d_vectors = gradient + at_.d_vectors;
    arrays.d_bias = gradient + at_.d_bias;
    if (one_hot_ && !normalized_) arrays.symbols = in.symbols + static_cast<std::size_t>(step) * in.columns;
    arrays.d_table = gradient + at_.d_table;
    arrays.table_row = static_cast<std::ptrdiff_t>(unit_blocks_) * slots_ * L;
    return arrays;
  }

  void add_to_table(const TileInput<S>& in, const Tape& t, int step, int phase, S* gradient) const {
    const int first = cell_.first_of_phase[phase] * L, count = cell_.slots_of(phase) * L;
    for (int ub = 0; ub < unit_blocks_; ++ub)
      for (int c = 0; c < in.columns; ++c) {
        const std::int32_t symbol = in.symbols[static_cast<std::size_t>(step) * in.columns + c];
        const S* d = t.slot(step, ub, c) + first;
        S* out = gradient + at_.d_table + (static_cast<std::size_t>(symbol) * unit_blocks_ + ub) * slots_ * L + first;
        for (int i = 0; i < count; ++i) out[i] += d[i];
      }
  }

  const std::unique_ptr<const CellKernel<S>> kernel_;
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
