// A block of the Transformer: y = x + attention(norm(x)),  z = y + W_2 relu(W_1 norm(y) + b_1) + b_2.
#if defined(RNNBENCH_MODELS_TRANSFORMER_TRANSFORMER_BLOCK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_TRANSFORMER_TRANSFORMER_BLOCK_INL_H_
#undef RNNBENCH_MODELS_TRANSFORMER_TRANSFORMER_BLOCK_INL_H_
#else
#define RNNBENCH_MODELS_TRANSFORMER_TRANSFORMER_BLOCK_INL_H_
#endif

#include "models/transformer/transformer-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

template <class V>
class TransformerBlock final : public StatelessLayer<V> {
  using Base = StatelessLayer<V>;
  using Base::hidden_, Base::L, Base::stride_;
  using typename Base::S;

 public:
  explicit TransformerBlock(const BlockPlan& plan)
      : Base(plan.hidden),
        plan_(plan),
        norm1_(plan.hidden, plan.norm1_gain, plan.norm1_bias),
        norm2_(plan.hidden, plan.norm2_gain, plan.norm2_bias),
        attention_(plan.hidden, plan.heads, Features(plan.hidden), Features(plan.hidden), plan.attention),
        inner_stride_(static_cast<int>(round_up(plan.inner, L))),
        linear1_(Features(plan.inner), Features(plan.hidden)),
        linear2_(Features(plan.hidden), Features(plan.inner)),
        norm1_at_(regions_.add_part(norm1_)),
        norm2_at_(regions_.add_part(norm2_)),
        attention_at_(regions_.add_part(attention_)),
        linear1_at_(regions_.add_part(linear1_)),
        linear2_at_(regions_.add_part(linear2_)),
        bias1_(regions_.add_array(inner_stride_)),
        bias2_(regions_.add_array(stride_)) {}
  std::size_t packed_size() const override { return regions_.packed_size(); }
  std::size_t gradient_size() const override { return regions_.gradient_size(); }
  std::size_t tape_size(int steps, int columns) const override { return tape(nullptr, steps, columns).size; }

