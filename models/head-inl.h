// Linear read-out of the hidden state, or of hidden state and context joined, and the two losses.
#if defined(RNNBENCH_MODELS_HEAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_HEAD_INL_H_
#undef RNNBENCH_MODELS_HEAD_INL_H_
#else
#define RNNBENCH_MODELS_HEAD_INL_H_
#endif

#include <algorithm>
#include <optional>

#include "models/attention-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench {
namespace HWY_NAMESPACE {

template <class V>
class Head final : public HeadPart<ScalarOf<V>> {
  using S = ScalarOf<V>;
  using Total = TotalOf<S>;
  static constexpr int L = PackTraits<V>::lanes;

 public:
  Head(const HeadShape& shape, const HeadBlocks& blocks)
      : shape_(shape), blocks_(blocks), stride_(static_cast<int>(round_up(shape.hidden, L))),
        joined_(shape.attention == AttentionKind::none ? shape.hidden : 2 * shape.hidden),
        read_(shape.outputs, shape.hidden), out_stride_(read_.row_stride()) {
    if (shape.attention != AttentionKind::none)
      attention_.emplace(shape.attention == AttentionKind::additive, shape.hidden, blocks.attention);
    const int inputs = attention_ ? 2 : 1;
    Places packed, gradient;
    for (int i = 0; i < inputs; ++i) at_.weight[i] = packed.add(read_.packed_size());
    at_.bias = packed.add(out_stride_);
    at_.real = packed.add(out_stride_);
    at_.attention = packed.add(attention_ ? attention_->packed_size() : 0);
    at_.packed_size = packed.total();
    for (int i = 0; i < inputs; ++i) at_.d_weight[i] = gradient.add(read_.gradient_size());
    at_.d_bias = gradient.add(out_stride_);
    at_.d_attention = gradient.add(attention_ ? attention_->gradient_size() : 0);
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
    read_.pack(w, joined_, packed + at_.weight[0]);
    if (attention_) read_.pack(w + shape_.hidden, joined_, packed + at_.weight[1]);
    // Outputs that do not exist take no part in the softmax and get no gradient.
    std::fill_n(packed + at_.bias, out_stride_, S(-1e30f));
    std::copy_n(parameters.block(blocks_.bias), shape_.outputs, packed + at_.bias);
    std::fill_n(packed + at_.real, out_stride_, S(0));
    std::fill_n(packed + at_.real, shape_.outputs, S(1));
    if (attention_) attention_->pack(parameters, packed + at_.attention);
  }

  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient) const override {
    S* w = gradient.block(blocks_.weight);
    read_.unpack_gradient(packed + at_.d_weight[0], stride, tiles, w, joined_);
    if (attention_) {
      read_.unpack_gradient(packed + at_.d_weight[1], stride, tiles, w + shape_.hidden, joined_);
      attention_->unpack_gradient(packed + at_.d_attention, stride, tiles, gradient);
    }
    for (int o = 0; o < shape_.outputs; ++o)
      gradient.block(blocks_.bias)[o] = sum_of_tiles(packed + at_.d_bias + o, stride, tiles);
  }

  void attend(const S* packed, int steps, int columns, const Runs& wanted, const S* h, S* tape) const override {
    if (attention_)
      attention_->forward(packed + at_.attention, steps, columns, wanted, h, tape + attention_at(steps, columns));
  }

  void forward(const S* packed, int steps, int columns, const Runs& wanted, const S* h, S* tape) const override {
    for (const Run& run : wanted) {
      const std::size_t first = static_cast<std::size_t>(run.begin) * columns;
      const int count = (run.end - run.begin) * columns;
      S* out = tape + first * out_stride_;
      read_.forward(packed + at_.weight[0], h + first * stride_, stride_, out, out_stride_, count, packed + at_.bias);
      if (attention_)
        read_.forward(packed + at_.weight[1],
                      attention_->context(tape + attention_at(steps, columns), steps, columns) + first * stride_,
                      stride_, out, out_stride_, count);
    }
  }

