// What a network does inside, as numbers of a record: the gates over time, and how far back a gradient reaches.
#pragma once

#include "experiments/declaration/spec.h"
#include "experiments/records/record.h"
#include "models/network.h"
#include "tasks/task.h"

namespace rnnbench::experiments {

// Throws UserError when `probe` cannot be made of this model (the Transformer has no state; attention over past states
// and a backward direction carry gradients past it).
void check_probe(const RunSpec& run);

// "probe" of a record's result, made of test sequences with the parameters before and after training:
//   gates      {"sequences", "gates": [{"gate": "forget gate", "untrained"|"trained": {"idle": [of each unit: mean over
//              idle steps (Task::idle)], "relevant": [...other steps before the first answer]}}, ...],
//              "sensitivity": {"untrained"|"trained": [of each unit: mean |d loss / d memory| at the middle idle
//              step]}}, the memory being the last state vector: an LSTM's cell state, a GRU's hidden state
//   gradients  {"sequences", "untrained"|"trained": [for lag 1, 2, ...: mean log10 of the norm of the derivative of the
//              last step's loss with respect to the state (all state vectors) after the step `lag` before it]}
//   saturation nothing beside the scalars
// and "scalars", by which findings compare:
//   gates      "forget gate idle", "forget gate relevant": means over units; "... carrying": weighted by the units'
//              sensitivity; "... share above 0.9" of the units, idle; "untrained ..." likewise
//   gradients  "gradient at lag L" (log10, relative to lag 1) for L = 10, 20, 50, 100, ... , "gradient slope" (least
//              squares, log10 per step); "untrained ..." likewise
//   saturation "untrained NAME", "saturated NAME": every score of the task on test sequences, before training and with
//   all
//              trained parameters a hundred times as large, near the limit in which gates and activations are 0 or 1
//              (Merrill et al. 2020)
// The derivative with respect to a state is that of the loss of the rest of the sequence started from that state.
Json probe(const RunSpec& run, const Task& task, const Network<float>& network, const Parameters<float>& untrained,
           const Parameters<float>& trained);

}  // namespace rnnbench::experiments
