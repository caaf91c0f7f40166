#include "tests/naive_network.h"

#include <cmath>
#include <stdexcept>

namespace rnnbench::test {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

MatrixXd block(const Parameters<double>& parameters, const std::string& name) {
  const int number = parameters.layout().find(name);
  if (number < 0) throw std::logic_error("no block " + name);
  const Block& b = parameters.layout().block(number);
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const RowMajor>(parameters.block(number), b.rows, b.cols);
}

VectorXd sigmoid(const VectorXd& x) { return (1 + (-x.array()).exp()).inverse(); }
VectorXd tanh(const VectorXd& x) { return x.array().tanh(); }
VectorXd times(const VectorXd& a, const VectorXd& b) { return a.cwiseProduct(b); }

// A layer's weights by gate, in PyTorch's order.
struct Layer {
  MatrixXd w, u;
  VectorXd b_ih, b_hh;
  int hidden;
  VectorXd input(int gate, const VectorXd& x) const {
    return w.middleRows(gate * hidden, hidden) * x + b_ih.segment(gate * hidden, hidden);
  }
  VectorXd recurrent(int gate, const VectorXd& h) const {
    return u.middleRows(gate * hidden, hidden) * h + b_hh.segment(gate * hidden, hidden);
  }
};

// One step of a cell: replaces h and c.
void step(const Settings& model, const Layer& l, const VectorXd& x, VectorXd& h, VectorXd& c) {
  const std::string& cell = model.text("cell");
  const auto gate = [&](int k) -> VectorXd { return l.input(k, x) + l.recurrent(k, h); };
  if (cell == "rnn") {
    h = model.text("activation") == "relu" ? VectorXd(gate(0).cwiseMax(0.0)) : tanh(gate(0));
  } else if (cell == "lstm") {  // Gers et al. 2000
    const VectorXd i = sigmoid(gate(0)), f = sigmoid(gate(1)), g = tanh(gate(2)), o = sigmoid(gate(3));
    c = times(f, c) + times(i, g);
    h = times(o, tanh(c));
  } else if (cell == "gru") {  // PyTorch's documentation of nn.GRU
    const VectorXd r = sigmoid(gate(0)), z = sigmoid(gate(1));
    const VectorXd n = tanh(l.input(2, x) + times(r, l.recurrent(2, h)));
    h = times(VectorXd::Ones(l.hidden) - z, n) + times(z, h);
  } else if (cell == "gru-v1") {  // Cho et al. 2014, equations 5 to 8; biases joined
    const VectorXd r = sigmoid(gate(0)), z = sigmoid(gate(1));
    const VectorXd n = tanh(l.input(2, x) + l.recurrent(2, times(r, h)));
    h = times(z, h) + times(VectorXd::Ones(l.hidden) - z, n);
  } else {
    throw std::logic_error("no formula here for the cell " + cell);
  }
}

// States of all steps (columns) from inputs of all steps (columns).
MatrixXd run_layer(const Settings& model, const Parameters<double>& parameters, int number,
                   const MatrixXd& inputs) {
  const std::string l = "_l" + std::to_string(number);
  Layer layer{block(parameters, "rnn.weight_ih" + l), block(parameters, "rnn.weight_hh" + l),
              block(parameters, "rnn.bias_ih" + l), block(parameters, "rnn.bias_hh" + l), 0};
  layer.hidden = static_cast<int>(layer.u.cols());
  VectorXd h = VectorXd::Zero(layer.hidden), c = h;
  if (model.text("initial-state") == "learned") {
    h = block(parameters, "initial_state.hidden" + l);
    if (model.text("cell") == "lstm") c = block(parameters, "initial_state.cell" + l);
  }
  MatrixXd states(layer.hidden, inputs.cols());
  for (int t = 0; t < inputs.cols(); ++t) {
    step(model, layer, inputs.col(t), h, c);
    states.col(t) = h;
  }
  return states;
}

// Contexts of all steps: step t attends to states 0 .. t.
MatrixXd attend(const Settings& model, const Parameters<double>& parameters, const MatrixXd& states) {
  const bool additive = model.text("attention") == "additive";
  MatrixXd contexts(states.rows(), states.cols());
  for (int t = 0; t < states.cols(); ++t) {
    VectorXd scores(t + 1);
    for (int s = 0; s <= t; ++s) {
      if (additive) {  // Bahdanau, Cho & Bengio 2015
        const VectorXd energy = tanh(block(parameters, "attention.query.weight") * states.col(t) +
                                     block(parameters, "attention.key.weight") * states.col(s) +
                                     block(parameters, "attention.bias"));
        scores(s) = block(parameters, "attention.energy").col(0).dot(energy);
      } else {  // Luong, Pham & Manning 2015
        scores(s) = states.col(t).dot(states.col(s));
      }
    }
    const VectorXd weights = (scores.array() - scores.maxCoeff()).exp();
    contexts.col(t) = states.leftCols(t + 1) * weights / weights.sum();
  }
  return contexts;
}

double step_loss(const Signature& signature, const VectorXd& out, const Batch& batch, std::size_t at) {
  if (signature.loss == Loss::cross_entropy)
    return std::log(out.array().exp().sum()) - out(batch.classes[at]);
  double sum = 0;
  for (int o = 0; o < signature.outputs; ++o)
    sum += std::pow(out(o) - static_cast<double>(batch.targets[at * signature.outputs + o]), 2);
  return sum / signature.outputs;
}

}  // namespace

NaiveResult naive_network(const Settings& model, const Signature& signature,
                          const Parameters<double>& parameters, const Batch& batch) {
  NaiveResult result;
  result.outputs.resize(static_cast<std::size_t>(batch.steps) * batch.size * signature.outputs);
  double weight = 0;
  for (int b = 0; b < batch.size; ++b) {
    MatrixXd states = MatrixXd::Zero(signature.inputs, batch.steps);
    for (int t = 0; t < batch.steps; ++t) {
      if (signature.one_hot)
        states(batch.symbols[batch.at(t, b)], t) = 1;
      else
        for (int i = 0; i < signature.inputs; ++i)
          states(i, t) = static_cast<double>(batch.values[batch.at(t, b) * signature.inputs + i]);
    }
    for (int layer = 0; layer < model.integer("layers"); ++layer)
      states = run_layer(model, parameters, layer, states);
    result.states.push_back(states);

    MatrixXd joined = states;
    if (model.text("attention") != "none") {
      joined.resize(2 * states.rows(), states.cols());
      joined << states, attend(model, parameters, states);
    }
    const MatrixXd outputs =
        (block(parameters, "readout.weight") * joined).colwise() + block(parameters, "readout.bias").col(0);
    for (int t = 0; t < batch.steps; ++t) {
      const std::size_t at = batch.at(t, b);
      for (int o = 0; o < signature.outputs; ++o) result.outputs[at * signature.outputs + o] = outputs(o, t);
      const double w = static_cast<double>(batch.weight[at]);
      result.loss += w * step_loss(signature, outputs.col(t), batch, at);
      weight += w;
    }
  }
  result.loss /= weight;
  return result;
}

}  // namespace rnnbench::test
