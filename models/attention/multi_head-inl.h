// Multi-head attention over the steps so far (Vaswani et al. 2017), as PyTorch's nn.MultiheadAttention:
//   q = (W_q x + b_q) / sqrt(d), k = W_k m + b_k, v = W_v m + b_v, split into heads of size d
//   head = sum over s <= t of softmax(q_t . k_s) v_s        context = W_o [heads] + b_o
// The numbers of a head begin at a multiple of the lanes.
#if defined(RNNBENCH_MODELS_ATTENTION_MULTI_HEAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RNNBENCH_MODELS_ATTENTION_MULTI_HEAD_INL_H_
#undef RNNBENCH_MODELS_ATTENTION_MULTI_HEAD_INL_H_
#else
#define RNNBENCH_MODELS_ATTENTION_MULTI_HEAD_INL_H_
#endif

#include <cmath>

#include "models/attention/additive_dot-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rnnbench::models {
namespace HWY_NAMESPACE {

template <class V>
class MultiHead final : public Attention<ScalarOf<V>> {
  using S = ScalarOf<V>;
  using Core = AttentionCore<V>;
  using Table = typename Core::Table;
  static constexpr int L = PackTraits<V>::lanes;

 public:
  // size: of queries, keys, values and context, a multiple of `heads`. x, m: features of queries and memory.
  MultiHead(int size, int heads, const Features& x, const Features& m, const AttentionBlocks& blocks)
      : size_(size),
        heads_(heads),
        head_size_(size / heads),
        head_stride_(static_cast<int>(round_up(head_size_, L))),
        x_size_(x.real()),
        split_(std::vector<int>(heads, head_size_)),
        stride_(split_.stride(L)),
        x_stride_(x.stride(L)),
        m_stride_(m.stride(L)),
        out_stride_(Features(size).stride(L)),
        scale_(S(1) / std::sqrt(S(static_cast<float>(head_size_)))),
        blocks_(blocks),
        of_query_(split_, x),
        of_memory_(split_, m),
        of_joined_(Features(size), split_),
        query_(regions_.add_part(of_query_)),
        key_(regions_.add_part(of_memory_)),
        value_(regions_.add_part(of_memory_)),
        out_(regions_.add_part(of_joined_)),
        bias_(regions_.add_array(3 * stride_)),
        out_bias_(regions_.add_array(out_stride_)) {}

  Features context_features() const override { return Features(size_); }
  std::size_t packed_size() const override { return regions_.packed_size(); }
  std::size_t gradient_size() const override { return regions_.gradient_size(); }
  std::size_t tape_size(int steps, int columns) const override { return tape(nullptr, steps, columns).size; }
  S* context(S* data, int steps, int columns) const override { return tape(data, steps, columns).context; }
  S* d_context(S* data, int steps, int columns) const override { return tape(data, steps, columns).d_context; }

  void pack(const Parameters<S>& parameters, S* packed) const override {
    of_query_.pack(parameters.block(blocks_.query), packed + query_.weights);
    of_memory_.pack(parameters.block(blocks_.key) + numbers_before(1), packed + key_.weights);
    of_memory_.pack(parameters.block(blocks_.value) + numbers_before(2), packed + value_.weights);
    of_joined_.pack(parameters.block(blocks_.out), packed + out_.weights);
    const S *bias = parameters.block(blocks_.bias), *out_bias = parameters.block(blocks_.out_bias);
    for (int part = 0; part < 3; ++part)
      for (int i = 0; i < stride_; ++i) {
        const int real = split_.real_of(i, L);
        packed[bias_.weights + part * stride_ + i] = real >= 0 ? bias[part * size_ + real] : S(0);
      }
    std::fill_n(packed + out_bias_.weights, out_stride_, S(0));
    std::copy_n(out_bias, size_, packed + out_bias_.weights);
  }

  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient) const override {
    of_query_.unpack_gradient(packed + query_.gradient, stride, tiles, gradient.block(blocks_.query));
    of_memory_.unpack_gradient(packed + key_.gradient, stride, tiles, gradient.block(blocks_.key) + numbers_before(1));
    of_memory_.unpack_gradient(packed + value_.gradient, stride, tiles,
                               gradient.block(blocks_.value) + numbers_before(2));
    of_joined_.unpack_gradient(packed + out_.gradient, stride, tiles, gradient.block(blocks_.out));
    for (int part = 0; part < 3; ++part)
      for (int i = 0; i < stride_; ++i)
        if (const int real = split_.real_of(i, L); real >= 0)
          gradient.block(blocks_.bias)[part * size_ + real] =
              sum_of_tiles(packed + bias_.gradient + part * stride_ + i, stride, tiles);
    for (int i = 0; i < size_; ++i)
      gradient.block(blocks_.out_bias)[i] = sum_of_tiles(packed + out_bias_.gradient + i, stride, tiles);
  }

