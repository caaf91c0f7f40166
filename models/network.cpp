#include "models/network.h"

#include <algorithm>

#include "models/initialize.h"
#include "models/layers.h"
#include "models/plan.h"
#include "models/region.h"
#include "models/tile.h"

namespace rnnbench::models {
namespace {

bool carries_states_of(const NetworkPlan& plan) {
  return !plan.bidirectional && !plan.is_transformer && plan.attention == AttentionKind::none &&
         !plan.learned_initial_state;
}

template <class S>
class NetworkOf final : public Network<S> {
 public:
  NetworkOf(const Settings& settings, const Signature& signature, Isa isa)
      : settings_(settings), plan_(plan_network(settings, signature)), layers_(make_layers<S>(isa, plan_, settings)) {
    for (const auto& layer : layers_) {
      layers_at_.push_back(regions_.add_part(*layer));
      widest_ = std::max(widest_, layer->stride());
      whole_ |= layer->whole();
    }
    for (const LayerPlan& layer : plan_.layers) input_features_.push_back(layer.inputs.real());
    head_ = make_head<S>(isa, plan_.head_shape(), plan_.head);
    head_at_ = regions_.add_part(*head_);
  }

  const Layout& layout() const override { return plan_.layout; }
  const Signature& signature() const override { return plan_.signature; }
  int hidden() const override { return plan_.hidden; }
  StateSize state_size() const override { return plan_.state_size(); }

  void initialize(std::uint64_t seed, Parameters<S>& parameters) const override {
    Parameters<float> start(plan_.layout);
    initialize_parameters(plan_, settings_, seed, start);
    std::copy(start.data().begin(), start.data().end(), parameters.data().begin());
  }

  bool carries_states() const override { return carries_states_of(plan_); }
  std::size_t carried_size(int sequences) const override { return tiles_of(sequences) * states_size(tile_width); }

  std::unique_ptr<Workspace<S>> workspace(const WorkspaceOptions& options) const override {
    return std::make_unique<NetworkWorkspace<S>>(options);
  }

  void predict(const Parameters<S>& parameters, const Batch& batch, bool all_steps, Workspace<S>& workspace,
               std::vector<S>& outputs, Carried<S>* carried) const override {
    auto& work = static_cast<NetworkWorkspace<S>&>(workspace);
    pack(parameters, work);
    if (carried != nullptr) carried->resize(carried_size(batch.size));
    const int width = plan_.signature.outputs, stride = head_->output_stride();
    outputs.assign(static_cast<std::size_t>(batch.steps) * batch.size * width, S(0));
    work.threads.run(tiles_of(batch.size), [&](int thread, int index) {
      Tile<S>& tile = work.tiles[thread];
      const int first = index * tile_width;
      load(tile, batch, first, all_steps);
      // Without a backward pass, the tape needs to hold one span only, which stays in the cache.
      const int length = std::min(batch.steps, needs_all_steps() ? batch.steps : span_steps(batch.steps, tile.columns));
      make_room(tile, length, 1);
      S* const states = states_of_tile(work, tile, batch, carried, index);
      for (const Segment& segment : segments(batch.steps, length)) {
        enter(work, tile, segment, states, carried != nullptr);
        forward(work, tile, segment, true);
        const S* out = head_tape(tile);
        for (const StepRange& run : tile.wanted_runs(segment.begin, segment.end, segment.begin))
          for (int step = run.begin; step < run.end; ++step) {
            const S* from = out + static_cast<std::size_t>(step) * tile.columns * stride;
            S* to = &outputs[batch.at(segment.begin + step, first) * width];
            for (int o = 0; o < width; ++o)  // the inner loop over columns, because a copy per column costs more
              for (int c = 0; c < tile.columns; ++c) to[c * width + o] = from[c * stride + o];
          }
        leave(tile, segment, states);
      }
    });
  }

