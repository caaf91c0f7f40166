#include "tasks/helpers.h"

#include <algorithm>

#include "core/error.h"

namespace rnnbench::tasks {

std::vector<Option> length_options(const std::string& default_value, int min, const std::string& help) {
  return {integer_option("length", default_value, min, max_length, help),
          integers_option("test-length", "", min, max_length, "further lengths to score at, never trained on")};
}

std::vector<Option> length_range_options(const std::string& default_value, int min, const std::string& help) {
  std::vector<Option> options = length_options(default_value, min, help);
  options.insert(options.begin() + 1, integer_option("shortest", std::to_string(min), min, max_length,
                                                     "least length in training; at most `length`"));
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
  throw UserError("time-steps = " + std::to_string(time_steps) + " is not a length of " + task + "; the smallest is " +
                  std::to_string(steps_of(min)) + " and the nearest is " +
                  std::to_string(steps_of(nearer_above ? above : below)));
}

int max_probable(const float* outputs, int n) {
  return static_cast<int>(std::max_element(outputs, outputs + n) - outputs);
}

void predict_samples(const Task& task, const Predict& predict, const StreamSource& source, int count,
                     const Show& show) {
  constexpr int max_at_once = 64;  // bounds the memory of long sequences
  Batch batch;
  std::vector<float> outputs;
  for (int done = 0; done < count; done += batch.size) {
    StreamSource next = source;
    next.first += done;
    task.sample(next, std::min(max_at_once, count - done), batch);
    predict(batch, outputs);
    show(batch, outputs);
  }
}

Scores answer_scores(const Task& task, const Predict& predict, const StreamSource& source, int count) {
  const Signature shape = task.signature();
  LossSum loss;
  std::int64_t right = 0, answers = 0, whole = 0;
  predict_samples(task, predict, source, count, [&](const Batch& batch, const std::vector<float>& outputs) {
    const LossSum part = loss_of(shape, batch, outputs);
    loss.loss += part.loss;
    loss.weight += part.weight;
    for (int b = 0; b < batch.size; ++b) {
      std::int64_t asked = 0, known = 0;
      for (int t = 0; t < batch.steps; ++t) {
        const std::size_t i = batch.at(t, b);
        if (!batch.answer[i]) continue;
        ++asked;
        known += max_probable(&outputs[i * shape.outputs], shape.outputs) == batch.classes[i];
      }
      answers += asked, right += known, whole += known == asked;
    }
  });
  const auto share = [](std::int64_t part, std::int64_t all) { return all > 0 ? static_cast<double>(part) / all : 0; };
  return {{"accuracy", share(right, answers)}, {"sequences", share(whole, count)}, {"loss", loss.mean()}};
}

}  // namespace rnnbench::tasks
