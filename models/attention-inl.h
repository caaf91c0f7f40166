// Attention over the network's own past states, causal: at step t over h_1 .. h_t.
//   a_ts = softmax over s <= t of score(h_t, h_s)      context_t = sum over s of a_ts h_s
//   dot        score = h_t . h_s                                       (Luong, Pham & Manning 2015)
//   additive   score = v . tanh(W_q h_t + W_k h_s + b)                 (Bahdanau, Cho & Bengio 2015)
// Only steps whose outputs count are queries. Sequences are taken one at a time; over one state it is the identity.
#if defined(RNNBENCH_MODELS_ATTENTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_ATTENTION_INL_H_
#undef RNNBENCH_MODELS_ATTENTION_INL_H_
#else
#define RNNBENCH_MODELS_ATTENTION_INL_H_
#endif

#include <algorithm>

#include "models/head.h"
#include "models/linear-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench {
namespace HWY_NAMESPACE {

// a[0 .. n) = softmax(a), a[n .. padded) = 0; `padded` a multiple of the lanes.
template <class V>
HWY_ATTR void softmax(ScalarOf<V>* a, int n, int padded) {
  using S = ScalarOf<V>;
  constexpr int L = PackTraits<V>::lanes;
  for (int i = n; i < static_cast<int>(round_up(n, L)); ++i) a[i] = a[0];  // no larger than the largest
  V most = load(a);
  for (int i = L; i < n; i += L) most = greater(most, load(a + i));
  const V largest = broadcast(largest_lane(most));
  for (int i = 0; i < n; i += L) store(exp(load(a + i) - largest), a + i);
  for (int i = n; i < padded; ++i) a[i] = S(0);
  V sum = load(a);
  for (int i = L; i < n; i += L) sum = sum + load(a + i);
  const V total = broadcast(sum_of_lanes(sum));
  for (int i = 0; i < n; i += L) store(load(a + i) / total, a + i);
}

template <class V>
class Attention {
  using S = ScalarOf<V>;
  static constexpr int L = PackTraits<V>::lanes;
  static constexpr int together = 6;  // queries of a tile, on every instruction set

 public:
  Attention(bool additive, int hidden, const AttentionBlocks& blocks)
      : additive_(additive), hidden_(hidden), stride_(static_cast<int>(round_up(hidden, L))), blocks_(blocks),
        project_(hidden, hidden) {
    if (!additive) return;
    Places packed, gradient;
    at_.query = packed.add(project_.packed_size());
    at_.key = packed.add(project_.packed_size());
    at_.bias = packed.add(stride_);
    at_.energy = packed.add(stride_);
    at_.packed_size = packed.total();
    at_.d_query = gradient.add(project_.gradient_size());
    at_.d_key = gradient.add(project_.gradient_size());
    at_.d_bias = gradient.add(stride_);
    at_.d_energy = gradient.add(stride_);
    at_.gradient_size = gradient.total();
  }

  std::size_t packed_size() const { return at_.packed_size; }
  std::size_t gradient_size() const { return at_.gradient_size; }
  std::size_t tape_size(int steps, int columns) const { return tape(nullptr, steps, columns).size; }
  const S* context(const S* data, int steps, int columns) const {
    return tape(const_cast<S*>(data), steps, columns).context;
  }
  S* d_context(S* data, int steps, int columns) const { return tape(data, steps, columns).d_context; }

  void pack(const Parameters<S>& parameters, S* packed) const {
    if (!additive_) return;
    project_.pack(parameters.block(blocks_.query), hidden_, packed + at_.query);
    project_.pack(parameters.block(blocks_.key), hidden_, packed + at_.key);
    std::fill_n(packed + at_.bias, stride_, S(0));
    std::fill_n(packed + at_.energy, stride_, S(0));
    std::copy_n(parameters.block(blocks_.bias), hidden_, packed + at_.bias);
    std::copy_n(parameters.block(blocks_.energy), hidden_, packed + at_.energy);
  }

  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient) const {
    if (!additive_) return;
    project_.unpack_gradient(packed + at_.d_query, stride, tiles, gradient.block(blocks_.query), hidden_);
    project_.unpack_gradient(packed + at_.d_key, stride, tiles, gradient.block(blocks_.key), hidden_);
    for (int k = 0; k < hidden_; ++k) {
      gradient.block(blocks_.bias)[k] = sum_of_tiles(packed + at_.d_bias + k, stride, tiles);
      gradient.block(blocks_.energy)[k] = sum_of_tiles(packed + at_.d_energy + k, stride, tiles);
    }
  }

