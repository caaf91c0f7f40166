// The networks around the cells (naive_cells.h) written out plainly, for one sequence at a time: as in the
// papers, without packing, tiles or fusion, forward only. The engine's outputs are compared with its outputs,
// and the engine's gradient with its complex step: nothing of the engine's code is in the reference.
#pragma once

#include <complex>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "core/batch.h"
#include "core/options.h"
#include "core/parameters.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

template <class S>
struct NaiveResult {
  std::vector<S> outputs;  // steps * size * outputs, every step
  S loss{};                // as Batch defines it
  // Of the top layer, a column per step, for each sequence.
  std::vector<Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>> states;
};

// S = double or complex<double>.
template <class S>
NaiveResult<S> naive_network(const Settings& model, const Signature& signature, const Parameters<S>& parameters,
                             const Batch& batch);

// Derivative of the loss along a direction of the parameters, by the complex step: exact to about 1e-15.
double naive_derivative(const Settings& model, const Signature& signature, const Parameters<double>& parameters,
                        const Parameters<double>& direction, const Batch& batch);

}  // namespace rnnbench::test
