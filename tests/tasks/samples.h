// Tasks with changed options, and sequences of them.
#pragma once

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "core/options.h"
#include "tasks/catalogue.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

using Changes = std::vector<std::pair<std::string, std::string>>;
inline const StreamSource source{1, Purpose::training, 2, 0};

inline Settings settings_of(const std::string& task, const Changes& changes) {
  Settings settings = default_settings(find_task(task).options);
  for (const auto& [key, value] : changes) settings.set(key, value);
  return settings;
}

inline std::unique_ptr<const Task> task_of(const std::string& task, const Changes& changes) {
  return find_task(task).make(settings_of(task, changes));
}

inline Batch sampled(const Task& task, int size) {
  Batch batch;
  task.sample(source, size, batch);
  return batch;
}

// Sequence `b` of `numbers`, in time.
template <class T>
std::vector<int> in_time(const Batch& batch, const std::vector<T>& numbers, int b) {
  std::vector<int> sequence;
  for (int t = 0; t < batch.steps; ++t) sequence.push_back(static_cast<int>(numbers[batch.at(t, b)]));
  return sequence;
}

// Counts of chance p each, within 5 standard deviations.
inline void check_share(int count, int of, double p) {
  CAPTURE(count, of, p);
  CHECK(std::abs(count - of * p) <= 5 * std::sqrt(of * p * (1 - p)));
}

}  // namespace rnnbench::test