  TotalOf<S> gradient(const Parameters<S>& parameters, const Batch& batch, Workspace<S>& workspace,
                      Parameters<S>& gradient, const StreamSource* noise, Carried<S>* carried) const override {
    auto& work = static_cast<NetworkWorkspace<S>&>(workspace);
    pack(parameters, work);
    if (carried != nullptr) carried->resize(carried_size(batch.size));
    const int tiles = tiles_of(batch.size);
    work.gradients.resize(gradient_size() * tiles);
    work.losses.assign(tiles, TotalOf<S>(0));
    const double weight = batch.total_weight();
    const S scale = S(weight > 0 ? 1 / weight : 0);
    work.threads.run(tiles, [&](int thread, int index) {
      Tile<S>& tile = work.tiles[thread];
      load(tile, batch, index * tile_width, false);
      if (noise != nullptr && plan_.dropout > 0)
        tile.draw_dropout(*noise, plan_.dropout, input_features_, index * tile_width, batch.steps);
      S* const tile_gradient = work.gradients.data() + index * gradient_size();
      work.losses[index] = carried != nullptr ? carried_gradient(work, tile, batch.steps, scale, tile_gradient,
                                                                 states_of_tile(work, tile, batch, carried, index))
                                              : whole_gradient(work, tile, batch.steps, scale, tile_gradient);
    });
    TotalOf<S> loss = work.losses[0];
    for (int index = 1; index < tiles; ++index) loss += work.losses[index];
    gradient.clear_padding();
    const int pieces = pieces_for(work);
    work.threads.run(pieces, [&](int, int piece) {
      for (std::size_t layer = 0; layer < layers_.size(); ++layer)
        layers_[layer]->unpack_gradient(work.gradients.data() + layers_at_[layer].gradient, gradient_size(), tiles,
                                        gradient, piece, pieces);
      if (piece == 0)
        head_->unpack_gradient(work.gradients.data() + head_at_.gradient, gradient_size(), tiles, gradient);
    });
    return loss;
  }

  std::vector<Trace> trace(const Parameters<S>& parameters, const Batch& batch, int column) const override {
    NetworkWorkspace<S> work(WorkspaceOptions{});
    pack(parameters, work);
    Tile<S>& tile = work.tiles[0];
    load(tile, batch.sequences(column), 0, true);
    const Segment all{0, batch.steps};
    make_room(tile, batch.steps, 1);
    enter(work, tile, all, tile.kept.data(), false);
    forward(work, tile, all, true);
    std::vector<Trace> traces;
    int number = 0;  // of layers with a trace, so far
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      std::vector<Trace> own = layers_[layer]->trace(input_of(layer, tile, all), layer_tape(tile, layer), 0);
      for (Trace& trace : own) {
        if (layers_.size() > 1) trace.name = "layer " + std::to_string(number) + " " + trace.name;
        traces.push_back(std::move(trace));
      }
      number += !own.empty();
    }
    for (Trace& trace : head_->trace(head_tile(work, tile, all), 0)) traces.push_back(std::move(trace));
    return traces;
  }

  // For the estimate of memory: an upper bound of the numbers in a thread's arrays.
  std::size_t thread_numbers(int steps, int recompute, int columns) const {
    const int length = segment_length(steps, recompute);
    const std::size_t states = static_cast<std::size_t>(columns) * widest_;
    return head_tape_at(length, columns) + head_->tape_size(length, columns) + 3 * span_steps(steps, columns) * states +
           (plan_.dropout > 0 ? layers_.size() * steps * states / sizeof(S) : 0) + (attends() ? steps * states : 0) +
           states_size(columns) * ((steps + length - 1) / length);
  }
  std::size_t packed_size() const { return regions_.packed_size(); }
  std::size_t gradient_size() const { return regions_.gradient_size(); }

 private:
  // Steps of a span. All layers, the output layer and their backward passes take one span before the next: about 256
  // columns, whose activations stay in the second-level cache.
  int span_steps(int steps, int columns) const { return whole_ ? steps : std::max(1, 256 / columns); }
  static int tiles_of(int sequences) { return (sequences + tile_width - 1) / tile_width; }
  static int pieces_for(const NetworkWorkspace<S>& work) {
    return work.threads.size() == 1 ? 1 : 2 * work.threads.size();
  }
  bool attends() const { return plan_.attention != AttentionKind::none; }
  // If so, the whole sequence is one segment.
  bool needs_all_steps() const { return attends() || whole_; }
  int segment_length(int steps, int recompute) const {
    return recompute > 0 && !needs_all_steps() ? std::min(recompute, steps) : steps;
  }
  static std::vector<Segment> segments(int steps, int length) {
    std::vector<Segment> all;
    for (int begin = 0; begin < steps; begin += length) all.push_back({begin, std::min(steps, begin + length)});
    return all;
  }

  void load(Tile<S>& tile, const Batch& batch, int first, bool all_steps) const {
    tile.load(batch, plan_.signature, first, all_steps);
    tile.undropped.clear();
    if (plan_.bidirectional && plan_.signature.one_hot) tile.reverse_symbols();
    if (plan_.attends_to_inputs) tile.make_memory(plan_.signature, batch.steps);
  }

