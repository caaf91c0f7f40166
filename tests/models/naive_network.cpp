#include "tests/models/naive_network.h"

#include <cmath>
#include <string>

#include "tests/models/naive_cells.h"
#include "tests/namespaces.h"

namespace rnnbench::test {
namespace {

// States of all steps (columns) from inputs of all steps (columns).
template <class S>
Matrix<S> run_layer(const Settings& model, const Parameters<S>& parameters, int number, const Matrix<S>& inputs) {
  NaiveLayer<S> layer(model, parameters, number);
  Matrix<S> states(layer.hidden(), inputs.cols());
  for (int t = 0; t < inputs.cols(); ++t) {
    layer.step(inputs.col(t));
    states.col(t) = layer.hidden_state();
  }
  return states;
}

// Contexts of all steps: step t attends to states 0 .. t.
template <class S>
Matrix<S> attend(const Settings& model, const Parameters<S>& parameters, const Matrix<S>& states) {
  const bool additive = model.text_or("attention", "none") == "additive";
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

// Raffel & Ellis 2015: what the output layer sees at each step.
template <class S>
Matrix<S> feedforward_attention(const Parameters<S>& parameters, const Matrix<S>& states) {
  const Matrix<S> v = block(parameters, "attention.energy"), w = block(parameters, "readout.hidden.weight");
  const S bias = block(parameters, "attention.bias")(0, 0);
  const Vector<S> b = block(parameters, "readout.hidden.bias");
  Matrix<S> seen(states.rows(), states.cols());
  Vector<S> sum = Vector<S>::Zero(states.rows());
  S total(0);
  for (int t = 0; t < states.cols(); ++t) {
    const S weight = std::exp(std::tanh((v.transpose() * states.col(t))(0, 0) + bias));
    sum += weight * states.col(t);
    total += weight;
    const Vector<S> x = w * sum / total + b;
    seen.col(t) = x.unaryExpr([](const S& y) { return std::real(y) > 0 ? y : S(0.01) * y; });
  }
  return seen;
}

template <class S>
S step_loss(const Signature& signature, const Vector<S>& out, const Batch& batch, std::size_t at) {
  if (signature.loss == Loss::cross_entropy) return std::log(S(out.array().exp().sum())) - out(batch.classes[at]);
  S sum(0);
  for (int o = 0; o < signature.outputs; ++o) {
    const S target(static_cast<double>(batch.targets[at * signature.outputs + o]));
    if (signature.loss == Loss::bernoulli) {
      const S yes = S(1) / (S(1) + std::exp(-out(o)));
      sum -= target * std::log(yes) + (S(1) - target) * std::log(S(1) - yes);
    } else {
      sum += (out(o) - target) * (out(o) - target);
    }
  }
  if (signature.loss == Loss::bernoulli) return sum;
  return sum / static_cast<double>(signature.outputs);
}

}  // namespace

template <class S>
NaiveResult<S> naive_network(const Settings& model, const Signature& signature, const Parameters<S>& parameters,
                             const Batch& batch) {
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
    if (model.text_or("attention", "none") != "none") {
      joined.resize(2 * states.rows(), states.cols());
      joined << states, attend<S>(model, parameters, states);
    }
    if (model.text("cell") == "feedforward-attention") joined = feedforward_attention<S>(parameters, states);
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
template NaiveResult<double> naive_network(const Settings&, const Signature&, const Parameters<double>&, const Batch&);

double naive_derivative(const Settings& model, const Signature& signature, const Parameters<double>& parameters,
                        const Parameters<double>& direction, const Batch& batch) {
  constexpr double h = 1e-30;
  Parameters<std::complex<double>> stepped(parameters.layout());
  for (std::size_t i = 0; i < stepped.data().size(); ++i)
    stepped.data()[i] = {parameters.data()[i], h * direction.data()[i]};
  return naive_network(model, signature, stepped, batch).loss.imag() / h;
}

}  // namespace rnnbench::test
