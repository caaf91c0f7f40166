// The packed weights of a recurrent layer, and the conversion of the packed gradient to that of the parameters.
//
//   panels   [group of unit blocks][k][rows of the group][L], for each product of the cell
//   table    [symbols][unit blocks][slots][L], if the input is one-hot: bias + the symbol's column of the input matrix
#if defined(RNNBENCH_MODELS_RECURRENT_WEIGHTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_RECURRENT_WEIGHTS_INL_H_
#undef RNNBENCH_MODELS_RECURRENT_WEIGHTS_INL_H_
#else
#define RNNBENCH_MODELS_RECURRENT_WEIGHTS_INL_H_
#endif

#include <algorithm>

#include "models/linear-inl.h"
#include "models/recurrent/cell_structure.h"
#include "models/recurrent/recurrent.h"
#include "models/recurrent/tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

template <class V>
class RecurrentWeights {
 protected:
  using S = ScalarOf<V>;
  using Product = CellStructure::Product;
  static constexpr int L = PackTraits<V>::lanes;
  static constexpr int back_group = 4;  // maximum number of row blocks in a tile of a transposed product

  // Offsets of a product's panels and of its gradient [unit blocks][k][rows][L].
  struct Place {
    int group = 1;  // number of unit blocks that share a tile, which has up to four rows of packs
    std::size_t panels = 0, gradient = 0;
  };
  // All products with one source, transposed: they give the gradient of the source.
  struct Transposed {
    std::size_t panels = 0;
    int rows = 0;  // slots per unit
    std::vector<CellStructure::Rows> parts;
    std::vector<const Product*> products;
  };

  RecurrentWeights(const CellStructure& cell, const RecurrentShape& shape, const RecurrentBlocks& blocks)
      : cell_(cell),
        in_(shape.inputs.depth(L)),
        one_hot_(shape.one_hot),
        units_(shape.hidden),
        unit_blocks_((shape.hidden + L - 1) / L),
        stride_(unit_blocks_ * L),
        slots_(static_cast<int>(cell.slots.size())),
        states_(static_cast<int>(cell.states.size())),
        vectors_(static_cast<int>(cell.vectors.size())),
        normalized_(shape.layer_norm),
        needs_input_gradient_(shape.needs_input_gradient),
        blocks_(blocks),
        inputs_(shape.inputs) {
    for (int phase = 0; phase < cell.phases; ++phase) fused_[phase] = is_fused(phase);
    for (const auto* products : {&cell.inputs, &cell.recurrences})
      for (const Product& p : *products)
        general_columns_[p.phase] = std::min(general_columns_[p.phase], max_columns<V>(p.rows.count));
    const std::size_t row = stride_;  // numbers of one slot over all units
    Places packed, gradient;
    at_.bias = packed.add(slots_ * row);
    at_.table = packed.add(one_hot_ ? slots_ * row * in_ : 0);
    at_.gain = packed.add(normalized_ ? slots_ * row : 0);
    at_.real = packed.add(row);
    at_.vectors = packed.add(vectors_ * row);
    at_.initial = packed.add(states_ * row);
    at_.d_bias = gradient.add(slots_ * row);
    at_.d_table = gradient.add(one_hot_ ? slots_ * row * in_ : 0);
    at_.d_gain = gradient.add(normalized_ ? slots_ * row : 0);
    at_.d_vectors = gradient.add(vectors_ * row);
    at_.d_initial = gradient.add(states_ * row);
    const auto place = [&](const Product& product, std::size_t depth) {
      const std::size_t size = product.rows.count * row * depth;
      return Place{fused_[product.phase] ? group_of(product.rows.count) : 1, packed.add(size), gradient.add(size)};
    };
    for (const Product& product : cell_.inputs) input_places_.push_back(place(product, one_hot_ ? 0 : in_));
    for (const Product& product : cell_.recurrences) recurrent_places_.push_back(place(product, units_));
    const auto transposed = [&](const std::vector<Product>& products, const auto& of_source, std::size_t depth) {
      Transposed all;
      for (const Product& product : products) {
        if (!of_source(product)) continue;
        all.parts.push_back(product.rows);
        all.products.push_back(&product);
        all.rows += product.rows.count;
      }
      all.panels = packed.add(static_cast<std::size_t>(all.rows) * units_ * depth);
      return all;
    };
    for (int s = 0; s < states_; ++s)
      state_products_.push_back(transposed(
          cell_.recurrences, [&](const Product& p) { return p.source == s; }, row));
    middle_products_ = transposed(
        cell_.recurrences, [](const Product& p) { return p.source == from_middle; }, row);
    input_products_ = transposed(
        cell_.inputs, [&](const Product&) { return needs_input_gradient_; }, round_up(in_, L));
    at_.packed_size = packed.total();
    at_.gradient_size = gradient.total();
  }