  // h: hidden states [steps][columns][stride]; fills context and weights for the steps of `queries`.
  void forward(const S* packed, int steps, int columns, const Runs& queries, const S* h, S* data) const {
    const Tape t = tape(data, steps, columns);
    if (additive_) project(packed, steps, columns, h, t);
    for (int c = 0; c < columns; ++c) {
      if (!additive_) transpose(h, steps, columns, c, t.transposed, t.row);
      for (const Run& run : queries)
        for_columns<together>(run.end - run.begin, [&](int from, auto group) HWY_ATTR {
          constexpr int Q = group.value;
          const int first = run.begin + from, last = first + Q - 1;
          if (additive_)
            for (int q = first; q <= last; ++q) additive_scores(packed, t, q, c);
          else
            rows_times_states<Q>(h + offset(first, c, columns), columns * stride_, t, last, t.weights(c, first));
          for (int q = first; q <= last; ++q) softmax<V>(t.weights(c, q), q + 1, t.row);
          for_blocks<4>(stride_ / L, [&](int block, auto blocks) HWY_ATTR {
            constexpr int B = blocks.value;
            V acc[B][Q];
            for (int b = 0; b < B; ++b)
              for (int q = 0; q < Q; ++q) acc[b][q] = broadcast(S(0));
            multiply_accumulate(acc, h + offset(0, c, columns) + block * L, columns * stride_, t.weights(c, first), 1,
                                t.row, last + 1);
            for (int b = 0; b < B; ++b)
              for (int q = 0; q < Q; ++q)
                store(acc[b][q], t.context + offset(first + q, c, columns) + (block + b) * L);
          });
        });
    }
  }

  // Reads d_context of the queries, adds to d_h, and to the packed gradient (which the caller has zeroed).
  void backward(const S* packed, int steps, int columns, const Runs& queries, const S* h, S* d_h, S* data,
                S* gradient) const {
    const Tape t = tape(data, steps, columns);
    if (additive_) {
      std::fill_n(t.d_query, static_cast<std::size_t>(steps) * columns * stride_, S(0));
      std::fill_n(t.d_key, static_cast<std::size_t>(steps) * columns * stride_, S(0));
    }
    for (int c = 0; c < columns; ++c) {
      transpose(h, steps, columns, c, t.transposed, t.row);
      for (const Run& run : queries)
        for_columns<together>(run.end - run.begin, [&](int from, auto group) HWY_ATTR {
          constexpr int Q = group.value;
          const int first = run.begin + from, last = first + Q - 1;
          rows_times_states<Q>(t.d_context + offset(first, c, columns), columns * stride_, t, last, t.scores(first));
          for (int q = first; q <= last; ++q) softmax_backward(t.weights(c, q), t.scores(q), q + 1, t.row);
        });
      for (const Run& run : queries) {
        states_from_queries(t.d_context, t.weights(c, run.begin), run, columns, c, t, d_h);
        if (additive_) {
          for (int q = run.begin; q < run.end; ++q) additive_backward(packed, t, q, c, gradient);
        } else {
          states_from_queries(h, t.scores(run.begin), run, columns, c, t, d_h);
          queries_from_states(h, run, columns, c, t, d_h);
        }
      }
    }
    if (!additive_) return;
    project_.backward(packed + at_.query, t.d_query, stride_, d_h, stride_, steps * columns);
    project_.backward(packed + at_.key, t.d_key, stride_, d_h, stride_, steps * columns);
    project_.accumulate(t.d_query, stride_, h, stride_, 0, steps, columns, gradient + at_.d_query);
    project_.accumulate(t.d_key, stride_, h, stride_, 0, steps, columns, gradient + at_.d_key);
    accumulate_columns<V>(t.d_query, stride_, stride_, 0, steps, columns, gradient + at_.d_bias);
  }

