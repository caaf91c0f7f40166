// Every cell written out plainly: one unit-free line of linear algebra per line of the paper, for one
// sequence, forward only. (The networks around them: naive_network.h.)
#pragma once

#include <complex>
#include <map>
#include <string>

#include <Eigen/Core>

#include "core/options.h"
#include "core/parameters.h"
#include "models/network.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

template <class S>
using Matrix = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>;
template <class S>
using Vector = Eigen::Matrix<S, Eigen::Dynamic, 1>;

// The block of this name; without rows when there is none.
template <class S>
Matrix<S> block(const Parameters<S>& parameters, const std::string& name);

template <class S>
Vector<S> tanh(const Vector<S>& x);

bool has_formula(const std::string& cell);  // is it written out here?

// One layer: weights, states, and the step from states to states. S = double or complex<double>.
template <class S>
class NaiveLayer {
 public:
  NaiveLayer(const Settings& model, const Parameters<S>& parameters, int number);
  void step(const Vector<S>& x);
  const Vector<S>& hidden_state() const { return state.at("hidden"); }
  int hidden() const { return h; }

  // The words of the formulas. `gate` counts the rows of weight_ih; `row` those of weight_hh, which has none
  // for a gate that does not recur; `slot` those of the gains of layer normalization.
  Vector<S> input(int slot, int gate) const;                              // W x + b_ih
  Vector<S> recurrent(int slot, int row, const Vector<S>& source) const;  // U source + b_hh
  Vector<S> net(int slot, int gate, int row, const Vector<S>& source,
                const Vector<S>& further) const;  // both
  Vector<S> net(int slot, int gate, int row, const Vector<S>& source) const;
  Vector<S> net(int k, const Vector<S>& source) const { return net(k, k, k, source); }
  Vector<S> further(const std::string& matrix, int row, const Vector<S>& source) const;  // R source
  Vector<S> peephole(int number) const { return peepholes.middleRows(number * h, h); }
  Vector<S> sigmoid(const Vector<S>& x) const;  // or what gate-activation says
  Vector<S> zero() const { return Vector<S>::Zero(h); }
  Vector<S> one() const { return Vector<S>::Ones(h); }

  const Settings& model;
  std::map<std::string, Vector<S>> state;  // by the first word of its name: "hidden", "cell"

 private:
  Vector<S> normalized(int slot, const Vector<S>& sum) const;  // with gain; the sum itself without layer-norm

  const Parameters<S>& parameters_;
  const std::string suffix_;
  Matrix<S> w, u, b_ih, b_hh, peepholes, gains;
  int h;
  Vector<S> x_;
};

}  // namespace rnnbench::test
