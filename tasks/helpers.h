// What most task files share.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tasks/task.h"

namespace rnnbench::tasks {

// A logit whose probability is 0 to the last bit beside a logit of 0 (e^-1000 underflows).
inline constexpr float impossible = -1000;

template <class T>
std::unique_ptr<const Task> make_task(const Settings& settings) {
  return std::make_unique<T>(settings);
}

// The two options of every task, "length" (with what it counts) and "test-length".
inline constexpr double max_length = 1000000;
std::vector<Option> length_options(const std::string& default_value, int min, const std::string& help);

// For tasks whose sequences have a length drawn uniformly from `shortest` to `length`: the two options above and
// "shortest". A test length is scored at exactly that length (the trainer sets both ends to it).
std::vector<Option> length_range_options(const std::string& default_value, int min, const std::string& help);
struct LengthRange {
  int shortest, longest;
  explicit LengthRange(const Settings& settings);  // a `shortest` beyond `length` stands for `length`
  int draw(Stream& stream) const { return shortest + static_cast<int>(stream.below(longest - shortest + 1)); }
  double mean() const { return (shortest + longest) / 2.0; }
};

// Solves time_steps == per_length * length + extra for a length from `least` to `most`. Throws UserError
// with the smallest possible (and nearest) number of time steps when there is none. `task` names the task
// with the settings that matter: "copy with items = 10".
std::int64_t solve_length(const std::string& task, std::int64_t time_steps, int per_length, int extra, int min,
                          std::int64_t max = static_cast<std::int64_t>(max_length));

// The number of the largest of n outputs, the first of equals: the most probable class.
int max_probable(const float* outputs, int n);

// Draws `count` sequences of `source` in batches, and shows each batch with the outputs of `predict`.
using Show = std::function<void(const Batch& batch, const std::vector<float>& outputs)>;
void predict_samples(const Task& task, const Predict& predict, const StreamSource& source, int count, const Show& show);

// For tasks of several answers with cross-entropy: "accuracy" (share of the answers that are right), "sequences" (share
// of the sequences whose answers are all right) and "loss", on `count` sequences of `source`.
Scores answer_scores(const Task& task, const Predict& predict, const StreamSource& source, int count);

}  // namespace rnnbench::tasks
