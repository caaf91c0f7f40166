// What a task makes and a model learns from: a batch of sequences with targets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::core {

enum class Loss {
  cross_entropy,  // one class of several
  mean_squared,   // real numbers
  bernoulli       // several answers of yes or no, independent of one another
};

// The shape of a task's sequences as the model sees it.
struct Signature {
  int inputs = 0;        // number of input symbols (one_hot) or of real features of a step
  bool one_hot = false;  // inputs are symbols, fed as one-hot vectors
  int outputs = 0;       // classes (cross-entropy) or values (the others) of a step
  Loss loss = Loss::cross_entropy;
  bool one_answer = false;   // only the last step of a sequence is asked for
  bool looks_ahead = false;  // what is asked for at a step is the input of a later one: a model may not see those
};

// Time-major: element (step t, sequence b) is number t * size + b. Shorter sequences end in steps of weight 0 whose
// inputs are valid (symbol 0 or zeros).
// The loss of a batch is sum(weight * loss of the step) / sum(weight), the loss of a step
//   cross_entropy  -ln p(class) in nats, p the softmax of the outputs
//   mean_squared   the mean over outputs of the squared error
//   bernoulli      the sum over outputs of -ln p(target) in nats, p(1) the logistic sigmoid of the output
struct Batch {
  int steps = 0;
  int size = 0;
  std::vector<std::int32_t> symbols;  // steps * size, if the signature is one-hot
  std::vector<float> values;          // steps * size * inputs, otherwise
  std::vector<std::int32_t> classes;  // steps * size targets of cross-entropy
  std::vector<float> targets;         // steps * size * outputs targets of the other losses; bernoulli: 0 or 1
  std::vector<float> weight;          // steps * size, weight of the step in the loss (>= 0)
  std::vector<std::uint8_t> answer;   // steps * size, 1 where accuracy counts

  std::size_t at(int step, int sequence) const { return static_cast<std::size_t>(step) * size + sequence; }
  // Makes the arrays of the given shape, all zero.
  void reset(const Signature& signature, int steps, int size);
  // Steps [first_step, end_step) of sequences [first, end).
  Batch part(int first_step, int end_step, int first, int end) const;
  // All steps of sequences [first, first + count).
  Batch sequences(int first, int count = 1) const { return part(0, steps, first, first + count); }
};

}  // namespace rnnbench::core