  void pack(const Parameters<S>& parameters, NetworkWorkspace<S>& work) const {
    work.packed.resize(packed_size());
    const int pieces = pieces_for(work);
    work.threads.run(pieces, [&](int, int piece) {
      for (std::size_t layer = 0; layer < layers_.size(); ++layer)
        layers_[layer]->pack(parameters, work.packed.data() + layers_at_[layer].weights, piece, pieces);
      if (piece == 0) head_->pack(parameters, work.packed.data() + head_at_.weights);
    });
  }

  std::size_t tape_at(std::size_t layer, int steps, int columns) const {
    Places places;
    for (std::size_t l = 0; l < layer; ++l) places.add(layers_[l]->tape_size(steps, columns));
    return places.total();
  }
  std::size_t head_tape_at(int steps, int columns) const { return tape_at(layers_.size(), steps, columns); }
  S* layer_tape(Tile<S>& tile, std::size_t layer) const {
    return tile.tape.data() + tape_at(layer, tile.tape_steps, tile.columns);
  }
  S* head_tape(Tile<S>& tile) const { return layer_tape(tile, layers_.size()); }
  HeadTile<S> head_tile(const NetworkWorkspace<S>& work, Tile<S>& tile, const Segment& segment) const {
    return {.packed = work.packed.data() + head_at_.weights,
            .steps = segment.steps(),
            .columns = tile.columns,
            .h = states_of(layers_.size() - 1, tile, segment),
            .inputs = tile.memory.data(),
            .tape = head_tape(tile)};
  }

  TileInput<S> input_of(std::size_t layer, Tile<S>& tile, const Segment& segment) const {
    const std::size_t first = static_cast<std::size_t>(segment.begin) * tile.columns;
    TileInput<S> in{
        .steps = segment.steps(), .columns = tile.columns, .room = tile.tape_steps, .lengths = tile.lengths.data()};
    if (layer > 0) {
      in.values = states_of(layer - 1, tile, segment);
      in.stride = layers_[layer - 1]->stride();
      if (!tile.undropped.empty()) in.kept = tile.undropped[layer].data() + first * input_features_[layer];
    } else if (plan_.signature.one_hot) {
      in.symbols = tile.symbols.data() + first;
      in.reversed_symbols = tile.reversed_symbols.data();  // only used when the sequence is one segment
    } else {
      in.values = tile.values.data() + first * plan_.signature.inputs;
      in.stride = plan_.signature.inputs;
    }
    return in;
  }
  const S* states_of(std::size_t layer, Tile<S>& tile, const Segment& segment) const {
    TileInput<S> shape;
    shape.steps = segment.steps();
    shape.columns = tile.columns;
    shape.room = tile.tape_steps;
    return layers_[layer]->outputs(shape, layer_tape(tile, layer));
  }
  std::size_t states_size(int columns) const {
    std::size_t size = 0;
    for (const auto& layer : layers_) size += layer->states_size(columns);
    return size;
  }

  // Makes room for segments of up to `steps` steps and for the states before `count` of them. Arrays never shrink.
  void make_room(Tile<S>& tile, int steps, std::size_t count) const {
    tile.tape_steps = steps;
    tile.tape.resize(
        std::max(tile.tape.size(), head_tape_at(steps, tile.columns) + head_->tape_size(steps, tile.columns)));
    tile.kept.resize(std::max(tile.kept.size(), states_size(tile.columns) * count));
  }

  // Where leave() saves the states of a tile. Carried states are those before the first segment.
  S* states_of_tile(const NetworkWorkspace<S>& work, Tile<S>& tile, const Batch& batch, Carried<S>* carried,
                    int index) const {
    if (carried == nullptr) return tile.kept.data();
    S* const all = carried->data() + index * states_size(tile_width);
    const std::uint8_t* continues =
        batch.continues.empty() ? nullptr : batch.continues.data() + static_cast<std::ptrdiff_t>(index) * tile_width;
    S* states = all;
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      layers_[layer]->reset_states(work.packed.data() + layers_at_[layer].weights, tile.columns, continues, states);
      states += layers_[layer]->states_size(tile.columns);
    }
    return all;
  }

