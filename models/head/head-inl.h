// Linear read-out of the hidden state, of hidden state and context joined, or of a squashed context (feed-forward
// attention), and the losses.
#if defined(RNNBENCH_MODELS_HEAD_HEAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_HEAD_HEAD_INL_H_
#undef RNNBENCH_MODELS_HEAD_HEAD_INL_H_
#else
#define RNNBENCH_MODELS_HEAD_HEAD_INL_H_
#endif

#include <algorithm>
#include <memory>

#include "models/attention/multi_head-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

template <class V>
class Head final : public HeadPart<ScalarOf<V>> {
  using S = ScalarOf<V>;
  using Total = TotalOf<S>;
  static constexpr int L = PackTraits<V>::lanes;

 public:
  Head(const HeadShape& shape, const HeadBlocks& blocks)
      : shape_(shape),
        blocks_(blocks),
        attention_(make_attention()),
        sees_states_(shape.attention != AttentionKind::feedforward),
        context_(attention_ ? attention_->context_features() : Features()),
        stride_(shape.states.stride(L)),
        context_stride_(context_.stride(L)),
        read_(Features(shape.outputs), shape.states),
        read_context_(Features(shape.outputs), context_),
        squash_(context_, context_),
        joined_((sees_states_ ? shape.states.real() : 0) + (attention_ ? context_.real() : 0)),
        out_stride_(Features(shape.outputs).stride(L)) {
    Places packed, gradient;
    const auto place = [&](bool wanted, std::size_t& at, std::size_t size, std::size_t& d_at, std::size_t d_size) {
      at = packed.add(wanted ? size : 0);
      d_at = gradient.add(wanted ? d_size : 0);
    };
    const bool attends = attention_ != nullptr;
    place(sees_states_, at_.weight, read_.packed_size(), at_.d_weight, read_.gradient_size());
    place(attends, at_.of_context, read_context_.packed_size(), at_.d_of_context, read_context_.gradient_size());
    place(!sees_states_, at_.squash, squash_.packed_size(), at_.d_squash, squash_.gradient_size());
    place(!sees_states_, at_.squash_bias, context_stride_, at_.d_squash_bias, context_stride_);
    place(true, at_.bias, out_stride_, at_.d_bias, out_stride_);
    at_.real = packed.add(out_stride_);
    at_.attention = packed.add(attends ? attention_->packed_size() : 0);
    at_.packed_size = packed.total();
    at_.d_attention = gradient.add(attends ? attention_->gradient_size() : 0);
    at_.gradient_size = gradient.total();
  }

  std::size_t packed_size() const override { return at_.packed_size; }
  std::size_t gradient_size() const override { return at_.gradient_size; }
  int output_stride() const override { return out_stride_; }

  std::size_t tape_size(int steps, int columns) const override {
    return attention_at(steps, columns) + (attention_ ? attention_->tape_size(steps, columns) : 0);
  }

