#include "tasks/task.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

// -ln of the softmax probability of `target`.
double cross_entropy(const float* logits, int n, int target) {
  const double largest = *std::max_element(logits, logits + n);
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += math::exp(logits[i] - largest);
  return largest + math::log(sum) - logits[target];
}

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

double step_loss(const Signature& signature, const Batch& batch, std::size_t step, const float* outputs) {
  const int n = signature.outputs;
  switch (signature.loss) {
    case Loss::cross_entropy:
      return cross_entropy(outputs, n, batch.classes[step]);
    case Loss::mean_squared:
      return squared_error(outputs, &batch.targets[step * n], n);
    case Loss::bernoulli:
      return binary_cross_entropies(outputs, &batch.targets[step * n], n);
  }
  throw std::logic_error("unknown loss");
}

}  // namespace

LossSum loss_of(const Signature& signature, const Batch& batch, const std::vector<float>& outputs) {
  LossSum sum;
  for (std::size_t i = 0; i < batch.weight.size(); ++i) {
    if (batch.weight[i] == 0) continue;
    sum.loss += batch.weight[i] * step_loss(signature, batch, i, &outputs[i * signature.outputs]);
    sum.weight += batch.weight[i];
  }
  return sum;
}

std::string name_of(EvaluatedOn evaluated_on) {
  return evaluated_on == EvaluatedOn::random ? "random" : evaluated_on == EvaluatedOn::list ? "list" : "all";
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
  std::int64_t correct = 0, answers = 0;
  predict_samples(*this, predict, source, count, [&](const Batch& batch, const std::vector<float>& outputs) {
    loss += loss_of(shape, batch, outputs);
    if (shape.loss != Loss::cross_entropy) return;
    for (std::size_t i = 0; i < batch.answer.size(); ++i) {
      if (!batch.answer[i]) continue;
      ++answers;
      correct += most_probable(&outputs[i * shape.outputs], shape.outputs) == batch.classes[i];
    }
  });
  const double measured = shape.loss != Loss::cross_entropy ? loss.mean()
                          : answers > 0                     ? static_cast<double>(correct) / answers
                                                            : 0;
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
