// Layers side by side on the same input, whose outputs are concatenated: the two directions of a bidirectional layer,
// or different cells. A reversed sublayer runs each sequence from its last step to its first.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "models/layer.h"

namespace rnnbench::models {

template <class S>
class JoinedLayer final : public Layer<S> {
 public:
  struct Sublayer {
    std::unique_ptr<Layer<S>> layer;
    bool reversed = false;
    std::string name;  // in traces
  };

  // Output t of a reversed sublayer is usually the state that it has after reading input t. With `final_states` it is
  // the state after t steps of its own, so that the last output of a sequence holds the final states of both
  // directions.
  JoinedLayer(std::vector<Sublayer> sublayers, const Features& inputs, bool final_states)
      : sublayers_(std::move(sublayers)), input_stride_(inputs.stride(lanes_of<S>)), final_states_(final_states) {
    Places packed, gradient;
    std::vector<int> pieces;
    for (const Sublayer& sublayer : sublayers_) {
      offsets_.push_back(stride_);
      stride_ += sublayer.layer->stride();
      packed_at_.push_back(packed.add(sublayer.layer->packed_size()));
      gradient_at_.push_back(gradient.add(sublayer.layer->gradient_size()));
      const Features features = sublayer.layer->features();
      pieces.insert(pieces.end(), features.pieces().begin(), features.pieces().end());
      any_reversed_ |= sublayer.reversed;
    }
    features_ = Features(pieces);
    packed_size_ = packed.total();
    gradient_size_ = gradient.total();
  }

  int stride() const override { return stride_; }
  Features features() const override { return features_; }
  bool whole() const override { return any_reversed_; }
  bool takes_panels() const override { return false; }
  std::size_t packed_size() const override { return packed_size_; }
  std::size_t gradient_size() const override { return gradient_size_; }
  std::size_t tape_size(int steps, int columns) const override { return tape(nullptr, steps, columns).size; }

  void pack(const Parameters<S>& parameters, S* packed, int piece, int pieces) const override {
    for (std::size_t p = 0; p < sublayers_.size(); ++p)
      sublayers_[p].layer->pack(parameters, packed + packed_at_[p], piece, pieces);
  }
  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient, int piece,
                       int pieces) const override {
    for (std::size_t p = 0; p < sublayers_.size(); ++p)
      sublayers_[p].layer->unpack_gradient(packed + gradient_at_[p], stride, tiles, gradient, piece, pieces);
  }

  void start(const S* packed, const TileInput<S>& in, S* data) const override {
    for_sublayers(in, data, [&](std::size_t p, const TileInput<S>& inputs, S* t) {
      layer(p).start(packed + packed_at_[p], inputs, t);
    });
  }
  std::size_t states_size(int columns) const override {
    std::size_t sum = 0;
    for (const Sublayer& sublayer : sublayers_) sum += sublayer.layer->states_size(columns);
    return sum;
  }
  void save_states(const TileInput<S>& in, const S* data, S* states) const override {
    for_sublayers(in, const_cast<S*>(data), [&](std::size_t p, const TileInput<S>& inputs, S* t) {
      layer(p).save_states(inputs, t, states);
      states += layer(p).states_size(in.columns);
    });
  }
  void load_states(const TileInput<S>& in, const S* states, S* data) const override {
    for_sublayers(in, data, [&](std::size_t p, const TileInput<S>& inputs, S* t) {
      layer(p).load_states(inputs, states, t);
      states += layer(p).states_size(in.columns);
    });
  }

  void reset_states(const S* packed, int columns, const std::uint8_t* continues, S* states) const override {
    for (std::size_t p = 0; p < sublayers_.size(); ++p) {
      layer(p).reset_states(packed + packed_at_[p], columns, continues, states);
      states += layer(p).states_size(columns);
    }
  }

  const S* outputs(const TileInput<S>& in, const S* data) const override {
    return tape(const_cast<S*>(data), in.room, in.columns).outputs;
  }

  void forward(const S* packed, const TileInput<S>& in, int begin, int end, S* data) const override {
    const Tape all = tape(data, in.room, in.columns);
    if (any_reversed_ && in.values != nullptr)
      for (int t = 0; t < in.steps; ++t)
        for (int c = 0; c < in.columns; ++c)
          std::copy_n(in.values + place(mirrored(in, t, c), c, in.columns, in.stride), in.stride,
                      all.reversed + place(t, c, in.columns, in.stride));
    for_sublayers(in, data, [&](std::size_t p, const TileInput<S>& inputs, S* t) {
      layer(p).forward(packed + packed_at_[p], inputs, begin, end, t);
      const S* from = layer(p).outputs(inputs, t);
      const int stride = layer(p).stride(), units = layer(p).features().depth(lanes_of<S>);
      for (int step = begin; step < end; ++step)
        for (int c = 0; c < in.columns; ++c) {
          S* out = all.outputs + place(step, c, in.columns, stride_) + offsets_[p];
          std::copy_n(from + place(own_step(in, p, step, c), c, in.columns, stride), units, out);
          std::fill(out + units, out + stride, S(0));
        }
    });
  }

  void start_backward(const TileInput<S>& in, S* data, S* gradient) const override {
    for_sublayers(in, data, [&](std::size_t p, const TileInput<S>& inputs, S* t) {
      layer(p).start_backward(inputs, t, gradient + gradient_at_[p]);
    });
  }

