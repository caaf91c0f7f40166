// What all kinds of attention share, forward and backward: scores that are dot products, the softmax over the steps so
// far, and contexts. They process one sequence at a time and a few queries together.
#if defined(RNNBENCH_MODELS_ATTENTION_CORE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_ATTENTION_CORE_INL_H_
#undef RNNBENCH_MODELS_ATTENTION_CORE_INL_H_
#else
#define RNNBENCH_MODELS_ATTENTION_CORE_INL_H_
#endif

#include <algorithm>

#include "models/attention/attention.h"
#include "models/linear-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

// a[0 .. n) = softmax(a[0 .. n)), a[n .. padded) = 0; `padded` is a multiple of the lanes.
template <class V>
HWY_ATTR void softmax(ScalarOf<V>* a, int n, int padded) {
  using S = ScalarOf<V>;
  constexpr int L = PackTraits<V>::lanes;
  for (int i = n; i < static_cast<int>(round_up(n, L)); ++i) a[i] = a[0];  // leaves the maximum as it is
  V max = load(a);
  for (int i = L; i < n; i += L) max = greater(max, load(a + i));
  const V maximum = broadcast(largest_lane(max));
  for (int i = 0; i < n; i += L) store(exp(load(a + i) - maximum), a + i);
  for (int i = n; i < padded; ++i) a[i] = S(0);
  V sum = load(a);
  for (int i = L; i < n; i += L) sum = sum + load(a + i);
  const V total = broadcast(sum_of_lanes(sum));
  for (int i = 0; i < n; i += L) store(load(a + i) / total, a + i);
}

// d[0 .. n) enters as the gradient of the attention weights a and leaves as the gradient of the scores;
// d[n .. padded) = 0.
template <class V>
HWY_ATTR void softmax_backward(const ScalarOf<V>* a, ScalarOf<V>* d, int n, int padded) {
  using S = ScalarOf<V>;
  constexpr int L = PackTraits<V>::lanes;
  for (int i = n; i < padded; ++i) d[i] = S(0);
  V dot = broadcast(S(0));
  for (int i = 0; i < n; i += L) dot = dot + load(a + i) * load(d + i);
  const V mean = broadcast(sum_of_lanes(dot));
  for (int i = 0; i < n; i += L) store(load(a + i) * (load(d + i) - mean), d + i);
}

// The steps of one sequence in an array [steps][columns][stride]: step t is at data + t * step.
template <class S>
struct Column {
  S* data = nullptr;
  std::ptrdiff_t step = 0;
  S* at(int t) const { return data + t * step; }
};

template <class V>
struct AttentionCore {
  using S = ScalarOf<V>;
  static constexpr int L = PackTraits<V>::lanes;
  static constexpr int group_size = 6;  // queries or steps of a register tile, on every instruction set

  // A number for each query and step, [steps][row], where row is steps rounded up to the lanes.
  struct Table {
    S* data = nullptr;
    int row = 0;
    S* at(int query) const { return data + static_cast<std::size_t>(query) * row; }
  };

  // out[k][s] = x_s[k] for k < depth, so that the steps become lanes; 0 for s >= steps. out: [depth][row].
  static void transpose(const Column<const S>& x, int steps, int depth, S* out, int row) {
    for (int s = 0; s < row; ++s)
      for (int k = 0; k < depth; ++k) out[static_cast<std::size_t>(k) * row + s] = s < steps ? x.at(s)[k] : S(0);
  }

  // Calls f(first, Constant<Q>) for groups of queries of each run.
  template <class F>
  static HWY_INLINE HWY_ATTR void for_queries(const StepRanges& runs, F&& f) {
    for (const StepRange& run : runs)
      for_columns<group_size>(run.end - run.begin, [&](int from, auto group) HWY_ATTR { f(run.begin + from, group); });
  }