  // Writes the states before a segment into its tape: the initial ones for the first segment unless they are `carried`,
  // else those that leave() saved to `states`.
  void enter(const NetworkWorkspace<S>& work, Tile<S>& tile, const Segment& segment, const S* states,
             bool carried) const {
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      const TileInput<S> in = input_of(layer, tile, segment);
      S* tape = layer_tape(tile, layer);
      if (segment.begin == 0 && !carried)
        layers_[layer]->start(work.packed.data() + layers_at_[layer].weights, in, tape);
      else
        layers_[layer]->load_states(in, states, tape);
      states += layers_[layer]->states_size(tile.columns);
    }
  }
  void leave(Tile<S>& tile, const Segment& segment, S* states) const {
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      layers_[layer]->save_states(input_of(layer, tile, segment), layer_tape(tile, layer), states);
      states += layers_[layer]->states_size(tile.columns);
    }
  }

  // Runs the layers, and if `with_head` the head, over a segment.
  void forward(const NetworkWorkspace<S>& work, Tile<S>& tile, const Segment& segment, bool with_head) const {
    const int steps = segment.steps();
    const HeadTile<S> head = head_tile(work, tile, segment);
    for (int begin = 0, span = span_steps(steps, tile.columns); begin < steps; begin += span) {
      const int end = std::min(steps, begin + span);
      for (std::size_t layer = 0; layer < layers_.size(); ++layer)
        layers_[layer]->forward(work.packed.data() + layers_at_[layer].weights, input_of(layer, tile, segment), begin,
                                end, layer_tape(tile, layer));
      if (with_head && !attends())
        head_->forward(head, tile.wanted_runs(segment.begin + begin, segment.begin + end, segment.begin));
    }
    if (!with_head || !attends()) return;
    const StepRanges& wanted = tile.wanted_runs(segment.begin, segment.end, segment.begin);
    head_->attend(head, wanted);
    head_->forward(head, wanted);
  }

  // Returns the loss of a tile, times `scale`, and writes its packed gradient. All segments but the last run forward
  // twice: first to save the states after them, later as the start of their backward pass.
  TotalOf<S> whole_gradient(const NetworkWorkspace<S>& work, Tile<S>& tile, int steps, S scale, S* gradient) const {
    const int length = segment_length(steps, work.recompute);
    const std::vector<Segment> all = segments(steps, length);
    const std::size_t states = states_size(tile.columns);
    make_room(tile, length, all.size());
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
      enter(work, tile, all[i], tile.kept.data() + i * states, false);
      forward(work, tile, all[i], false);
      leave(tile, all[i], tile.kept.data() + (i + 1) * states);
    }
    for (std::size_t i = all.size(); i-- > 0;) {
      enter(work, tile, all[i], tile.kept.data() + i * states, false);
      forward(work, tile, all[i], true);
      backward(work, tile, all[i], i + 1 < all.size(), scale, gradient);
    }
    return loss_of(tile, scale);
  }
  // The same for a tile whose sequences continue from `states`, which become those after the last step.
  TotalOf<S> carried_gradient(const NetworkWorkspace<S>& work, Tile<S>& tile, int steps, S scale, S* gradient,
                              S* states) const {
    const Segment all{0, steps};
    make_room(tile, steps, 1);
    enter(work, tile, all, states, true);
    forward(work, tile, all, true);
    leave(tile, all, states);
    backward(work, tile, all, false, scale, gradient);
    return loss_of(tile, scale);
  }
  static TotalOf<S> loss_of(const Tile<S>& tile, S scale) {
    TotalOf<S> loss(0);
    for (const TotalOf<S>& of_step : tile.losses) loss += of_step;
    return loss * TotalOf<S>(scale);
  }

  void backward(const NetworkWorkspace<S>& work, Tile<S>& tile, const Segment& segment, bool later_segments, S scale,
                S* gradient) const {
    const int steps = segment.steps(), columns = tile.columns, stride = layers_.back()->stride();
    const HeadTile<S> head = head_tile(work, tile, segment);
    S* head_gradient = gradient + head_at_.gradient;
    if (!later_segments) {
      std::fill_n(head_gradient, head_->gradient_size(), S(0));
      for (std::size_t layer = 0; layer < layers_.size(); ++layer)
        layers_[layer]->start_backward(input_of(layer, tile, segment), layer_tape(tile, layer),
                                       gradient + layers_at_[layer].gradient);
      for (auto& d : tile.d_inputs)
        if (layers_.size() > 1) d.resize(static_cast<std::size_t>(span_steps(steps, columns)) * columns * widest_);
    }
    const std::size_t first = static_cast<std::size_t>(segment.begin) * columns;
    const TileTargets targets{tile.classes.data() + (tile.classes.empty() ? 0 : first),
                              tile.targets.data() + (tile.targets.empty() ? 0 : first * plan_.signature.outputs),
                              tile.weight.data() + first};
    const StepRanges& wanted = tile.wanted_runs(segment.begin, segment.end, segment.begin);
    head_->loss(head, wanted, targets, scale, tile.losses.data() + segment.begin);
    if (attends()) {
      tile.d_attended.resize(static_cast<std::size_t>(steps) * columns * stride);
      head_->attend_backward(head, wanted, tile.d_attended.data(), head_gradient);
    }
    const int span = span_steps(steps, columns);
    for (int begin = (steps - 1) / span * span; begin >= 0; begin -= span) {
      const int end = std::min(steps, begin + span);
      head_->accumulate(head, tile.wanted_runs(segment.begin + begin, segment.begin + end, segment.begin),
                        head_gradient);
      OutputGradient<S> d_outputs;
      if (layers_.back()->takes_panels()) {
        d_outputs = head_->output_gradient(head, begin);
        d_outputs.wanted = tile.wanted.data() + segment.begin + begin;
        if (attends()) d_outputs.values = tile.d_attended.data() + static_cast<std::size_t>(begin) * columns * stride;
      } else {
        d_outputs.values = d_top(head, tile, segment, begin, end);
      }
      for (std::size_t layer = layers_.size(); layer-- > 0;) {
        S* d_inputs = layer > 0 ? tile.d_inputs[layer % 2].data() : nullptr;
        const int input_stride = layer > 0 ? layers_[layer - 1]->stride() : 0;
        layers_[layer]->backward(work.packed.data() + layers_at_[layer].weights, input_of(layer, tile, segment), begin,
                                 end, later_segments, d_outputs, d_inputs, input_stride, layer_tape(tile, layer),
                                 gradient + layers_at_[layer].gradient);
        d_outputs = {.values = d_inputs};
      }
    }
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      const TileInput<S> in = input_of(layer, tile, segment);
      S* tape = layer_tape(tile, layer);
      if (segment.begin > 0)
        layers_[layer]->carry_back(in, tape);
      else
        layers_[layer]->finish_backward(work.packed.data() + layers_at_[layer].weights, in, tape,
                                        gradient + layers_at_[layer].gradient);
    }
  }

  // The gradient of the top layer's outputs in a span, [steps of the span][columns][stride].
  const S* d_top(const HeadTile<S>& head, Tile<S>& tile, const Segment& segment, int begin, int end) const {
    const std::size_t step = static_cast<std::size_t>(tile.columns) * layers_.back()->stride(),
                      size = step * (end - begin);
    tile.d_outputs.resize(std::max(tile.d_outputs.size(), size));
    if (attends())
      std::copy_n(tile.d_attended.data() + begin * step, size, tile.d_outputs.data());
    else
      std::fill_n(tile.d_outputs.data(), size, S(0));
    const StepRanges& wanted = tile.wanted_runs(segment.begin + begin, segment.begin + end, segment.begin + begin);
    head_->add_output_gradient(head, begin, wanted, tile.d_outputs.data());
    return tile.d_outputs.data();
  }

  const Settings settings_;
  const NetworkPlan plan_;
  const std::vector<std::unique_ptr<Layer<S>>> layers_;
  std::vector<int> input_features_;  // of each layer
  int widest_ = 0;                   // largest stride of a layer's outputs
  bool whole_ = false;               // a layer needs all steps at once
  std::unique_ptr<Head<S>> head_;
  Regions regions_;
  std::vector<Region> layers_at_;
  Region head_at_;
};

}  // namespace