  void loss(const S* packed, int columns, const Runs& wanted, const TileTargets& targets, S scale, S* tape,
            Total* losses) const override {
    for (const Run& run : wanted)
      for (int step = run.begin; step < run.end; ++step) {
        const std::size_t first = static_cast<std::size_t>(step) * columns;
        if (shape_.loss == Loss::cross_entropy)
          losses[step] = cross_entropy(packed + at_.real, columns, targets.classes + first, targets.weight + first, scale,
                                       tape + first * out_stride_);
        else
          losses[step] = squared_error(columns, targets.values + first * shape_.outputs, targets.weight + first, scale,
                                       tape + first * out_stride_);
      }
  }

  void attend_backward(const S* packed, int steps, int columns, const Runs& wanted, const S* h, S* d_h, S* tape,
                       S* gradient) const override {
    if (!attention_) return;
    std::fill_n(d_h, static_cast<std::size_t>(steps) * columns * stride_, S(0));
    S* attention_tape = tape + attention_at(steps, columns);
    const S* context = attention_->context(attention_tape, steps, columns);
    for (auto run = wanted.rbegin(); run != wanted.rend(); ++run) {  // time descending
      const std::size_t first = static_cast<std::size_t>(run->begin) * columns;
      const int count = (run->end - run->begin) * columns;
      S* d_context = attention_->d_context(attention_tape, steps, columns) + first * stride_;
      std::fill_n(d_context, static_cast<std::size_t>(count) * stride_, S(0));
      read_.backward(packed + at_.weight[1], tape + first * out_stride_, out_stride_, d_context, stride_, count);
      read_.accumulate(tape, out_stride_, context, stride_, run->begin, run->end, columns, gradient + at_.d_weight[1]);
    }
    attention_->backward(packed + at_.attention, steps, columns, wanted, h, d_h, attention_tape,
                         gradient + at_.d_attention);
  }

  void accumulate(int columns, const Runs& wanted, const S* h, const S* tape, S* gradient) const override {
    for (auto run = wanted.rbegin(); run != wanted.rend(); ++run) {
      read_.accumulate(tape, out_stride_, h, stride_, run->begin, run->end, columns, gradient + at_.d_weight[0]);
      accumulate_columns<V>(tape, out_stride_, out_stride_, run->begin, run->end, columns, gradient + at_.d_bias);
    }
  }

  OutputGradient<S> output_gradient(const S* packed, int columns, int step, const S* tape) const override {
    return {.panels = read_.transposed(packed + at_.weight[0]),
            .d = tape + static_cast<std::size_t>(step) * columns * out_stride_,
            .depth = shape_.outputs,
            .d_stride = out_stride_};
  }

  std::vector<Trace> trace(const S* tape, int steps, int columns, int column) const override {
    if (!attention_) return {};
    return {attention_->trace(tape + attention_at(steps, columns), steps, columns, column)};
  }

 private:
  std::size_t attention_at(int steps, int columns) const {
    return round_up(static_cast<std::size_t>(steps) * columns * out_stride_, 16);
  }

  // Logits of a step in, gradient out; returns the sum of weight * loss in nats. In short passes over the columns, so that
  // many are under way at once; what is one number a column is done for sixteen together.
  HWY_ATTR Total cross_entropy(const S* real, int columns, const std::int32_t* classes, const float* weight, S scale,
                               S* out) const {
    alignas(64) S total[tile_width], each[tile_width], factor[tile_width], largest[tile_width], logit[tile_width];
    for (int c = 0; c < columns; ++c) {
      const S* at = out + c * out_stride_;
      V most = load(at);
      for (int o = L; o < out_stride_; o += L) most = greater(most, load(at + o));
      largest[c] = largest_lane(most);
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

  struct At {
    std::size_t weight[2], bias, real, attention, packed_size;
    std::size_t d_weight[2], d_bias, d_attention, gradient_size;
  };

  const HeadShape shape_;
  const HeadBlocks blocks_;
  const int stride_, joined_;
  const Linear<V> read_;
  const int out_stride_;
  std::optional<Attention<V>> attention_;
  At at_;
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench
HWY_AFTER_NAMESPACE();

#endif