  void pack(const Parameters<S>& parameters, S* packed) const override {
    const S* w = parameters.block(blocks_.weight);
    if (sees_states_) read_.pack(w, packed + at_.weight, joined_);
    if (attention_) read_context_.pack(w + (sees_states_ ? shape_.states.real() : 0), packed + at_.of_context, joined_);
    if (!sees_states_) {
      squash_.pack(parameters.block(blocks_.hidden_weight), packed + at_.squash);
      std::fill_n(packed + at_.squash_bias, context_stride_, S(0));
      for (int i = 0; i < context_stride_; ++i)
        if (const int real = context_.real_of(i, L); real >= 0)
          packed[at_.squash_bias + i] = parameters.block(blocks_.hidden_bias)[real];
    }
    // Outputs that do not exist take no part in the softmax and get no gradient.
    std::fill_n(packed + at_.bias, out_stride_, S(-1e30f));
    std::copy_n(parameters.block(blocks_.bias), shape_.outputs, packed + at_.bias);
    std::fill_n(packed + at_.real, out_stride_, S(0));
    std::fill_n(packed + at_.real, shape_.outputs, S(1));
    if (attention_) attention_->pack(parameters, packed + at_.attention);
  }

  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient) const override {
    S* w = gradient.block(blocks_.weight);
    if (sees_states_) read_.unpack_gradient(packed + at_.d_weight, stride, tiles, w, joined_);
    if (attention_) {
      read_context_.unpack_gradient(packed + at_.d_of_context, stride, tiles,
                                    w + (sees_states_ ? shape_.states.real() : 0), joined_);
      attention_->unpack_gradient(packed + at_.d_attention, stride, tiles, gradient);
    }
    if (!sees_states_) {
      squash_.unpack_gradient(packed + at_.d_squash, stride, tiles, gradient.block(blocks_.hidden_weight));
      for (int i = 0; i < context_stride_; ++i)
        if (const int real = context_.real_of(i, L); real >= 0)
          gradient.block(blocks_.hidden_bias)[real] = sum_of_tiles(packed + at_.d_squash_bias + i, stride, tiles);
    }
    for (int o = 0; o < shape_.outputs; ++o)
      gradient.block(blocks_.bias)[o] = sum_of_tiles(packed + at_.d_bias + o, stride, tiles);
  }

  void attend(const S* packed, int steps, int columns, const StepRanges& wanted, const S* h, const S* inputs,
              S* tape) const override {
    if (attention_)
      attention_->forward(packed + at_.attention, steps, columns, wanted, h, shape_.over_inputs ? inputs : h,
                          tape + attention_at(steps, columns));
  }

  void forward(const S* packed, int steps, int columns, const StepRanges& wanted, const S* h, S* tape) const override {
    for (const StepRange& run : wanted) {
      const std::size_t first = static_cast<std::size_t>(run.begin) * columns;
      const int count = (run.end - run.begin) * columns;
      S* out = tape + first * out_stride_;
      if (sees_states_)
        read_.forward(packed + at_.weight, h + first * stride_, stride_, out, out_stride_, count, packed + at_.bias);
      if (!attention_) continue;
      const S* context =
          attention_->context(tape + attention_at(steps, columns), steps, columns) + first * context_stride_;
      if (!sees_states_) {
        S* squashed = squashed_at(tape, steps, columns) + first * context_stride_;
        squash_.forward(packed + at_.squash, context, context_stride_, squashed, context_stride_, count,
                        packed + at_.squash_bias);
        each_pack(squashed, count, [](V x, S* at) HWY_ATTR { store(leaky_relu(x), at); });
        context = squashed;
      }
      read_context_.forward(packed + at_.of_context, context, context_stride_, out, out_stride_, count,
                            sees_states_ ? nullptr : packed + at_.bias);
    }
  }

  void loss(const S* packed, int columns, const StepRanges& wanted, const TileTargets& targets, S scale, S* tape,
            Total* losses) const override {
    for (const StepRange& run : wanted)
      for (int step = run.begin; step < run.end; ++step) {
        const std::size_t first = static_cast<std::size_t>(step) * columns;
        const S* real = packed + at_.real;
        const float *weight = targets.weight + first, *values = targets.values + first * shape_.outputs;
        S* out = tape + first * out_stride_;
        switch (shape_.loss) {
          case Loss::cross_entropy:
            losses[step] = cross_entropy(real, columns, targets.classes + first, weight, scale, out);
            break;
          case Loss::mean_squared:
            losses[step] = squared_error(columns, values, weight, scale, out);
            break;
          case Loss::bernoulli:
            losses[step] = bernoulli(real, columns, values, weight, scale, out);
            break;
        }
      }
  }

  void attend_backward(const S* packed, int steps, int columns, const StepRanges& wanted, const S* h, const S* inputs,
                       S* d_h, S* tape, S* gradient) const override {
    if (!attention_) return;
    std::fill_n(d_h, static_cast<std::size_t>(steps) * columns * stride_, S(0));
    S* attention_tape = tape + attention_at(steps, columns);
    const S* context = attention_->context(attention_tape, steps, columns);
    for (auto run = wanted.rbegin(); run != wanted.rend(); ++run) {  // time descending
      const std::size_t first = static_cast<std::size_t>(run->begin) * columns;
      const int count = (run->end - run->begin) * columns;
      S* d_context = attention_->d_context(attention_tape, steps, columns);
      const S* read = context;
      std::fill_n(d_context + first * context_stride_, static_cast<std::size_t>(count) * context_stride_, S(0));
      S* d_read = d_context;
      if (!sees_states_) {
        read = squashed_at(tape, steps, columns);
        d_read = d_squashed_at(tape, steps, columns);
        std::fill_n(d_read + first * context_stride_, static_cast<std::size_t>(count) * context_stride_, S(0));
      }
      read_context_.backward(packed + at_.of_context, tape + first * out_stride_, out_stride_,
                             d_read + first * context_stride_, context_stride_, count);
      read_context_.accumulate(tape, out_stride_, read, context_stride_, run->begin, run->end, columns,
                               gradient + at_.d_of_context);
      if (sees_states_) continue;
      const S* values = read + first * context_stride_;
      S* d = d_read + first * context_stride_;
      each_pack(d, count, [&](V x, S* at) HWY_ATTR { store(leaky_relu_backward(load(values + (at - d)), x), at); });
      squash_.backward(packed + at_.squash, d, context_stride_, d_context + first * context_stride_, context_stride_,
                       count);
      squash_.accumulate(d_read, context_stride_, context, context_stride_, run->begin, run->end, columns,
                         gradient + at_.d_squash);
      accumulate_columns<V>(d_read, context_stride_, context_stride_, run->begin, run->end, columns,
                            gradient + at_.d_squash_bias);
    }
    attention_->backward(packed + at_.attention, steps, columns, wanted, h, shape_.over_inputs ? inputs : h, d_h,
                         shape_.over_inputs ? nullptr : d_h, attention_tape, gradient + at_.d_attention);
  }

  void accumulate(int columns, const StepRanges& wanted, const S* h, const S* tape, S* gradient) const override {
    for (auto run = wanted.rbegin(); run != wanted.rend(); ++run) {
      if (sees_states_)
        read_.accumulate(tape, out_stride_, h, stride_, run->begin, run->end, columns, gradient + at_.d_weight);
      accumulate_columns<V>(tape, out_stride_, out_stride_, run->begin, run->end, columns, gradient + at_.d_bias);
    }
  }

  OutputGradient<S> output_gradient(const S* packed, int columns, int step, const S* tape) const override {
    if (!sees_states_) return {};
    return {.panels = read_.transposed(packed + at_.weight),
            .d = tape + static_cast<std::size_t>(step) * columns * out_stride_,
            .depth = shape_.outputs,
            .d_stride = out_stride_};
  }
  void add_output_gradient(const S* packed, int columns, int step, const StepRanges& wanted, const S* tape,
                           S* d_h) const override {
    for (const StepRange& run : wanted) {
      if (!sees_states_) return;
      const std::size_t first = static_cast<std::size_t>(run.begin) * columns;
      read_.backward(packed + at_.weight, tape + (static_cast<std::size_t>(step) * columns + first) * out_stride_,
                     out_stride_, d_h + first * stride_, stride_, (run.end - run.begin) * columns);
    }
  }

  std::vector<Trace> trace(const S* tape, int steps, int columns, int column) const override {
    if (!attention_) return {};
    return attention_->trace(tape + attention_at(steps, columns), steps, columns, column);
  }

 private:
  // The tape: outputs; with feed-forward attention what the read-out sees, and its gradient; attention's own.
  std::size_t squashed_size(int steps, int columns) const {
    return sees_states_ ? 0 : round_up(static_cast<std::size_t>(steps) * columns * context_stride_, 16);
  }
  std::size_t outputs_size(int steps, int columns) const {
    return round_up(static_cast<std::size_t>(steps) * columns * out_stride_, 16);
  }
  S* squashed_at(S* tape, int steps, int columns) const { return tape + outputs_size(steps, columns); }
  S* d_squashed_at(S* tape, int steps, int columns) const {
    return squashed_at(tape, steps, columns) + squashed_size(steps, columns);
  }
  std::size_t attention_at(int steps, int columns) const {
    return outputs_size(steps, columns) + 2 * squashed_size(steps, columns);
  }

  std::unique_ptr<const AttentionPart<V>> make_attention() const {
    if (shape_.attention == AttentionKind::none) return nullptr;
    if (shape_.attention == AttentionKind::multi_head)
      return std::make_unique<MultiHead<V>>(shape_.states.real(), shape_.heads, shape_.states, shape_.memory,
                                            blocks_.attention);
    return std::make_unique<Attention<V>>(shape_, blocks_.attention);
  }

  template <class F>
  HWY_ATTR void each_pack(S* data, int columns, F&& f) const {
    for (std::size_t i = 0; i < static_cast<std::size_t>(columns) * context_stride_; i += L)
      f(load(data + i), data + i);
  }

  // Logits of a step in, gradient out; returns the sum of weight * loss in nats. In short passes over the columns, so
  // that many are under way at once; what is one number a column is done for sixteen together.
  HWY_ATTR Total cross_entropy(const S* real, int columns, const std::int32_t* classes, const float* weight, S scale,
                               S* out) const {
    alignas(64) S total[tile_width], each[tile_width], factor[tile_width], largest[tile_width], logit[tile_width];
    for (int c = 0; c < columns; ++c) {
      const S* at = out + c * out_stride_;
      V max = load(at);
      for (int o = L; o < out_stride_; o += L) max = greater(max, load(at + o));
      largest[c] = largest_lane(max);
    }
    for (int c = 0; c < columns; ++c) {
      S* at = out + c * out_stride_;
      logit[c] = at[classes[c]] - largest[c];
      for (int o = 0; o < out_stride_; o += L)
        store(exp(load(at + o) - broadcast(largest[c])) * load(real + o), at + o);
    }
    for (int c = 0; c < columns; ++c) {
      const S* at = out + c * out_stride_;
      V sum = load(at);
      for (int o = L; o < out_stride_; o += L) sum = sum + load(at + o);
      total[c] = sum_of_lanes(sum);
      each[c] = S(weight[c]) * scale;
    }
    std::fill(total + columns, total + tile_width, S(1));
    std::fill(each + columns, each + tile_width, S(0));
    for (int c = 0; c < tile_width; c += L) {
      const V sum = load(total + c);
      store(load(each + c) / sum, factor + c);
      store(log(sum), total + c);
    }
    Total sum(0);
    for (int c = 0; c < columns; ++c) {
      S* at = out + c * out_stride_;
      const V by = broadcast(factor[c]);
      for (int o = 0; o < out_stride_; o += L) store(load(at + o) * by, at + o);
      at[classes[c]] -= each[c];
      sum += Total(weight[c]) * (Total(total[c]) - Total(logit[c]));
    }
    return sum;
  }

  // The same for the mean over outputs of the squared error.
  Total squared_error(int columns, const float* target, const float* weight, S scale, S* out) const {
    Total sum(0);
    for (int c = 0; c < columns; ++c, out += out_stride_, target += shape_.outputs) {
      Total errors(0);
      const S each = S(weight[c]) * scale * (S(2) / S(shape_.outputs));
      for (int o = 0; o < out_stride_; ++o) {
        const S error = o < shape_.outputs ? out[o] - S(target[o]) : S(0);
        if (weight[c] != 0) errors += Total(error) * Total(error);
        out[o] = weight[c] != 0 ? error * each : S(0);
      }
      sum += Total(weight[c]) * (errors / Total(shape_.outputs));
    }
    return sum;
  }

  // The same for the sum over outputs of -ln p(target) = softplus(z) - y z, whose gradient is sigmoid(z) - y. Because
  // softplus(z) = max(z, 0) + ln(1 + e^-|z|) nothing overflows, and what is certain and right costs 0.
  HWY_ATTR Total bernoulli(const S* real, int columns, const float* target, const float* weight, S scale,
                           S* out) const {
    alignas(64) S asked[L], losses[L];
    Total sum(0);
    for (int c = 0; c < columns; ++c, out += out_stride_, target += shape_.outputs) {
      if (weight[c] == 0) {
        std::fill_n(out, out_stride_, S(0));
        continue;
      }
      const V each = broadcast(S(weight[c]) * scale), one = broadcast(S(1));
      Total of_step(0);
      for (int o = 0; o < out_stride_; o += L) {
        const int count = std::min(L, shape_.outputs - o);
        for (int k = 0; k < L; ++k) asked[k] = k < count ? S(target[o + k]) : S(0);
        const V z = load(out + o), y = load(asked);
        const V above = where_positive(z, z), below = z - above - above;  // max(z, 0), -|z|
        store((above - y * z) + log(one + exp(below)), losses);
        for (int k = 0; k < count; ++k) of_step += Total(losses[k]);
        store((sigmoid(z) - y) * each * load(real + o), out + o);
      }
      sum += Total(weight[c]) * of_step;
    }
    return sum;
  }

  struct At {
    std::size_t weight, of_context, squash, squash_bias, bias, real, attention, packed_size;
    std::size_t d_weight, d_of_context, d_squash, d_squash_bias, d_bias, d_attention, gradient_size;
  };

  const HeadShape shape_;
  const HeadBlocks blocks_;
  const std::unique_ptr<const AttentionPart<V>> attention_;
  const bool sees_states_;  // the read-out
  const Features context_;
  const int stride_, context_stride_;
  const Linear<V> read_, read_context_;
  const Linear<V> squash_;  // of the context, feed-forward attention only
  const int joined_;        // inputs of the read-out
  const int out_stride_;
  At at_;
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