  void forward(const AttentionTile<S>& tile) const override {
    const int steps = tile.steps, columns = tile.columns;
    const S* const packed = tile.packed;
    const Tape t = tape(tile.tape, steps, columns);
    const int all = steps * columns;
    of_query_.forward(packed + query_.weights, tile.x, x_stride_, t.query, stride_, all, packed + bias_.weights);
    for (std::size_t i = 0; i < static_cast<std::size_t>(all) * stride_; ++i) t.query[i] *= scale_;
    of_memory_.forward(packed + key_.weights, tile.memory, m_stride_, t.key, stride_, all,
                       packed + bias_.weights + stride_);
    of_memory_.forward(packed + value_.weights, tile.memory, m_stride_, t.value, stride_, all,
                       packed + bias_.weights + 2 * stride_);
    for (int c = 0; c < columns; ++c)
      for (int head = 0; head < heads_; ++head) {
        const Table weights = t.weights(c * heads_ + head);
        const Column<const S> q = part<const S>(t.query, c, head, columns),
                              v = Core::gather(part<const S>(t.value, c, head, columns), steps, head_stride_, t.values);
        Core::transpose(part<const S>(t.key, c, head, columns), steps, head_size_, t.transposed, t.row);
        Core::for_queries(tile.queries, [&](int first, int count) {
          Core::rows_times_steps(q, first, count, t.transposed, head_size_, weights);
          for (int i = first; i < first + count; ++i) softmax<V>(weights.at(i), i + 1, t.row);
          Core::contexts(v, weights, first, count, head_stride_, part(t.joined, c, head, columns));
        });
      }
    for (const StepRange& run : tile.queries) {
      const std::size_t first = static_cast<std::size_t>(run.begin) * columns;
      of_joined_.forward(packed + out_.weights, t.joined + first * stride_, stride_, t.context + first * out_stride_,
                         out_stride_, (run.end - run.begin) * columns, packed + out_bias_.weights);
    }
  }

  void backward(const AttentionTile<S>& tile, const AttentionGradients<S>& d) const override {
    const int steps = tile.steps, columns = tile.columns;
    const S* const packed = tile.packed;
    const Tape t = tape(tile.tape, steps, columns);
    const int all = steps * columns;
    const std::size_t numbers = static_cast<std::size_t>(all) * stride_;
    for (S* array : {t.d_joined, t.d_query, t.d_key, t.d_value}) std::fill_n(array, numbers, S(0));
    for (auto run = tile.queries.rbegin(); run != tile.queries.rend(); ++run) {  // the last step first
      const std::size_t first = static_cast<std::size_t>(run->begin) * columns;
      of_joined_.backward(packed + out_.weights, t.d_context + first * out_stride_, out_stride_,
                          t.d_joined + first * stride_, stride_, (run->end - run->begin) * columns);
      of_joined_.accumulate(t.d_context, out_stride_, t.joined, stride_, run->begin, run->end, columns,
                            d.packed + out_.gradient);
      accumulate_columns<V>(t.d_context, out_stride_, out_stride_, run->begin, run->end, columns,
                            d.packed + out_bias_.gradient);
    }
    for (int c = 0; c < columns; ++c)
      for (int head = 0; head < heads_; ++head) {
        const Table weights = t.weights(c * heads_ + head), d_scores{t.scores, t.row};
        const auto gather = [&](const S* data, S* out) {
          return Core::gather(part(data, c, head, columns), steps, head_stride_, out);
        };
        const Column<const S> d_joined = gather(t.d_joined, t.values), queries_at = gather(t.query, t.queries),
                              keys_at = gather(t.key, t.keys);
        Core::transpose(part<const S>(t.value, c, head, columns), steps, head_size_, t.transposed, t.row);
        Core::scores_backward(d_joined, t.transposed, head_size_, tile.queries, weights, d_scores);
        for (const StepRange& run : tile.queries) {
          Core::steps_from_queries(d_joined, weights, run, head_stride_, part(t.d_value, c, head, columns));
          Core::steps_from_queries(queries_at, d_scores, run, head_stride_, part(t.d_key, c, head, columns));
          Core::queries_from_steps(keys_at, d_scores, run, head_stride_, part(t.d_query, c, head, columns));
        }
      }
    for (std::size_t i = 0; i < numbers; ++i) t.d_query[i] *= scale_;
    const auto accumulate_bias = [&](int part, const S* d_part) {
      accumulate_columns<V>(d_part, stride_, stride_, 0, steps, columns, d.packed + bias_.gradient + part * stride_);
    };
    of_query_.backward(packed + query_.weights, t.d_query, stride_, d.x, x_stride_, all);
    of_query_.accumulate(t.d_query, stride_, tile.x, x_stride_, 0, steps, columns, d.packed + query_.gradient);
    accumulate_bias(0, t.d_query);
    const auto memory_backward = [&](int part, const Region& region, const S* d_part) {
      if (d.memory) of_memory_.backward(packed + region.weights, d_part, stride_, d.memory, m_stride_, all);
      of_memory_.accumulate(d_part, stride_, tile.memory, m_stride_, 0, steps, columns, d.packed + region.gradient);
      accumulate_bias(part, d_part);
    };
    memory_backward(1, key_, t.d_key);
    memory_backward(2, value_, t.d_value);
  }

