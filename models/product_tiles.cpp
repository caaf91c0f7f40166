// Compiles the tiles of matrix products for every instruction set, and for double and complex<double>.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/product_tiles.cpp"
#include "hwy/foreach_target.h"

#include "models/product_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {
namespace {

template <class V, int R, int C>
HWY_ATTR void product_tile(const ProductTile<ScalarOf<V>>& tile) {
  V acc[R][C];
  unrolled<R>([&](auto r) RNNBENCH_INLINE {
    unrolled<C>([&](auto c) RNNBENCH_INLINE {
      acc[r][c] = tile.start != nullptr ? load(tile.start + c * tile.start_column + r * tile.out_row)
                                        : broadcast(ScalarOf<V>(0));
    });
  });
  multiply_accumulate(acc, tile.a, tile.a_step, tile.b, tile.b_step, tile.b_column, tile.depth, tile.segments,
                      tile.a_segment, tile.b_segment, nullptr, tile.a_row);
  unrolled<C>([&](auto c) RNNBENCH_INLINE {
    unrolled<R>([&](auto r) RNNBENCH_INLINE { store(acc[r][c], tile.out + c * tile.out_column + r * tile.out_row); });
  });
}

template <class V>
constexpr ProductTable<V> make_product_table() {
  ProductTable<V> table{};
  const auto enter = [&]<int R, int C>(Constant<R>, Constant<C>) {
    if constexpr (C <= tile_columns<V, R>()) table.of[R - 1][C - 1] = product_tile<V, R, C>;
  };
  const auto row = [&]<int R, int... C>(Constant<R> r, std::integer_sequence<int, C...>) {
    (enter(r, Constant<C + 1>()), ...);
  };
  const std::make_integer_sequence<int, max_tile_columns> columns;
  row(Constant<1>(), columns), row(Constant<2>(), columns), row(Constant<3>(), columns), row(Constant<4>(), columns);
  return table;
}
// A constant, because code of an instruction set must not run before main() has chosen it.
template <class V>
constexpr ProductTable<V> table_of = make_product_table<V>();

}  // namespace

template <>
const ProductTable<Pack>& product_table<Pack>() {
  return table_of<Pack>;
}
#if HWY_TARGET == HWY_STATIC_TARGET
template <>
const ProductTable<double>& product_table<double>() {
  return table_of<double>;
}
template <>
const ProductTable<std::complex<double>>& product_table<std::complex<double>>() {
  return table_of<std::complex<double>>;
}
#endif

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();
