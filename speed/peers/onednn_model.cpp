#include "speed/peers/onednn_model.h"

#include <cmath>
#include <cstring>

#include "speed/peers/onednn_loops.h"

namespace peer {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
constexpr auto f32 = memory::data_type::f32;
constexpr auto forward_training = dnnl::prop_kind::forward_training;
constexpr auto backward = dnnl::prop_kind::backward;
constexpr auto direction = dnnl::rnn_direction::unidirectional_left2right;

memory::desc desc(const memory::dims& dims, Tag tag) { return {dims, f32, tag}; }

// The parts of the descriptor of every cell. The initial state is passed although it is zero: without it, the backward
// pass of oneDNN 2.6 multiplies the gates of rnn and lstm by the states of one step later.
struct LayerDescs {
  memory::desc source, first, weight_input, weight_hidden, bias, states, none;
};

template <class F, class B>
struct Gru {
  using Forward = F;
  using Backward = B;
  static auto forward(const LayerDescs& d) {
    return typename F::desc(forward_training, direction, d.source, d.first, d.weight_input, d.weight_hidden, d.bias,
                            d.states, d.none);
  }
  static auto backward(const LayerDescs& d) {
    return typename B::desc(peer::backward, direction, d.source, d.first, d.weight_input, d.weight_hidden, d.bias,
                            d.states, d.none, d.source, d.first, d.weight_input, d.weight_hidden, d.bias, d.states,
                            d.none);
  }
};
using ResetBefore = Gru<dnnl::gru_forward, dnnl::gru_backward>;
using ResetAfter = Gru<dnnl::lbr_gru_forward, dnnl::lbr_gru_backward>;

struct Lstm {
  using Forward = dnnl::lstm_forward;
  using Backward = dnnl::lstm_backward;
  static auto forward(const LayerDescs& d) {
    return Forward::desc(forward_training, direction, d.source, d.first, d.first, d.weight_input, d.weight_hidden,
                         d.bias, d.states, d.none, d.none);
  }
  static auto backward(const LayerDescs& d) {
    return Backward::desc(peer::backward, direction, d.source, d.first, d.first, d.weight_input, d.weight_hidden,
                          d.bias, d.states, d.none, d.none, d.source, d.first, d.first, d.weight_input, d.weight_hidden,
                          d.bias, d.states, d.none, d.none);
  }
};

struct Vanilla {
  using Forward = dnnl::vanilla_rnn_forward;
  using Backward = dnnl::vanilla_rnn_backward;
  static constexpr auto tanh = dnnl::algorithm::eltwise_tanh;
  static auto forward(const LayerDescs& d) {
    return Forward::desc(forward_training, tanh, direction, d.source, d.first, d.weight_input, d.weight_hidden, d.bias,
                         d.states, d.none);
  }
  static auto backward(const LayerDescs& d) {
    return Backward::desc(peer::backward, tanh, direction, d.source, d.first, d.weight_input, d.weight_hidden, d.bias,
                          d.states, d.none, d.source, d.first, d.weight_input, d.weight_hidden, d.bias, d.states,
                          d.none);
  }
};

int gates_of(const std::string& cell) { return cell == "rnn" ? 1 : cell == "lstm" ? 4 : 3; }

float* data(const memory& m) { return static_cast<float*>(m.get_data_handle()); }

}  // namespace

Model::Model(const Shape& shape)
    : inputs(static_cast<std::size_t>(shape.steps) * shape.batch * shape.inputs),
      shape_(shape),
      gates_(gates_of(shape.cell)),
      two_biases_(shape.cell == "gru") {
  const memory::dim i = shape.inputs, h = shape.hidden, g = gates_, t = shape.steps, b = shape.batch;
  weight_input_ = add_block({1, 1, i, g, h}, Tag::ldigo);
  weight_hidden_ = add_block({1, 1, h, g, h}, Tag::ldigo);
  bias_ = add_block({1, 1, g + two_biases_, h}, Tag::ldgo);
  readout_weight_ = add_block({shape.outputs, h}, Tag::oi);
  readout_bias_ = add_block({shape.outputs}, Tag::x);
  for (auto* array : {&gradient_, &first_, &second_}) array->assign(parameters_.size(), 0.0f);
  states_ = zeros(desc({t, b, h}, Tag::tnc));
  d_states_ = zeros(desc({t, b, h}, Tag::tnc));  // stays zero at the steps without a loss

  // Forward: layer, output layer. Backward: output layer, layer.
  if (shape.cell == "rnn") make_layer<Vanilla>();
  if (shape.cell == "lstm") make_layer<Lstm>();
  if (shape.cell == "gru") make_layer<ResetAfter>();
  if (shape.cell == "gru-v1") make_layer<ResetBefore>();
  Calls layer_backward;
  layer_backward.swap(backward_);
  make_readout();
  backward_.insert(backward_.end(), layer_backward.begin(), layer_backward.end());
}

