// The fused products of a recurrent layer, in register tiles of some rows of packs and some columns. They are the same
// for all cells, compiled for every size of tile, and looked up in a table.
//
// A panel is a part of a weight matrix, packed in the order in which a tile reads it.
#if defined(RNNBENCH_MODELS_RECURRENT_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_RECURRENT_TILES_INL_H_
#undef RNNBENCH_MODELS_RECURRENT_TILES_INL_H_
#else
#define RNNBENCH_MODELS_RECURRENT_TILES_INL_H_
#endif

#include <algorithm>
#include <array>
#include <vector>

#include "models/product_tiles-inl.h"
#include "models/recurrent/cell_structure.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

template <class V>
struct RecurrentTiles {
  using S = ScalarOf<V>;
  static constexpr int L = PackTraits<V>::lanes;

  // How many lines of the next panel a tile prefetches for each number of the depth. Loads limit the tiles of one row
  // or column, which prefetch nothing.
  template <int R, int C>
  static constexpr int ahead_of = R == 1 || C == 1 ? 0 : 2;

  // A product that is added to a tile. Column c of what is multiplied is at x + c * x_column.
  struct Factor {
    const S *panel = nullptr, *x = nullptr;
    std::ptrdiff_t x_column = 0;
    int depth = 0;
    const S* ahead = nullptr;  // what the next tile will read, for prefetching
  };
  // out[c * out_stride + r * L] = start[c][offset[r]] + input product + recurrent product, in this order. Each product
  // may be null.
  using Sum = void (*)(const S* const* start, const std::ptrdiff_t* offset, const Factor* input,
                       const Factor* recurrent, S* out, std::ptrdiff_t out_stride);
  template <int R, int C>
  static HWY_ATTR void sum(const S* const* start, const std::ptrdiff_t* offset, const Factor* input,
                           const Factor* recurrent, S* out, std::ptrdiff_t out_stride) {
    V acc[R][C];
    unrolled<R>([&](auto r) RNNBENCH_INLINE {
      unrolled<C>([&](auto c) RNNBENCH_INLINE { acc[r][c] = load(start[c] + offset[r]); });
    });
    if (input != nullptr) multiply_accumulate(acc, input->panel, R * L, input->x, 1, input->x_column, input->depth);
    if (recurrent != nullptr)
      multiply_accumulate<ahead_of<R, C>>(acc, recurrent->panel, R * L, recurrent->x, 1, recurrent->x_column,
                                          recurrent->depth, 1, 0, 0, recurrent->ahead);
    unrolled<C>([&](auto c) RNNBENCH_INLINE {
      unrolled<R>([&](auto r) RNNBENCH_INLINE { store(acc[r][c], out + c * out_stride + r * L); });
    });
  }

