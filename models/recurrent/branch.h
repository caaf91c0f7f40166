// A layer with dropout on its inputs, and with a residual connection around it:
//   y = layer(dropout(x)) [+ x]
// As in PyTorch, dropout sets an input to 0 with probability p and divides the others by 1 - p, in training only.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "models/layer.h"

namespace rnnbench::models {

template <class S>
class BranchLayer final : public Layer<S> {
 public:
  BranchLayer(std::unique_ptr<Layer<S>> layer, const Features& inputs, double dropout, bool residual)
      : layer_(std::move(layer)),
        inputs_(inputs),
        input_stride_(inputs.stride(lanes_of<S>)),
        scale_(S(static_cast<float>(1 / (1 - dropout)))),
        drops_(dropout > 0),
        residual_(residual) {}

  int stride() const override { return layer_->stride(); }
  Features features() const override { return layer_->features(); }
  bool whole() const override { return layer_->whole(); }
  bool takes_panels() const override { return !residual_ && layer_->takes_panels(); }
  std::size_t packed_size() const override { return layer_->packed_size(); }
  std::size_t gradient_size() const override { return layer_->gradient_size(); }
  std::size_t tape_size(int steps, int columns) const override { return tape(nullptr, steps, columns).size; }

  void pack(const Parameters<S>& parameters, S* packed, int piece, int pieces) const override {
    layer_->pack(parameters, packed, piece, pieces);
  }
  void unpack_gradient(const S* packed, std::size_t stride, int tiles, Parameters<S>& gradient, int piece,
                       int pieces) const override {
    layer_->unpack_gradient(packed, stride, tiles, gradient, piece, pieces);
  }

  void start(const S* packed, const TileInput<S>& in, S* data) const override {
    layer_->start(packed, inner(in, data), inner_tape(in, data));
  }
  std::size_t states_size(int columns) const override { return layer_->states_size(columns); }
  void save_states(const TileInput<S>& in, const S* data, S* states) const override {
    layer_->save_states(inner(in, data), inner_tape(in, data), states);
  }
  void load_states(const TileInput<S>& in, const S* states, S* data) const override {
    layer_->load_states(inner(in, data), states, inner_tape(in, data));
  }
  void reset_states(const S* packed, int columns, const std::uint8_t* continues, S* states) const override {
    layer_->reset_states(packed, columns, continues, states);
  }

  const S* outputs(const TileInput<S>& in, const S* data) const override {
    return residual_ ? tape(data, in.room, in.columns).sum : layer_->outputs(inner(in, data), inner_tape(in, data));
  }

  void forward(const S* packed, const TileInput<S>& in, int begin, int end, S* data) const override {
    const std::size_t first = static_cast<std::size_t>(begin) * in.columns,
                      count = static_cast<std::size_t>(end - begin) * in.columns;
    if (in.kept != nullptr) {
      S* to = tape(data, in.room, in.columns).dropped + first * input_stride_;
      std::copy_n(in.values + first * input_stride_, count * input_stride_, to);
      drop(in.kept + first * inputs_.real(), count, to, input_stride_);
    }
    const TileInput<S> layer_input = inner(in, data);
    layer_->forward(packed, layer_input, begin, end, inner_tape(in, data));
    if (!residual_) return;
    const S* output = layer_->outputs(layer_input, inner_tape(in, data)) + first * stride();
    S* sum = tape(data, in.room, in.columns).sum + first * stride();
    for (std::size_t i = 0; i < count * stride(); ++i) sum[i] = output[i] + in.values[first * stride() + i];
  }

  void start_backward(const TileInput<S>& in, S* data, S* gradient) const override {
    layer_->start_backward(inner(in, data), inner_tape(in, data), gradient);
  }
  void backward(const S* packed, const TileInput<S>& in, int begin, int end, bool later_segments,
                const OutputGradient<S>& d_outputs, S* d_inputs, int input_stride, S* data,
                S* gradient) const override {
    layer_->backward(packed, inner(in, data), begin, end, later_segments, d_outputs, d_inputs, input_stride,
                     inner_tape(in, data), gradient);
    const std::size_t first = static_cast<std::size_t>(begin) * in.columns,
                      count = static_cast<std::size_t>(end - begin) * in.columns;
    if (in.kept != nullptr) drop(in.kept + first * inputs_.real(), count, d_inputs, input_stride);
    if (residual_)
      for (std::size_t column = 0; column < count; ++column)
        for (int i = 0; i < stride(); ++i)
          d_inputs[column * input_stride + i] += d_outputs.values[column * stride() + i];
  }
  void carry_back(const TileInput<S>& in, S* data) const override {
    layer_->carry_back(inner(in, data), inner_tape(in, data));
  }
  void finish_backward(const S* packed, const TileInput<S>& in, S* data, S* gradient) const override {
    layer_->finish_backward(packed, inner(in, data), inner_tape(in, data), gradient);
  }
  std::vector<Trace> trace(const TileInput<S>& in, const S* data, int column) const override {
    return layer_->trace(inner(in, data), inner_tape(in, data), column);
  }

 private:
  struct Tape {
    S *dropped = nullptr, *sum = nullptr, *inner = nullptr;
    std::size_t size = 0;
  };
  Tape tape(const S* from, int steps, int columns) const {
    S* data = const_cast<S*>(from);
    const std::size_t all = static_cast<std::size_t>(steps) * columns;
    Places places;
    const std::size_t dropped = places.add(drops_ ? all * input_stride_ : 0),
                      sum = places.add(residual_ ? all * stride() : 0),
                      inner = places.add(layer_->tape_size(steps, columns));
    if (data == nullptr) return {nullptr, nullptr, nullptr, places.total()};
    return {data + dropped, data + sum, data + inner, places.total()};
  }
  S* inner_tape(const TileInput<S>& in, const S* data) const { return tape(data, in.room, in.columns).inner; }
  TileInput<S> inner(const TileInput<S>& in, const S* data) const {
    TileInput<S> inner_input = in;
    if (in.kept != nullptr) inner_input.values = tape(data, in.room, in.columns).dropped;
    inner_input.kept = nullptr;
    return inner_input;
  }
  void drop(const std::uint8_t* kept, std::size_t columns, S* x, int stride) const {
    const int lanes = lanes_of<S>, depth = inputs_.depth(lanes);
    for (std::size_t column = 0; column < columns; ++column, x += stride, kept += inputs_.real())
      for (int i = 0; i < depth; ++i)
        if (const int feature = inputs_.real_of(i, lanes); feature >= 0) x[i] = kept[feature] ? x[i] * scale_ : S(0);
  }

  const std::unique_ptr<Layer<S>> layer_;
  const Features inputs_;
  const int input_stride_;
  const S scale_;
  const bool drops_, residual_;
};

}  // namespace rnnbench::models
