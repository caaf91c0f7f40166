// Probes: measurements inside a trained network that a run can store in its record.
#pragma once

#include "experiments/declaration/spec.h"
#include "experiments/records/record.h"
#include "models/network.h"
#include "tasks/task.h"

namespace rnnbench::experiments {

// Throws UserError when the run's `probe` is not defined for its model or task: the Transformer has no state, attention
// over past states and a backward direction carry gradients past the state, and some tasks have no idle steps.
void check_probe(const RunSpec& run);

// "probe" of a record's result, measured on test sequences with the parameters before and after training:
//   gates      {"sequences",
//               "gates": [{"gate": "forget gate",
//                          "untrained" and "trained": {"idle": [for each unit, the mean over idle steps (Task::idle)],
//                                                      "relevant": [the mean over the other steps before the first
//                                                                   answer]}}, ...],
//               "sensitivity": {"untrained" and "trained": [for each unit, the mean of |d loss / d memory| at the
//               middle
//                                                           one of the idle steps]}}
//              The memory is the last state vector: an LSTM's cell state, a GRU's hidden state.
//   gradients  {"sequences",
//               "untrained" and "trained": [for lag 1, 2, ..., the mean log10 of the norm of the derivative of the last
//                                           step's loss with respect to all state vectors `lag` steps before it]}
//   saturation nothing but scalars
// and "scalars", numbers that findings can compare:
//   gates      "forget gate idle" and "forget gate relevant": means over units; the same + " carrying": means weighted
//   by
//              the units' sensitivity; "forget gate share above 0.9": the fraction of units whose idle mean is above
//              0.9
//   gradients  "gradient at lag L" (log10, relative to lag 1) for L = 10, 20, 50, 100, ...; "gradient slope" (least
//              squares, log10 per step)
//   saturation "saturated NAME": every score of the task on test sequences when all trained parameters are multiplied
//   by
//              100, near the limit in which gates and activations are 0 or 1 (Merrill et al. 2020)
//   each also as "untrained NAME": before training, with parameters that are not multiplied
// The derivative with respect to a state is that of the loss of the rest of the sequence, started from that state.
Json probe(const RunSpec& run, const Task& task, const Network<float>& network, const Parameters<float>& untrained,
           const Parameters<float>& trained);

}  // namespace rnnbench::experiments