  // For columns from `column` on: out[c * out_stride + b * L] = start + a transposed product with the gradients in the
  // slots of unit blocks [begin, end). The start is what `out` holds already (resume), or else direct + values + M^T d,
  // where null pointers count as 0. Pointers are those of column 0.
  struct Back {
    bool resume = false;
    const S* direct = nullptr;  // RecurrentTape::d_state
    const S* values = nullptr;  // OutputGradient::values
    std::ptrdiff_t direct_column = 0, values_column = 0;
    const S *read_panel = nullptr, *read_d = nullptr;  // M and d, as in OutputGradient
    std::ptrdiff_t read_column = 0;
    int read_depth = 0;
    const S* panel = nullptr;  // of unit block `begin`; null: no product
    const S* ahead = nullptr;
    const std::vector<CellStructure::Rows>* parts = nullptr;
    const S* slots = nullptr;                        // of unit block `begin`
    std::ptrdiff_t block_step = 0, slot_column = 0;  // strides from unit block to unit block, from column to column
    int begin = 0, end = 0, units = 0;
    std::ptrdiff_t taken = 0;  // number of rows of the panel
  };
  using Transposed = void (*)(const Back& back, int column, S* out, std::ptrdiff_t out_stride);
  template <int B, int C>
  static HWY_ATTR void transposed(const Back& back, int column, S* out, std::ptrdiff_t out_stride) {
    V acc[B][C];
    if (back.resume) {
      unrolled<B>([&](auto b) RNNBENCH_INLINE {
        unrolled<C>([&](auto c) RNNBENCH_INLINE { acc[b][c] = load(out + c * out_stride + b * L); });
      });
    } else {
      const S* direct = back.direct == nullptr ? nullptr : back.direct + column * back.direct_column;
      unrolled<B>([&](auto b) RNNBENCH_INLINE {
        unrolled<C>([&](auto c) RNNBENCH_INLINE {
          acc[b][c] = direct != nullptr ? load(direct + c * back.direct_column + b * L) : broadcast(S(0));
        });
      });
      if (back.values != nullptr)
        unrolled<B>([&](auto b) RNNBENCH_INLINE {
          unrolled<C>([&](auto c) RNNBENCH_INLINE {
            acc[b][c] = acc[b][c] + load(back.values + (column + c) * back.values_column + b * L);
          });
        });
      if (back.read_panel != nullptr)
        multiply_accumulate(acc, back.read_panel, B * L, back.read_d + column * back.read_column, 1, back.read_column,
                            back.read_depth);
    }
    if (back.panel != nullptr) {
      const S *panel = back.panel, *slots = back.slots + column * back.slot_column, *ahead = back.ahead;
      // Slots that follow each other without a gap are multiplied as one segment: those of a full unit block, or those
      // of all full unit blocks if the tile has one column.
      const bool gapless = back.parts->size() == 1 && back.block_step == back.parts->front().count * L;
      for (int ub = back.begin, blocks; ub < back.end; ub += blocks, slots += blocks * back.block_step) {
        const int real = std::min(L, back.units - ub * L);
        blocks = gapless && real == L ? std::min(back.end, back.units / L) - ub : 1;
        for (const CellStructure::Rows& rows : *back.parts) {
          const int n = real == L ? blocks * rows.count * L : real, segments = real == L ? 1 : rows.count;
          const std::ptrdiff_t depth = n * segments;
          multiply_accumulate<ahead_of<B, C>>(acc, panel, B * L, slots + rows.slot * L, 1, back.slot_column, n,
                                              segments, static_cast<std::ptrdiff_t>(n) * B * L, L, ahead);
          panel += depth * B * L;
          ahead += depth * 2 * 16;
        }
      }
    }
    unrolled<B>([&](auto b) RNNBENCH_INLINE {
      unrolled<C>([&](auto c) RNNBENCH_INLINE { store(acc[b][c], out + c * out_stride + b * L); });
    });
  }
};

// The functions for every number of rows and columns, each minus 1.
template <class V>
struct TileTable {
  using Tiles = RecurrentTiles<V>;
  typename Tiles::Sum sum[4][max_tile_columns];
  typename Tiles::Transposed transposed[4][max_tile_columns];
};
template <class V>
constexpr TileTable<V> make_tile_table() {
  using Tiles = RecurrentTiles<V>;
  TileTable<V> t{};
  const auto enter = [&]<int R, int C>(Constant<R>, Constant<C>) {
    if constexpr (C <= tile_columns<V, R>()) {
      t.sum[R - 1][C - 1] = Tiles::template sum<R, C>;
      if constexpr (R != 3) t.transposed[R - 1][C - 1] = Tiles::template transposed<R, C>;
    }
  };
  const auto row = [&]<int R, int... C>(Constant<R> r, std::integer_sequence<int, C...>) {
    (enter(r, Constant<C + 1>()), ...);
  };
  const std::make_integer_sequence<int, max_tile_columns> columns;
  row(Constant<1>(), columns), row(Constant<2>(), columns), row(Constant<3>(), columns), row(Constant<4>(), columns);
  return t;
}
// A constant, because code of an instruction set must not run before main() has chosen it.
template <class V>
inline constexpr TileTable<V> tile_table = make_tile_table<V>();

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