Model::Block Model::add_block(const memory::dims& dims, Tag tag) {
  Block block{parameters_.size(), 1, desc(dims, tag)};
  for (memory::dim n : dims) block.size *= n;
  parameters_.resize(block.begin + (block.size + 15) / 16 * 16);  // the next block is aligned, too
  return block;
}

memory Model::zeros(const memory::desc& desc) const {
  memory made(desc, engine_);
  std::memset(made.get_data_handle(), 0, desc.get_size());
  return made;
}

void Model::add_reorder(Calls& calls, const memory& from, const memory& to) const {
  calls.push_back({dnnl::reorder(from, to), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}});
}

memory Model::packed(const Block& block, const memory::desc& wanted, Calls& before) {
  const memory own = view(block.desc, &parameters_[block.begin]);
  if (wanted == block.desc) return own;
  const memory made = zeros(wanted);
  add_reorder(before, own, made);
  return made;
}

memory Model::unpacked(const Block& block, const memory::desc& given, Calls& after) {
  const memory own = view(block.desc, &gradient_[block.begin]);
  if (given == block.desc) return own;
  const memory made = zeros(given);
  add_reorder(after, made, own);
  return made;
}

template <class Cell>
void Model::make_layer() {
  const memory::dim i = shape_.inputs, h = shape_.hidden, g = gates_, t = shape_.steps, b = shape_.batch;
  const LayerDescs descs{desc({t, b, i}, Tag::tnc),
                         desc({1, 1, b, h}, Tag::ldnc),
                         desc({1, 1, i, g, h}, Tag::any),
                         desc({1, 1, h, g, h}, Tag::any),
                         bias_.desc,
                         states_.get_desc(),
                         {}};
  const typename Cell::Forward::primitive_desc forward(Cell::forward(descs), engine_);
  const typename Cell::Backward::primitive_desc backward(Cell::backward(descs), engine_, forward);
  kernels_ = std::string("forward ") + forward.impl_info_str() + ", backward " + backward.impl_info_str();

  const memory source = view(descs.source, inputs.data());
  const memory workspace(forward.workspace_desc(), engine_);
  const memory bias = view(bias_.desc, &parameters_[bias_.begin]);
  const memory first = zeros(descs.first), d_first = zeros(descs.first), first_c = zeros(descs.first),
               d_first_c = zeros(descs.first);
  const memory wi = packed(weight_input_, forward.weights_layer_desc(), forward_);
  const memory wh = packed(weight_hidden_, forward.weights_iter_desc(), forward_);
  Call ahead{typename Cell::Forward(forward),
             {{DNNL_ARG_SRC_LAYER, source},
              {DNNL_ARG_SRC_ITER, first},
              {DNNL_ARG_WEIGHTS_LAYER, wi},
              {DNNL_ARG_WEIGHTS_ITER, wh},
              {DNNL_ARG_BIAS, bias},
              {DNNL_ARG_DST_LAYER, states_},
              {DNNL_ARG_WORKSPACE, workspace}}};
  if (shape_.cell == "lstm") ahead.arguments[DNNL_ARG_SRC_ITER_C] = first_c;
  forward_.push_back(ahead);

  // oneDNN always computes the gradient of the input; it cannot be switched off.
  Calls after;
  const memory back_wi = packed(weight_input_, backward.weights_layer_desc(), backward_);
  const memory back_wh = packed(weight_hidden_, backward.weights_iter_desc(), backward_);
  const memory d_wi = unpacked(weight_input_, backward.diff_weights_layer_desc(), after);
  const memory d_wh = unpacked(weight_hidden_, backward.diff_weights_iter_desc(), after);
  const memory d_bias = unpacked(bias_, backward.diff_bias_desc(), after);
  accumulated_ = {d_wi, d_wh, d_bias};
  Call back{typename Cell::Backward(backward), ahead.arguments};
  back.arguments[DNNL_ARG_WEIGHTS_LAYER] = back_wi;
  back.arguments[DNNL_ARG_WEIGHTS_ITER] = back_wh;
  back.arguments.insert({{DNNL_ARG_DIFF_SRC_LAYER, zeros(descs.source)},
                         {DNNL_ARG_DIFF_SRC_ITER, d_first},
                         {DNNL_ARG_DIFF_WEIGHTS_LAYER, d_wi},
                         {DNNL_ARG_DIFF_WEIGHTS_ITER, d_wh},
                         {DNNL_ARG_DIFF_BIAS, d_bias},
                         {DNNL_ARG_DIFF_DST_LAYER, d_states_}});
  if (shape_.cell == "lstm") back.arguments[DNNL_ARG_DIFF_SRC_ITER_C] = d_first_c;
  backward_.push_back(back);
  backward_.insert(backward_.end(), after.begin(), after.end());
}

