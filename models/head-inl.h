// Linear read-out of the hidden state, or of hidden state and context joined, and the two losses.
#if defined(RNNBENCH_MODELS_HEAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_HEAD_INL_H_
#undef RNNBENCH_MODELS_HEAD_INL_H_
#else
#define RNNBENCH_MODELS_HEAD_INL_H_
#endif

#include <algorithm>
#include <optional>

#include "core/math.h"
#include "models/attention-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench {
namespace HWY_NAMESPACE {

// ln of a sum that is at least 1, with the loss's own precision.
inline double natural_log(float x) { return math::log(static_cast<double>(x)); }
inline double natural_log(double x) { return std::log(x); }
inline std::complex<double> natural_log(const std::complex<double>& x) { return std::log(x); }

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
  const S* outputs(const S* tape, int, int) const override { return tape; }

  void pack(const Parameters<S>& parameters, S* packed) const override {
    const S* w = parameters.block(blocks_.weight);
    read_.pack(w, joined_, packed + at_.weight[0]);
    if (attention_) read_.pack(w + shape_.hidden, joined_, packed + at_.weight[1]);
    // Outputs that do not exist take no part in the softmax.
    std::fill_n(packed + at_.bias, out_stride_, S(-1e30f));
    std::copy_n(parameters.block(blocks_.bias), shape_.outputs, packed + at_.bias);
    if (attention_) attention_->pack(parameters, packed + at_.attention);
  }

  void unpack_gradient(const S* packed, Parameters<S>& gradient) const override {
    S* w = gradient.block(blocks_.weight);
    read_.unpack_gradient(packed + at_.d_weight[0], w, joined_);
    if (attention_) {
      read_.unpack_gradient(packed + at_.d_weight[1], w + shape_.hidden, joined_);
      attention_->unpack_gradient(packed + at_.d_attention, gradient);
    }
    for (int o = 0; o < shape_.outputs; ++o) gradient.block(blocks_.bias)[o] += packed[at_.d_bias + o];
  }

  void forward(const S* packed, int steps, int columns, const Runs& wanted, const S* h, S* tape) const override {
    S* attention_tape = tape + attention_at(steps, columns);
    if (attention_) attention_->forward(packed + at_.attention, steps, columns, wanted, h, attention_tape);
    for (const Run& run : wanted) {
      const std::size_t first = static_cast<std::size_t>(run.begin) * columns;
      const int count = (run.end - run.begin) * columns;
      S* out = tape + first * out_stride_;
      for (int i = 0; i < count; ++i) std::copy_n(packed + at_.bias, out_stride_, out + static_cast<std::size_t>(i) * out_stride_);
      read_.forward(packed + at_.weight[0], h + first * stride_, stride_, out, out_stride_, count);
      if (attention_)
        read_.forward(packed + at_.weight[1],
                      attention_->context(attention_tape, steps, columns) + first * stride_, stride_, out, out_stride_,
                      count);
    }
  }

  Total loss(int, int columns, const Runs& wanted, const TileTargets& targets, S scale, S* tape) const override {
    Total sum(0);
    for (const Run& run : wanted)
      for (int i = run.begin * columns; i < run.end * columns; ++i) {
        S* out = tape + static_cast<std::size_t>(i) * out_stride_;
        const float weight = targets.weight[i];
        if (weight == 0) {
          std::fill_n(out, out_stride_, S(0));
        } else if (shape_.loss == Loss::cross_entropy) {
          sum += Total(weight) * cross_entropy(out, targets.classes[i], S(weight) * scale);
        } else {
          sum += Total(weight) * squared_error(out, targets.values + static_cast<std::size_t>(i) * shape_.outputs,
                                               S(weight) * scale);
        }
      }
    return sum * Total(scale);
  }

  void backward(const S* packed, int steps, int columns, const Runs& wanted, const S* h, S* d_h, S* tape,
                S* gradient) const override {
    std::fill_n(gradient, at_.gradient_size, S(0));
    std::fill_n(d_h, static_cast<std::size_t>(steps) * columns * stride_, S(0));
    S* attention_tape = tape + attention_at(steps, columns);
    const S* context = attention_ ? attention_->context(attention_tape, steps, columns) : nullptr;
    for (auto run = wanted.rbegin(); run != wanted.rend(); ++run) {  // time descending
      const std::size_t first = static_cast<std::size_t>(run->begin) * columns;
      const int count = (run->end - run->begin) * columns;
      read_.backward(packed + at_.weight[0], tape + first * out_stride_, out_stride_, d_h + first * stride_, stride_,
                     count);
      read_.accumulate(tape, out_stride_, h, stride_, run->begin, run->end, columns, gradient + at_.d_weight[0]);
      if (attention_) {
        S* d_context = attention_->d_context(attention_tape, steps, columns) + first * stride_;
        std::fill_n(d_context, static_cast<std::size_t>(count) * stride_, S(0));
        read_.backward(packed + at_.weight[1], tape + first * out_stride_, out_stride_, d_context, stride_, count);
        read_.accumulate(tape, out_stride_, context, stride_, run->begin, run->end, columns,
                         gradient + at_.d_weight[1]);
      }
      accumulate_columns<V>(tape, out_stride_, out_stride_, run->begin, run->end, columns, gradient + at_.d_bias);
    }
    if (attention_)
      attention_->backward(packed + at_.attention, steps, columns, wanted, h, d_h, attention_tape,
                           gradient + at_.d_attention);
  }

  std::vector<Trace> trace(const S* tape, int steps, int columns, int column) const override {
    if (!attention_) return {};
    return {attention_->trace(tape + attention_at(steps, columns), steps, columns, column)};
  }

 private:
  std::size_t attention_at(int steps, int columns) const {
    return round_up(static_cast<std::size_t>(steps) * columns * out_stride_, 16);
  }

  // Logits in, gradient out; returns the loss in nats.
  HWY_ATTR Total cross_entropy(S* out, int target, S scale) const {
    V most = load(out);
    for (int o = L; o < out_stride_; o += L) most = greater(most, load(out + o));
    const S largest = largest_lane(most), wanted = out[target] - largest;
    V sum = broadcast(S(0));
    for (int o = 0; o < out_stride_; o += L) {
      const V e = exp(load(out + o) - broadcast(largest));
      store(e, out + o);
      sum = sum + e;
    }
    const S total = sum_of_lanes(sum);
    const V factor = broadcast(scale / total);
    for (int o = 0; o < out_stride_; o += L) store(load(out + o) * factor, out + o);
    for (int o = shape_.outputs; o < out_stride_; ++o) out[o] = S(0);
    out[target] -= scale;
    return natural_log(total) - Total(wanted);
  }

  Total squared_error(S* out, const float* target, S scale) const {
    Total sum(0);
    const S each = scale * (S(2) / S(shape_.outputs));
    for (int o = 0; o < out_stride_; ++o) {
      const S error = o < shape_.outputs ? out[o] - S(target[o]) : S(0);
      sum += Total(error) * Total(error);
      out[o] = error * each;
    }
    return sum / Total(shape_.outputs);
  }

  struct At {
    std::size_t weight[2], bias, attention, packed_size;
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