  void backward(const S* packed, const TileInput<S>& in, int begin, int end, bool later_segments,
                const OutputGradient<S>& d_outputs, S* d_inputs, int input_stride, S* data,
                S* gradient) const override {
    const Tape all = tape(data, in.room, in.columns);
    if (d_inputs) std::fill_n(d_inputs, static_cast<std::size_t>(end - begin) * in.columns * input_stride, S(0));
    for_sublayers(in, data, [&](std::size_t p, const TileInput<S>& inputs, S* t) {
      const int stride = layer(p).stride();
      for (int step = begin; step < end; ++step)
        for (int c = 0; c < in.columns; ++c)
          std::copy_n(d_outputs.values + place(step - begin, c, in.columns, stride_) + offsets_[p], stride,
                      all.d_sublayer + place(own_step(in, p, step, c) - begin, c, in.columns, stride));
      layer(p).backward(packed + packed_at_[p], inputs, begin, end, later_segments, {.values = all.d_sublayer},
                        d_inputs ? all.d_inputs : nullptr, input_stride, t, gradient + gradient_at_[p]);
      if (!d_inputs) return;
      for (int step = begin; step < end; ++step)
        for (int c = 0; c < in.columns; ++c) {
          const int source = sublayers_[p].reversed ? mirrored(in, step, c) : step;
          const S* from = all.d_inputs + place(source - begin, c, in.columns, input_stride);
          S* to = d_inputs + place(step - begin, c, in.columns, input_stride);
          for (int i = 0; i < input_stride; ++i) to[i] += from[i];
        }
    });
  }
  void carry_back(const TileInput<S>& in, S* data) const override {
    for_sublayers(in, data, [&](std::size_t p, const TileInput<S>& inputs, S* t) { layer(p).carry_back(inputs, t); });
  }
  void finish_backward(const S* packed, const TileInput<S>& in, S* data, S* gradient) const override {
    for_sublayers(in, data, [&](std::size_t p, const TileInput<S>& inputs, S* t) {
      layer(p).finish_backward(packed + packed_at_[p], inputs, t, gradient + gradient_at_[p]);
    });
  }

  // In the order of the input, for both directions.
  std::vector<Trace> trace(const TileInput<S>& in, const S* data, int column) const override {
    std::vector<Trace> traces;
    for_sublayers(in, const_cast<S*>(data), [&](std::size_t p, const TileInput<S>& inputs, S* t) {
      for (Trace& one : layer(p).trace(inputs, t, column)) {
        Trace named{sublayers_[p].name + " " + one.name, one.width, std::vector<float>(one.values.size())};
        for (int step = 0; step < in.steps; ++step)
          std::copy_n(one.values.begin() + (sublayers_[p].reversed ? mirrored(in, step, column) : step) * one.width,
                      one.width, named.values.begin() + step * one.width);
        traces.push_back(std::move(named));
      }
    });
    return traces;
  }

 private:
  struct Tape {
    S *outputs = nullptr, *reversed = nullptr, *d_sublayer = nullptr, *d_inputs = nullptr;
    std::vector<S*> sublayers;
    std::size_t size = 0;
  };
  Tape tape(S* data, int steps, int columns) const {
    const std::size_t all = static_cast<std::size_t>(steps) * columns;
    Places places;
    const std::size_t outputs = places.add(all * stride_),
                      reversed = places.add(any_reversed_ ? all * input_stride_ : 0),
                      d_sublayer = places.add(all * stride_), d_inputs = places.add(all * input_stride_);
    Tape t;
    for (const Sublayer& sublayer : sublayers_) {
      const std::size_t at = places.add(sublayer.layer->tape_size(steps, columns));
      t.sublayers.push_back(data == nullptr ? nullptr : data + at);
    }
    t.size = places.total();
    if (data == nullptr) return t;
    t.outputs = data + outputs;
    t.reversed = data + reversed;
    t.d_sublayer = data + d_sublayer;
    t.d_inputs = data + d_inputs;
    return t;
  }

  const Layer<S>& layer(std::size_t sublayer) const { return *sublayers_[sublayer].layer; }
  static std::size_t place(int step, int column, int columns, int stride) {
    return (static_cast<std::size_t>(step) * columns + column) * stride;
  }
  static int mirrored(const TileInput<S>& in, int step, int column) {
    const int length = in.lengths[column];
    return step < length ? length - 1 - step : step;
  }
  // The sublayer's own step whose state is output `step`.
  int own_step(const TileInput<S>& in, std::size_t sublayer, int step, int column) const {
    return sublayers_[sublayer].reversed && !final_states_ ? mirrored(in, step, column) : step;
  }
  template <class F>
  void for_sublayers(const TileInput<S>& in, S* data, F&& f) const {
    const Tape all = tape(data, in.room, in.columns);
    TileInput<S> reversed = in;
    reversed.symbols = in.reversed_symbols;
    if (in.values != nullptr) reversed.values = all.reversed;
    for (std::size_t p = 0; p < sublayers_.size(); ++p) f(p, sublayers_[p].reversed ? reversed : in, all.sublayers[p]);
  }

  const std::vector<Sublayer> sublayers_;
  const int input_stride_;
  const bool final_states_;
  bool any_reversed_ = false;
  int stride_ = 0;
  Features features_;
  std::vector<int> offsets_;
  std::vector<std::size_t> packed_at_, gradient_at_;
  std::size_t packed_size_ = 0, gradient_size_ = 0;
};

}  // namespace rnnbench::models