void Model::make_readout() {
  const memory::dim h = shape_.hidden, o = shape_.outputs;
  const memory::dim rows = shape_.every_step ? static_cast<memory::dim>(shape_.steps) * shape_.batch : shape_.batch;
  const std::size_t skipped = (static_cast<std::size_t>(shape_.steps) * shape_.batch - rows) * h;
  const memory::desc source = desc({rows, h}, Tag::nc), weight = desc({o, h}, Tag::any);
  const memory::desc result = desc({rows, o}, Tag::nc);
  using Forward = dnnl::inner_product_forward;
  using Data = dnnl::inner_product_backward_data;
  using Weights = dnnl::inner_product_backward_weights;
  const Forward::primitive_desc forward({forward_training, source, weight, readout_bias_.desc, result}, engine_);
  const Data::primitive_desc to_data({source, weight, result}, engine_, forward);
  const Weights::primitive_desc to_weights({source, weight, readout_bias_.desc, result}, engine_, forward);

  const memory states = view(source, data(states_) + skipped), d_states = view(source, data(d_states_) + skipped);
  scores_ = zeros(result), d_scores_ = zeros(result);
  const memory bias = view(readout_bias_.desc, &parameters_[readout_bias_.begin]);
  const memory packed_weight = packed(readout_weight_, forward.weights_desc(), forward_);
  forward_.push_back(
      {Forward(forward),
       {{DNNL_ARG_SRC, states}, {DNNL_ARG_WEIGHTS, packed_weight}, {DNNL_ARG_BIAS, bias}, {DNNL_ARG_DST, scores_}}});

  Calls after;
  const memory back_weight = packed(readout_weight_, to_data.weights_desc(), backward_);
  backward_.push_back(
      {Data(to_data),
       {{DNNL_ARG_DIFF_DST, d_scores_}, {DNNL_ARG_WEIGHTS, back_weight}, {DNNL_ARG_DIFF_SRC, d_states}}});
  const memory d_weight = unpacked(readout_weight_, to_weights.diff_weights_desc(), after);
  const memory d_bias = unpacked(readout_bias_, to_weights.diff_bias_desc(), after);
  backward_.push_back({Weights(to_weights),
                       {{DNNL_ARG_DIFF_DST, d_scores_},
                        {DNNL_ARG_SRC, states},
                        {DNNL_ARG_DIFF_WEIGHTS, d_weight},
                        {DNNL_ARG_DIFF_BIAS, d_bias}}});
  backward_.insert(backward_.end(), after.begin(), after.end());
}

void Model::run(const Calls& calls) {
  for (const Call& call : calls) call.primitive.execute(stream_, call.arguments);
  stream_.wait();
}

