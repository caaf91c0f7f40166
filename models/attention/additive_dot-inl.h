// Attention of a query over the steps so far of a memory m, which is the hidden states of the top layer or the inputs:
//   a_ts = softmax over s <= t of score(h_t, m_s)      context_t = sum over s of a_ts m_s
//   dot          score = h_t . m_s                               (Luong, Pham & Manning 2015)
//   general      score = (W h_t) . m_s                           (same paper; its W_a is the transpose of W)
//   additive     score = v . tanh(W_q h_t + W_k m_s + b)         (Bahdanau, Cho & Bengio 2015)
//   feedforward  score = tanh(v . m_s + b)                       (Raffel & Ellis 2015; it has no query)
// Only the steps whose outputs count have queries. At the last step of a sequence, attention covers all of it.
#if defined(RNNBENCH_MODELS_ATTENTION_ADDITIVE_DOT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_ATTENTION_ADDITIVE_DOT_INL_H_
#undef RNNBENCH_MODELS_ATTENTION_ADDITIVE_DOT_INL_H_
#else
#define RNNBENCH_MODELS_ATTENTION_ADDITIVE_DOT_INL_H_
#endif

#include "models/attention/core-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

// The attention weights of one sequence, [steps][steps], from rows of `row` numbers.
template <class S>
Trace weights_trace(const std::string& name, const S* weights, int steps, int row) {
  Trace trace{name, steps, {}};
  for (int q = 0; q < steps; ++q)
    for (int s = 0; s < steps; ++s)
      trace.values.push_back(static_cast<float>(std::real(weights[static_cast<std::size_t>(q) * row + s])));
  return trace;
}

template <class V>
class SingleHead final : public Attention<ScalarOf<V>> {
  using S = ScalarOf<V>;
  using Core = AttentionCore<V>;
  using Table = typename Core::Table;
  static constexpr int L = PackTraits<V>::lanes;

 public:
  // Queries are hidden states with the features `states`.
  SingleHead(AttentionKind kind, const Features& states, const Features& memory, const AttentionBlocks& blocks)
      : kind_(kind),
        memory_(memory),
        blocks_(blocks),
        states_(states.real()),
        stride_(states.stride(L)),
        depth_(memory_.depth(L)),
        memory_stride_(memory_.stride(L)),
        // Of projected queries and keys.
        inner_(kind_ == AttentionKind::additive ? Features(states_) : memory_),
        inner_stride_(inner_.stride(L)),
        project_query_(inner_, states),
        project_key_(inner_, memory_) {
    Places packed, gradient;
    const bool queries = projects_query(), keys = kind_ == AttentionKind::additive, vectors = has_vectors();
    at_.query = packed.add(queries ? project_query_.packed_size() : 0);
    at_.key = packed.add(keys ? project_key_.packed_size() : 0);
    at_.bias = packed.add(vectors ? inner_stride_ : 0);
    at_.energy = packed.add(vectors ? inner_stride_ : 0);
    at_.packed_size = packed.total();
    at_.d_query = gradient.add(queries ? project_query_.gradient_size() : 0);
    at_.d_key = gradient.add(keys ? project_key_.gradient_size() : 0);
    at_.d_bias = gradient.add(vectors ? inner_stride_ : 0);
    at_.d_energy = gradient.add(vectors ? inner_stride_ : 0);
    at_.gradient_size = gradient.total();
  }

  Features context_features() const override { return memory_; }
  std::size_t packed_size() const override { return at_.packed_size; }
  std::size_t gradient_size() const override { return at_.gradient_size; }
  std::size_t tape_size(int steps, int columns) const override { return tape(nullptr, steps, columns).size; }
  S* context(S* data, int steps, int columns) const override { return tape(data, steps, columns).context; }
  S* d_context(S* data, int steps, int columns) const override { return tape(data, steps, columns).d_context; }

