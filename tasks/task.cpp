#include "tasks/task.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

double squared_error(const float* values, const float* targets, int n) {
  double sum = 0;
  for (int i = 0; i < n; ++i)
    sum += (static_cast<double>(values[i]) - targets[i]) * (static_cast<double>(values[i]) - targets[i]);
  return sum / n;
}

// The sum of -ln p(target) with p(1) = sigmoid(logit), written as softplus(z) - y z, which cannot overflow.
double binary_cross_entropies(const float* logits, const float* targets, int n) {
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    const double z = logits[i], y = targets[i];
    sum += (std::max(z, 0.0) - y * z) + math::log(1 + math::exp(-std::abs(z)));
  }
  return sum;
}

// The sum of -ln of the softmax probabilities of the classes, weighted. The exponentials and logarithms of some steps
// are computed together, because one at a time they would take longer than the network.
LossSum cross_entropies(const Signature& signature, const Batch& batch, const std::vector<float>& outputs) {
  constexpr std::size_t together = 64;
  const int n = signature.outputs;
  std::vector<double> powers(together * n);
  double log_sums[together], largest[together];
  std::size_t steps[together], count = 0;
  LossSum sum;
  const auto add_all = [&] {
    math::exp_all(powers.data(), count * n);
    for (std::size_t i = 0; i < count; ++i) {
      log_sums[i] = 0;
      for (int k = 0; k < n; ++k) log_sums[i] += powers[i * n + k];
    }
    math::log_all(log_sums, count);
    for (std::size_t i = 0; i < count; ++i) {
      const float weight = batch.weight[steps[i]];
      const double target = outputs[steps[i] * n + batch.classes[steps[i]]];
      sum.loss += weight * (largest[i] + log_sums[i] - target);
      sum.weight += weight;
    }
    count = 0;
  };
  for (std::size_t step = 0; step < batch.weight.size(); ++step) {
    if (batch.weight[step] == 0) continue;
    const float* logits = &outputs[step * n];
    steps[count] = step;
    largest[count] = *std::max_element(logits, logits + n);
    for (int k = 0; k < n; ++k) powers[count * n + k] = logits[k] - largest[count];
    if (++count == together) add_all();
  }
  add_all();
  return sum;
}

}  // namespace

LossSum loss_of(const Signature& signature, const Batch& batch, const std::vector<float>& outputs) {
  if (signature.loss == Loss::cross_entropy) return cross_entropies(signature, batch, outputs);
  const int n = signature.outputs;
  LossSum sum;
  for (std::size_t i = 0; i < batch.weight.size(); ++i) {
    if (batch.weight[i] == 0) continue;
    const float *values = &outputs[i * n], *targets = &batch.targets[i * n];
    sum.loss += batch.weight[i] * (signature.loss == Loss::mean_squared ? squared_error(values, targets, n)
                                                                        : binary_cross_entropies(values, targets, n));
    sum.weight += batch.weight[i];
  }
  return sum;
}

std::string name_of(EvaluatedOn evaluated_on) {
  return evaluated_on == EvaluatedOn::random ? "random" : evaluated_on == EvaluatedOn::list ? "list" : "all";
}

void Task::next_chunk(const StreamSource&, std::vector<StreamPlace>&, Batch&) const {
  throw std::logic_error("only a task with chunks has a next chunk");
}

double score(const Scores& scores, const std::string& name) {
  for (const auto& [key, value] : scores) {
    if (key == name) return value;
  }
  throw std::out_of_range("there is no score named '" + name + "'");
}

Scores Task::evaluate(const Predict& predict, const StreamSource& source, int count) const {
  const Signature shape = signature();
  LossSum loss;
  AnswerCount answers;
  predict_samples(*this, predict, source, count, [&](const Batch& batch, const std::vector<float>& outputs) {
    loss += loss_of(shape, batch, outputs);
    if (shape.loss == Loss::cross_entropy) answers += count_answers(shape, batch, outputs);
  });
  const double measured = shape.loss == Loss::cross_entropy ? answers.accuracy() : loss.mean();
  Scores scores;
  if (measure().name != "loss") scores.emplace_back(measure().name, measured);
  scores.emplace_back("loss", loss.mean());
  return scores;
}

bool Task::solved(const Scores& scores) const {
  const Measure criterion = measure();
  const double reached = score(scores, criterion.name);
  return criterion.higher_is_better ? reached >= criterion.solved_at : reached < criterion.solved_at;
}

}  // namespace rnnbench::tasks
