#include "tasks/helpers.h"

#include <algorithm>

#include "core/error.h"

namespace rnnbench::tasks {

std::vector<Option> length_options(const std::string& default_value, int min, const std::string& help) {
  return {integer_option("length", default_value, min, max_length, help),
          integers_option("test-length", "", min, max_length, "lengths at which the trained model is also tested")};
}

std::vector<Option> length_range_options(const std::string& default_value, int min, const std::string& help) {
  std::vector<Option> options = length_options(default_value, min, help);
  options.insert(options.begin() + 1, integer_option("shortest", std::to_string(min), min, max_length,
                                                     "minimum length in training; at most `length`"));
  return options;
}

LengthRange::LengthRange(const Settings& settings)
    : shortest(static_cast<int>(std::min(settings.integer("shortest"), settings.integer("length")))),
      longest(static_cast<int>(settings.integer("length"))) {}

std::int64_t solve_length(const std::string& task, std::int64_t time_steps, int per_length, int extra, int min,
                          std::int64_t max) {
  const auto steps_of = [&](std::int64_t length) { return per_length * length + extra; };
  const std::int64_t below = std::clamp<std::int64_t>((time_steps - extra) / per_length, min, max);
  if (steps_of(below) == time_steps) return below;
  const std::int64_t above = std::min(below + 1, max);
  const bool nearer_above = std::abs(steps_of(above) - time_steps) < std::abs(steps_of(below) - time_steps);
  throw UserError("time-steps = " + std::to_string(time_steps) + " is not possible for " + task + "; the smallest is " +
                  std::to_string(steps_of(min)) + " and the nearest is " +
                  std::to_string(steps_of(nearer_above ? above : below)));
}

int most_probable(const float* outputs, int n) {
  return static_cast<int>(std::max_element(outputs, outputs + n) - outputs);
}

AnswerCount count_answers(const Signature& signature, const Batch& batch, const std::vector<float>& outputs) {
  AnswerCount count;
  for (std::size_t i = 0; i < batch.answer.size(); ++i) {
    if (!batch.answer[i]) continue;
    ++count.answers;
    count.correct += most_probable(&outputs[i * signature.outputs], signature.outputs) == batch.classes[i];
  }
  return count;
}

void predict_samples(const Task& task, const Predict& predict, const StreamSource& source, int count,
                     const UsePrediction& use) {
  constexpr int max_batch = 64;  // limits the memory for long sequences
  Batch batch;
  std::vector<float> outputs;
  for (int done = 0; done < count; done += batch.size) {
    StreamSource next = source;
    next.first += done;
    task.sample(next, std::min(max_batch, count - done), batch);
    predict(batch, outputs);
    use(batch, outputs);
  }
}

Scores answer_scores(const Task& task, const Predict& predict, const StreamSource& source, int count) {
  const Signature shape = task.signature();
  LossSum loss;
  std::int64_t correct = 0, answers = 0, without_error = 0;
  predict_samples(task, predict, source, count, [&](const Batch& batch, const std::vector<float>& outputs) {
    loss += loss_of(shape, batch, outputs);
    for (int b = 0; b < batch.size; ++b) {
      std::int64_t answers_here = 0, correct_here = 0;
      for (int t = 0; t < batch.steps; ++t) {
        const std::size_t i = batch.at(t, b);
        if (!batch.answer[i]) continue;
        ++answers_here;
        correct_here += most_probable(&outputs[i * shape.outputs], shape.outputs) == batch.classes[i];
      }
      answers += answers_here;
      correct += correct_here;
      without_error += correct_here == answers_here;
    }
  });
  const auto share = [](std::int64_t part, std::int64_t all) {
    return all > 0 ? static_cast<double>(part) / static_cast<double>(all) : 0;
  };
  return {{"accuracy", share(correct, answers)}, {"sequences", share(without_error, count)}, {"loss", loss.mean()}};
}

}  // namespace rnnbench::tasks