  // The work is divided at multiples of four unit blocks (for transposed panels, four row blocks), because groups have
  // at most four.
  void pack_weights(const Parameters<S>& parameters, S* packed, int piece, int pieces) const {
    const Range part = part_of(unit_blocks_, piece, pieces);
    for (int ub = part.begin; ub < part.end; ++ub) pack_vectors(parameters, ub, packed);
    for (std::size_t p = 0; p < cell_.inputs.size() && !one_hot_; ++p)
      pack_panels(parameters, cell_.inputs[p], input_places_[p], in_, features(), part, packed);
    for (std::size_t p = 0; p < cell_.recurrences.size(); ++p)
      pack_panels(parameters, cell_.recurrences[p], recurrent_places_[p], units_, nullptr, part, packed);
    for (const Transposed& of : state_products_) pack_transposed(parameters, of, units_, nullptr, part, packed);
    pack_transposed(parameters, middle_products_, units_, nullptr, part, packed);
    if (needs_input_gradient_)
      pack_transposed(parameters, input_products_, in_, features(), part_of((in_ + L - 1) / L, piece, pieces), packed);
  }

  void write_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient, int piece,
                      int pieces) const {
    const auto sum = [&](std::size_t at) { return sum_of_tiles(packed + at, stride, tiles); };
    const Range part = part_of(unit_blocks_, piece, pieces);
    for (int ub = part.begin; ub < part.end; ++ub) {
      const int real = std::min(L, units_ - ub * L);
      const auto write = [&](const std::vector<Product>& products, const std::vector<Place>& places, int depth,
                             const Features* features, bool table) {
        for (std::size_t p = 0; p < products.size(); ++p)
          for (int r = 0; r < products[p].rows.count; ++r) {
            const int rows = products[p].rows.count, columns = features ? features->real() : depth;
            S* w = gradient.block(blocks_.weights[products[p].matrix]) +
                   row_of(products[p].matrix_rows[r], ub * L) * columns;
            const std::size_t from =
                table ? at_.d_table + (static_cast<std::size_t>(ub) * slots_ + products[p].rows.slot + r) * L
                      : places[p].gradient + (static_cast<std::size_t>(ub) * depth * rows + r) * L;
            const std::size_t step = table ? static_cast<std::size_t>(unit_blocks_) * slots_ * L : rows * L;
            write_rows(packed + from, step, stride, tiles, real, depth, features, w);
          }
      };
      write(cell_.inputs, input_places_, in_, features(), one_hot_);
      write(cell_.recurrences, recurrent_places_, units_, nullptr, false);
      for (int slot = 0; slot < slots_; ++slot)
        for (int lane = 0; lane < real; ++lane) {
          const std::size_t at = (static_cast<std::size_t>(ub) * slots_ + slot) * L + lane;
          const S d = sum(at_.d_bias + at);
          if (cell_.slots[slot].input)
            gradient.block(blocks_.bias_ih)[row_of(cell_.slots[slot].gate, ub * L) + lane] = d;
          if (recurs(slot)) gradient.block(blocks_.bias_hh)[row_of(recurrent_row(slot), ub * L) + lane] = d;
          if (normalized_)
            gradient.block(blocks_.gain)[static_cast<std::size_t>(slot) * units_ + ub * L + lane] =
                sum(at_.d_gain + at);
        }
      for (int v = 0; v < vectors_; ++v)
        for (int lane = 0; lane < real; ++lane)
          gradient.block(blocks_.vectors)[static_cast<std::size_t>(v) * units_ + ub * L + lane] =
              sum(at_.d_vectors + (static_cast<std::size_t>(ub) * vectors_ + v) * L + lane);
      if (!blocks_.initial_states.empty())
        for (int s = 0; s < states_; ++s)
          for (int u = ub * L; u < ub * L + real; ++u)
            gradient.block(blocks_.initial_states[s])[u] =
                sum(at_.d_initial + static_cast<std::size_t>(s) * stride_ + u);
    }
  }

  // Maps inputs to columns of the matrix; null if input k belongs to column k.
  const Features* features() const { return inputs_.identity() ? nullptr : &inputs_; }
  bool recurs(int slot) const { return cell_.slots[slot].recurs_on != 0; }

  struct At {
    std::size_t bias, table, gain, real, vectors, initial, packed_size;
    std::size_t d_bias, d_table, d_gain, d_vectors, d_initial, gradient_size;
  };

  const CellStructure& cell_;
  const int in_;
  const bool one_hot_;
  const int units_, unit_blocks_, stride_, slots_, states_, vectors_;
  const bool normalized_, needs_input_gradient_;
  const RecurrentBlocks blocks_;
  const Features inputs_;
  // A phase is fused if all its slots share one product with the input and one with a state, which one tile computes.
  bool fused_[2] = {false, false};
  int general_columns_[2] = {max_tile_columns, max_tile_columns};  // columns of a tile, in phases that are not fused
  std::vector<Place> input_places_, recurrent_places_;
  std::vector<Transposed> state_products_;
  Transposed middle_products_, input_products_;
  At at_;

 private:
  struct Range {
    int begin, end;
  };
  static Range part_of(int blocks, int piece, int pieces) {
    const int fours = (blocks + 3) / 4;
    return {std::min(blocks, fours * piece / pieces * 4), std::min(blocks, fours * (piece + 1) / pieces * 4)};
  }
  static int group_of(int rows) { return rows == 1 ? 4 : rows == 2 ? 2 : 1; }
  std::size_t row_of(int gate, int unit) const { return static_cast<std::size_t>(gate) * units_ + unit; }
  int recurrent_row(int slot) const {  // of the slot's gate in weight_hh and bias_hh
    const std::vector<int>& gates = cell_.matrices[1].gates;
    return static_cast<int>(std::find(gates.begin(), gates.end(), cell_.slots[slot].gate) - gates.begin());
  }
  bool is_fused(int phase) const {
    int inputs = 0, recurrences = 0;
    bool all = !normalized_;
    for (const Product& p : cell_.inputs)
      if (p.phase == phase) ++inputs, all &= p.rows.count == cell_.slots_of(phase);
    for (const Product& p : cell_.recurrences)
      if (p.phase == phase) ++recurrences, all &= p.rows.count == cell_.slots_of(phase);
    return all && inputs == 1 && recurrences == 1;
  }

  // Packs biases, table, gains, vectors and initial states of a unit block.
  void pack_vectors(const Parameters<S>& parameters, int ub, S* packed) const {
    const int real = std::min(L, units_ - ub * L);
    for (int slot = 0; slot < slots_; ++slot) {
      const std::size_t at = (static_cast<std::size_t>(ub) * slots_ + slot) * L;
      S* bias = packed + at_.bias + at;
      std::fill_n(bias, L, S(0));
      for (int lane = 0; lane < real; ++lane) {
        if (cell_.slots[slot].input)
          bias[lane] = parameters.block(blocks_.bias_ih)[row_of(cell_.slots[slot].gate, ub * L) + lane];
        if (recurs(slot)) bias[lane] += parameters.block(blocks_.bias_hh)[row_of(recurrent_row(slot), ub * L) + lane];
      }
      if (one_hot_) pack_table(parameters, ub, slot, bias, packed);
      if (normalized_) {
        std::fill_n(packed + at_.gain + at, L, S(0));
        std::copy_n(parameters.block(blocks_.gain) + static_cast<std::size_t>(slot) * units_ + ub * L, real,
                    packed + at_.gain + at);
      }
    }
    for (int lane = 0; lane < L; ++lane) packed[at_.real + ub * L + lane] = S(lane < real ? 1 : 0);
    for (int v = 0; v < vectors_; ++v) {
      S* out = packed + at_.vectors + (static_cast<std::size_t>(ub) * vectors_ + v) * L;
      std::fill_n(out, L, S(0));
      std::copy_n(parameters.block(blocks_.vectors) + static_cast<std::size_t>(v) * units_ + ub * L, real, out);
    }
    for (int s = 0; s < states_; ++s) {
      S* out = packed + at_.initial + static_cast<std::size_t>(s) * stride_ + ub * L;
      std::fill_n(out, L, S(0));
      if (!blocks_.initial_states.empty()) std::copy_n(parameters.block(blocks_.initial_states[s]) + ub * L, real, out);
    }
  }

  // The table of a one-hot input. (With layer normalization it has no bias, which is added later.)
  void pack_table(const Parameters<S>& parameters, int ub, int slot, const S* bias, S* packed) const {
    const bool input = cell_.slots[slot].input;
    const S* w = parameters.block(blocks_.weights[0]) + row_of(cell_.slots[slot].gate, ub * L) * in_;
    for (int symbol = 0; symbol < in_; ++symbol) {
      S* out = packed + at_.table + ((static_cast<std::size_t>(symbol) * unit_blocks_ + ub) * slots_ + slot) * L;
      for (int lane = 0; lane < L; ++lane) {
        const S start = normalized_ ? S(0) : bias[lane];
        out[lane] = input && ub * L + lane < units_ ? start + w[static_cast<std::size_t>(lane) * in_ + symbol] : start;
      }
    }
  }

  // Works through blocks of 16 x L numbers, which stay in the first-level cache. `features`: see features().
  void pack_panels(const Parameters<S>& parameters, const Product& product, const Place& place, int depth,
                   const Features* features, Range part, S* packed) const {
    const S* w = parameters.block(blocks_.weights[product.matrix]);
    const int count = product.rows.count, columns = features ? features->real() : depth;
    in_blocks(part.end - part.begin, place.group, [&](int at, int blocks) {
      const int from = part.begin + at;
      S* panel = packed + place.panels + static_cast<std::size_t>(from) * count * L * depth;
      for (int b = 0; b < blocks; ++b)
        for (int r = 0; r < count; ++r) {
          const int unit = (from + b) * L, real = std::min(L, units_ - unit);
          const S* rows = w + row_of(product.matrix_rows[r], unit) * columns;
          for (int first = 0; first < depth; first += 16)
            for (int lane = 0; lane < L; ++lane)
              for (int k = first; k < std::min(depth, first + 16); ++k) {
                const int column = features ? features->real_of(k, L) : k;
                panel[(static_cast<std::size_t>(k) * blocks * count + b * count + r) * L + lane] =
                    lane < real && column >= 0 ? rows[static_cast<std::size_t>(lane) * columns + column] : S(0);
              }
        }
    });
  }

  // Panels [group of row blocks][unit blocks][slots of the products][units of the block that exist][L * blocks of the
  // group]: the order in which transposed products are summed.
  void pack_transposed(const Parameters<S>& parameters, const Transposed& of, int depth, const Features* features,
                       Range part, S* packed) const {
    const int columns = features ? features->real() : depth;
    in_blocks(part.end - part.begin, back_group, [&](int at, int blocks) {
      const int k = (part.begin + at) * L, width = blocks * L;
      S* out = packed + of.panels + static_cast<std::size_t>(k) * of.rows * units_;
      for (int ub = 0; ub < unit_blocks_; ++ub)
        for (const Product* product : of.products)
          for (int r = 0; r < product->rows.count; ++r)
            for (int u = ub * L; u < std::min(units_, (ub + 1) * L); ++u, out += width) {
              const S* row =
                  parameters.block(blocks_.weights[product->matrix]) + row_of(product->matrix_rows[r], u) * columns;
              if (features == nullptr) {
                const int real = std::min(width, depth - k);
                std::copy_n(row + k, real, out);
                std::fill(out + real, out + width, S(0));
              } else {
                for (int i = 0; i < width; ++i) {
                  const int column = k + i < depth ? features->real_of(k + i, L) : -1;
                  out[i] = column >= 0 ? row[column] : S(0);
                }
              }
            }
    });
  }

  // w[lane][column of k] = packed[k * step + lane], summed over the tiles, for lane < real and k < depth.
  static void write_rows(const S* packed, std::size_t step, std::size_t stride, int tiles, int real, int depth,
                         const Features* features, S* w) {
    S square[16][L];
    const int columns = features ? features->real() : depth;
    for (int first = 0; first < depth; first += 16) {
      const int count = std::min(16, depth - first);
      for (int k = 0; k < count; ++k) {
        const S* from = packed + (first + k) * step;
        for (int lane = 0; lane < L; ++lane) square[k][lane] = from[lane];
        for (int tile = 1; tile < tiles; ++tile)
          for (int lane = 0; lane < L; ++lane) square[k][lane] += from[tile * stride + lane];
      }
      for (int lane = 0; lane < real; ++lane)
        for (int k = 0; k < count; ++k) {
          const int column = features ? features->real_of(first + k, L) : first + k;
          if (column >= 0) w[static_cast<std::size_t>(lane) * columns + column] = square[k][lane];
        }
    }
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
