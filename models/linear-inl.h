// y = W x for many columns: the output layer, the projections of attention, and the linear maps of the Transformer.
#if defined(RNNBENCH_MODELS_LINEAR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_LINEAR_INL_H_
#undef RNNBENCH_MODELS_LINEAR_INL_H_
#else
#define RNNBENCH_MODELS_LINEAR_INL_H_
#endif

#include "models/layer.h"
#include "models/product_tiles-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

// Weights are packed into panels (see pack_panels). A column is the features of one sequence at one step; columns lie
// `stride` numbers apart. The numbers between the pieces of a column's features are multiplied by weights of 0.
//
// Except for x, strides are multiples of the lanes. The stride of x is at least the depth of the inputs; where it is no
// multiple of the lanes, accumulate() loads packs that reach beyond a column, and the array of x must continue for
// lanes - 1 numbers after its last column (Tile::values).
template <class V>
class Linear {
  using S = ScalarOf<V>;
  static constexpr int L = PackTraits<V>::lanes, group = 4;

 public:
  Linear(const Features& outputs, const Features& inputs)
      : outputs_(outputs), inputs_(inputs), rows_(outputs.depth(L)), depth_(inputs.depth(L)) {}
  int row_stride() const { return static_cast<int>(round_up(rows_, L)); }
  std::size_t packed_size() const { return round_up(rows_, L) * depth_ + round_up(round_up(depth_, L) * rows_, 16); }
  std::size_t gradient_size() const { return round_up(rows_ * round_up(depth_, L), 16); }

  // w: [outputs][leading], row-major; leading = 0 stands for the number of inputs.
  void pack(const S* w, S* packed, int leading = 0) const {
    const std::size_t row = leading > 0 ? leading : inputs_.real();
    const auto pack_both = [&](auto at) {
      S* transposed = pack_panels<V>(rows_, depth_, group, packed, at);
      pack_panels<V>(depth_, rows_, group, transposed, [&](int k, int r) { return at(r, k); });
    };
    if (outputs_.identity() && inputs_.identity())
      pack_both([&](int r, int k) { return w[r * row + k]; });
    else
      pack_both([&](int r, int k) {
        const int real = outputs_.real_of(r, L), column = inputs_.real_of(k, L);
        return real >= 0 && column >= 0 ? w[real * row + column] : S(0);
      });
  }

  // y = W x + bias, or y += W x when bias is null. bias: [rows rounded up to the lanes].
  void forward(const S* packed, const S* x, int x_stride, S* y, int y_stride, int columns,
               const S* bias = nullptr) const {
    add_product(packed, rows_, depth_, x, x_stride, y, y_stride, columns, bias);
  }
  // dx += W^T dy.
  void backward(const S* packed, const S* dy, int dy_stride, S* dx, int dx_stride, int columns) const {
    add_product(transposed(packed), depth_, rows_, dy, dy_stride, dx, dx_stride, columns, nullptr);
  }
  // The panels of W^T.
  const S* transposed(const S* packed) const { return packed + round_up(rows_, L) * depth_; }
  // gradient[rows][depth rounded up to the lanes] += dy x^T over steps [begin, end) of `columns` columns, the last step
  // first. Lanes beyond the depth receive numbers that unpack_gradient ignores.
  void accumulate(const S* dy, int dy_stride, const S* x, int x_stride, int begin, int end, int columns,
                  S* gradient) const {
    if (begin == end) return;  // the arrays may be null
    const int stride = static_cast<int>(round_up(depth_, L));
    const std::ptrdiff_t last = static_cast<std::ptrdiff_t>(end - 1) * columns;
    in_blocks(stride / L, group, [&](int block, int blocks) {
      S* at = gradient + block * L;
      const ProductTile<S> tile{.start = at,
                                .start_column = stride,
                                .a = x + last * x_stride + block * L,
                                .a_step = x_stride,
                                .b = dy + last * dy_stride,
                                .b_step = dy_stride,
                                .b_column = 1,
                                .depth = columns,
                                .segments = end - begin,
                                .a_segment = -static_cast<std::ptrdiff_t>(columns) * x_stride,
                                .b_segment = -static_cast<std::ptrdiff_t>(columns) * dy_stride,
                                .out = at,
                                .out_column = stride};
      multiply<V>(tile, blocks, rows_);
    });
  }
  // w = the sum of the packed gradients of all tiles, which lie `stride` numbers apart; w as in pack().
  void unpack_gradient(const S* gradient, std::size_t stride, int tiles, S* w, int leading = 0) const {
    const std::size_t row = round_up(depth_, L), of_matrix = leading > 0 ? leading : inputs_.real();
    for (int r = 0; r < rows_; ++r)
      for (int k = 0; k < depth_; ++k) {
        const int real = outputs_.real_of(r, L), column = inputs_.real_of(k, L);
        if (real >= 0 && column >= 0)
          w[real * of_matrix + column] = sum_of_tiles(gradient + r * row + k, stride, tiles);
      }
  }

 private:
  // y[column] = M x[column] + bias, or y[column] += M x[column]; M in panels [group of row blocks][k][rows of the
  // group].
  static void add_product(const S* panels, int rows, int depth, const S* x, int x_stride, S* y, int y_stride,
                          int columns, const S* bias) {
    in_blocks((rows + L - 1) / L, group, [&](int block, int blocks) {
      S* out = y + block * L;
      const ProductTile<S> tile{.start = bias != nullptr ? bias + block * L : out,
                                .start_column = bias != nullptr ? 0 : y_stride,
                                .a = panels + static_cast<std::ptrdiff_t>(block) * L * depth,
                                .a_step = blocks * L,
                                .b = x,
                                .b_step = 1,
                                .b_column = x_stride,
                                .depth = depth,
                                .out = out,
                                .out_column = y_stride};
      multiply<V>(tile, blocks, columns);
    });
  }

  const Features outputs_, inputs_;
  const int rows_, depth_;
};

// out[rows rounded up to the lanes] += the sum of d over the columns of steps [begin, end), the last step first.
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
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
