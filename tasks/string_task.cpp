#include "tasks/string_task.h"

#include <algorithm>

#include "core/math.h"

namespace rnnbench::tasks {
namespace {

// What is less probable never comes, and math::log takes it for 0.
constexpr double min_odds = 1e-300;

}  // namespace

Signature StringTask::signature() const {
  const bool one_answer = form_.asked.per_length == 0 && form_.asked.extra == 1;
  return {form_.symbols + 1, true, form_.classes, Loss::cross_entropy, one_answer};
}

void StringTask::sample(const StreamSource& source, int size, Batch& batch) const {
  batch.reset(signature(), steps(), size);
  Example example;
  for (int b = 0; b < size; ++b) {
    Stream stream = source.stream(b);
    const int length = range_.draw(stream);
    example.shown.clear(), example.answers.clear();
    draw(stream, length, example);
    int t = 0;
    for (const int symbol : example.shown) batch.symbols[batch.at(t++, b)] = symbol;
    const int unjudged_from = t + judged(example.answers);
    for (const int answer : example.answers) {
      const std::size_t i = batch.at(t, b);
      batch.symbols[i] = form_.symbols;
      batch.classes[i] = answer;
      batch.weight[i] = 1;
      batch.answer[i] = t++ < unjudged_from;
    }
  }
}

StringTask::Positions StringTask::positions() const {
  Positions all;
  all.lengths.assign(steps(), 0);
  all.probabilities.assign(static_cast<std::size_t>(steps()) * form_.classes, 0);
  for (int length = range_.shortest; length <= range_.longest; ++length) {
    const std::vector<double> of = probabilities(length);
    const int first = form_.shown.at(length), answers = form_.asked.at(length);
    for (int i = 0; i < answers; ++i) ++all.lengths[first + i];
    const std::size_t offset = static_cast<std::size_t>(first) * form_.classes;
    for (std::size_t k = 0; k < of.size(); ++k) all.probabilities[offset + k] += of[k];
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
      const float logit = p > min_odds ? static_cast<float>(math::log(p)) : impossible;
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
      const double probabilities = at.probabilities[static_cast<std::size_t>(t) * form_.classes + k];
      if (probabilities > min_odds) loss -= probabilities * math::log(probabilities / at.lengths[t]);
    }
  }
  return loss / answers;
}

Measure StringTask::measure() const {
  return {"accuracy", true, 0.99,
          signature().one_answer ? "share of the strings answered correctly"
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