  std::vector<Trace> trace(const S* data, int steps, int columns, int column) const override {
    const Tape t = tape(const_cast<S*>(data), steps, columns);
    std::vector<Trace> traces;
    for (int head = 0; head < heads_; ++head)
      traces.push_back(weights_trace(heads_ == 1 ? "attention" : "attention head " + std::to_string(head + 1),
                                     t.weights(column * heads_ + head).data, steps, t.row));
    return traces;
  }

 private:
  struct Tape {
    S *context = nullptr, *d_context = nullptr;                               // [steps][columns][out stride]
    S *query = nullptr, *key = nullptr, *value = nullptr, *joined = nullptr;  // [steps][columns][stride]
    S *d_query = nullptr, *d_key = nullptr, *d_value = nullptr, *d_joined = nullptr;
    S* weights_ = nullptr;                                     // [columns][heads][steps][row]
    S *scores = nullptr, *transposed = nullptr;                // of one head: [steps][row], [head][row]
    S *queries = nullptr, *keys = nullptr, *values = nullptr;  // of one head: [steps][head stride]
    int steps = 0, row = 0;
    std::size_t size = 0;
    Table weights(int number) const { return {weights_ + static_cast<std::size_t>(number) * steps * row, row}; }
  };
  Tape tape(S* data, int steps, int columns) const {
    const std::size_t all = static_cast<std::size_t>(steps) * columns, row = round_up(steps, L);
    Tape t;
    Places places;
    const auto place = [&](S*& array, std::size_t count) {
      const std::size_t at = places.add(count);
      if (data != nullptr) array = data + at;
    };
    place(t.context, all * out_stride_), place(t.d_context, all * out_stride_);
    for (S** array : {&t.query, &t.key, &t.value, &t.joined, &t.d_query, &t.d_key, &t.d_value, &t.d_joined})
      place(*array, all * stride_);
    place(t.weights_, static_cast<std::size_t>(columns) * heads_ * steps * row);
    place(t.scores, steps * row), place(t.transposed, head_stride_ * row);
    for (S** array : {&t.queries, &t.keys, &t.values}) place(*array, static_cast<std::size_t>(steps) * head_stride_);
    t.steps = steps;
    t.row = static_cast<int>(row);
    t.size = places.total();
    return t;
  }
  // Numbers of the matrix before the rows of a part: as in PyTorch, queries, keys and values share one matrix when
  // queries and memory have the same features.
  std::size_t numbers_before(int part) const {
    return blocks_.key == blocks_.query ? static_cast<std::size_t>(part) * size_ * x_size_ : 0;
  }
  template <class T>
  Column<T> part(T* data, int column, int head, int columns) const {
    return {data + static_cast<std::ptrdiff_t>(column) * stride_ + head * head_stride_,
            static_cast<std::ptrdiff_t>(columns) * stride_};
  }

  const int size_, heads_, head_size_, head_stride_, x_size_;
  const Features split_;
  const int stride_, x_stride_, m_stride_, out_stride_;
  const S scale_;
  const AttentionBlocks blocks_;
  const Linear<V> of_query_, of_memory_, of_joined_;
  Regions regions_;
  const Region query_, key_, value_, out_, bias_, out_bias_;
};

}  // namespace HWY_NAMESPACE
}  // namespace rnnbench::models
HWY_AFTER_NAMESPACE();

#endif
