// Layer normalization of a column (Ba, Kiros & Hinton 2016), as in PyTorch's nn.LayerNorm:
//   y = gain (x - mean) / sqrt(variance + 1e-5) + bias
#if defined(RNNBENCH_MODELS_TRANSFORMER_LAYER_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_TRANSFORMER_LAYER_NORM_INL_H_
#undef RNNBENCH_MODELS_TRANSFORMER_LAYER_NORM_INL_H_
#else
#define RNNBENCH_MODELS_TRANSFORMER_LAYER_NORM_INL_H_
#endif

#include <cmath>

#include "models/packs-inl.h"
#include "models/region.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

// gain, bias: numbers of their parameter blocks. The padding of x must be 0.
template <class V>
class LayerNorm {
  using S = ScalarOf<V>;
  static constexpr int L = PackTraits<V>::lanes;

 public:
  LayerNorm(int size, int gain, int bias)
      : size_(size),
        stride_(static_cast<int>(round_up(size, L))),
        gain_block_(gain),
        bias_block_(bias),
        gain_(regions_.add_array(stride_)),
        bias_(regions_.add_array(stride_)),
        real_(regions_.add(stride_, 0)) {}
  std::size_t packed_size() const { return regions_.packed_size(); }
  std::size_t gradient_size() const { return regions_.gradient_size(); }

  void pack(const Parameters<S>& parameters, S* packed) const {
    std::fill_n(packed, packed_size(), S(0));
    std::copy_n(parameters.block(gain_block_), size_, packed + gain_.weights);
    std::copy_n(parameters.block(bias_block_), size_, packed + bias_.weights);
    std::fill_n(packed + real_.weights, size_, S(1));
  }
  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient) const {
    for (int i = 0; i < size_; ++i) {
      gradient.block(gain_block_)[i] = sum_of_tiles(packed + gain_.gradient + i, stride, tiles);
      gradient.block(bias_block_)[i] = sum_of_tiles(packed + bias_.gradient + i, stride, tiles);
    }
  }

  // x, y, normal: [columns][stride]. Also writes the normalized x to `normal` and 1 / sqrt(variance + 1e-5) of each
  // column to `inverse`, for backward().
  HWY_ATTR void forward(const S* packed, const S* x, int columns, S* y, S* normal, S* inverse) const {
    const S size = S(static_cast<float>(size_));
    const S *gain = packed + gain_.weights, *bias = packed + bias_.weights, *real = packed + real_.weights;
    for (int c = 0; c < columns; ++c, x += stride_, y += stride_, normal += stride_) {
      V sum = broadcast(S(0)), squares = sum;
      for (int i = 0; i < stride_; i += L) sum = sum + load(x + i);
      const V mean = broadcast(sum_of_lanes(sum) / size);
      for (int i = 0; i < stride_; i += L) {
        const V off = (load(x + i) - mean) * load(real + i);
        squares = fma(off, off, squares);
        store(off, normal + i);
      }
      inverse[c] = S(1) / std::sqrt(sum_of_lanes(squares) / size + S(1e-5));
      for (int i = 0; i < stride_; i += L) {
        const V n = load(normal + i) * broadcast(inverse[c]);
        store(n, normal + i);
        store(fma(load(gain + i), n, load(bias + i)), y + i);
      }
    }
  }

  // d_x += the gradient of x; adds to the packed gradient.
  HWY_ATTR void backward(const S* packed, const S* d_y, const S* normal, const S* inverse, int columns, S* d_x,
                         S* gradient) const {
    const S size = S(static_cast<float>(size_));
    const S *gain = packed + gain_.weights, *real = packed + real_.weights;
    S *d_gain = gradient + gain_.gradient, *d_bias = gradient + bias_.gradient;
    for (int c = columns - 1; c >= 0; --c) {
      const S *d = d_y + static_cast<std::ptrdiff_t>(c) * stride_,
              *n = normal + static_cast<std::ptrdiff_t>(c) * stride_;
      S* out = d_x + static_cast<std::ptrdiff_t>(c) * stride_;
      V sum = broadcast(S(0)), along = sum;
      for (int i = 0; i < stride_; i += L) {
        const V d_normal = load(d + i) * load(gain + i);
        store(fma(load(d + i), load(n + i), load(d_gain + i)), d_gain + i);
        store(load(d_bias + i) + load(d + i), d_bias + i);
        sum = sum + d_normal;
        along = fma(d_normal, load(n + i), along);
      }
      const V mean = broadcast(sum_of_lanes(sum) / size), mean_along = broadcast(sum_of_lanes(along) / size);
      for (int i = 0; i < stride_; i += L) {
        const V d_off = (load(d + i) * load(gain + i) - mean - load(n + i) * mean_along) * broadcast(inverse[c]);
        store(load(out + i) + d_off * load(real + i), out + i);
      }
    }
  }

 private:
  const int size_, stride_, gain_block_, bias_block_;
  Regions regions_;
  const Region gain_, bias_, real_;  // real: 1 for features that exist, 0 in the padding
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
