// The models as the papers write them: one sequence, one vector equation after the other, in double, nothing
// shared with models/. Slow and plain on purpose.
#pragma once

#include <Eigen/Dense>

#include <vector>

#include "core/batch.h"
#include "core/options.h"
#include "core/parameters.h"

namespace rnnbench::test {

struct NaiveResult {
  std::vector<double> outputs;          // steps * size * outputs, every step
  double loss = 0;                      // as Batch defines it
  std::vector<Eigen::MatrixXd> states;  // of the top layer, a column per step, for each sequence
};

NaiveResult naive_network(const Settings& model, const Signature& signature,
                          const Parameters<double>& parameters, const Batch& batch);

}  // namespace rnnbench::test
