#include "tests/naive_network.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace rnnbench::test {
namespace {

template <class S>
using Matrix = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>;
template <class S>
using Vector = Eigen::Matrix<S, Eigen::Dynamic, 1>;

template <class S>
Matrix<S> block(const Parameters<S>& parameters, const std::string& name) {
  const int number = parameters.layout().find(name);
  if (number < 0) throw std::logic_error("no block " + name);
  const Block& b = parameters.layout().block(number);
  using RowMajor = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const RowMajor>(parameters.block(number), b.rows, b.cols);
}

template <class S>
Vector<S> sigmoid(const Vector<S>& x) {
  return x.unaryExpr([](const S& v) { return S(1) / (S(1) + std::exp(-v)); });
}
template <class S>
Vector<S> tanh(const Vector<S>& x) {
  return x.unaryExpr([](const S& v) { return std::tanh(v); });
}
template <class S>
Vector<S> relu(const Vector<S>& x) {
  return x.unaryExpr([](const S& v) { return std::real(v) > 0 ? v : S(0); });
}
template <class S>
Vector<S> times(const Vector<S>& a, const Vector<S>& b) {
  return a.cwiseProduct(b);
}

// A layer's weights by gate, in PyTorch's order.
template <class S>
struct Layer {
  Matrix<S> w, u;
  Vector<S> b_ih, b_hh;
  int hidden;
  Vector<S> input(int gate, const Vector<S>& x) const {
    return w.middleRows(gate * hidden, hidden) * x + b_ih.segment(gate * hidden, hidden);
  }
  Vector<S> recurrent(int gate, const Vector<S>& h) const {
    return u.middleRows(gate * hidden, hidden) * h + b_hh.segment(gate * hidden, hidden);
  }
};

// One step of a cell: replaces h and c.
template <class S>
void step(const Settings& model, const Layer<S>& l, const Vector<S>& x, Vector<S>& h, Vector<S>& c) {
  const std::string& cell = model.text("cell");
  const auto gate = [&](int k) -> Vector<S> { return l.input(k, x) + l.recurrent(k, h); };
  const Vector<S> ones = Vector<S>::Ones(l.hidden);
  if (cell == "rnn") {
    h = model.text("activation") == "relu" ? relu<S>(gate(0)) : tanh<S>(gate(0));
  } else if (cell == "lstm") {  // Gers et al. 2000
    const Vector<S> i = sigmoid<S>(gate(0)), f = sigmoid<S>(gate(1)), g = tanh<S>(gate(2)),
                    o = sigmoid<S>(gate(3));
    c = times<S>(f, c) + times<S>(i, g);
    h = times<S>(o, tanh<S>(c));
  } else if (cell == "gru") {  // PyTorch's documentation of nn.GRU
    const Vector<S> r = sigmoid<S>(gate(0)), z = sigmoid<S>(gate(1));
    const Vector<S> n = tanh<S>(l.input(2, x) + times<S>(r, l.recurrent(2, h)));
    h = times<S>(ones - z, n) + times<S>(z, h);
  } else if (cell == "gru-v1") {  // Cho et al. 2014, equations 5 to 8; biases joined
    const Vector<S> r = sigmoid<S>(gate(0)), z = sigmoid<S>(gate(1));
    const Vector<S> n = tanh<S>(l.input(2, x) + l.recurrent(2, times<S>(r, h)));
    h = times<S>(z, h) + times<S>(ones - z, n);
  } else {
    throw std::logic_error("no formula here for the cell " + cell);
  }
}

// States of all steps (columns) from inputs of all steps (columns).
template <class S>
Matrix<S> run_layer(const Settings& model, const Parameters<S>& parameters, int number,
                    const Matrix<S>& inputs) {
  const std::string l = "_l" + std::to_string(number);
  Layer<S> layer{block(parameters, "rnn.weight_ih" + l), block(parameters, "rnn.weight_hh" + l),
                 block(parameters, "rnn.bias_ih" + l), block(parameters, "rnn.bias_hh" + l), 0};
  layer.hidden = static_cast<int>(layer.u.cols());
  Vector<S> h = Vector<S>::Zero(layer.hidden), c = h;
  if (model.text("initial-state") == "learned") {
    h = block(parameters, "initial_state.hidden" + l);
    if (model.text("cell") == "lstm") c = block(parameters, "initial_state.cell" + l);
  }
  Matrix<S> states(layer.hidden, inputs.cols());
  for (int t = 0; t < inputs.cols(); ++t) {
    step<S>(model, layer, inputs.col(t), h, c);
    states.col(t) = h;
  }
  return states;
}

// Contexts of all steps: step t attends to states 0 .. t.
template <class S>
Matrix<S> attend(const Settings& model, const Parameters<S>& parameters, const Matrix<S>& states) {
  const bool additive = model.text("attention") == "additive";
  Matrix<S> queries, keys, v;
  if (additive) {
    queries = (block(parameters, "attention.query.weight") * states).colwise() +
              Vector<S>(block(parameters, "attention.bias"));
    keys = block(parameters, "attention.key.weight") * states;
    v = block(parameters, "attention.energy").transpose();
  }
  Matrix<S> contexts(states.rows(), states.cols());
  for (int t = 0; t < states.cols(); ++t) {
    Vector<S> scores(t + 1);
    for (int s = 0; s <= t; ++s) {
      if (additive)  // Bahdanau, Cho & Bengio 2015
        scores(s) = (v * tanh<S>(queries.col(t) + keys.col(s)))(0, 0);
      else  // Luong, Pham & Manning 2015
        scores(s) = (states.col(t).transpose() * states.col(s))(0, 0);
    }
    const double largest = scores.real().maxCoeff();
    const Vector<S> weights = (scores.array() - S(largest)).exp();
    contexts.col(t) = states.leftCols(t + 1) * weights / weights.sum();
  }
  return contexts;
}

template <class S>
S step_loss(const Signature& signature, const Vector<S>& out, const Batch& batch, std::size_t at) {
  if (signature.loss == Loss::cross_entropy)
    return std::log(S(out.array().exp().sum())) - out(batch.classes[at]);
  S sum(0);
  for (int o = 0; o < signature.outputs; ++o) {
    const S error = out(o) - S(static_cast<double>(batch.targets[at * signature.outputs + o]));
    sum += error * error;
  }
  return sum / static_cast<double>(signature.outputs);
}

}  // namespace

