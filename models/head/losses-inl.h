// The losses. Each takes the outputs z of some steps, writes the sum over columns of weight * loss for each step, and
// replaces the outputs by their gradient, times `scale`:
//   cross-entropy    -ln softmax(z)[class]                           gradient softmax(z) - [o = class]
//   squared error    mean over outputs of (z - target)^2             gradient 2 (z - target) / outputs
//   Bernoulli        sum over outputs of softplus(z) - target z      gradient sigmoid(z) - target
#if defined(RNNBENCH_MODELS_HEAD_LOSSES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_HEAD_LOSSES_INL_H_
#undef RNNBENCH_MODELS_HEAD_LOSSES_INL_H_
#else
#define RNNBENCH_MODELS_HEAD_LOSSES_INL_H_
#endif

#include <algorithm>

#include "models/head/head.h"
#include "models/packs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

// Outputs and weights of steps that follow each other. Below, a column is a sequence at a step.
template <class V>
struct RunOutputs {
  ScalarOf<V>* out = nullptr;  // [steps][columns][stride]
  int steps = 0, columns = 0, outputs = 0;
  int stride = 0;                     // outputs rounded up to the lanes
  const float* weight = nullptr;      // [steps][columns]
  const ScalarOf<V>* real = nullptr;  // [stride]: 1 for outputs that exist, 0 for the padding
  ScalarOf<V> scale = ScalarOf<V>(0);
};

// z = e^(z - largest) for the outputs of each column; 0 in the padding.
template <class V>
HWY_ATTR void exponentials(ScalarOf<V>* out, int columns, int stride, const ScalarOf<V>* largest,
                           const ScalarOf<V>* real) {
  constexpr int L = PackTraits<V>::lanes, N = PackTraits<V>::side_by_side;
  int c = 0;
  if constexpr (N > 1)
    for (; c + N <= columns; c += N)
      for (int o = 0; o < stride; o += L) {
        ScalarOf<V>* at = out + c * stride + o;
        const auto power = exp(
            PackGroup<N>::of([&](int i) RNNBENCH_INLINE { return load(at + i * stride) - broadcast(largest[c + i]); }));
        unrolled<N>([&](auto i) RNNBENCH_INLINE { store(power.v[i] * load(real + o), at + i * stride); });
      }
  for (; c < columns; ++c)
    for (int o = 0; o < stride; o += L) {
      ScalarOf<V>* at = out + c * stride + o;
      store(exp(load(at) - broadcast(largest[c])) * load(real + o), at);
    }
}

// classes: [steps][columns].
//
// Outputs in the padding must be very negative (their bias is), so that they take no part in the softmax. Short passes
// over many columns let the processor overlap them, and what is one number per column is computed for as many columns
// as a pack has lanes.
template <class V>
HWY_ATTR void cross_entropy(const RunOutputs<V>& of, const std::int32_t* classes, TotalOf<ScalarOf<V>>* losses) {
  using S = ScalarOf<V>;
  using Total = TotalOf<S>;
  constexpr int L = PackTraits<V>::lanes, most = 128;  // columns of a pass
  const int all = of.steps * of.columns, stride = of.stride;
  alignas(64) S largest[most], factor[most], log_total[most], logit[most], each[most];
  int step = 0, in_step = 0;
  Total loss(0);
  for (int first = 0; first < all; first += most) {
    const int count = std::min(most, all - first);
    S* const out = of.out + static_cast<std::ptrdiff_t>(first) * stride;
    const float* const weight = of.weight + first;
    const std::int32_t* const target = classes + first;
    // The packs of a column, combined. Lanes without a column get the last one.
    const auto combined = [=](int c, auto combine) RNNBENCH_INLINE {
      const S* at = out + std::min(c, count - 1) * stride;
      V pack = load(at);
      for (int o = L; o < stride; o += L) pack = combine(pack, load(at + o));
      return pack;
    };
    for (int c = 0; c < count; c += L)
      store(largest_lanes<V>([=](int i) RNNBENCH_INLINE {
              return combined(c + i, [](V x, V y) RNNBENCH_INLINE { return greater(x, y); });
            }),
            largest + c);
    for (int c = 0; c < count; ++c) logit[c] = out[c * stride + target[c]] - largest[c];
    for (int c = 0; c < count; ++c) each[c] = S(weight[c]) * of.scale;
    std::fill(each + count, each + round_up(count, L), S(0));
    exponentials<V>(out, count, stride, largest, of.real);
    for (int c = 0; c < count; c += L) {
      const V total = sums_of_lanes<V>(
          [=](int i) RNNBENCH_INLINE { return combined(c + i, [](V x, V y) RNNBENCH_INLINE { return x + y; }); });
      store(load(each + c) / total, factor + c);
      store(log(total), log_total + c);
    }
    for (int c = 0; c < count; ++c) {
      S* at = out + c * stride;
      const V by = broadcast(factor[c]);
      for (int o = 0; o < stride; o += L) store(load(at + o) * by, at + o);
      at[target[c]] -= each[c];
      loss += Total(weight[c]) * (Total(log_total[c]) - Total(logit[c]));
      if (++in_step < of.columns) continue;
      losses[step++] = loss;
      loss = Total(0);
      in_step = 0;
    }
  }
}