  // Weights of every step of one column: [steps][steps].
  Trace trace(const S* data, int steps, int columns, int column) const {
    const Tape t = tape(const_cast<S*>(data), steps, columns);
    Trace trace{"attention", steps, {}};
    for (int q = 0; q < steps; ++q)
      for (int s = 0; s < steps; ++s)
        trace.values.push_back(static_cast<float>(std::real(t.weights(column, q)[s])));
    return trace;
  }

 private:
  struct Tape {
    S *context = nullptr, *d_context = nullptr;  // [steps][columns][stride]
    S *query = nullptr, *key = nullptr;          // projections, additive only; then their gradients
    S *d_query = nullptr, *d_key = nullptr;
    S* weights_ = nullptr;     // [columns][steps][row]
    S* scores_ = nullptr;      // [steps][row] gradient of the scores of one sequence
    S* transposed = nullptr;   // [stride][row] states of one sequence, time fastest
    int steps = 0, columns = 0, row = 0;  // row: steps rounded up to the lanes
    std::size_t size = 0;
    S* weights(int column, int step) const {
      return weights_ + (static_cast<std::size_t>(column) * steps + step) * row;
    }
    S* scores(int step) const { return scores_ + static_cast<std::size_t>(step) * row; }
  };

  Tape tape(S* data, int steps, int columns) const {
    const std::size_t all = static_cast<std::size_t>(steps) * columns * stride_, row = round_up(steps, L);
    Places places;
    const std::size_t context = places.add(all), d_context = places.add(all);
    const std::size_t projected = additive_ ? all : 0;
    const std::size_t query = places.add(projected), key = places.add(projected), d_query = places.add(projected),
                      d_key = places.add(projected);
    const std::size_t weights = places.add(columns * steps * row), scores = places.add(steps * row),
                      transposed = places.add(stride_ * row);
    if (data == nullptr) {
      Tape sized;
      sized.size = places.total();
      return sized;
    }
    return {data + context, data + d_context, data + query, data + key, data + d_query, data + d_key, data + weights,
            data + scores, data + transposed, steps, columns, static_cast<int>(row), places.total()};
  }

  std::size_t offset(int step, int column, int columns) const {
    return (static_cast<std::size_t>(step) * columns + column) * stride_;
  }

  void transpose(const S* h, int steps, int columns, int column, S* out, int row) const {
    for (int s = 0; s < row; ++s)
      for (int k = 0; k < hidden_; ++k)
        out[static_cast<std::size_t>(k) * row + s] = s < steps ? h[offset(s, column, columns) + k] : S(0);
  }

  // out[q][s] = x_q . h_s for Q rows x, s <= last: lanes are the states.
  template <int Q>
  HWY_ATTR void rows_times_states(const S* x, int x_stride, const Tape& t, int last, S* out) const {
    for_blocks<4>((last + L) / L, [&](int block, auto blocks) HWY_ATTR {
      constexpr int B = blocks.value;
      V acc[B][Q];
      for (int b = 0; b < B; ++b)
        for (int q = 0; q < Q; ++q) acc[b][q] = broadcast(S(0));
      multiply_accumulate(acc, t.transposed + block * L, t.row, x, 1, x_stride, hidden_);
      for (int b = 0; b < B; ++b)
        for (int q = 0; q < Q; ++q) store(acc[b][q], out + static_cast<std::size_t>(q) * t.row + (block + b) * L);
    });
  }

  // d[0 .. n): gradient of the weights a in, of the scores out; 0 beyond.
  static HWY_ATTR void softmax_backward(const S* a, S* d, int n, int padded) {
    for (int i = n; i < padded; ++i) d[i] = S(0);
    V dot = broadcast(S(0));
    for (int i = 0; i < n; i += L) dot = dot + load(a + i) * load(d + i);
    const V mean = broadcast(sum_of_lanes(dot));
    for (int i = 0; i < n; i += L) store(load(a + i) * (load(d + i) - mean), d + i);
  }