  void pack(const Parameters<S>& parameters, S* packed, int piece, int) const override {
    if (piece != 0) return;
    norm1_.pack(parameters, packed + norm1_at_.weights);
    norm2_.pack(parameters, packed + norm2_at_.weights);
    attention_.pack(parameters, packed + attention_at_.weights);
    linear1_.pack(parameters.block(plan_.weight1), packed + linear1_at_.weights);
    linear2_.pack(parameters.block(plan_.weight2), packed + linear2_at_.weights);
    std::fill_n(packed + bias1_.weights, inner_stride_, S(0));
    std::copy_n(parameters.block(plan_.bias1), plan_.inner, packed + bias1_.weights);
    std::fill_n(packed + bias2_.weights, stride_, S(0));
    std::copy_n(parameters.block(plan_.bias2), hidden_, packed + bias2_.weights);
  }
  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient, int piece,
                       int) const override {
    if (piece != 0) return;
    norm1_.unpack_gradient(packed + norm1_at_.gradient, stride, tiles, gradient);
    norm2_.unpack_gradient(packed + norm2_at_.gradient, stride, tiles, gradient);
    attention_.unpack_gradient(packed + attention_at_.gradient, stride, tiles, gradient);
    linear1_.unpack_gradient(packed + linear1_at_.gradient, stride, tiles, gradient.block(plan_.weight1));
    linear2_.unpack_gradient(packed + linear2_at_.gradient, stride, tiles, gradient.block(plan_.weight2));
    for (int i = 0; i < plan_.inner; ++i)
      gradient.block(plan_.bias1)[i] = sum_of_tiles(packed + bias1_.gradient + i, stride, tiles);
    for (int i = 0; i < hidden_; ++i)
      gradient.block(plan_.bias2)[i] = sum_of_tiles(packed + bias2_.gradient + i, stride, tiles);
  }

  HWY_ATTR void forward(const S* packed, const TileInput<S>& in, int, int, S* data) const override {
    const Tape t = tape(data, in.steps, in.columns);
    const int all = in.steps * in.columns;
    const std::size_t n = this->numbers(in.steps, in.columns);
    norm1_.forward(packed + norm1_at_.weights, in.values, all, t.normed1, t.normal1, t.inverse1);
    attention_.forward(attention_tile(packed, in, t, StepRanges{{0, in.steps}}));
    const S* context = attention_.context(t.attention, in.steps, in.columns);
    for (std::size_t i = 0; i < n; i += L) store(load(in.values + i) + load(context + i), t.middle + i);
    norm2_.forward(packed + norm2_at_.weights, t.middle, all, t.normed2, t.normal2, t.inverse2);
    linear1_.forward(packed + linear1_at_.weights, t.normed2, stride_, t.inner, inner_stride_, all,
                     packed + bias1_.weights);
    for (std::size_t i = 0; i < static_cast<std::size_t>(all) * inner_stride_; i += L) {
      const V x = load(t.inner + i);
      store(where_positive(x, x), t.inner + i);
    }
    linear2_.forward(packed + linear2_at_.weights, t.inner, inner_stride_, t.outputs, stride_, all,
                     packed + bias2_.weights);
    for (std::size_t i = 0; i < n; i += L) store(load(t.middle + i) + load(t.outputs + i), t.outputs + i);
  }

  HWY_ATTR void backward(const S* packed, const TileInput<S>& in, int, int, bool, const OutputGradient<S>& d_outputs,
                         S* d_inputs, int, S* data, S* gradient) const override {
    const Tape t = tape(data, in.steps, in.columns);
    const int all = in.steps * in.columns;
    const std::size_t n = this->numbers(in.steps, in.columns), inner = static_cast<std::size_t>(all) * inner_stride_;
    const S* d = d_outputs.values;
    std::fill_n(t.d_inner, inner, S(0));
    linear2_.backward(packed + linear2_at_.weights, d, stride_, t.d_inner, inner_stride_, all);
    linear2_.accumulate(d, stride_, t.inner, inner_stride_, 0, in.steps, in.columns, gradient + linear2_at_.gradient);
    accumulate_columns<V>(d, stride_, stride_, 0, in.steps, in.columns, gradient + bias2_.gradient);
    for (std::size_t i = 0; i < inner; i += L)
      store(where_positive(load(t.inner + i), load(t.d_inner + i)), t.d_inner + i);
    std::fill_n(t.d_normed, n, S(0));
    linear1_.backward(packed + linear1_at_.weights, t.d_inner, inner_stride_, t.d_normed, stride_, all);
    linear1_.accumulate(t.d_inner, inner_stride_, t.normed2, stride_, 0, in.steps, in.columns,
                        gradient + linear1_at_.gradient);
    accumulate_columns<V>(t.d_inner, inner_stride_, inner_stride_, 0, in.steps, in.columns, gradient + bias1_.gradient);
    S* d_middle = attention_.d_context(t.attention, in.steps, in.columns);
    std::copy_n(d, n, d_middle);
    norm2_.backward(packed + norm2_at_.weights, t.d_normed, t.normal2, t.inverse2, all, d_middle,
                    gradient + norm2_at_.gradient);
    std::copy_n(d_middle, n, d_inputs);
    std::fill_n(t.d_normed, n, S(0));
    attention_.backward(attention_tile(packed, in, t, StepRanges{{0, in.steps}}),
                        {.x = t.d_normed, .memory = t.d_normed, .packed = gradient + attention_at_.gradient});
    norm1_.backward(packed + norm1_at_.weights, t.d_normed, t.normal1, t.inverse1, all, d_inputs,
                    gradient + norm1_at_.gradient);
  }

  std::vector<Trace> trace(const TileInput<S>& in, const S* data, int column) const override {
    return attention_.trace(tape(const_cast<S*>(data), in.steps, in.columns).attention, in.steps, in.columns, column);
  }

 private:
  struct Tape {
    S *outputs = nullptr, *normed1 = nullptr, *normal1 = nullptr, *middle = nullptr, *normed2 = nullptr,
      *normal2 = nullptr,
      *d_normed = nullptr;                   // [steps][columns][stride]
    S *inner = nullptr, *d_inner = nullptr;  // [steps][columns][inner stride]
    S *inverse1 = nullptr, *inverse2 = nullptr, *attention = nullptr;
    std::size_t size = 0;
  };
  Tape tape(S* data, int steps, int columns) const {
    const std::size_t all = static_cast<std::size_t>(steps) * columns;
    Tape t;
    Places places;
    const auto place = [&](S*& array, std::size_t count) {
      const std::size_t at = places.add(count);
      if (data != nullptr) array = data + at;
    };
    for (S** array : {&t.outputs, &t.normed1, &t.normal1, &t.middle, &t.normed2, &t.normal2, &t.d_normed})
      place(*array, all * stride_);
    place(t.inner, all * inner_stride_), place(t.d_inner, all * inner_stride_);
    place(t.inverse1, all), place(t.inverse2, all);
    place(t.attention, attention_.tape_size(steps, columns));
    t.size = places.total();
    return t;
  }
  AttentionTile<S> attention_tile(const S* packed, const TileInput<S>& in, const Tape& t,
                                  const StepRanges& queries) const {
    return {.packed = packed + attention_at_.weights,
            .steps = in.steps,
            .columns = in.columns,
            .queries = queries,
            .x = t.normed1,
            .memory = t.normed1,
            .tape = t.attention};
  }

  const BlockPlan plan_;
  const LayerNorm<V> norm1_, norm2_;
  const MultiHead<V> attention_;
  const int inner_stride_;
  const Linear<V> linear1_, linear2_;
  Regions regions_;
  const Region norm1_at_, norm2_at_, attention_at_, linear1_at_, linear2_at_, bias1_, bias2_;
};

template <class V>
std::vector<std::unique_ptr<Layer<ScalarOf<V>>>> transformer_layers(const TransformerPlan& plan) {
  std::vector<std::unique_ptr<Layer<ScalarOf<V>>>> layers;
  layers.push_back(std::make_unique<EmbeddingLayer<V>>(plan.embedding));
  for (const BlockPlan& block : plan.blocks) layers.push_back(std::make_unique<TransformerBlock<V>>(block));
  layers.push_back(std::make_unique<NormLayer<V>>(plan.norm));
  return layers;
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
