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
#include "models/region.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

template <class V>
class RecurrentWeights {
  using S = ScalarOf<V>;
  using Product = CellStructure::Product;
  static constexpr int L = PackTraits<V>::lanes;

 public:
  static constexpr int back_group = 4;  // maximum number of row blocks in a tile of a transposed product

  // The panels of a product and its gradient, [unit blocks][k][rows][L].
  struct Place {
    Region at;
    int group = 1;  // number of unit blocks that share a tile, which has up to four rows of packs
  };
  // All products with one source, transposed: they give the gradient of the source.
  struct Transposed {
    Region at;
    int rows = 0;  // slots per unit
    std::vector<CellStructure::Rows> parts;
    std::vector<const Product*> products;
  };

  RecurrentWeights(const CellStructure& structure, const RecurrentShape& shape, const RecurrentBlocks& blocks)
      : cell(structure),
        input_depth(shape.inputs.depth(L)),
        one_hot(shape.one_hot),
        units(shape.hidden),
        unit_blocks((shape.hidden + L - 1) / L),
        state_stride(unit_blocks * L),
        slots(static_cast<int>(cell.slots.size())),
        states(static_cast<int>(cell.states.size())),
        vectors(static_cast<int>(cell.vectors.size())),
        normalized(shape.layer_norm),
        needs_input_gradient(shape.needs_input_gradient),
        parameter_blocks(blocks),
        inputs(shape.inputs) {
    for (int phase = 0; phase < cell.phases; ++phase) fused[phase] = is_fused(phase);
    for (const auto* products : {&cell.inputs, &cell.recurrences})
      for (const Product& p : *products)
        general_columns[p.phase] = std::min(general_columns[p.phase], max_columns<V>(p.rows.count));
    const std::size_t row = state_stride;  // numbers of one slot over all units
    bias_at = regions_.add_array(slots * row);
    table_at = regions_.add_array(one_hot ? slots * row * input_depth : 0);
    gain_at = regions_.add_array(normalized ? slots * row : 0);
    real_at = regions_.add(row, 0);
    vectors_at = regions_.add_array(vectors * row);
    initial_at = regions_.add_array(states * row);
    const auto place = [&](const Product& product, std::size_t depth) {
      return Place{regions_.add_array(product.rows.count * row * depth),
                   fused[product.phase] ? group_of(product.rows.count) : 1};
    };
    for (const Product& product : cell.inputs) input_places.push_back(place(product, one_hot ? 0 : input_depth));
    for (const Product& product : cell.recurrences) recurrent_places.push_back(place(product, units));
    const auto transposed = [&](const std::vector<Product>& products, const auto& of_source, std::size_t depth) {
      Transposed all;
      for (const Product& product : products) {
        if (!of_source(product)) continue;
        all.parts.push_back(product.rows);
        all.products.push_back(&product);
        all.rows += product.rows.count;
      }
      all.at = regions_.add(static_cast<std::size_t>(all.rows) * units * depth, 0);
      return all;
    };
    for (int s = 0; s < states; ++s)
      state_products.push_back(transposed(
          cell.recurrences, [&](const Product& p) { return p.source == s; }, row));
    middle_products = transposed(
        cell.recurrences, [](const Product& p) { return p.source == from_middle; }, row);
    input_products = transposed(
        cell.inputs, [&](const Product&) { return needs_input_gradient; }, round_up(input_depth, L));
  }

  // The work is divided between groups of blocks that share panels.
  void pack_weights(const Parameters<S>& parameters, S* packed, int piece, int pieces) const {
    const auto part_of = [=](int blocks, int group) { return Range::part_of(blocks, group, piece, pieces); };
    const Range part = part_of(unit_blocks, 1), columns = part_of(unit_blocks, back_group);
    for (int ub = part.begin; ub < part.end; ++ub) pack_vectors(parameters, ub, packed);
    for (std::size_t p = 0; p < cell.inputs.size() && !one_hot; ++p)
      pack_panels(parameters, cell.inputs[p], input_places[p], input_depth, features(),
                  part_of(unit_blocks, input_places[p].group), packed);
    for (std::size_t p = 0; p < cell.recurrences.size(); ++p)
      pack_panels(parameters, cell.recurrences[p], recurrent_places[p], units, nullptr,
                  part_of(unit_blocks, recurrent_places[p].group), packed);
    for (const Transposed& of : state_products) pack_transposed(parameters, of, units, nullptr, columns, packed);
    pack_transposed(parameters, middle_products, units, nullptr, columns, packed);
    if (needs_input_gradient)
      pack_transposed(parameters, input_products, input_depth, features(),
                      part_of((input_depth + L - 1) / L, back_group), packed);
  }