template <class S>
std::unique_ptr<const Network<S>> make_network(const Settings& settings, const Signature& signature, Isa isa) {
  return std::make_unique<NetworkOf<S>>(settings, signature, isa);
}
template std::unique_ptr<const Network<float>> make_network(const Settings&, const Signature&, Isa);
template std::unique_ptr<const Network<double>> make_network(const Settings&, const Signature&, Isa);
template std::unique_ptr<const Network<std::complex<double>>> make_network(const Settings&, const Signature&, Isa);

NetworkSize network_size(const Settings& settings, const Signature& signature) {
  const NetworkPlan plan = plan_network(settings, signature);
  return {plan.hidden, plan.layout.count(), carries_states_of(plan), plan.state_size()};
}

double training_bytes(const Settings& settings, const Signature& signature, int steps, int batch,
                      const WorkspaceOptions& options) {
  const NetworkOf<float> network(settings, signature, Isa::scalar);
  const int columns = std::min(batch, tile_width), tiles = (batch + tile_width - 1) / tile_width;
  const auto number = [](std::size_t count) { return static_cast<double>(count); };
  const double numbers =
      4 * number(network.layout().extent()) + number(network.packed_size()) + number(network.gradient_size()) * tiles +
      number(network.thread_numbers(steps, options.recompute, columns)) * std::min(options.threads, tiles);
  return sizeof(float) * numbers;
}

}  // namespace rnnbench::models
