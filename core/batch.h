// What a task produces and a model learns from: a batch of sequences with targets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::core {

enum class Loss {
  cross_entropy,  // one of several classes
  mean_squared,   // real numbers
  bernoulli       // several independent yes/no answers
};

// The shape of a task's inputs and targets, from which a model derives its input and output layers.
struct Signature {
  int inputs = 0;        // number of input symbols (one_hot), or real features per step
  bool one_hot = false;  // inputs are symbols, fed as one-hot vectors
  int outputs = 0;       // per step: classes (cross_entropy) or values (other losses)
  Loss loss = Loss::cross_entropy;
  bool one_answer = false;       // only the last step of a sequence has a target
  bool predicts_inputs = false;  // targets are later inputs, so a model must not read the sequence backwards
};

// Arrays are time-major: element (step t, sequence b) has index t * size + b. Sequences that are shorter than `steps`
// end in steps of weight 0, whose inputs are valid (symbol 0 or zeros).
// The loss of a batch is sum(weight * loss of the step) / sum(weight). The loss of a step is
//   cross_entropy  -ln p(class) in nats, where p is the softmax of the outputs
//   mean_squared   the squared error, averaged over the outputs
//   bernoulli      the sum over outputs of -ln p(target) in nats, where p(1) is the logistic sigmoid of the output
struct Batch {
  int steps = 0;
  int size = 0;
  std::vector<std::int32_t> symbols;  // [steps, size], one-hot inputs
  std::vector<float> values;          // [steps, size, inputs], real inputs
  std::vector<std::int32_t> classes;  // [steps, size], targets of cross_entropy
  std::vector<float> targets;         // [steps, size, outputs], targets of the other losses (bernoulli: 0 or 1)
  std::vector<float> weight;          // [steps, size], weight of the step in the loss (>= 0)
  std::vector<std::uint8_t> answer;   // [steps, size], 1 where the step counts in the accuracy
  // [size]: 1 where the sequence continues the one that was at this place in the batch before. Empty: nowhere.
  std::vector<std::uint8_t> continues;

  std::size_t at(int step, int sequence) const { return static_cast<std::size_t>(step) * size + sequence; }
  double total_weight() const;
  // Gives the arrays these shapes and fills them with zeros.
  void reset(const Signature& signature, int steps, int size);
  // A batch of the sequences [first, first + count), with all their steps.
  Batch sequences(int first, int count = 1) const;
  // A batch of all sequences, with their steps [begin, end). Unless begin is 0, they continue those of the batch
  // before.
  Batch segment(int begin, int end) const;
};

}  // namespace rnnbench::core