  void write_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient, int piece,
                      int pieces) const {
    const auto sum = [&](std::size_t at) { return sum_of_tiles(packed + at, stride, tiles); };
    const Range part = Range::part_of(unit_blocks, 1, piece, pieces);
    for (int ub = part.begin; ub < part.end; ++ub) {
      const int real = std::min(L, units - ub * L);
      const auto write = [&](const std::vector<Product>& products, const std::vector<Place>& places, int depth,
                             const Features* features, bool table) {
        for (std::size_t p = 0; p < products.size(); ++p)
          for (int r = 0; r < products[p].rows.count; ++r) {
            const int rows = products[p].rows.count, columns = features ? features->real() : depth;
            S* w = gradient.block(parameter_blocks.weights[products[p].matrix]) +
                   row_of(products[p].matrix_rows[r], ub * L) * columns;
            const std::size_t from =
                table ? table_at.gradient + (static_cast<std::size_t>(ub) * slots + products[p].rows.slot + r) * L
                      : places[p].at.gradient + (static_cast<std::size_t>(ub) * depth * rows + r) * L;
            const std::size_t step = table ? static_cast<std::size_t>(unit_blocks) * slots * L : rows * L;
            write_rows(packed + from, step, stride, tiles, real, depth, features, w);
          }
      };
      write(cell.inputs, input_places, input_depth, features(), one_hot);
      write(cell.recurrences, recurrent_places, units, nullptr, false);
      for (int slot = 0; slot < slots; ++slot)
        for (int lane = 0; lane < real; ++lane) {
          const std::size_t at = (static_cast<std::size_t>(ub) * slots + slot) * L + lane;
          const S d = sum(bias_at.gradient + at);
          if (cell.slots[slot].input)
            gradient.block(parameter_blocks.bias_ih)[row_of(cell.slots[slot].gate, ub * L) + lane] = d;
          if (recurs(slot)) gradient.block(parameter_blocks.bias_hh)[row_of(recurrent_row(slot), ub * L) + lane] = d;
          if (normalized)
            gradient.block(parameter_blocks.gain)[static_cast<std::size_t>(slot) * units + ub * L + lane] =
                sum(gain_at.gradient + at);
        }
      for (int v = 0; v < vectors; ++v)
        for (int lane = 0; lane < real; ++lane)
          gradient.block(parameter_blocks.vectors)[static_cast<std::size_t>(v) * units + ub * L + lane] =
              sum(vectors_at.gradient + (static_cast<std::size_t>(ub) * vectors + v) * L + lane);
      if (!parameter_blocks.initial_states.empty())
        for (int s = 0; s < states; ++s)
          for (int u = ub * L; u < ub * L + real; ++u)
            gradient.block(parameter_blocks.initial_states[s])[u] =
                sum(initial_at.gradient + static_cast<std::size_t>(s) * state_stride + u);
    }
  }

  // Maps inputs to columns of the matrix; null if input k belongs to column k.
  const Features* features() const { return inputs.identity() ? nullptr : &inputs; }
  bool recurs(int slot) const { return cell.slots[slot].recurs_on != 0; }

  std::size_t packed_size() const { return regions_.packed_size(); }
  std::size_t gradient_size() const { return regions_.gradient_size(); }

  const CellStructure& cell;
  const int input_depth;
  const bool one_hot;
  const int units, unit_blocks, state_stride, slots, states, vectors;
  const bool normalized, needs_input_gradient;
  const RecurrentBlocks parameter_blocks;
  const Features inputs;
  // A phase is fused if all its slots share one product with the input and one with a state, which one tile computes.
  bool fused[2] = {false, false};
  int general_columns[2] = {max_tile_columns, max_tile_columns};  // columns of a tile, in phases that are not fused
  std::vector<Place> input_places, recurrent_places;
  std::vector<Transposed> state_products;
  Transposed middle_products, input_products;

  Region bias_at, table_at, gain_at, vectors_at;  // [unit blocks][slots, symbols x slots, slots, vectors][L]
  Region real_at;                                 // [unit blocks][L]: 1 for a unit, 0 for the padding behind the last
  Region initial_at;                              // [states][unit blocks][L]

 private:
  struct Range {
    int begin, end;
    // A piece of `blocks` blocks that begins and ends between groups.
    static Range part_of(int blocks, int group, int piece, int pieces) {
      const int groups = (blocks + group - 1) / group;
      return {std::min(blocks, groups * piece / pieces * group),
              std::min(blocks, groups * (piece + 1) / pieces * group)};
    }
  };
  static int group_of(int rows) { return rows == 1 ? 4 : rows == 2 ? 2 : 1; }
  std::size_t row_of(int gate, int unit) const { return static_cast<std::size_t>(gate) * units + unit; }
  int recurrent_row(int slot) const {  // of the slot's gate in weight_hh and bias_hh
    const std::vector<int>& gates = cell.matrices[1].gates;
    return static_cast<int>(std::find(gates.begin(), gates.end(), cell.slots[slot].gate) - gates.begin());
  }
  bool is_fused(int phase) const {
    int of_input = 0, of_state = 0;
    bool all = !normalized;
    for (const Product& p : cell.inputs)
      if (p.phase == phase) ++of_input, all &= p.rows.count == cell.slots_of(phase);
    for (const Product& p : cell.recurrences)
      if (p.phase == phase) ++of_state, all &= p.rows.count == cell.slots_of(phase);
    return all && of_input == 1 && of_state == 1;
  }

  // Packs biases, table, gains, vectors and initial states of a unit block.
  void pack_vectors(const Parameters<S>& parameters, int ub, S* packed) const {
    const int real = std::min(L, units - ub * L);
    for (int slot = 0; slot < slots; ++slot) {
      const std::size_t at = (static_cast<std::size_t>(ub) * slots + slot) * L;
      S* bias = packed + bias_at.weights + at;
      std::fill_n(bias, L, S(0));
      for (int lane = 0; lane < real; ++lane) {
        if (cell.slots[slot].input)
          bias[lane] = parameters.block(parameter_blocks.bias_ih)[row_of(cell.slots[slot].gate, ub * L) + lane];
        if (recurs(slot))
          bias[lane] += parameters.block(parameter_blocks.bias_hh)[row_of(recurrent_row(slot), ub * L) + lane];
      }
      if (one_hot) pack_table(parameters, ub, slot, bias, packed);
      if (normalized) {
        std::fill_n(packed + gain_at.weights + at, L, S(0));
        std::copy_n(parameters.block(parameter_blocks.gain) + static_cast<std::size_t>(slot) * units + ub * L, real,
                    packed + gain_at.weights + at);
      }
    }
    for (int lane = 0; lane < L; ++lane) packed[real_at.weights + ub * L + lane] = S(lane < real ? 1 : 0);
    for (int v = 0; v < vectors; ++v) {
      S* out = packed + vectors_at.weights + (static_cast<std::size_t>(ub) * vectors + v) * L;
      std::fill_n(out, L, S(0));
      std::copy_n(parameters.block(parameter_blocks.vectors) + static_cast<std::size_t>(v) * units + ub * L, real, out);
    }
    for (int s = 0; s < states; ++s) {
      S* out = packed + initial_at.weights + static_cast<std::size_t>(s) * state_stride + ub * L;
      std::fill_n(out, L, S(0));
      if (!parameter_blocks.initial_states.empty())
        std::copy_n(parameters.block(parameter_blocks.initial_states[s]) + ub * L, real, out);
    }
  }

  // The table of a one-hot input. (With layer normalization it has no bias, which is added later.)
  void pack_table(const Parameters<S>& parameters, int ub, int slot, const S* bias, S* packed) const {
    const bool input = cell.slots[slot].input;
    const S* w = parameters.block(parameter_blocks.weights[0]) + row_of(cell.slots[slot].gate, ub * L) * input_depth;
    for (int symbol = 0; symbol < input_depth; ++symbol) {
      S* out = packed + table_at.weights + ((static_cast<std::size_t>(symbol) * unit_blocks + ub) * slots + slot) * L;
      for (int lane = 0; lane < L; ++lane) {
        const S start = normalized ? S(0) : bias[lane];
        out[lane] =
            input && ub * L + lane < units ? start + w[static_cast<std::size_t>(lane) * input_depth + symbol] : start;
      }
    }
  }

  // Works through squares of 16 x L numbers. `features`: see features().
  HWY_ATTR void pack_panels(const Parameters<S>& parameters, const Product& product, const Place& place, int depth,
                            const Features* features, Range part, S* packed) const {
    const S* w = parameters.block(parameter_blocks.weights[product.matrix]);
    const int count = product.rows.count, columns = features ? features->real() : depth;
    in_blocks(part.end - part.begin, place.group, [&](int at, int blocks) HWY_ATTR {
      const int from = part.begin + at;
      S* panel = packed + place.at.weights + static_cast<std::size_t>(from) * count * L * depth;
      for (int b = 0; b < blocks; ++b)
        for (int r = 0; r < count; ++r) {
          const int unit = (from + b) * L, real = std::min(L, units - unit);
          const S* rows = w + row_of(product.matrix_rows[r], unit) * columns;
          const std::ptrdiff_t step = static_cast<std::ptrdiff_t>(blocks) * count * L;
          S* out = panel + (b * count + r) * L;
          for (int first = 0; first < depth; first += 16) {
            if constexpr (L == 16)
              if (features == nullptr && real == L && depth - first >= 16) {
                V square[16];
                for (int lane = 0; lane < L; ++lane)
                  square[lane] = load(rows + static_cast<std::size_t>(lane) * columns + first);
                transpose(square);
                for (int k = 0; k < 16; ++k) store(square[k], out + (first + k) * step);
                continue;
              }
            for (int lane = 0; lane < L; ++lane)
              for (int k = first; k < std::min(depth, first + 16); ++k) {
                const int column = features ? features->real_of(k, L) : k;
                out[k * step + lane] =
                    lane < real && column >= 0 ? rows[static_cast<std::size_t>(lane) * columns + column] : S(0);
              }
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
      S* out = packed + of.at.weights + static_cast<std::size_t>(k) * of.rows * units;
      for (int ub = 0; ub < unit_blocks; ++ub)
        for (const Product* product : of.products)
          for (int r = 0; r < product->rows.count; ++r)
            for (int u = ub * L; u < std::min(units, (ub + 1) * L); ++u, out += width) {
              const S* row = parameters.block(parameter_blocks.weights[product->matrix]) +
                             row_of(product->matrix_rows[r], u) * columns;
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
  static HWY_ATTR void write_rows(const S* packed, std::size_t step, std::size_t stride, int tiles, int real, int depth,
                                  const Features* features, S* w) {
    S square[16][L];
    const int columns = features ? features->real() : depth;
    for (int first = 0; first < depth; first += 16) {
      const int count = std::min(16, depth - first);
      if constexpr (L == 16)
        if (features == nullptr && real == L && count == 16) {
          V sums[16];
          for (int k = 0; k < 16; ++k) {
            const S* from = packed + (first + k) * step;
            sums[k] = load(from);
            for (int tile = 1; tile < tiles; ++tile) sums[k] = sums[k] + load(from + tile * stride);
          }
          transpose(sums);
          for (int lane = 0; lane < L; ++lane) store(sums[lane], w + static_cast<std::size_t>(lane) * columns + first);
          continue;
        }
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

  Regions regions_;
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
