// The predictors that know what occurred in training how often, with which the task `sequences` compares a model.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/math.h"

namespace rnnbench::tasks {

// ln(count + 1/2), the logit of an outcome that was counted so often. Because of the 1/2 (Jeffreys' prior; Krichevsky &
// Trofimov 1981), outcomes that were never counted remain possible.
inline float log_count(double count) { return static_cast<float>(math::log(count + 0.5)); }

// Counts of classes, in all and at each input symbol.
class ClassCounts {
 public:
  // `symbols`: number of input symbols, 0 if there are none.
  ClassCounts(int symbols, int classes) : counts_(classes), at_(symbols) {}

  void add(std::int32_t target) { ++counts_[target]; }
  void add(std::int32_t symbol, std::int32_t target) {
    add(target);
    ++at_[symbol][target];
  }

  // Sets the logits of all classes, [places, classes], by the counts in all.
  void predict(std::size_t places, std::vector<float>& outputs) const {
    std::vector<float> logits;
    for (const double count : counts_) logits.push_back(log_count(count));
    outputs.clear();
    outputs.reserve(places * logits.size());
    for (std::size_t i = 0; i < places; ++i) outputs.insert(outputs.end(), logits.begin(), logits.end());
  }

  // The same by the counts at the symbol of each place.
  void predict(const std::vector<std::int32_t>& symbols, std::vector<float>& outputs) const {
    const std::size_t classes = counts_.size();
    outputs.assign(symbols.size() * classes, log_count(0));
    for (std::size_t i = 0; i < symbols.size(); ++i)
      for (const auto& [target, count] : at_[symbols[i]]) outputs[i * classes + target] = log_count(count);
  }

 private:
  std::vector<double> counts_;
  std::vector<std::map<std::int32_t, double>> at_;  // [symbol]: count of each class
};

}  // namespace rnnbench::tasks
