// Register tiles of matrix products, compiled once for every size and found in a table. Everything except the fused
// tiles of the recurrent layer (models/recurrent/tiles-inl.h) is computed by these.
#if defined(RNNBENCH_MODELS_PRODUCT_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_PRODUCT_TILES_INL_H_
#undef RNNBENCH_MODELS_PRODUCT_TILES_INL_H_
#else
#define RNNBENCH_MODELS_PRODUCT_TILES_INL_H_
#endif

#include "models/layer.h"
#include "models/packs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

inline constexpr int max_tile_columns = 12;

// out[c][r] = start[c][r] + the sum over k < depth of a[k][r] b[k][c], for rows r of up to four packs and up to
// twelve columns c; k ascending, as one chain. Then the same for further segments, if there are.
template <class S>
struct ProductTile {
  const S* start = nullptr;  // null: 0; packs of rows as in out
  std::ptrdiff_t start_column = 0;
  const S* a = nullptr;
  std::ptrdiff_t a_step = 0, a_row = lanes_of<S>;  // a_row, out_row: from a pack of rows to the next
  const S* b = nullptr;
  std::ptrdiff_t b_step = 0, b_column = 0;
  int depth = 0, segments = 1;
  std::ptrdiff_t a_segment = 0, b_segment = 0;
  S* out = nullptr;
  std::ptrdiff_t out_column = 0, out_row = lanes_of<S>;
};

// The functions for every number of packs and columns, each minus 1.
template <class V>
struct ProductTable {
  void (*of[4][max_tile_columns])(const ProductTile<ScalarOf<V>>& tile);
};
// Defined in product_tiles.cpp.
template <class V>
const ProductTable<V>& product_table();
template <>
const ProductTable<Pack>& product_table<Pack>();
#if HWY_TARGET == HWY_STATIC_TARGET
template <>
const ProductTable<double>& product_table<double>();
template <>
const ProductTable<std::complex<double>>& product_table<std::complex<double>>();
#endif

// The maximum number of columns in a tile of `rows` packs.
template <class V>
int max_columns(int rows) {
  return rows == 1 ? tile_columns<V, 1>() : rows < 4 ? tile_columns<V, 2>() : tile_columns<V, 4>();
}

// Computes a product of `rows` packs and any number of columns, tile by tile.
template <class V>
void multiply(const ProductTile<ScalarOf<V>>& tile, int rows, int columns) {
  const auto& of_rows = product_table<V>().of[rows - 1];
  const int max = max_columns<V>(rows);
  if (columns == 0) return;
  ProductTile<ScalarOf<V>> part = tile;
  if (part.depth == 1) {  // one long segment is faster than many short ones
    part.depth = part.segments;
    part.a_step = part.a_segment;
    part.b_step = part.b_segment;
    part.segments = 1;
  }
  if (columns <= max) return of_rows[columns - 1](part);
  in_columns(columns, max, [&](int, int size) {
    of_rows[size - 1](part);
    if (part.start != nullptr) part.start += size * part.start_column;
    part.b += size * part.b_column;
    part.out += size * part.out_column;
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