// target: [steps][columns][outputs].
template <class V>
void squared_error(const RunOutputs<V>& of, const float* target, TotalOf<ScalarOf<V>>* losses) {
  using S = ScalarOf<V>;
  using Total = TotalOf<S>;
  const int outputs = of.outputs, stride = of.stride;
  S* out = of.out;
  const float* weights = of.weight;
  for (int step = 0; step < of.steps; ++step) {
    Total sum(0);
    for (int c = 0; c < of.columns; ++c, out += stride, target += outputs) {
      const float weight = *weights++;
      Total errors(0);
      const S each = S(weight) * of.scale * (S(2) / S(outputs));
      for (int o = 0; o < stride; ++o) {
        const S error = o < outputs ? out[o] - S(target[o]) : S(0);
        if (weight != 0) errors += Total(error) * Total(error);
        out[o] = weight != 0 ? error * each : S(0);
      }
      sum += Total(weight) * (errors / Total(outputs));
    }
    losses[step] = sum;
  }
}

// target: [steps][columns][outputs]. Because softplus(z) = max(z, 0) + ln(1 + e^-|z|), nothing overflows, and a certain
// and correct answer costs 0.
template <class V>
HWY_ATTR void bernoulli(const RunOutputs<V>& of, const float* target, TotalOf<ScalarOf<V>>* losses) {
  using S = ScalarOf<V>;
  using Total = TotalOf<S>;
  constexpr int L = PackTraits<V>::lanes;
  const int outputs = of.outputs, stride = of.stride;
  S* out = of.out;
  const float* weights = of.weight;
  alignas(64) S targets[L], of_output[L];
  for (int step = 0; step < of.steps; ++step) {
    Total sum(0);
    for (int c = 0; c < of.columns; ++c, out += stride, target += outputs) {
      const float weight = *weights++;
      if (weight == 0) {
        std::fill_n(out, stride, S(0));
        continue;
      }
      const V each = broadcast(S(weight) * of.scale), one = broadcast(S(1));
      Total of_column(0);
      for (int o = 0; o < stride; o += L) {
        const int count = std::min(L, outputs - o);
        for (int k = 0; k < L; ++k) targets[k] = k < count ? S(target[o + k]) : S(0);
        const V z = load(out + o), y = load(targets);
        const V above = where_positive(z, z), below = z - above - above;  // max(z, 0), -|z|
        store((above - y * z) + log(one + exp(below)), of_output);
        for (int k = 0; k < count; ++k) of_column += Total(of_output[k]);
        store((sigmoid(z) - y) * each * load(of.real + o), out + o);
      }
      sum += Total(weight) * of_column;
    }
    losses[step] = sum;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
