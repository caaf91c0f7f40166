#include "models/network.h"

#include <algorithm>
#include <cmath>

#include "core/threads.h"
#include "models/plan.h"

namespace rnnbench {
namespace {

template <class S>
std::unique_ptr<RecurrentPart<S>> make_recurrent(Isa isa, const CellFactory& cell, const Settings& settings,
                                                 const RecurrentShape& shape, const RecurrentBlocks& blocks) {
  if constexpr (std::is_same_v<S, float>)
    return cell.make_float(isa, settings, shape, blocks);
  else if constexpr (std::is_same_v<S, double>)
    return cell.make_double(settings, shape, blocks);
  else
    return cell.make_complex(settings, shape, blocks);
}

// One tile's view of a batch, and what a thread needs to carry it through the network.
template <class S>
struct TileArrays {
  std::vector<std::int32_t> symbols, classes;
  AlignedVector<S> values;
  std::vector<float> targets, weight;
  AlignedVector<S> tape;  // of the layers, then of the head
  AlignedVector<S> d_states[2];
  Runs wanted;

  std::size_t bytes() const {
    return (symbols.capacity() + classes.capacity()) * sizeof(std::int32_t) +
           (values.capacity() + tape.capacity() + d_states[0].capacity() + d_states[1].capacity()) * sizeof(S) +
           (targets.capacity() + weight.capacity()) * sizeof(float);
  }
};

template <class S>
class NetworkWorkspace final : public Workspace<S> {
 public:
  explicit NetworkWorkspace(int threads) : team(std::max(1, threads), flush_denormals), tiles(team.size()) {}
  std::size_t bytes() const override {
    std::size_t sum = (packed.capacity() + gradients.capacity()) * sizeof(S);
    for (const TileArrays<S>& tile : tiles) sum += tile.bytes();
    return sum;
  }
  double worker_cpu_seconds() const override { return team.worker_cpu_seconds(); }

  ThreadTeam team;
  AlignedVector<S> packed;             // weights, packed once per call
  AlignedVector<S> gradients;          // packed gradient of every tile
  std::vector<TotalOf<S>> losses;      // of every tile
  std::vector<TileArrays<S>> tiles;    // of every thread
};

template <class S>
class NetworkOf final : public Network<S> {
 public:
  NetworkOf(const Settings& settings, const Signature& signature, Isa isa)
      : settings_(settings), plan_(plan_network(settings, signature)) {
    Places packed, gradient;
    for (int layer = 0; layer < plan_.layers; ++layer) {
      layers_.push_back(
          make_recurrent<S>(isa, *plan_.cell, settings, plan_.recurrent_shape(layer), plan_.recurrent[layer]));
      packed_at_.push_back(packed.add(layers_.back()->packed_size()));
      gradient_at_.push_back(gradient.add(layers_.back()->gradient_size()));
    }
    head_ = make_head<S>(isa, plan_.head_shape(), plan_.head);
    packed_at_.push_back(packed.add(head_->packed_size()));
    gradient_at_.push_back(gradient.add(head_->gradient_size()));
    packed_size_ = packed.total();
    gradient_size_ = gradient.total();
  }

  const Layout& layout() const override { return plan_.layout; }
  const Signature& signature() const override { return plan_.signature; }
  int hidden() const override { return plan_.hidden; }

  void initialise(std::uint64_t seed, Parameters<S>& parameters) const override {
    Parameters<float> start(plan_.layout);
    initialise_parameters(plan_, settings_, seed, start);
    std::copy(start.data().begin(), start.data().end(), parameters.data().begin());
  }

  std::unique_ptr<Workspace<S>> workspace(int threads) const override {
    return std::make_unique<NetworkWorkspace<S>>(threads);
  }

  void predict(const Parameters<S>& parameters, const Batch& batch, bool all_steps, Workspace<S>& workspace,
               std::vector<S>& outputs) const override {
    auto& work = static_cast<NetworkWorkspace<S>&>(workspace);
    pack(parameters, work);
    const int width = plan_.signature.outputs, stride = head_->output_stride();
    outputs.assign(static_cast<std::size_t>(batch.steps) * batch.size * width, S(0));
    work.team.run(tiles_of(batch), [&](int thread, int tile) {
      TileArrays<S>& arrays = work.tiles[thread];
      const int first = tile * tile_width, columns = std::min(tile_width, batch.size - first);
      load_tile(batch, first, columns, all_steps, arrays);
      forward(work, batch.steps, columns, arrays);
      const S* out = head_->outputs(arrays.tape.data() + head_tape_at(batch.steps, columns), batch.steps, columns);
      for (const Run& run : arrays.wanted)
        for (int step = run.begin; step < run.end; ++step)
          for (int c = 0; c < columns; ++c)
            std::copy_n(out + (static_cast<std::size_t>(step) * columns + c) * stride, width,
                        &outputs[(static_cast<std::size_t>(step) * batch.size + first + c) * width]);
    });
  }