  void pack(const Parameters<S>& parameters, S* packed) const override {
    if (projects_query()) project_query_.pack(parameters.block(blocks_.query), packed + at_.query);
    if (kind_ == AttentionKind::additive) project_key_.pack(parameters.block(blocks_.key), packed + at_.key);
    if (!has_vectors()) return;
    std::fill_n(packed + at_.bias, inner_stride_, S(0));
    std::fill_n(packed + at_.energy, inner_stride_, S(0));
    const S *bias = parameters.block(blocks_.bias), *energy = parameters.block(blocks_.energy);
    for (int k = 0; k < inner_.depth(L); ++k) {
      const int real = inner_.real_of(k, L);
      if (real < 0) continue;
      packed[at_.energy + k] = energy[real];
      if (kind_ == AttentionKind::additive) packed[at_.bias + k] = bias[real];
    }
    if (kind_ == AttentionKind::feedforward) packed[at_.bias] = bias[0];
  }

  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient) const override {
    if (projects_query())
      project_query_.unpack_gradient(packed + at_.d_query, stride, tiles, gradient.block(blocks_.query));
    if (kind_ == AttentionKind::additive)
      project_key_.unpack_gradient(packed + at_.d_key, stride, tiles, gradient.block(blocks_.key));
    if (!has_vectors()) return;
    for (int k = 0; k < inner_.depth(L); ++k) {
      const int real = inner_.real_of(k, L);
      if (real < 0) continue;
      gradient.block(blocks_.energy)[real] = sum_of_tiles(packed + at_.d_energy + k, stride, tiles);
      if (kind_ == AttentionKind::additive)
        gradient.block(blocks_.bias)[real] = sum_of_tiles(packed + at_.d_bias + k, stride, tiles);
    }
    if (kind_ == AttentionKind::feedforward)
      gradient.block(blocks_.bias)[0] = sum_of_tiles(packed + at_.d_bias, stride, tiles);
  }

  void forward(const S* packed, int steps, int columns, const StepRanges& queries, const S* h, const S* memory,
               S* data) const override {
    const Tape t = tape(data, steps, columns);
    const int all = steps * columns;
    if (kind_ == AttentionKind::additive) {
      for (int i = 0; i < all; ++i) std::copy_n(packed + at_.bias, inner_stride_, t.query + i * inner_stride_);
      std::fill_n(t.key, static_cast<std::size_t>(all) * inner_stride_, S(0));
      project_query_.forward(packed + at_.query, h, stride_, t.query, inner_stride_, all);
      project_key_.forward(packed + at_.key, memory, memory_stride_, t.key, inner_stride_, all);
      make_factors(t.query, all, t.query_factor);
      make_factors(t.key, all, t.key_factor);
    } else if (kind_ == AttentionKind::general) {
      std::fill_n(t.query, static_cast<std::size_t>(all) * inner_stride_, S(0));
      project_query_.forward(packed + at_.query, h, stride_, t.query, inner_stride_, all);
    }
    for (int c = 0; c < columns; ++c) {
      const Column<const S> m = column_of(memory, c, columns, memory_stride_), q = queries_of(h, t, c);
      if (by_product()) Core::transpose(m, steps, depth_, t.transposed, t.row);
      if (kind_ == AttentionKind::feedforward) energies(packed, m, steps, t.energies(c));
      Core::for_queries(queries, [&](int first, auto group) HWY_ATTR {
        constexpr int Q = group.value;
        if (by_product()) {
          Core::template rows_times_steps<Q>(q, first, t.transposed, depth_, t.weights(c));
        } else {
          for (int i = first; i < first + Q; ++i) {
            if (kind_ == AttentionKind::additive)
              additive_scores(packed, t, i, c);
            else
              std::copy_n(t.energies(c), i + 1, t.weights(c).at(i));
          }
        }
        for (int i = first; i < first + Q; ++i) softmax<V>(t.weights(c).at(i), i + 1, t.row);
        Core::template contexts<Q>(m, t.weights(c), first, memory_stride_,
                                   column_of(t.context, c, columns, memory_stride_));
      });
    }
  }

  void backward(const S* packed, int steps, int columns, const StepRanges& queries, const S* h, const S* memory, S* d_h,
                S* d_memory, S* data, S* gradient) const override {
    const Tape t = tape(data, steps, columns);
    const std::size_t inner = static_cast<std::size_t>(steps) * columns * inner_stride_;
    if (projects_query()) std::fill_n(t.d_query, inner, S(0));
    if (kind_ == AttentionKind::additive) std::fill_n(t.d_key, inner, S(0));
    for (int c = 0; c < columns; ++c) {
      const Column<const S> m = column_of(memory, c, columns, memory_stride_), q = queries_of(h, t, c),
                            d_context = column_of<const S>(t.d_context, c, columns, memory_stride_);
      const Column<S> d_m = d_memory ? column_of(d_memory, c, columns, memory_stride_) : Column<S>();
      Core::transpose(m, steps, depth_, t.transposed, t.row);
      Core::scores_backward(d_context, t.transposed, depth_, queries, t.weights(c), t.scores());
      if (kind_ == AttentionKind::feedforward) std::fill_n(t.d_energies, steps, S(0));
      for (const StepRange& run : queries) {
        if (d_memory) Core::steps_from_queries(d_context, t.weights(c), run, memory_stride_, d_m);
        if (by_product()) {
          if (d_memory) Core::steps_from_queries(q, t.scores(), run, memory_stride_, d_m);
          Core::queries_from_steps(m, t.scores(), run, memory_stride_,
                                   kind_ == AttentionKind::dot ? column_of(d_h, c, columns, stride_)
                                                               : column_of(t.d_query, c, columns, inner_stride_));
        } else {
          for (int i = run.begin; i < run.end; ++i) {
            if (kind_ == AttentionKind::additive)
              additive_backward(packed, t, i, c, gradient);
            else
              for (int s = 0; s <= i; ++s) t.d_energies[s] += t.scores().at(i)[s];
          }
        }
      }
      if (kind_ == AttentionKind::feedforward)
        energies_backward(packed, m, steps, t.energies(c), t.d_energies, d_m, gradient);
    }
    if (!projects_query()) return;
    project_query_.backward(packed + at_.query, t.d_query, inner_stride_, d_h, stride_, steps * columns);
    if (kind_ == AttentionKind::additive && d_memory)
      project_key_.backward(packed + at_.key, t.d_key, inner_stride_, d_memory, memory_stride_, steps * columns);
    project_query_.accumulate(t.d_query, inner_stride_, h, stride_, 0, steps, columns, gradient + at_.d_query);
    if (kind_ != AttentionKind::additive) return;
    project_key_.accumulate(t.d_key, inner_stride_, memory, memory_stride_, 0, steps, columns, gradient + at_.d_key);
    accumulate_columns<V>(t.d_query, inner_stride_, inner_stride_, 0, steps, columns, gradient + at_.d_bias);
  }

  std::vector<Trace> trace(const S* data, int steps, int columns, int column) const override {
    const Tape t = tape(const_cast<S*>(data), steps, columns);
    return {weights_trace("attention", t.weights(column).data, steps, t.row)};
  }

 private:
  bool projects_query() const { return kind_ == AttentionKind::additive || kind_ == AttentionKind::general; }
  bool by_product() const { return kind_ == AttentionKind::dot || kind_ == AttentionKind::general; }
  bool has_vectors() const { return kind_ == AttentionKind::additive || kind_ == AttentionKind::feedforward; }

  struct Tape {
    S *context = nullptr, *d_context = nullptr;        // [steps][columns][memory stride]
    S *query = nullptr, *key = nullptr;                // projections: [steps][columns][inner stride]
    S *query_factor = nullptr, *key_factor = nullptr;  // see make_factors(); the same size
    S *d_query = nullptr, *d_key = nullptr;
    S* weights_ = nullptr;                          // [columns][steps][row], attention weights
    S* scores_ = nullptr;                           // [steps][row], gradient of the scores of one sequence
    S* transposed = nullptr;                        // [memory][row] of one sequence
    S *energies_ = nullptr, *d_energies = nullptr;  // [columns][row], [row]
    int steps = 0, columns = 0, row = 0;            // row: steps rounded up to the lanes
    std::size_t size = 0;
    Table weights(int column) const { return {weights_ + static_cast<std::size_t>(column) * steps * row, row}; }
    Table scores() const { return {scores_, row}; }
    S* energies(int column) const { return energies_ + static_cast<std::size_t>(column) * row; }
  };

  Tape tape(S* data, int steps, int columns) const {
    const std::size_t all = static_cast<std::size_t>(steps) * columns, row = round_up(steps, L);
    const std::size_t inner = projects_query() ? all * inner_stride_ : 0,
                      keys = kind_ == AttentionKind::additive ? inner : 0;
    const bool energy = kind_ == AttentionKind::feedforward;
    Tape t;
    std::vector<std::pair<S**, std::size_t>> arrays{{&t.context, all * memory_stride_},
                                                    {&t.d_context, all * memory_stride_},
                                                    {&t.query, inner},
                                                    {&t.key, keys},
                                                    {&t.query_factor, keys},
                                                    {&t.key_factor, keys},
                                                    {&t.d_query, inner},
                                                    {&t.d_key, keys},
                                                    {&t.weights_, columns * steps * row},
                                                    {&t.scores_, steps * row},
                                                    {&t.transposed, memory_stride_ * row},
                                                    {&t.energies_, energy ? columns * row : 0},
                                                    {&t.d_energies, energy ? row : 0}};
    Places places;
    for (const auto& [array, count] : arrays) {
      const std::size_t at = places.add(count);
      if (data != nullptr) *array = data + at;
    }
    t.steps = steps;
    t.columns = columns;
    t.row = static_cast<int>(row);
    t.size = places.total();
    return t;
  }

  template <class T>
  static Column<T> column_of(T* data, int column, int columns, int stride) {
    return {data + static_cast<std::ptrdiff_t>(column) * stride, static_cast<std::ptrdiff_t>(columns) * stride};
  }
  Column<const S> queries_of(const S* h, const Tape& t, int column) const {
    if (kind_ == AttentionKind::dot) return column_of(h, column, t.columns, stride_);
    return column_of<const S>(t.query, column, t.columns, inner_stride_);
  }

  // tanh(x + y) = 1 - 2 / (e^2x e^2y + 1). The factors e^2x and e^2y are computed once for each query and each key, so
  // that a pair of them costs a division instead of a tanh. If a number of a query or key is so large that a product of
  // factors could overflow, its first factor is 0, and its pairs are computed directly.
  HWY_ATTR void make_factors(const S* x, int count, S* factors) const {
    for (int i = 0; i < count; ++i, x += inner_stride_, factors += inner_stride_) {
      V largest = constant<V>(0);
      for (int k = 0; k < inner_stride_; k += L) {
        const V value = load(x + k);
        largest = greater(largest, greater(value, constant<V>(0) - value));
        store(exp(value + value), factors + k);
      }
      if (!(real_part(largest_lane(largest)) <= 20)) factors[0] = S(0);
    }
  }
  // tanh of query plus key, [inner]; `factored`: neither is too large for its factors.
  static bool factored(const S* query_factor, const S* key_factor) {
    return query_factor[0] != S(0) && key_factor[0] != S(0);
  }
  static HWY_INLINE V tanh_of_factors(V query_factor, V key_factor) {
    return fma(constant<V>(-2), constant<V>(1) / fma(query_factor, key_factor, constant<V>(1)), constant<V>(1));
  }

  HWY_ATTR void additive_scores(const S* packed, const Tape& t, int q, int column) const {
    const S* query = column_of(t.query, column, t.columns, inner_stride_).at(q);
    const S* query_factor = column_of(t.query_factor, column, t.columns, inner_stride_).at(q);
    const Column<S> keys = column_of(t.key, column, t.columns, inner_stride_),
                    key_factors = column_of(t.key_factor, column, t.columns, inner_stride_);
    const S* energy = packed + at_.energy;
    S* scores = t.weights(column).at(q);
    for (int s = 0; s <= q; ++s) {
      const S *key = keys.at(s), *key_factor = key_factors.at(s);
      V sum = constant<V>(0);
      if (factored(query_factor, key_factor))
        for (int k = 0; k < inner_stride_; k += L)
          sum = fma(load(energy + k), tanh_of_factors(load(query_factor + k), load(key_factor + k)), sum);
      else
        for (int k = 0; k < inner_stride_; k += L)
          sum = fma(load(energy + k), tanh(load(query + k) + load(key + k)), sum);
      scores[s] = sum_of_lanes(sum);
    }
  }

  HWY_ATTR void additive_backward(const S* packed, const Tape& t, int q, int column, S* gradient) const {
    const S* query = column_of(t.query, column, t.columns, inner_stride_).at(q);
    const S* query_factor = column_of(t.query_factor, column, t.columns, inner_stride_).at(q);
    S* d_query = column_of(t.d_query, column, t.columns, inner_stride_).at(q);
    const Column<S> keys = column_of(t.key, column, t.columns, inner_stride_),
                    key_factors = column_of(t.key_factor, column, t.columns, inner_stride_),
                    d_keys = column_of(t.d_key, column, t.columns, inner_stride_);
    const S* d_scores = t.scores().at(q);
    for (int k = 0; k < inner_stride_; k += L) {
      const V v = load(packed + at_.energy + k), at_query = load(query + k), factor = load(query_factor + k);
      V d_v = load(gradient + at_.d_energy + k), sum = broadcast(S(0));
      for (int s = 0; s <= q; ++s) {
        const S* key_factor = key_factors.at(s);
        const V d = broadcast(d_scores[s]), squashed = factored(query_factor, key_factor)
                                                           ? tanh_of_factors(factor, load(key_factor + k))
                                                           : tanh(at_query + load(keys.at(s) + k));
        d_v = fma(d, squashed, d_v);
        const V d_in = d * v * tanh_slope(squashed);
        sum = sum + d_in;
        store(load(d_keys.at(s) + k) + d_in, d_keys.at(s) + k);
      }
      store(d_v, gradient + at_.d_energy + k);
      store(sum, d_query + k);
    }
  }

  // out[s] = tanh(v . m_s + b) for all steps s.
  HWY_ATTR void energies(const S* packed, const Column<const S>& m, int steps, S* out) const {
    for (int s = 0; s < steps; ++s) {
      V sum = broadcast(S(0));
      for (int k = 0; k < memory_stride_; k += L) sum = fma(load(packed + at_.energy + k), load(m.at(s) + k), sum);
      out[s] = sum_of_lanes(sum) + packed[at_.bias];
    }
    for (int s = steps; s < static_cast<int>(round_up(steps, L)); ++s) out[s] = S(0);
    for (int s = 0; s < steps; s += L) store(tanh(load(out + s)), out + s);
  }
  HWY_ATTR void energies_backward(const S* packed, const Column<const S>& m, int steps, const S* e, const S* d_e,
                                  const Column<S>& d_m, S* gradient) const {
    for (int s = steps - 1; s >= 0; --s) {
      const S d = d_e[s] * (S(1) - e[s] * e[s]);
      gradient[at_.d_bias] += d;
      for (int k = 0; k < memory_stride_; k += L) {
        S* d_energy = gradient + at_.d_energy + k;
        store(fma(broadcast(d), load(m.at(s) + k), load(d_energy)), d_energy);
        if (d_m.data != nullptr)
          store(fma(broadcast(d), load(packed + at_.energy + k), load(d_m.at(s) + k)), d_m.at(s) + k);
      }
    }
  }

  struct At {
    std::size_t query = 0, key = 0, bias = 0, energy = 0, packed_size = 0;
    std::size_t d_query = 0, d_key = 0, d_bias = 0, d_energy = 0, gradient_size = 0;
  };

  const AttentionKind kind_;
  const Features memory_;
  const AttentionBlocks blocks_;
  const int states_, stride_, depth_, memory_stride_;
  const Features inner_;
  const int inner_stride_;
  const Linear<V> project_query_, project_key_;
  At at_;
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
