// Additive scores v . tanh(q + k) of the queries and keys of one sequence, and their gradients.
//
// With r = (1 - tanh(q + k)) / 2 = 1 / (e^2q e^2k + 1), unit by unit:
//   score = sum of v - 2 sum of v r        d score / dv = 1 - 2 r        d score / dq = d score / dk = 4 v (r - r^2)
// The exponentials are computed once for each query and each key, so that a pair costs a division instead of a tanh.
// The backward pass divides again, because the r of all pairs do not fit in the second-level cache. If a number of the
// sequence is so large that a product could overflow, tanh is computed for each pair.
#if defined(RNNBENCH_MODELS_ATTENTION_ADDITIVE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_ATTENTION_ADDITIVE_INL_H_
#undef RNNBENCH_MODELS_ATTENTION_ADDITIVE_INL_H_
#else
#define RNNBENCH_MODELS_ATTENTION_ADDITIVE_INL_H_
#endif

#include "models/attention/core-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

template <class V>
class AdditiveScores {
  using S = ScalarOf<V>;
  static constexpr int L = PackTraits<V>::lanes;

 public:
  // energy: v, [stride] with zeros behind `inner` units.
  AdditiveScores(const S* energy, int inner, int stride) : energy_(energy), inner_(inner), stride_(stride) {}

  // Replaces queries and keys by the exponentials of twice their numbers and returns 1; or, if a number is too large,
  // changes nothing and returns 0. The other functions take the result as `exponential`.
  HWY_ATTR S prepare(const Column<S>& queries, const Column<S>& keys, int steps) const {
    V largest = constant<V>(0);
    for (const Column<S>& all : {queries, keys})
      for (int s = 0; s < steps; ++s)
        for (int k = 0; k < stride_; k += L) {
          const V x = load(all.at(s) + k);
          largest = greater(largest, greater(x, constant<V>(0) - x));
        }
    if (!(real_part(largest_lane(largest)) <= 20)) return S(0);
    for (const Column<S>& all : {queries, keys})
      for (int s = 0; s < steps; ++s)
        for (int k = 0; k < stride_; k += L) {
          const V x = load(all.at(s) + k);
          store(exp(x + x), all.at(s) + k);
        }
    return S(1);
  }

  // out[s] = the score of the query at step q with key s, for s <= q. keys: [inner][row], so that the steps are lanes.
  // Writes up to the next multiple of the lanes.
  void forward(S exponential, const S* query, int q, const S* keys, int row, S* out) const {
    if (exponential != S(0))
      scores<true>(query, q, keys, row, out);
    else
      scores<false>(query, q, keys, row, out);
  }

  // From d[s], the gradient of the scores of the query at step q: d_query = its gradient; d_energy += that of v.
  // keys: [steps][stride]. Adds the gradients of the keys, each without its factor 4 v, to d_keys, [steps][stride].
  void backward(S exponential, const S* query, int q, const S* keys, const S* d, S* d_query, S* d_keys,
                S* d_energy) const {
    if (exponential != S(0))
      gradients<true>(query, q, keys, d, d_query, d_keys, d_energy);
    else
      gradients<false>(query, q, keys, d, d_query, d_keys, d_energy);
  }

  // out[k] = 4 v[k] d[k]
  HWY_ATTR void scale(const S* d, S* out) const {
    for (int k = 0; k < stride_; k += L) store(constant<V>(4) * load(energy_ + k) * load(d + k), out + k);
  }

 private:
  template <bool Exponential>
  static HWY_INLINE HWY_ATTR V r_of(V query, V key) {
    if constexpr (Exponential)
      return constant<V>(1) / fma(query, key, constant<V>(1));
    else
      return constant<V>(0.5) * one_minus(tanh(query + key));
  }

  template <bool Exponential>
  HWY_ATTR void scores(const S* query, int q, const S* keys, int row, S* out) const {
    S total(0);
    for (int k = 0; k < inner_; ++k) total += energy_[k];
    for (int s = 0; s <= q; s += L) {
      const auto add = [&](int k, V sum) RNNBENCH_INLINE {
        const V key = load(keys + static_cast<std::ptrdiff_t>(k) * row + s);
        return fma(broadcast(energy_[k]), r_of<Exponential>(broadcast(query[k]), key), sum);
      };
      V even = constant<V>(0), odd = constant<V>(0);  // two chains, because each addition waits for the one before
      for (int k = 0; k + 1 < inner_; k += 2) even = add(k, even), odd = add(k + 1, odd);
      if (inner_ % 2 == 1) even = add(inner_ - 1, even);
      store(fma(constant<V>(-2), even + odd, broadcast(total)), out + s);
    }
  }

  template <bool Exponential>
  HWY_ATTR void gradients(const S* query, int q, const S* keys, const S* d, S* d_query, S* d_keys, S* d_energy) const {
    S total(0);
    for (int s = 0; s <= q; ++s) total += d[s];
    for (int k = 0; k < stride_; k += L) {
      const V of_query = load(query + k);
      V sum = constant<V>(0), times_r = constant<V>(0);
      const S* key = keys + k;
      S* d_key = d_keys + k;
      for (int s = 0; s <= q; ++s, key += stride_, d_key += stride_) {
        const V of_score = broadcast(d[s]), r = r_of<Exponential>(of_query, load(key)),
                change = of_score * fma(constant<V>(0) - r, r, r);
        times_r = fma(of_score, r, times_r);
        sum = sum + change;
        store(load(d_key) + change, d_key);
      }
      store(sum, d_query + k);
      store(load(d_energy + k) + fma(constant<V>(-2), times_r, broadcast(total)), d_energy + k);
    }
    scale(d_query, d_query);
  }

  const S* const energy_;
  const int inner_, stride_;
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