  TotalOf<S> gradient(const Parameters<S>& parameters, const Batch& batch, Workspace<S>& workspace,
                      Parameters<S>& gradient) const override {
    auto& work = static_cast<NetworkWorkspace<S>&>(workspace);
    pack(parameters, work);
    const int tiles = tiles_of(batch);
    work.gradients.resize(gradient_size_ * tiles);
    work.losses.assign(tiles, TotalOf<S>(0));
    double weight = 0;
    for (float w : batch.weight) weight += w;
    const S scale = S(weight > 0 ? 1 / weight : 0);
    work.team.run(tiles, [&](int thread, int tile) {
      TileArrays<S>& arrays = work.tiles[thread];
      const int first = tile * tile_width, columns = std::min(tile_width, batch.size - first);
      load_tile(batch, first, columns, false, arrays);
      forward(work, batch.steps, columns, arrays);
      work.losses[tile] =
          backward(work, batch.steps, columns, scale, arrays, work.gradients.data() + tile * gradient_size_);
    });
    // The tiles' gradients in the order of their index.
    S* sum = work.gradients.data();
    TotalOf<S> loss = work.losses[0];
    for (int tile = 1; tile < tiles; ++tile) {
      const S* other = sum + tile * gradient_size_;
      for (std::size_t i = 0; i < gradient_size_; ++i) sum[i] += other[i];
      loss += work.losses[tile];
    }
    std::fill(gradient.data().begin(), gradient.data().end(), S(0));
    for (std::size_t layer = 0; layer < layers_.size(); ++layer)
      layers_[layer]->unpack_gradient(sum + gradient_at_[layer], gradient);
    head_->unpack_gradient(sum + gradient_at_.back(), gradient);
    return loss;
  }

  std::vector<Trace> trace(const Parameters<S>& parameters, const Batch& batch, int column) const override {
    NetworkWorkspace<S> work(1);
    pack(parameters, work);
    TileArrays<S>& arrays = work.tiles[0];
    load_tile(batch, column, 1, true, arrays);
    forward(work, batch.steps, 1, arrays);
    std::vector<Trace> traces;
    for (std::size_t layer = 0; layer < layers_.size(); ++layer)
      for (Trace& trace : layers_[layer]->trace(arrays.tape.data() + tape_at(layer, batch.steps, 1), batch.steps, 1, 0)) {
        if (layers_.size() > 1) trace.name = "layer " + std::to_string(layer) + " " + trace.name;
        traces.push_back(std::move(trace));
      }
    for (Trace& trace : head_->trace(arrays.tape.data() + head_tape_at(batch.steps, 1), batch.steps, 1, 0))
      traces.push_back(std::move(trace));
    return traces;
  }

  // Numbers of a thread's arrays and of a tile's gradient: for the estimate of memory.
  std::size_t thread_numbers(int steps, int columns) const {
    return head_tape_at(steps, columns) + head_->tape_size(steps, columns) +
           2 * static_cast<std::size_t>(steps) * columns * layers_[0]->stride();
  }
  std::size_t packed_size() const { return packed_size_; }
  std::size_t gradient_size() const { return gradient_size_; }

 private:
  static int tiles_of(const Batch& batch) { return (batch.size + tile_width - 1) / tile_width; }

  void pack(const Parameters<S>& parameters, NetworkWorkspace<S>& work) const {
    work.packed.resize(packed_size_);
    for (std::size_t layer = 0; layer < layers_.size(); ++layer)
      layers_[layer]->pack(parameters, work.packed.data() + packed_at_[layer]);
    head_->pack(parameters, work.packed.data() + packed_at_.back());
  }

  std::size_t tape_at(std::size_t layer, int steps, int columns) const {
    Places places;
    for (std::size_t l = 0; l < layer; ++l) places.add(layers_[l]->tape_size(steps, columns));
    return places.total();
  }
  std::size_t head_tape_at(int steps, int columns) const { return tape_at(layers_.size(), steps, columns); }

  // Columns [first, first + columns) of a batch, and the steps whose outputs count.
  void load_tile(const Batch& batch, int first, int columns, bool all_steps, TileArrays<S>& tile) const {
    const Signature& signature = plan_.signature;
    const auto copy_columns = [&](const auto& from, auto& to, int width) {
      to.resize(static_cast<std::size_t>(batch.steps) * columns * width);
      for (int step = 0; step < batch.steps; ++step)
        std::copy_n(from.begin() + (static_cast<std::size_t>(step) * batch.size + first) * width, columns * width,
                    to.begin() + static_cast<std::size_t>(step) * columns * width);
    };
    if (signature.one_hot)
      copy_columns(batch.symbols, tile.symbols, 1);
    else
      copy_columns(batch.values, tile.values, signature.inputs);
    if (signature.loss == Loss::cross_entropy)
      copy_columns(batch.classes, tile.classes, 1);
    else
      copy_columns(batch.targets, tile.targets, signature.outputs);
    copy_columns(batch.weight, tile.weight, 1);

    tile.wanted.clear();
    for (int step = 0; step < batch.steps; ++step) {
      bool wanted = all_steps;
      for (int c = first; c < first + columns && !wanted; ++c) {
        const std::size_t at = static_cast<std::size_t>(step) * batch.size + c;
        wanted = batch.weight[at] != 0 || batch.answer[at] != 0;
      }
      if (!wanted) continue;
      if (!tile.wanted.empty() && tile.wanted.back().end == step)
        ++tile.wanted.back().end;
      else
        tile.wanted.push_back({step, step + 1});
    }
    tile.tape.resize(head_tape_at(batch.steps, columns) + head_->tape_size(batch.steps, columns));
  }