  // d_h_s += sum over the queries q of the run of weight[q][s] x_q.
  HWY_ATTR void states_from_queries(const S* x, const S* weight, const Run& run, int columns, int column,
                                    const Tape& t, S* d_h) const {
    for_columns<together>(run.end, [&](int state, auto group) HWY_ATTR {
      constexpr int N = group.value;
      const int from = std::max(run.begin, state);  // earlier queries do not see these states
      for_blocks<4>(stride_ / L, [&](int block, auto blocks) HWY_ATTR {
        constexpr int B = blocks.value;
        V acc[B][N];
        for (int b = 0; b < B; ++b)
          for (int n = 0; n < N; ++n) acc[b][n] = load(d_h + offset(state + n, column, columns) + (block + b) * L);
        multiply_accumulate(acc, x + offset(from, column, columns) + block * L, columns * stride_,
                            weight + static_cast<std::size_t>(from - run.begin) * t.row + state, t.row, 1,
                            run.end - from);
        for (int b = 0; b < B; ++b)
          for (int n = 0; n < N; ++n) store(acc[b][n], d_h + offset(state + n, column, columns) + (block + b) * L);
      });
    });
  }

  // d_h_q += sum over states s of d_score[q][s] h_s, for the queries of the run.
  HWY_ATTR void queries_from_states(const S* h, const Run& run, int columns, int column, const Tape& t, S* d_h) const {
    for_columns<together>(run.end - run.begin, [&](int from, auto group) HWY_ATTR {
      constexpr int Q = group.value;
      const int first = run.begin + from, last = first + Q - 1;
      for_blocks<4>(stride_ / L, [&](int block, auto blocks) HWY_ATTR {
        constexpr int B = blocks.value;
        V acc[B][Q];
        for (int b = 0; b < B; ++b)
          for (int q = 0; q < Q; ++q) acc[b][q] = load(d_h + offset(first + q, column, columns) + (block + b) * L);
        multiply_accumulate(acc, h + offset(0, column, columns) + block * L, columns * stride_, t.scores(first), 1,
                            t.row, last + 1);
        for (int b = 0; b < B; ++b)
          for (int q = 0; q < Q; ++q) store(acc[b][q], d_h + offset(first + q, column, columns) + (block + b) * L);
      });
    });
  }

  void project(const S* packed, int steps, int columns, const S* h, const Tape& t) const {
    const std::size_t all = static_cast<std::size_t>(steps) * columns;
    for (std::size_t i = 0; i < all; ++i) std::copy_n(packed + at_.bias, stride_, t.query + i * stride_);
    std::fill_n(t.key, all * stride_, S(0));
    project_.forward(packed + at_.query, h, stride_, t.query, stride_, static_cast<int>(all));
    project_.forward(packed + at_.key, h, stride_, t.key, stride_, static_cast<int>(all));
  }

  HWY_ATTR void additive_scores(const S* packed, const Tape& t, int q, int column) const {
    const int columns = t.columns;
    const S* query = t.query + offset(q, column, columns);
    for (int s = 0; s <= q; ++s) {
      const S* key = t.key + offset(s, column, columns);
      V sum = broadcast(S(0));
      for (int k = 0; k < stride_; k += L)
        sum = fma(load(packed + at_.energy + k), tanh(load(query + k) + load(key + k)), sum);
      t.weights(column, q)[s] = sum_of_lanes(sum);
    }
  }

  HWY_ATTR void additive_backward(const S* packed, const Tape& t, int q, int column, S* gradient) const {
    const int columns = t.columns;
    const S* query = t.query + offset(q, column, columns);
    S* d_query = t.d_query + offset(q, column, columns);
    for (int k = 0; k < stride_; k += L) {
      const V v = load(packed + at_.energy + k), at_query = load(query + k);
      V d_v = load(gradient + at_.d_energy + k), sum = broadcast(S(0));
      for (int s = 0; s <= q; ++s) {
        const std::size_t at = offset(s, column, columns) + k;
        const V squashed = tanh(at_query + load(t.key + at)), d = broadcast(t.scores(q)[s]);
        d_v = fma(d, squashed, d_v);
        const V d_in = d * v * tanh_slope(squashed);
        sum = sum + d_in;
        store(load(t.d_key + at) + d_in, t.d_key + at);
      }
      store(d_v, gradient + at_.d_energy + k);
      store(sum, d_query + k);
    }
  }

  struct At {
    std::size_t query = 0, key = 0, bias = 0, energy = 0, packed_size = 0;
    std::size_t d_query = 0, d_key = 0, d_bias = 0, d_energy = 0, gradient_size = 0;
  };

  const bool additive_;
  const int hidden_, stride_;
  const AttentionBlocks blocks_;
  const Linear<V> project_;
  At at_;
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench
HWY_AFTER_NAMESPACE();

#endif
