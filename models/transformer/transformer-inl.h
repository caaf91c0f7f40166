// The layers of the Transformer (Vaswani et al. 2017; layer normalization before each sub-layer: Radford et al. 2019).
// They process all steps of a tile at once.
#if defined(RNNBENCH_MODELS_TRANSFORMER_TRANSFORMER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_TRANSFORMER_TRANSFORMER_INL_H_
#undef RNNBENCH_MODELS_TRANSFORMER_TRANSFORMER_INL_H_
#else
#define RNNBENCH_MODELS_TRANSFORMER_TRANSFORMER_INL_H_
#endif

#include "core/math.h"
#include "models/attention/multi_head-inl.h"
#include "models/transformer/layer_norm-inl.h"
#include "models/transformer/transformer.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

// Common parts of layers without a recurrent state. Their tape begins with their outputs.
template <class V>
class StatelessLayer : public Layer<ScalarOf<V>> {
 protected:
  using S = ScalarOf<V>;
  static constexpr int L = PackTraits<V>::lanes;

 public:
  explicit StatelessLayer(int hidden) : hidden_(hidden), stride_(static_cast<int>(round_up(hidden, L))) {}
  int stride() const override { return stride_; }
  Features features() const override { return Features(hidden_); }
  bool whole() const override { return true; }
  bool takes_panels() const override { return false; }
  void start(const S*, const TileInput<S>&, S*) const override {}
  std::size_t states_size(int) const override { return 0; }
  void save_states(const TileInput<S>&, const S*, S*) const override {}
  void load_states(const TileInput<S>&, const S*, S*) const override {}
  void reset_states(const S*, int, const std::uint8_t*, S*) const override {}
  const S* outputs(const TileInput<S>&, const S* tape) const override { return tape; }
  void start_backward(const TileInput<S>&, S*, S* gradient) const override {
    std::fill_n(gradient, this->gradient_size(), S(0));
  }
  void carry_back(const TileInput<S>&, S*) const override {}
  void finish_backward(const S*, const TileInput<S>&, S*, S*) const override {}
  std::vector<Trace> trace(const TileInput<S>&, const S*, int) const override { return {}; }

 protected:
  std::size_t numbers(int steps, int columns) const { return static_cast<std::size_t>(steps) * columns * stride_; }
  const int hidden_, stride_;
};

template <class V>
class EmbeddingLayer final : public StatelessLayer<V> {
  using Base = StatelessLayer<V>;
  using Base::hidden_, Base::L, Base::stride_;
  using typename Base::S;

 public:
  explicit EmbeddingLayer(const EmbeddingPlan& plan)
      : Base(plan.hidden),
        plan_(plan),
        linear_(Features(plan.hidden), Features(plan.inputs)),
        weight_(plan.one_hot ? regions_.add_array(rows(plan.inputs)) : regions_.add_part(linear_)),
        bias_(regions_.add_array(stride_)),
        table_(regions_.add_array(rows(plan.table_steps))) {}
  std::size_t packed_size() const override { return regions_.packed_size(); }
  std::size_t gradient_size() const override { return regions_.gradient_size(); }
  std::size_t tape_size(int steps, int columns) const override { return round_up(this->numbers(steps, columns), 16); }