  TileInput<S> input_of(std::size_t layer, int steps, int columns, const TileArrays<S>& tile) const {
    if (layer == 0)
      return {steps, columns, plan_.signature.one_hot ? tile.symbols.data() : nullptr, tile.values.data(),
              plan_.signature.inputs};
    return {steps, columns, nullptr, states_of(layer - 1, steps, columns, tile), layers_[layer - 1]->stride()};
  }
  const S* states_of(std::size_t layer, int steps, int columns, const TileArrays<S>& tile) const {
    return layers_[layer]->outputs(tile.tape.data() + tape_at(layer, steps, columns), columns);
  }

  void forward(const NetworkWorkspace<S>& work, int steps, int columns, TileArrays<S>& tile) const {
    for (std::size_t layer = 0; layer < layers_.size(); ++layer)
      layers_[layer]->forward(work.packed.data() + packed_at_[layer], input_of(layer, steps, columns, tile),
                              tile.tape.data() + tape_at(layer, steps, columns));
    head_->forward(work.packed.data() + packed_at_.back(), steps, columns, tile.wanted,
                   states_of(layers_.size() - 1, steps, columns, tile),
                   tile.tape.data() + head_tape_at(steps, columns));
  }

  TotalOf<S> backward(const NetworkWorkspace<S>& work, int steps, int columns, S scale, TileArrays<S>& tile,
                      S* gradient) const {
    S* head_tape = tile.tape.data() + head_tape_at(steps, columns);
    const TileTargets targets{tile.classes.data(), tile.targets.data(), tile.weight.data()};
    const TotalOf<S> loss = head_->loss(steps, columns, tile.wanted, targets, scale, head_tape);
    const int stride = layers_[0]->stride();
    for (auto& d : tile.d_states) d.resize(static_cast<std::size_t>(steps) * columns * stride);
    S* d_outputs = tile.d_states[0].data();
    S* d_inputs = tile.d_states[1].data();
    head_->backward(work.packed.data() + packed_at_.back(), steps, columns, tile.wanted,
                    states_of(layers_.size() - 1, steps, columns, tile), d_outputs, head_tape,
                    gradient + gradient_at_.back());
    for (int layer = plan_.layers - 1; layer >= 0; --layer) {
      layers_[layer]->backward(work.packed.data() + packed_at_[layer], input_of(layer, steps, columns, tile), d_outputs,
                               layer > 0 ? d_inputs : nullptr, stride,
                               tile.tape.data() + tape_at(layer, steps, columns), gradient + gradient_at_[layer]);
      std::swap(d_outputs, d_inputs);
    }
    return loss;
  }

  const Settings settings_;
  const NetworkPlan plan_;
  std::vector<std::unique_ptr<RecurrentPart<S>>> layers_;
  std::unique_ptr<HeadPart<S>> head_;
  std::vector<std::size_t> packed_at_, gradient_at_;  // of the layers, then the head
  std::size_t packed_size_ = 0, gradient_size_ = 0;
};

}  // namespace

template <class S>
std::unique_ptr<const Network<S>> make_network(const Settings& settings, const Signature& signature, Isa isa) {
  return std::make_unique<NetworkOf<S>>(settings, signature, isa);
}
template std::unique_ptr<const Network<float>> make_network(const Settings&, const Signature&, Isa);
template std::unique_ptr<const Network<double>> make_network(const Settings&, const Signature&, Isa);
template std::unique_ptr<const Network<std::complex<double>>> make_network(const Settings&, const Signature&, Isa);

double training_bytes(const Settings& settings, const Signature& signature, int steps, int batch, int threads) {
  const NetworkOf<float> network(settings, signature, Isa::scalar);
  const int columns = std::min(batch, tile_width), tiles = (batch + tile_width - 1) / tile_width;
  const double numbers = 4.0 * network.layout().extent() + network.packed_size() +
                         static_cast<double>(network.gradient_size()) * tiles +
                         static_cast<double>(network.thread_numbers(steps, columns)) * std::min(threads, tiles);
  return sizeof(float) * numbers;
}

}  // namespace rnnbench
