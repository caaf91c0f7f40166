// y = W x for many columns, packed: the read-out and the projections of attention.
#if defined(RNNBENCH_MODELS_LINEAR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_LINEAR_INL_H_
#undef RNNBENCH_MODELS_LINEAR_INL_H_
#else
#define RNNBENCH_MODELS_LINEAR_INL_H_
#endif

#include "core/product-inl.h"
#include "models/layer.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench {
namespace HWY_NAMESPACE {

// Columns lie `stride` numbers apart, features fastest; strides are at least the size rounded up to the lanes.
template <class V>
class Linear {
  using S = ScalarOf<V>;
  static constexpr int L = PackTraits<V>::lanes, group = 4;

 public:
  Linear(int rows, int depth) : rows_(rows), depth_(depth) {}
  int rows() const { return rows_; }
  int depth() const { return depth_; }
  int row_stride() const { return static_cast<int>(round_up(rows_, L)); }
  std::size_t packed_size() const {
    return round_up(rows_, L) * depth_ + round_up(round_up(depth_, L) * rows_, 16);
  }
  std::size_t gradient_size() const { return round_up(rows_, L) * depth_; }

  // W is row-major with `leading` numbers from row to row.
  void pack(const S* w, int leading, S* packed) const {
    S* transposed = pack_panels<V, group>(rows_, depth_, packed,
                                          [&](int r, int k) { return w[static_cast<std::size_t>(r) * leading + k]; });
    pack_panels<V, group>(depth_, rows_, transposed,
                          [&](int k, int r) { return w[static_cast<std::size_t>(r) * leading + k]; });
  }

  // y (+)= W x: y keeps what it has as the start of the chains.
  void forward(const S* packed, const S* x, int x_stride, S* y, int y_stride, int columns) const {
    add_product(packed, rows_, depth_, x, x_stride, y, y_stride, columns);
  }
  // dx += W^T dy.
  void backward(const S* packed, const S* dy, int dy_stride, S* dx, int dx_stride, int columns) const {
    add_product(packed + round_up(rows_, L) * depth_, depth_, rows_, dy, dy_stride, dx, dx_stride, columns);
  }
  // Packed gradient [k][rows] += dy x^T over steps [begin, end) of `columns` columns, time descending.
  HWY_ATTR void accumulate(const S* dy, int dy_stride, const S* x, int x_stride, int begin, int end, int columns,
                           S* gradient) const {
    const int stride = row_stride();
    for_blocks<group>(stride / L, [&](int block, auto blocks) HWY_ATTR {
      constexpr int B = blocks.value;
      for_columns<tile_columns<V, B>()>(depth_, [&](int k, auto ks) HWY_ATTR {
        constexpr int K = ks.value;
        V acc[B][K];
        S* at = gradient + static_cast<std::size_t>(k) * stride + block * L;
        for (int b = 0; b < B; ++b)
          for (int c = 0; c < K; ++c) acc[b][c] = load(at + c * stride + b * L);
        const std::size_t last = static_cast<std::size_t>(end - 1) * columns;
        multiply_accumulate(acc, dy + last * dy_stride + block * L, dy_stride, x + last * x_stride + k, x_stride, 1,
                            columns, end - begin, -static_cast<std::ptrdiff_t>(columns) * dy_stride,
                            -static_cast<std::ptrdiff_t>(columns) * x_stride);
        for (int b = 0; b < B; ++b)
          for (int c = 0; c < K; ++c) store(acc[b][c], at + c * stride + b * L);
      });
    });
  }
  void unpack_gradient(const S* gradient, S* w, int leading) const {
    for (int r = 0; r < rows_; ++r)
      for (int k = 0; k < depth_; ++k)
        w[static_cast<std::size_t>(r) * leading + k] += gradient[static_cast<std::size_t>(k) * row_stride() + r];
  }

 private:
  // y[column] += M x[column], M in panels [group of row blocks][k][rows of the group].
  static HWY_ATTR void add_product(const S* panels, int rows, int depth, const S* x, int x_stride, S* y, int y_stride,
                                   int columns) {
    for_blocks<group>((rows + L - 1) / L, [&](int block, auto blocks) HWY_ATTR {
      constexpr int B = blocks.value;
      const S* panel = panels + static_cast<std::size_t>(block) * L * depth;
      for_columns<tile_columns<V, B>()>(columns, [&](int column, auto group_columns) HWY_ATTR {
        constexpr int C = group_columns.value;
        V acc[B][C];
        S* at = y + static_cast<std::size_t>(column) * y_stride + block * L;
        for (int b = 0; b < B; ++b)
          for (int c = 0; c < C; ++c) acc[b][c] = load(at + static_cast<std::size_t>(c) * y_stride + b * L);
        multiply_accumulate(acc, panel, B * L, x + static_cast<std::size_t>(column) * x_stride, 1, x_stride, depth);
        for (int b = 0; b < B; ++b)
          for (int c = 0; c < C; ++c) store(acc[b][c], at + static_cast<std::size_t>(c) * y_stride + b * L);
      });
    });
  }

  const int rows_, depth_;
};

// out[rows, rounded up] += sum of d over the columns of steps [begin, end), time descending.
template <class V>
HWY_ATTR void accumulate_columns(const ScalarOf<V>* d, int stride, int rows, int begin, int end, int columns,
                                 ScalarOf<V>* out) {
  constexpr int L = PackTraits<V>::lanes;
  for (int r = 0; r < rows; r += L) {
    V sum = load(out + r);
    for (int step = end - 1; step >= begin; --step)
      for (int c = 0; c < columns; ++c)
        sum = sum + load(d + (static_cast<std::size_t>(step) * columns + c) * stride + r);
    store(sum, out + r);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench
HWY_AFTER_NAMESPACE();

#endif
