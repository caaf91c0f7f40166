// One recurrent layer and a linear output layer made of oneDNN's primitives, with loss, gradient, clipping and Adam.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "core/aligned.h"

namespace peer {

struct Shape {
  std::string cell;  // rnn (tanh), lstm, gru (oneDNN's lbr_gru: reset after the product), gru-v1 (its gru: before)
  int steps = 0, batch = 0, inputs = 0, hidden = 0, outputs = 0;
  bool every_step = true;  // softmax cross-entropy on every step, or squared error on the last
};

class Model {
 public:
  explicit Model(const Shape& shape);

  // The batch, time-major: inputs [steps, batch, inputs]; classes [steps, batch] or numbers [batch, outputs].
  rnnbench::core::AlignedVector<float> inputs;
  std::vector<std::int64_t> classes;
  std::vector<float> numbers;

  double gradient();  // forward, loss, backward
  void clip_and_adam(double limit, double rate);

  // Parameters and gradients with PyTorch's names, order and shapes: rnn.weight_ih_l0 [gates * hidden, inputs] and so
  // on. If oneDNN has one bias where PyTorch has two, it is their sum, and both have its gradient.
  using Blocks = std::map<std::string, std::vector<float>>;
  void set_parameters(const Blocks& blocks);
  Blocks gradients() const;

  const std::string& kernels() const { return kernels_; }  // the kernels that oneDNN chose for the recurrent layer

 private:
  struct Block {  // within an array of all parameters
    std::size_t begin = 0, size = 0;
    dnnl::memory::desc desc;
  };
  struct Call {
    dnnl::primitive primitive;
    std::unordered_map<int, dnnl::memory> arguments;
  };
  using Calls = std::vector<Call>;

  Block add_block(const dnnl::memory::dims& dims, dnnl::memory::format_tag tag);
  dnnl::memory view(const dnnl::memory::desc& desc, float* data) const { return {desc, engine_, data}; }
  dnnl::memory zeros(const dnnl::memory::desc& desc) const;
  void add_reorder(Calls& calls, const dnnl::memory& from, const dnnl::memory& to) const;
  // The block in the layout that a primitive asks for. It is reordered at every update unless it already has the
  // layout.
  dnnl::memory packed(const Block& block, const dnnl::memory::desc& wanted, Calls& before);
  // Memory for the gradient of the block in the primitive's layout, which is reordered to the block's layout
  // afterwards.
  dnnl::memory unpacked(const Block& block, const dnnl::memory::desc& given, Calls& after);
  template <class Cell>
  void make_layer();
  void make_readout();
  void run(const Calls& calls);
  // Visits every element (gate, unit, input) of a weight matrix with its offsets in PyTorch's and in oneDNN's layout.
  template <class Visit>
  void each_weight(int inputs, Visit visit) const;

  const Shape shape_;
  const int gates_;
  const bool two_biases_;  // the candidate has a separate recurrent bias
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  rnnbench::core::AlignedVector<float> parameters_, gradient_, first_, second_;
  double power1_ = 1, power2_ = 1;
  Block weight_input_, weight_hidden_, bias_, readout_weight_, readout_bias_;
  dnnl::memory states_, d_states_, scores_, d_scores_;
  std::vector<dnnl::memory> accumulated_;  // oneDNN adds to these, so they are set to zero before the backward pass
  Calls forward_, backward_;
  std::string kernels_;
};

}  // namespace peer
