// The output layer is linear in the hidden state and, with attention, the context:
//   no attention              y_t = W h_t + b
//   attention with queries    y_t = W [h_t, context_t] + b
//   feed-forward attention    y_t = W leaky_relu(W_h context_t + b_h) + b
#if defined(RNNBENCH_MODELS_HEAD_HEAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_HEAD_HEAD_INL_H_
#undef RNNBENCH_MODELS_HEAD_HEAD_INL_H_
#else
#define RNNBENCH_MODELS_HEAD_HEAD_INL_H_
#endif

#include <algorithm>
#include <memory>

#include "models/attention/multi_head-inl.h"
#include "models/head/losses-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

template <class V>
class HeadOf final : public Head<ScalarOf<V>> {
  using S = ScalarOf<V>;
  using Total = TotalOf<S>;
  static constexpr int L = PackTraits<V>::lanes;

 public:
  HeadOf(const HeadShape& shape, const HeadBlocks& blocks)
      : shape_(shape),
        blocks_(blocks),
        attention_(make_attention()),
        from_states_(shape.attention != AttentionKind::feedforward),
        context_(attention_ ? attention_->context_features() : Features()),
        stride_(shape.states.stride(L)),
        context_stride_(context_.stride(L)),
        of_states_(Features(shape.outputs), shape.states),
        of_context_(Features(shape.outputs), context_),
        hidden_(context_, context_),
        inputs_((from_states_ ? shape.states.real() : 0) + (attention_ ? context_.real() : 0)),
        out_stride_(Features(shape.outputs).stride(L)),
        of_states_at_(from_states_ ? regions_.add_part(of_states_) : Region()),
        of_context_at_(attention_ ? regions_.add_part(of_context_) : Region()),
        hidden_at_(from_states_ ? Region() : regions_.add_part(hidden_)),
        hidden_bias_(from_states_ ? Region() : regions_.add_array(context_stride_)),
        bias_(regions_.add_array(out_stride_)),
        real_(regions_.add(out_stride_, 0)),
        attention_at_(attention_ ? regions_.add_part(*attention_) : Region()) {}

  std::size_t packed_size() const override { return regions_.packed_size(); }
  std::size_t gradient_size() const override { return regions_.gradient_size(); }
  int output_stride() const override { return out_stride_; }

  std::size_t tape_size(int steps, int columns) const override { return tape(nullptr, steps, columns).size; }

