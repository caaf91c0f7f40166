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

#include "models/attention/additive-inl.h"

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
        project_key_(inner_, memory_),
        query_(projects_query() ? regions_.add_part(project_query_) : Region()),
        key_(kind_ == AttentionKind::additive ? regions_.add_part(project_key_) : Region()),
        bias_(has_vectors() ? regions_.add_array(inner_stride_) : Region()),
        energy_(has_vectors() ? regions_.add_array(inner_stride_) : Region()),
        zeros_(regions_.add(inner_stride_, 0)) {}

  Features context_features() const override { return memory_; }
  std::size_t packed_size() const override { return regions_.packed_size(); }
  std::size_t gradient_size() const override { return regions_.gradient_size(); }
  std::size_t tape_size(int steps, int columns) const override { return tape(nullptr, steps, columns).size; }
  S* context(S* data, int steps, int columns) const override { return tape(data, steps, columns).context; }
  S* d_context(S* data, int steps, int columns) const override { return tape(data, steps, columns).d_context; }

  void pack(const Parameters<S>& parameters, S* packed) const override {
    if (projects_query()) project_query_.pack(parameters.block(blocks_.query), packed + query_.weights);
    if (kind_ == AttentionKind::additive) project_key_.pack(parameters.block(blocks_.key), packed + key_.weights);
    std::fill_n(packed + zeros_.weights, inner_stride_, S(0));
    if (!has_vectors()) return;
    std::fill_n(packed + bias_.weights, inner_stride_, S(0));
    std::fill_n(packed + energy_.weights, inner_stride_, S(0));
    const S *bias = parameters.block(blocks_.bias), *energy = parameters.block(blocks_.energy);
    for (int k = 0; k < inner_.depth(L); ++k) {
      const int real = inner_.real_of(k, L);
      if (real < 0) continue;
      packed[energy_.weights + k] = energy[real];
      if (kind_ == AttentionKind::additive) packed[bias_.weights + k] = bias[real];
    }
    if (kind_ == AttentionKind::feedforward) packed[bias_.weights] = bias[0];
  }

  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient) const override {
    if (projects_query())
      project_query_.unpack_gradient(packed + query_.gradient, stride, tiles, gradient.block(blocks_.query));
    if (kind_ == AttentionKind::additive)
      project_key_.unpack_gradient(packed + key_.gradient, stride, tiles, gradient.block(blocks_.key));
    if (!has_vectors()) return;
    for (int k = 0; k < inner_.depth(L); ++k) {
      const int real = inner_.real_of(k, L);
      if (real < 0) continue;
      gradient.block(blocks_.energy)[real] = sum_of_tiles(packed + energy_.gradient + k, stride, tiles);
      if (kind_ == AttentionKind::additive)
        gradient.block(blocks_.bias)[real] = sum_of_tiles(packed + bias_.gradient + k, stride, tiles);
    }
    if (kind_ == AttentionKind::feedforward)
      gradient.block(blocks_.bias)[0] = sum_of_tiles(packed + bias_.gradient, stride, tiles);
  }

  void forward(const AttentionTile<S>& tile) const override {
    const int steps = tile.steps, columns = tile.columns;
    const S* const packed = tile.packed;
    const Tape t = tape(tile.tape, steps, columns);
    const int all = steps * columns;
    const S* bias = packed + (kind_ == AttentionKind::additive ? bias_ : zeros_).weights;
    if (projects_query())
      project_query_.forward(packed + query_.weights, tile.x, stride_, t.query, inner_stride_, all, bias);
    if (kind_ == AttentionKind::additive)
      project_key_.forward(packed + key_.weights, tile.memory, memory_stride_, t.key, inner_stride_, all,
                           packed + zeros_.weights);
    for (int c = 0; c < columns; ++c) {
      const Column<const S> q = queries_of(tile.x, t, c),
                            m = Core::gather(column_of(tile.memory, c, columns, memory_stride_), steps, memory_stride_,
                                             t.memory);
      if (by_product()) Core::transpose(m, steps, depth_, t.transposed, t.row);
      if (kind_ == AttentionKind::feedforward) energies(packed, m, steps, t.energies(c));
      if (kind_ == AttentionKind::additive) {
        t.exponential[c] = additive(packed).prepare(inner_column(t.query, t, c), inner_column(t.key, t, c), steps);
        Core::transpose({t.key + c * inner_stride_, t.columns * inner_stride_}, steps, inner_.depth(L), t.transposed,
                        t.row);
      }
      Core::for_queries(tile.queries, [&](int first, int count) {
        if (by_product()) {
          Core::rows_times_steps(q, first, count, t.transposed, depth_, t.weights(c));
        } else {
          for (int i = first; i < first + count; ++i) {
            if (kind_ == AttentionKind::additive)
              additive(packed).forward(t.exponential[c], q.at(i), i, t.transposed, t.row, t.weights(c).at(i));
            else
              std::copy_n(t.energies(c), i + 1, t.weights(c).at(i));
          }
        }
        for (int i = first; i < first + count; ++i) softmax<V>(t.weights(c).at(i), i + 1, t.row);
        Core::contexts(m, t.weights(c), first, count, memory_stride_, column_of(t.context, c, columns, memory_stride_));
      });
    }
  }

  void backward(const AttentionTile<S>& tile, const AttentionGradients<S>& d) const override {
    const int steps = tile.steps, columns = tile.columns;
    const S* const packed = tile.packed;
    const Tape t = tape(tile.tape, steps, columns);
    const std::size_t inner = static_cast<std::size_t>(steps) * columns * inner_stride_;
    if (projects_query()) std::fill_n(t.d_query, inner, S(0));
    for (int c = 0; c < columns; ++c) {
      const Column<const S> m = Core::gather(column_of(tile.memory, c, columns, memory_stride_), steps, memory_stride_,
                                             t.memory),
                            d_context = Core::gather(column_of<const S>(t.d_context, c, columns, memory_stride_), steps,
                                                     memory_stride_, t.d_contexts);
      Column<const S> q;
      if (by_product()) q = Core::gather(queries_of(tile.x, t, c), steps, memory_stride_, t.gathered);
      const Column<S> d_m = d.memory ? column_of(d.memory, c, columns, memory_stride_) : Column<S>();
      Core::transpose(m, steps, depth_, t.transposed, t.row);
      Core::scores_backward(d_context, t.transposed, depth_, tile.queries, t.weights(c), t.scores());
      if (kind_ == AttentionKind::feedforward) std::fill_n(t.d_energies, steps, S(0));
      if (kind_ == AttentionKind::additive) additive_backward(packed, t, tile.queries, c, d.packed + energy_.gradient);
      for (const StepRange& run : tile.queries) {
        if (d.memory) Core::steps_from_queries(d_context, t.weights(c), run, memory_stride_, d_m);
        if (by_product()) {
          if (d.memory) Core::steps_from_queries(q, t.scores(), run, memory_stride_, d_m);
          Core::queries_from_steps(m, t.scores(), run, memory_stride_,
                                   kind_ == AttentionKind::dot ? column_of(d.x, c, columns, stride_)
                                                               : column_of(t.d_query, c, columns, inner_stride_));
        } else if (kind_ == AttentionKind::feedforward) {
          for (int i = run.begin; i < run.end; ++i)
            for (int s = 0; s <= i; ++s) t.d_energies[s] += t.scores().at(i)[s];
        }
      }
      if (kind_ == AttentionKind::feedforward)
        energies_backward(packed, m, steps, t.energies(c), t.d_energies, d_m, d.packed);
    }
    if (!projects_query()) return;
    project_query_.backward(packed + query_.weights, t.d_query, inner_stride_, d.x, stride_, steps * columns);
    if (kind_ == AttentionKind::additive && d.memory)
      project_key_.backward(packed + key_.weights, t.d_key, inner_stride_, d.memory, memory_stride_, steps * columns);
    project_query_.accumulate(t.d_query, inner_stride_, tile.x, stride_, 0, steps, columns, d.packed + query_.gradient);
    if (kind_ != AttentionKind::additive) return;
    project_key_.accumulate(t.d_key, inner_stride_, tile.memory, memory_stride_, 0, steps, columns,
                            d.packed + key_.gradient);
    accumulate_columns<V>(t.d_query, inner_stride_, inner_stride_, 0, steps, columns, d.packed + bias_.gradient);
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
    S *context = nullptr, *d_context = nullptr;     // [steps][columns][memory stride]
    S *query = nullptr, *key = nullptr;             // projections: [steps][columns][inner stride]
    S *d_query = nullptr, *d_key = nullptr;         // the same size
    S* exponential = nullptr;                       // [columns]: see AdditiveScores
    S* weights_ = nullptr;                          // [columns][steps][row], attention weights
    S *energies_ = nullptr, *d_energies = nullptr;  // [columns][row], [row]
    // Of one sequence.
    S* scores_ = nullptr;                        // [steps][row], gradient of the scores
    S* transposed = nullptr;                     // [memory or keys][row]
    S *memory = nullptr, *d_contexts = nullptr;  // [steps][memory stride]
    S *gathered = nullptr, *d_keys = nullptr;    // [steps][inner stride]: queries or keys; gradient of keys
    int steps = 0, columns = 0, row = 0;         // row: steps rounded up to the lanes
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
                                                    {&t.d_query, inner},
                                                    {&t.d_key, keys},
                                                    {&t.exponential, columns},
                                                    {&t.weights_, all * row},
                                                    {&t.energies_, energy ? columns * row : 0},
                                                    {&t.d_energies, energy ? row : 0},
                                                    {&t.scores_, steps * row},
                                                    {&t.transposed, std::max(memory_stride_, inner_stride_) * row},
                                                    {&t.memory, steps * memory_stride_},
                                                    {&t.d_contexts, steps * memory_stride_},
                                                    {&t.gathered, steps * inner_stride_},
                                                    {&t.d_keys, steps * inner_stride_}};
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

  Column<S> inner_column(S* data, const Tape& t, int column) const {
    return column_of(data, column, t.columns, inner_stride_);
  }

  AdditiveScores<V> additive(const S* packed) const {
    return {packed + energy_.weights, inner_.depth(L), inner_stride_};
  }

  // From the gradient of the scores of one sequence: those of its queries and keys. Adds to that of v.
  void additive_backward(const S* packed, const Tape& t, const StepRanges& queries, int column, S* d_energy) const {
    const AdditiveScores<V> scores = additive(packed);
    const Column<S> query = inner_column(t.query, t, column), key = inner_column(t.key, t, column),
                    d_query = inner_column(t.d_query, t, column), d_key = inner_column(t.d_key, t, column);
    const Column<const S> keys = Core::gather({key.data, key.step}, t.steps, inner_stride_, t.gathered);
    std::fill_n(t.d_keys, static_cast<std::size_t>(t.steps) * inner_stride_, S(0));
    for (const StepRange& run : queries)
      for (int i = run.begin; i < run.end; ++i)
        scores.backward(t.exponential[column], query.at(i), i, keys.data, t.scores().at(i), d_query.at(i), t.d_keys,
                        d_energy);
    for (int s = 0; s < t.steps; ++s)
      scores.scale(t.d_keys + static_cast<std::ptrdiff_t>(s) * inner_stride_, d_key.at(s));
  }

  // out[s] = tanh(v . m_s + b) for all steps s.
  HWY_ATTR void energies(const S* packed, const Column<const S>& m, int steps, S* out) const {
    for (int s = 0; s < steps; ++s) {
      V sum = broadcast(S(0));
      for (int k = 0; k < memory_stride_; k += L) sum = fma(load(packed + energy_.weights + k), load(m.at(s) + k), sum);
      out[s] = sum_of_lanes(sum) + packed[bias_.weights];
    }
    for (int s = steps; s < static_cast<int>(round_up(steps, L)); ++s) out[s] = S(0);
    for (int s = 0; s < steps; s += L) store(tanh(load(out + s)), out + s);
  }
  HWY_ATTR void energies_backward(const S* packed, const Column<const S>& m, int steps, const S* e, const S* d_e,
                                  const Column<S>& d_m, S* gradient) const {
    for (int s = steps - 1; s >= 0; --s) {
      const S d = d_e[s] * (S(1) - e[s] * e[s]);
      gradient[bias_.gradient] += d;
      for (int k = 0; k < memory_stride_; k += L) {
        S* d_energy = gradient + energy_.gradient + k;
        store(fma(broadcast(d), load(m.at(s) + k), load(d_energy)), d_energy);
        if (d_m.data != nullptr)
          store(fma(broadcast(d), load(packed + energy_.weights + k), load(d_m.at(s) + k)), d_m.at(s) + k);
      }
    }
  }

  const AttentionKind kind_;
  const Features memory_;
  const AttentionBlocks blocks_;
  const int states_, stride_, depth_, memory_stride_;
  const Features inner_;
  const int inner_stride_;
  const Linear<V> project_query_, project_key_;
  Regions regions_;
  const Region query_, key_, bias_, energy_, zeros_;
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
