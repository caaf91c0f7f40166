#include "tasks/string_task.h"

#include <algorithm>

#include "core/math.h"

namespace rnnbench::tasks {
namespace {

// Smaller probabilities count as 0, as they do in math::log.
constexpr double min_probability = 1e-300;

}  // namespace

Signature StringTask::signature() const {
  return {.inputs = form_.symbols + 1,
          .one_hot = true,
          .outputs = form_.classes,
          .one_answer = form_.answer.per_length == 0 && form_.answer.constant == 1};
}

void StringTask::sample(const StreamSource& source, int size, Batch& batch) const {
  batch.reset(signature(), steps(), size);
  Example example;
  for (int b = 0; b < size; ++b) {
    Stream stream = source.stream(b);
    const int length = range_.draw(stream);
    example = {};
    draw(stream, length, example);
    int t = 0;
    for (const int symbol : example.string) batch.symbols[batch.at(t++, b)] = symbol;
    const int scored_end = t + scored_answers(example.answers);
    for (const int answer : example.answers) {
      const std::size_t i = batch.at(t, b);
      batch.symbols[i] = form_.symbols;
      batch.classes[i] = answer;
      batch.weight[i] = 1;
      batch.answer[i] = t++ < scored_end;
    }
  }
}

StringTask::Positions StringTask::positions() const {
  Positions all;
  all.lengths.assign(steps(), 0);
  all.probabilities.assign(static_cast<std::size_t>(steps()) * form_.classes, 0);
  for (int length = range_.shortest; length <= range_.longest; ++length) {
    const std::vector<double> added = probabilities(length);
    const int first = form_.string.at(length), answers = form_.answer.at(length);
    for (int i = 0; i < answers; ++i) ++all.lengths[first + i];
    const std::size_t offset = static_cast<std::size_t>(first) * form_.classes;
    for (std::size_t k = 0; k < added.size(); ++k) all.probabilities[offset + k] += added[k];
  }
  return all;
}

void StringTask::memoryless(const Batch& batch, std::vector<float>& outputs) const {
  outputs.assign(batch.symbols.size() * form_.classes, 0);
  if (probabilities(range_.longest).empty()) return;
  const Positions at = positions();
  for (int t = 0; t < batch.steps; ++t) {
    for (int k = 0; k < form_.classes && at.lengths[t] > 0; ++k) {
      const double p = at.probabilities[static_cast<std::size_t>(t) * form_.classes + k] / at.lengths[t];
      const float logit = p > min_probability ? static_cast<float>(math::log(p)) : impossible;
      for (int b = 0; b < batch.size; ++b) outputs[batch.at(t, b) * form_.classes + k] = logit;
    }
  }
}

double StringTask::baseline() const {
  if (probabilities(range_.longest).empty()) return math::log(form_.classes);
  const Positions at = positions();
  double loss = 0, answers = 0;
  for (int t = 0; t < steps(); ++t) {
    answers += at.lengths[t];
    for (int k = 0; k < form_.classes; ++k) {
      const double p = at.probabilities[static_cast<std::size_t>(t) * form_.classes + k];
      if (p > min_probability) loss -= p * math::log(p / at.lengths[t]);
    }
  }
  return loss / answers;
}

Measure StringTask::measure() const {
  return {.name = "accuracy",
          .solved_at = 0.99,
          .definition = signature().one_answer ? "share of the strings answered correctly"
                                               : "share of the answers' symbols that are right"};
}

Scores StringTask::evaluate(const Predict& predict, const StreamSource& source, int count) const {
  return signature().one_answer ? Task::evaluate(predict, source, count) : answer_scores(*this, predict, source, count);
}

std::vector<int> draw_symbols(Stream& stream, int count, int symbols) {
  std::vector<int> drawn(count);
  for (int& symbol : drawn) symbol = static_cast<int>(stream.below(symbols));
  return drawn;
}

}  // namespace rnnbench::tasks