double Model::gradient() {
  run(forward_);
  double loss = 0;
  if (shape_.every_step)
    loss = softmax_cross_entropy(data(scores_), classes.data(), classes.size(), shape_.outputs, data(d_scores_));
  else
    loss = squared_error(data(scores_), numbers.data(), numbers.size(), data(d_scores_));
  for (const memory& m : accumulated_) std::memset(m.get_data_handle(), 0, m.get_desc().get_size());
  run(backward_);
  return loss;
}

void Model::clip_and_adam(double limit, double rate) {
  clip_by_norm(gradient_.data(), gradient_.size(), limit);
  power1_ *= 0.9;
  power2_ *= 0.999;
  adam(parameters_.data(), first_.data(), second_.data(), gradient_.data(), parameters_.size(),
       static_cast<float>(rate / (1 - power1_)), static_cast<float>(1 / std::sqrt(1 - power2_)));
}

template <class Visit>
void Model::each_weight(int inputs, Visit visit) const {
  const std::size_t h = shape_.hidden, g = gates_;
  for (std::size_t gate = 0; gate < g; ++gate) {
    const std::size_t other = g == 3 && gate < 2 ? 1 - gate : gate;  // PyTorch: reset, update; oneDNN: update, reset
    for (std::size_t unit = 0; unit < h; ++unit)
      for (int i = 0; i < inputs; ++i) visit((gate * h + unit) * inputs + i, (i * g + other) * h + unit);
  }
}

void Model::set_parameters(const Blocks& blocks) {
  const auto copy_weights = [&](const char* name, int inputs, const Block& to) {
    const auto& from = blocks.at(name);
    each_weight(inputs, [&](std::size_t theirs, std::size_t ours) { parameters_[to.begin + ours] = from[theirs]; });
  };
  copy_weights("rnn.weight_ih_l0", shape_.inputs, weight_input_);
  copy_weights("rnn.weight_hh_l0", shape_.hidden, weight_hidden_);
  const auto& input = blocks.at("rnn.bias_ih_l0");
  const auto& hidden = blocks.at("rnn.bias_hh_l0");
  const std::size_t candidate = 2 * static_cast<std::size_t>(shape_.hidden);
  each_weight(1, [&](std::size_t theirs, std::size_t ours) {
    const bool apart = two_biases_ && theirs >= candidate;
    parameters_[bias_.begin + ours] = input[theirs] + (apart ? 0 : hidden[theirs]);
    if (apart) parameters_[bias_.begin + ours + shape_.hidden] = hidden[theirs];
  });
  const auto& weight = blocks.at("readout.weight");
  const auto& bias = blocks.at("readout.bias");
  std::copy(weight.begin(), weight.end(), &parameters_[readout_weight_.begin]);
  std::copy(bias.begin(), bias.end(), &parameters_[readout_bias_.begin]);
}

Model::Blocks Model::gradients() const {
  Blocks blocks;
  const auto copy_weights = [&](const char* name, int inputs, const Block& from, std::size_t candidate_offset) {
    auto& to = blocks[name];
    to.resize(static_cast<std::size_t>(gates_) * shape_.hidden * inputs);
    const std::size_t candidate = 2 * static_cast<std::size_t>(shape_.hidden);
    each_weight(inputs, [&](std::size_t theirs, std::size_t ours) {
      to[theirs] = gradient_[from.begin + ours + (theirs >= candidate ? candidate_offset : 0)];
    });
  };
  copy_weights("rnn.weight_ih_l0", shape_.inputs, weight_input_, 0);
  copy_weights("rnn.weight_hh_l0", shape_.hidden, weight_hidden_, 0);
  copy_weights("rnn.bias_ih_l0", 1, bias_, 0);
  copy_weights("rnn.bias_hh_l0", 1, bias_, two_biases_ ? shape_.hidden : 0);
  const auto block = [&](const Block& from) {
    const float* begin = &gradient_[from.begin];
    return std::vector<float>(begin, begin + from.size);
  };
  blocks["readout.weight"] = block(readout_weight_);
  blocks["readout.bias"] = block(readout_bias_);
  return blocks;
}

}  // namespace peer