bool has_formula(const std::string& cell) {
  return cell == "rnn" || cell == "lstm" || cell == "gru" || cell == "gru-v1";
}

template <class S>
NaiveResult<S> naive_network(const Settings& model, const Signature& signature,
                             const Parameters<S>& parameters, const Batch& batch) {
  NaiveResult<S> result;
  result.outputs.resize(static_cast<std::size_t>(batch.steps) * batch.size * signature.outputs);
  const Matrix<S> readout = block(parameters, "readout.weight");
  const Vector<S> bias = block(parameters, "readout.bias");
  double weight = 0;
  for (int b = 0; b < batch.size; ++b) {
    Matrix<S> states = Matrix<S>::Zero(signature.inputs, batch.steps);
    for (int t = 0; t < batch.steps; ++t) {
      if (signature.one_hot)
        states(batch.symbols[batch.at(t, b)], t) = 1;
      else
        for (int i = 0; i < signature.inputs; ++i)
          states(i, t) = static_cast<double>(batch.values[batch.at(t, b) * signature.inputs + i]);
    }
    for (int layer = 0; layer < model.integer("layers"); ++layer)
      states = run_layer<S>(model, parameters, layer, states);
    result.states.push_back(states);

    Matrix<S> joined = states;
    if (model.text("attention") != "none") {
      joined.resize(2 * states.rows(), states.cols());
      joined << states, attend<S>(model, parameters, states);
    }
    const Matrix<S> outputs = (readout * joined).colwise() + bias;
    for (int t = 0; t < batch.steps; ++t) {
      const std::size_t at = batch.at(t, b);
      for (int o = 0; o < signature.outputs; ++o) result.outputs[at * signature.outputs + o] = outputs(o, t);
      const double w = static_cast<double>(batch.weight[at]);
      result.loss += w * step_loss<S>(signature, outputs.col(t), batch, at);
      weight += w;
    }
  }
  result.loss /= weight;
  return result;
}
template NaiveResult<double> naive_network(const Settings&, const Signature&, const Parameters<double>&,
                                           const Batch&);

double naive_derivative(const Settings& model, const Signature& signature,
                        const Parameters<double>& parameters, const Parameters<double>& direction,
                        const Batch& batch) {
  constexpr double h = 1e-30;
  Parameters<std::complex<double>> stepped(parameters.layout());
  for (std::size_t i = 0; i < stepped.data().size(); ++i)
    stepped.data()[i] = {parameters.data()[i], h * direction.data()[i]};
  return naive_network(model, signature, stepped, batch).loss.imag() / h;
}

}  // namespace rnnbench::test
