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
#include "models/region.h"

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
  // Queries or steps that are processed together: the same number on every instruction set, because a group computes
  // products with zeros for the steps that only its last query sees.
  static constexpr int group_size = 6;

  // A number for each query and step, [steps][row], where row is steps rounded up to the lanes.
  struct Table {
    S* data = nullptr;
    int row = 0;
    S* at(int query) const { return data + static_cast<std::size_t>(query) * row; }
  };

  // A copy of the steps of one sequence, next to each other: [steps][width]. (In the tape they are a multiple of 4 KiB
  // apart for many sizes, so that few of them fit in the first-level cache.)
  static Column<const S> gather(const Column<const S>& x, int steps, int width, S* out) {
    for (int s = 0; s < steps; ++s) std::copy_n(x.at(s), width, out + static_cast<std::ptrdiff_t>(s) * width);
    return {out, width};
  }

  // out[k][s] = x_s[k] for k < depth, so that the steps become lanes; 0 for s >= steps. out: [depth][row].
  static void transpose(const Column<const S>& x, int steps, int depth, S* out, int row) {
    for (int s = 0; s < steps; ++s)
      for (int k = 0; k < depth; ++k) out[static_cast<std::ptrdiff_t>(k) * row + s] = x.at(s)[k];
    for (int k = 0; k < depth; ++k) std::fill_n(out + static_cast<std::ptrdiff_t>(k) * row + steps, row - steps, S(0));
  }

  // Calls f(first, size) for groups of queries of each run.
  template <class F>
  static void for_queries(const StepRanges& runs, F&& f) {
    for (const StepRange& run : runs)
      in_columns(run.end - run.begin, group_size, [&](int from, int size) { f(run.begin + from, size); });
  }

  // out[q][s] = x_q . m_s for `queries` queries from `first` on and all steps s up to the last of them; `transposed` is
  // m.
  static void rows_times_steps(const Column<const S>& x, int first, int queries, const S* transposed, int depth,
                               const Table& out) {
    in_blocks((first + queries - 1 + L) / L, 4, [&](int block, int blocks) {
      const ProductTile<S> tile{.a = transposed + block * L,
                                .a_step = out.row,
                                .b = x.at(first),
                                .b_step = 1,
                                .b_column = x.step,
                                .depth = depth,
                                .out = out.at(first) + block * L,
                                .out_column = out.row};
      multiply<V>(tile, blocks, queries);
    });
  }

  // context_q = sum over s <= q of weights[q][s] v_s: `width` numbers, a multiple of the lanes.
  static void contexts(const Column<const S>& v, const Table& weights, int first, int queries, int width,
                       const Column<S>& context) {
    sums_over_steps(v, weights, first, queries, width, context, false);
  }

  // d_q += sum over steps s <= q of table[q][s] k_s, for the queries of the run.
  static void queries_from_steps(const Column<const S>& k, const Table& table, const StepRange& run, int width,
                                 const Column<S>& d) {
    in_columns(run.end - run.begin, group_size,
               [&](int from, int size) { sums_over_steps(k, table, run.begin + from, size, width, d, true); });
  }

  // d_s += sum over the queries q of the run of table[q][s] x_q.
  static void steps_from_queries(const Column<const S>& x, const Table& table, const StepRange& run, int width,
                                 const Column<S>& d) {
    in_columns(run.end, group_size, [&](int state, int size) {
      const int from = std::max(run.begin, state);  // earlier queries do not attend to these steps
      in_blocks(width / L, 4, [&](int block, int blocks) {
        S* out = d.at(state) + block * L;
        const ProductTile<S> tile{.start = out,
                                  .start_column = d.step,
                                  .a = x.at(from) + block * L,
                                  .a_step = x.step,
                                  .b = table.at(from) + state,
                                  .b_step = table.row,
                                  .b_column = 1,
                                  .depth = run.end - from,
                                  .out = out,
                                  .out_column = d.step};
        multiply<V>(tile, blocks, size);
      });
    });
  }

  // d_scores = the gradient of the scores, from the gradient of the contexts; `transposed` is the values v.
  static void scores_backward(const Column<const S>& d_context, const S* transposed, int depth, const StepRanges& runs,
                              const Table& weights, const Table& d_scores) {
    for_queries(runs, [&](int first, int queries) {
      rows_times_steps(d_context, first, queries, transposed, depth, d_scores);
      for (int q = first; q < first + queries; ++q)
        softmax_backward<V>(weights.at(q), d_scores.at(q), q + 1, weights.row);
    });
  }

 private:
  // out_q = [out_q +] the sum over s < first + queries of table[q][s] v_s. (table[q][s] is 0 for s > q.)
  static void sums_over_steps(const Column<const S>& v, const Table& table, int first, int queries, int width,
                              const Column<S>& out, bool add) {
    in_blocks(width / L, 4, [&](int block, int blocks) {
      S* at = out.at(first) + block * L;
      const ProductTile<S> tile{.start = add ? at : nullptr,
                                .start_column = out.step,
                                .a = v.data + block * L,
                                .a_step = v.step,
                                .b = table.at(first),
                                .b_step = 1,
                                .b_column = table.row,
                                .depth = first + queries,
                                .out = at,
                                .out_column = out.step};
      multiply<V>(tile, blocks, queries);
    });
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