  void pack(const Parameters<S>& parameters, S* packed, int piece, int) const override {
    if (piece != 0) return;
    const S* w = parameters.block(plan_.weight);
    if (plan_.one_hot) {  // [symbols][stride]
      std::fill_n(packed + weight_.weights, rows(plan_.inputs), S(0));
      for (int i = 0; i < hidden_; ++i)
        for (int symbol = 0; symbol < plan_.inputs; ++symbol)
          packed[weight_.weights + rows(symbol) + i] = w[static_cast<std::size_t>(i) * plan_.inputs + symbol];
    } else {
      linear_.pack(w, packed + weight_.weights);
    }
    std::fill_n(packed + bias_.weights, stride_, S(0));
    std::copy_n(parameters.block(plan_.bias), hidden_, packed + bias_.weights);
    for (int step = 0; step < plan_.table_steps; ++step) {
      S* row = packed + table_.weights + rows(step);
      std::fill_n(row, stride_, S(0));
      std::copy_n(parameters.block(plan_.table) + static_cast<std::size_t>(step) * hidden_, hidden_, row);
    }
  }
  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient, int piece,
                       int) const override {
    if (piece != 0) return;
    S* w = gradient.block(plan_.weight);
    if (plan_.one_hot) {
      for (int i = 0; i < hidden_; ++i)
        for (int symbol = 0; symbol < plan_.inputs; ++symbol)
          w[static_cast<std::size_t>(i) * plan_.inputs + symbol] =
              sum_of_tiles(packed + weight_.gradient + rows(symbol) + i, stride, tiles);
    } else {
      linear_.unpack_gradient(packed + weight_.gradient, stride, tiles, w);
    }
    for (int i = 0; i < hidden_; ++i) {
      gradient.block(plan_.bias)[i] = sum_of_tiles(packed + bias_.gradient + i, stride, tiles);
      for (int step = 0; step < plan_.table_steps; ++step)
        gradient.block(plan_.table)[static_cast<std::size_t>(step) * hidden_ + i] =
            sum_of_tiles(packed + table_.gradient + rows(step) + i, stride, tiles);
    }
  }

  void forward(const S* packed, const TileInput<S>& in, int begin, int end, S* tape) const override {
    std::vector<S> position(stride_, S(0));
    for (int step = begin; step < end; ++step) {
      const S* at = position.data();
      if (plan_.positions == Positions::learned)
        at = packed + table_.weights + position_at(step);
      else if (plan_.positions == Positions::sinusoidal)
        fill_sinusoid(step, position.data());
      for (int c = 0; c < in.columns; ++c) {
        const std::size_t column = static_cast<std::size_t>(step) * in.columns + c;
        const S* symbol = plan_.one_hot ? packed + weight_.weights + rows(in.symbols[column]) : nullptr;
        S* out = tape + column * stride_;
        for (int i = 0; i < stride_; ++i) {
          out[i] = packed[bias_.weights + i] + at[i];
          if (symbol != nullptr) out[i] += symbol[i];
        }
      }
    }
    const std::size_t first = static_cast<std::size_t>(begin) * in.columns;
    if (!plan_.one_hot)
      linear_.forward(packed + weight_.weights, in.values + first * in.stride, in.stride, tape + first * stride_,
                      stride_, (end - begin) * in.columns);
  }

  void backward(const S*, const TileInput<S>& in, int begin, int end, bool, const OutputGradient<S>& d_outputs, S*, int,
                S*, S* gradient) const override {
    for (int step = end - 1; step >= begin; --step)
      for (int c = 0; c < in.columns; ++c) {
        const S* d = d_outputs.values + (static_cast<std::size_t>(step - begin) * in.columns + c) * stride_;
        const auto add = [&](S* to) {
          for (int i = 0; i < stride_; ++i) to[i] += d[i];
        };
        add(gradient + bias_.gradient);
        if (plan_.positions == Positions::learned) add(gradient + table_.gradient + position_at(step));
        if (plan_.one_hot)
          add(gradient + weight_.gradient + rows(in.symbols[static_cast<std::size_t>(step) * in.columns + c]));
      }
    if (!plan_.one_hot)
      linear_.accumulate(d_outputs.values, stride_,
                         in.values + static_cast<std::size_t>(begin) * in.columns * in.stride, in.stride, 0,
                         end - begin, in.columns, gradient + weight_.gradient);
  }

 private:
  // The size of the first rows of a table [rows][stride], which is the offset of the next one.
  std::size_t rows(int count) const { return static_cast<std::size_t>(count) * stride_; }
  // Offset in the table of positions; steps beyond its end share the last row.
  std::size_t position_at(int step) const { return rows(std::min(step, plan_.table_steps - 1)); }
  // out[2k] = sin(t / 10000^(2k/h)), out[2k + 1] = cos(t / 10000^(2k/h)).
  void fill_sinusoid(int step, S* out) const {
    for (int i = 0; i < hidden_; ++i) {
      const int even = i - i % 2;
      const double angle = step * math::exp(-math::log(10000) * even / hidden_);
      out[i] = S(static_cast<float>(math::cos(i % 2 == 0 ? angle - 1.5707963267948966 : angle)));
    }
  }

  const EmbeddingPlan plan_;
  const Linear<V> linear_;
  Regions regions_;
  const Region weight_, bias_, table_;
};

template <class V>
class NormLayer final : public StatelessLayer<V> {
  using Base = StatelessLayer<V>;
  using Base::stride_;
  using typename Base::S;

 public:
  explicit NormLayer(const NormPlan& plan) : Base(plan.hidden), norm_(plan.hidden, plan.gain, plan.bias) {}
  std::size_t packed_size() const override { return norm_.packed_size(); }
  std::size_t gradient_size() const override { return norm_.gradient_size(); }
  std::size_t tape_size(int steps, int columns) const override {
    return 2 * this->numbers(steps, columns) + round_up(static_cast<std::size_t>(steps) * columns, 16);
  }
  void pack(const Parameters<S>& parameters, S* packed, int piece, int) const override {
    if (piece == 0) norm_.pack(parameters, packed);
  }
  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient, int piece,
                       int) const override {
    if (piece == 0) norm_.unpack_gradient(packed, stride, tiles, gradient);
  }
  void forward(const S* packed, const TileInput<S>& in, int, int, S* tape) const override {
    const std::size_t n = this->numbers(in.steps, in.columns);
    norm_.forward(packed, in.values, in.steps * in.columns, tape, tape + n, tape + 2 * n);
  }
  void backward(const S* packed, const TileInput<S>& in, int, int, bool, const OutputGradient<S>& d_outputs,
                S* d_inputs, int, S* tape, S* gradient) const override {
    const std::size_t n = this->numbers(in.steps, in.columns);
    std::fill_n(d_inputs, n, S(0));
    norm_.backward(packed, d_outputs.values, tape + n, tape + 2 * n, in.steps * in.columns, d_inputs, gradient);
  }

 private:
  const LayerNorm<V> norm_;
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
