// Helpers that most tasks use.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tasks/task.h"

namespace rnnbench::tasks {

// The logit of a class of probability 0: beside a logit of 0, its probability e^-1000 underflows.
inline constexpr float impossible = -1000;

template <class T>
std::unique_ptr<const Task> make_task(const Settings& settings) {
  return std::make_unique<T>(settings);
}

// The two options that every task has: "length", of which `help` says what it counts, and "test-length".
inline constexpr double max_length = 1000000;
std::vector<Option> length_options(const std::string& default_value, int min, const std::string& help);

// For tasks that draw the length of each sequence uniformly from `shortest` .. `length`: the options above and
// "shortest". At a test length, all sequences have that length, because the trainer then sets both options to it.
std::vector<Option> length_range_options(const std::string& default_value, int min, const std::string& help);
struct LengthRange {
  int shortest, longest;
  explicit LengthRange(const Settings& settings);  // `shortest` is at most `length`, whatever the option says
  int draw(Stream& stream) const { return shortest + static_cast<int>(stream.below(longest - shortest + 1)); }
  double mean() const { return (shortest + longest) / 2.0; }
};

// The length in min .. max for which per_length * length + extra == time_steps. When there is none, throws UserError
// with the smallest possible and the nearest number of time steps. `task` names the task with the settings that matter:
// "copy with items = 10".
std::int64_t solve_length(const std::string& task, std::int64_t time_steps, int per_length, int extra, int min,
                          std::int64_t max = static_cast<std::int64_t>(max_length));

// The most probable class: the index of the largest of n outputs, the first one if several are equal.
int most_probable(const float* outputs, int n);

// How many of the answers of a batch with classes as targets are right: the class is the most probable one.
struct AnswerCount {
  std::int64_t answers = 0, correct = 0;
  double accuracy() const { return answers > 0 ? static_cast<double>(correct) / static_cast<double>(answers) : 0; }
  AnswerCount& operator+=(const AnswerCount& other) {
    answers += other.answers;
    correct += other.correct;
    return *this;
  }
};
AnswerCount count_answers(const Signature& signature, const Batch& batch, const std::vector<float>& outputs);

// Samples `count` sequences of `source` in batches, and calls `use` with each batch and the outputs of `predict`.
using UsePrediction = std::function<void(const Batch& batch, const std::vector<float>& outputs)>;
void predict_samples(const Task& task, const Predict& predict, const StreamSource& source, int count,
                     const UsePrediction& use);

// Scores of a task with several answers per sequence and cross-entropy loss, on `count` sequences of `source`:
// "accuracy" (share of correct answers), "sequences" (share of sequences without an error) and "loss".
Scores answer_scores(const Task& task, const Predict& predict, const StreamSource& source, int count);

}  // namespace rnnbench::tasks