  // out[q][s] = x_q . m_s for the Q queries from `first` on and all steps s up to the last of them; `transposed` is m.
  template <int Q>
  static HWY_ATTR void rows_times_steps(const Column<const S>& x, int first, const S* transposed, int depth,
                                        const Table& out) {
    for_blocks<4>((first + Q - 1 + L) / L, [&](int block, auto blocks) HWY_ATTR {
      constexpr int B = blocks.value;
      V acc[B][Q];
      for (int b = 0; b < B; ++b)
        for (int q = 0; q < Q; ++q) acc[b][q] = broadcast(S(0));
      multiply_accumulate(acc, transposed + block * L, out.row, x.at(first), 1, x.step, depth);
      for (int b = 0; b < B; ++b)
        for (int q = 0; q < Q; ++q) store(acc[b][q], out.at(first + q) + (block + b) * L);
    });
  }

  // context_q = sum over s <= q of weights[q][s] v_s: `width` numbers, a multiple of the lanes.
  template <int Q>
  static HWY_ATTR void contexts(const Column<const S>& v, const Table& weights, int first, int width,
                                const Column<S>& context) {
    for_blocks<4>(width / L, [&](int block, auto blocks) HWY_ATTR {
      constexpr int B = blocks.value;
      V acc[B][Q];
      for (int b = 0; b < B; ++b)
        for (int q = 0; q < Q; ++q) acc[b][q] = broadcast(S(0));
      multiply_accumulate(acc, v.data + block * L, v.step, weights.at(first), 1, weights.row, first + Q);
      for (int b = 0; b < B; ++b)
        for (int q = 0; q < Q; ++q) store(acc[b][q], context.at(first + q) + (block + b) * L);
    });
  }

  // d_s += sum over the queries q of the run of table[q][s] x_q.
  static HWY_ATTR void steps_from_queries(const Column<const S>& x, const Table& table, const StepRange& run, int width,
                                          const Column<S>& d) {
    for_columns<group_size>(run.end, [&](int state, auto group) HWY_ATTR {
      constexpr int N = group.value;
      const int from = std::max(run.begin, state);  // earlier queries do not attend to these steps
      for_blocks<4>(width / L, [&](int block, auto blocks) HWY_ATTR {
        constexpr int B = blocks.value;
        V acc[B][N];
        for (int b = 0; b < B; ++b)
          for (int n = 0; n < N; ++n) acc[b][n] = load(d.at(state + n) + (block + b) * L);
        multiply_accumulate(acc, x.at(from) + block * L, x.step, table.at(from) + state, table.row, 1, run.end - from);
        for (int b = 0; b < B; ++b)
          for (int n = 0; n < N; ++n) store(acc[b][n], d.at(state + n) + (block + b) * L);
      });
    });
  }

  // d_q += sum over steps s <= q of table[q][s] k_s, for the queries of the run.
  static HWY_ATTR void queries_from_steps(const Column<const S>& k, const Table& table, const StepRange& run, int width,
                                          const Column<S>& d) {
    for_columns<group_size>(run.end - run.begin, [&](int from, auto group) HWY_ATTR {
      constexpr int Q = group.value;
      const int first = run.begin + from;
      for_blocks<4>(width / L, [&](int block, auto blocks) HWY_ATTR {
        constexpr int B = blocks.value;
        V acc[B][Q];
        for (int b = 0; b < B; ++b)
          for (int q = 0; q < Q; ++q) acc[b][q] = load(d.at(first + q) + (block + b) * L);
        multiply_accumulate(acc, k.data + block * L, k.step, table.at(first), 1, table.row, first + Q);
        for (int b = 0; b < B; ++b)
          for (int q = 0; q < Q; ++q) store(acc[b][q], d.at(first + q) + (block + b) * L);
      });
    });
  }

  // d_scores = the gradient of the scores, from the gradient of the contexts; `transposed` is the values v.
  static HWY_ATTR void scores_backward(const Column<const S>& d_context, const S* transposed, int depth,
                                       const StepRanges& runs, const Table& weights, const Table& d_scores) {
    for_queries(runs, [&](int first, auto group) HWY_ATTR {
      constexpr int Q = group.value;
      rows_times_steps<Q>(d_context, first, transposed, depth, d_scores);
      for (int q = first; q < first + Q; ++q) softmax_backward<V>(weights.at(q), d_scores.at(q), q + 1, weights.row);
    });
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