  void pack(const Parameters<S>& parameters, S* packed) const override {
    const S* w = parameters.block(blocks_.weight);
    if (from_states_) of_states_.pack(w, packed + of_states_at_.weights, inputs_);
    if (attention_)
      of_context_.pack(w + (from_states_ ? shape_.states.real() : 0), packed + of_context_at_.weights, inputs_);
    if (!from_states_) {
      hidden_.pack(parameters.block(blocks_.hidden_weight), packed + hidden_at_.weights);
      std::fill_n(packed + hidden_bias_.weights, context_stride_, S(0));
      for (int i = 0; i < context_stride_; ++i)
        if (const int real = context_.real_of(i, L); real >= 0)
          packed[hidden_bias_.weights + i] = parameters.block(blocks_.hidden_bias)[real];
    }
    // Outputs in the padding take no part in the softmax and get no gradient.
    std::fill_n(packed + bias_.weights, out_stride_, S(-1e30f));
    std::copy_n(parameters.block(blocks_.bias), shape_.outputs, packed + bias_.weights);
    std::fill_n(packed + real_.weights, out_stride_, S(0));
    std::fill_n(packed + real_.weights, shape_.outputs, S(1));
    if (attention_) attention_->pack(parameters, packed + attention_at_.weights);
  }

  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient) const override {
    S* w = gradient.block(blocks_.weight);
    if (from_states_) of_states_.unpack_gradient(packed + of_states_at_.gradient, stride, tiles, w, inputs_);
    if (attention_) {
      of_context_.unpack_gradient(packed + of_context_at_.gradient, stride, tiles,
                                  w + (from_states_ ? shape_.states.real() : 0), inputs_);
      attention_->unpack_gradient(packed + attention_at_.gradient, stride, tiles, gradient);
    }
    if (!from_states_) {
      hidden_.unpack_gradient(packed + hidden_at_.gradient, stride, tiles, gradient.block(blocks_.hidden_weight));
      for (int i = 0; i < context_stride_; ++i)
        if (const int real = context_.real_of(i, L); real >= 0)
          gradient.block(blocks_.hidden_bias)[real] = sum_of_tiles(packed + hidden_bias_.gradient + i, stride, tiles);
    }
    for (int o = 0; o < shape_.outputs; ++o)
      gradient.block(blocks_.bias)[o] = sum_of_tiles(packed + bias_.gradient + o, stride, tiles);
  }

  void attend(const HeadTile<S>& tile, const StepRanges& wanted) const override {
    if (attention_) attention_->forward(attention_tile(tile, wanted));
  }

  void forward(const HeadTile<S>& tile, const StepRanges& wanted) const override {
    const S* const packed = tile.packed;
    const Tape t = tape(tile);
    for (const StepRange& run : wanted) {
      const std::size_t first = static_cast<std::size_t>(run.begin) * tile.columns;
      const int count = (run.end - run.begin) * tile.columns;
      S* out = t.outputs + first * out_stride_;
      if (from_states_)
        of_states_.forward(packed + of_states_at_.weights, tile.h + first * stride_, stride_, out, out_stride_, count,
                           packed + bias_.weights);
      if (!attention_) continue;
      const S* input = t.context + first * context_stride_;
      if (!from_states_) {
        S* hidden = t.hidden + first * context_stride_;
        hidden_.forward(packed + hidden_at_.weights, input, context_stride_, hidden, context_stride_, count,
                        packed + hidden_bias_.weights);
        each_pack(hidden, count, [](V x, S* at) HWY_ATTR { store(leaky_relu(x), at); });
        input = hidden;
      }
      of_context_.forward(packed + of_context_at_.weights, input, context_stride_, out, out_stride_, count,
                          from_states_ ? nullptr : packed + bias_.weights);
    }
  }

  void loss(const HeadTile<S>& tile, const StepRanges& wanted, const TileTargets& targets, S scale,
            Total* losses) const override {
    for (const StepRange& run : wanted) {
      const std::size_t first = static_cast<std::size_t>(run.begin) * tile.columns;
      const RunOutputs<V> outputs{.out = outputs_at(tile, run.begin),
                                  .steps = run.end - run.begin,
                                  .columns = tile.columns,
                                  .outputs = shape_.outputs,
                                  .stride = out_stride_,
                                  .weight = targets.weight + first,
                                  .real = tile.packed + real_.weights,
                                  .scale = scale};
      if (shape_.loss == Loss::cross_entropy)
        cross_entropy<V>(outputs, targets.classes + first, losses + run.begin);
      else if (shape_.loss == Loss::mean_squared)
        squared_error<V>(outputs, targets.values + first * shape_.outputs, losses + run.begin);
      else
        bernoulli<V>(outputs, targets.values + first * shape_.outputs, losses + run.begin);
    }
  }

  void attend_backward(const HeadTile<S>& tile, const StepRanges& wanted, S* d_h, S* gradient) const override {
    if (!attention_) return;
    const S* const packed = tile.packed;
    const int columns = tile.columns;
    const Tape t = tape(tile);
    const S* input = from_states_ ? t.context : t.hidden;  // of the output layer
    S* d_input = from_states_ ? t.d_context : t.d_hidden;
    std::fill_n(d_h, static_cast<std::size_t>(tile.steps) * columns * stride_, S(0));
    for (auto run = wanted.rbegin(); run != wanted.rend(); ++run) {  // the last step first
      const std::size_t first = static_cast<std::size_t>(run->begin) * columns, at = first * context_stride_;
      const int count = (run->end - run->begin) * columns;
      std::fill_n(d_input + at, static_cast<std::size_t>(count) * context_stride_, S(0));
      of_context_.backward(packed + of_context_at_.weights, t.outputs + first * out_stride_, out_stride_, d_input + at,
                           context_stride_, count);
      of_context_.accumulate(t.outputs, out_stride_, input, context_stride_, run->begin, run->end, columns,
                             gradient + of_context_at_.gradient);
      if (from_states_) continue;
      const S* values = input + at;
      S* d = d_input + at;
      each_pack(d, count, [&](V x, S* to) HWY_ATTR { store(leaky_relu_backward(load(values + (to - d)), x), to); });
      std::fill_n(t.d_context + at, static_cast<std::size_t>(count) * context_stride_, S(0));
      hidden_.backward(packed + hidden_at_.weights, d, context_stride_, t.d_context + at, context_stride_, count);
      hidden_.accumulate(d_input, context_stride_, t.context, context_stride_, run->begin, run->end, columns,
                         gradient + hidden_at_.gradient);
      accumulate_columns<V>(d_input, context_stride_, context_stride_, run->begin, run->end, columns,
                            gradient + hidden_bias_.gradient);
    }
    attention_->backward(
        attention_tile(tile, wanted),
        {.x = d_h, .memory = shape_.over_inputs ? nullptr : d_h, .packed = gradient + attention_at_.gradient});
  }

  void accumulate(const HeadTile<S>& tile, const StepRanges& wanted, S* gradient) const override {
    const S* d = outputs_at(tile, 0);
    for (auto run = wanted.rbegin(); run != wanted.rend(); ++run) {
      if (from_states_)
        of_states_.accumulate(d, out_stride_, tile.h, stride_, run->begin, run->end, tile.columns,
                              gradient + of_states_at_.gradient);
      accumulate_columns<V>(d, out_stride_, out_stride_, run->begin, run->end, tile.columns, gradient + bias_.gradient);
    }
  }

  OutputGradient<S> output_gradient(const HeadTile<S>& tile, int step) const override {
    if (!from_states_) return {};
    return {.panels = of_states_.transposed(tile.packed + of_states_at_.weights),
            .d = outputs_at(tile, step),
            .depth = shape_.outputs,
            .d_stride = out_stride_};
  }
  void add_output_gradient(const HeadTile<S>& tile, int step, const StepRanges& wanted, S* d_h) const override {
    if (!from_states_) return;
    for (const StepRange& run : wanted)
      of_states_.backward(tile.packed + of_states_at_.weights, outputs_at(tile, step + run.begin), out_stride_,
                          d_h + static_cast<std::size_t>(run.begin) * tile.columns * stride_, stride_,
                          (run.end - run.begin) * tile.columns);
  }

  std::vector<Trace> trace(const HeadTile<S>& tile, int column) const override {
    if (!attention_) return {};
    return attention_->trace(tape(tile).attention, tile.steps, tile.columns, column);
  }

 private:
  struct Tape {
    S* outputs = nullptr;                        // [steps][columns][out stride]
    S *hidden = nullptr, *d_hidden = nullptr;    // [steps][columns][context stride], feed-forward attention
    S* attention = nullptr;                      // its tape, which contains the contexts
    S *context = nullptr, *d_context = nullptr;  // [steps][columns][context stride]
    std::size_t size = 0;
  };
  Tape tape(S* data, int steps, int columns) const {
    const std::size_t all = static_cast<std::size_t>(steps) * columns,
                      hidden = from_states_ ? 0 : all * context_stride_;
    Tape t;
    Places places;
    const auto place = [&](S*& array, std::size_t count) {
      const std::size_t at = places.add(count);
      if (data != nullptr) array = data + at;
    };
    place(t.outputs, all * out_stride_), place(t.hidden, hidden), place(t.d_hidden, hidden);
    if (attention_) {
      place(t.attention, attention_->tape_size(steps, columns));
      t.context = attention_->context(t.attention, steps, columns);
      t.d_context = attention_->d_context(t.attention, steps, columns);
    }
    t.size = places.total();
    return t;
  }
  Tape tape(const HeadTile<S>& tile) const { return tape(tile.tape, tile.steps, tile.columns); }
  // Outputs, and after the loss their gradient, are the first array of a tape.
  S* outputs_at(const HeadTile<S>& tile, int step) const {
    return tile.tape + static_cast<std::size_t>(step) * tile.columns * out_stride_;
  }
  AttentionTile<S> attention_tile(const HeadTile<S>& tile, const StepRanges& wanted) const {
    return {.packed = tile.packed + attention_at_.weights,
            .steps = tile.steps,
            .columns = tile.columns,
            .queries = wanted,
            .x = tile.h,
            .memory = shape_.over_inputs ? tile.inputs : tile.h,
            .tape = tape(tile).attention};
  }

  std::unique_ptr<const Attention<S>> make_attention() const {
    if (shape_.attention == AttentionKind::none) return nullptr;
    if (shape_.attention == AttentionKind::multi_head)
      return std::make_unique<MultiHead<V>>(shape_.states.real(), shape_.heads, shape_.states, shape_.memory,
                                            blocks_.attention);
    return std::make_unique<SingleHead<V>>(shape_.attention, shape_.states, shape_.memory, blocks_.attention);
  }

  template <class F>
  HWY_ATTR void each_pack(S* data, int columns, F&& f) const {
    for (std::size_t i = 0; i < static_cast<std::size_t>(columns) * context_stride_; i += L)
      f(load(data + i), data + i);
  }

  const HeadShape shape_;
  const HeadBlocks blocks_;
  const std::unique_ptr<const Attention<S>> attention_;
  const bool from_states_;  // the output layer reads the hidden states
  const Features context_;
  const int stride_, context_stride_;
  const Linear<V> of_states_, of_context_;  // the parts of the output layer
  const Linear<V> hidden_;                  // the hidden layer of feed-forward attention
  const int inputs_;                        // of the output layer
  const int out_stride_;
  Regions regions_;
  const Region of_states_at_, of_context_at_, hidden_at_, hidden_bias_, bias_, real_, attention_at_;
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
