// Bucket sort: repeat the symbols of a string in ascending order.
//
//   input   1 0 4 1 _ _ _ _      _ = compute token
//   target  . . . . 0 1 1 4      . = no target
#include <algorithm>

#include "core/math.h"
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

constexpr int alphabet = 5;

class BucketSort final : public StringTask {
 public:
  static constexpr StringForm form{.name = "bucket-sort",
                                   .symbols = alphabet,
                                   .classes = alphabet,
                                   .string = {.per_length = 1},
                                   .answer = {.per_length = 1}};
  explicit BucketSort(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    example.string = draw_symbols(stream, length, alphabet);
    example.answers = example.string;
    std::sort(example.answers.begin(), example.answers.end());
  }

  // Answer i (from 0) is <= k when more than i symbols of the string are <= k. The probability of this is a binomial
  // tail with p = (k + 1) / 5.
  std::vector<double> probabilities(int length) const override {
    std::vector<double> classes(static_cast<std::size_t>(length) * alphabet, 0);
    for (int i = 0; i < length; ++i) classes[static_cast<std::size_t>(i) * alphabet + alphabet - 1] = 1;
    for (int k = 0; k + 1 < alphabet; ++k) {
      const double p = (k + 1.0) / alphabet, log_ratio = math::log(p / (1 - p));
      double log_exactly = length * math::log(p), tail = 0;  // ln P(i + 1 symbols are <= k), P(more than i are)
      for (int i = length - 1; i >= 0; --i) {
        tail = std::min(tail + math::exp(log_exactly), 1.0);
        log_exactly += math::log((i + 1.0) / (length - i)) - log_ratio;
        double* at = &classes[static_cast<std::size_t>(i) * alphabet];
        at[k] += tail;
        at[k + 1] -= tail;
      }
    }
    for (double& p : classes) p = std::max(p, 0.0);  // rounding may make an impossible class negative
    return classes;
  }
};

}  // namespace

TaskEntry bucket_sort_task() {
  return string_entry<BucketSort>("sort the symbols of a string",
                                  R"(
      Input: uniformly random symbols 0 .. 4, then as many compute tokens.

      Target: at the compute tokens, the same symbols in ascending order.

      Lengths: the number of symbols is uniform in shortest .. length.

      Baseline: the predictor knows the position of a compute token. Of n symbols, the one at position i (from 0) is
      <= k exactly when more than i of them are <= k, which gives its distribution as a binomial tail. The baseline is
      the entropy of these distributions, averaged over the lengths n that have an answer at the position.

      Source: Deletang et al. 2023.)",
                                  "symbols; time steps: 2 length");
}

}  // namespace rnnbench::tasks
