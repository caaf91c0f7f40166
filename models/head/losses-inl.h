// The losses. Each takes the outputs z of one step, returns sum over columns of weight * loss, and replaces the outputs
// by their gradient, times `scale`:
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

template <class V>
struct StepOutputs {
  ScalarOf<V>* out = nullptr;         // [columns][stride]
  int columns = 0, outputs = 0;       // at most tile_width columns
  int stride = 0;                     // outputs rounded up to the lanes
  const float* weight = nullptr;      // [columns]
  const ScalarOf<V>* real = nullptr;  // [stride]: 1 for outputs that exist, 0 for the padding
  ScalarOf<V> scale = ScalarOf<V>(0);
};

// Outputs in the padding must be very negative (their bias is), so that they take no part in the softmax. Three short
// passes over the columns let the processor overlap them; what is one number per column is computed for all columns in
// one pack.
template <class V>
HWY_ATTR TotalOf<ScalarOf<V>> cross_entropy(const StepOutputs<V>& of, const std::int32_t* classes) {
  using S = ScalarOf<V>;
  using Total = TotalOf<S>;
  constexpr int L = PackTraits<V>::lanes;
  const int columns = of.columns, stride = of.stride;
  const S* const real = of.real;
  const S scale = of.scale;
  const float* const weight = of.weight;
  S* const out = of.out;
  alignas(64) S total[tile_width], each[tile_width], factor[tile_width], largest[tile_width], logit[tile_width];
  for (int c = 0; c < columns; ++c) {
    const S* at = out + c * stride;
    V max = load(at);
    for (int o = L; o < stride; o += L) max = greater(max, load(at + o));
    largest[c] = largest_lane(max);
  }
  for (int c = 0; c < columns; ++c) {
    S* at = out + c * stride;
    logit[c] = at[classes[c]] - largest[c];
    for (int o = 0; o < stride; o += L) store(exp(load(at + o) - broadcast(largest[c])) * load(real + o), at + o);
  }
  for (int c = 0; c < columns; ++c) {
    const S* at = out + c * stride;
    V sum = load(at);
    for (int o = L; o < stride; o += L) sum = sum + load(at + o);
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
    S* at = out + c * stride;
    const V by = broadcast(factor[c]);
    for (int o = 0; o < stride; o += L) store(load(at + o) * by, at + o);
    at[classes[c]] -= each[c];
    sum += Total(weight[c]) * (Total(total[c]) - Total(logit[c]));
  }
  return sum;
}

// target: [columns][outputs].
template <class V>
TotalOf<ScalarOf<V>> squared_error(const StepOutputs<V>& of, const float* target) {
  using S = ScalarOf<V>;
  using Total = TotalOf<S>;
  const int outputs = of.outputs, stride = of.stride;
  S* out = of.out;
  Total sum(0);
  for (int c = 0; c < of.columns; ++c, out += stride, target += outputs) {
    const float weight = of.weight[c];
    Total errors(0);
    const S each = S(weight) * of.scale * (S(2) / S(outputs));
    for (int o = 0; o < stride; ++o) {
      const S error = o < outputs ? out[o] - S(target[o]) : S(0);
      if (weight != 0) errors += Total(error) * Total(error);
      out[o] = weight != 0 ? error * each : S(0);
    }
    sum += Total(weight) * (errors / Total(outputs));
  }
  return sum;
}

// target: [columns][outputs]. Because softplus(z) = max(z, 0) + ln(1 + e^-|z|), nothing overflows, and a certain and
// correct answer costs 0.
template <class V>
HWY_ATTR TotalOf<ScalarOf<V>> bernoulli(const StepOutputs<V>& of, const float* target) {
  using S = ScalarOf<V>;
  using Total = TotalOf<S>;
  constexpr int L = PackTraits<V>::lanes;
  const int outputs = of.outputs, stride = of.stride;
  S* out = of.out;
  alignas(64) S targets[L], losses[L];
  Total sum(0);
  for (int c = 0; c < of.columns; ++c, out += stride, target += outputs) {
    const float weight = of.weight[c];
    if (weight == 0) {
      std::fill_n(out, stride, S(0));
      continue;
    }
    const V each = broadcast(S(weight) * of.scale), one = broadcast(S(1));
    Total of_step(0);
    for (int o = 0; o < stride; o += L) {
      const int count = std::min(L, outputs - o);
      for (int k = 0; k < L; ++k) targets[k] = k < count ? S(target[o + k]) : S(0);
      const V z = load(out + o), y = load(targets);
      const V above = where_positive(z, z), below = z - above - above;  // max(z, 0), -|z|
      store((above - y * z) + log(one + exp(below)), losses);
      for (int k = 0; k < count; ++k) of_step += Total(losses[k]);
      store((sigmoid(z) - y) * each * load(of.real + o), out + o);
    }
    sum += Total(weight) * of_step;
  }
  return sum;
}

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
