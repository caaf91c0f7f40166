// Bucket sort: say the symbols of a string in rising order.
//
//   input   1 0 4 1 _ _ _ _      _ = compute token
//   target  . . . . 0 1 1 4      . = not asked
#include <algorithm>

#include "core/math.h"
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

constexpr int alphabet = 5;

class BucketSort final : public StringTask {
 public:
  static constexpr StringForm form{"bucket-sort", alphabet, alphabet, {1, 0}, {1, 0}};
  explicit BucketSort(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    example.shown = draw_symbols(stream, length, alphabet);
    example.answers = example.shown;
    std::sort(example.answers.begin(), example.answers.end());
  }

  // Answer i (from 0) is at most symbol k when more than i of the symbols are: a binomial tail, with p = (k + 1) / 5.
  std::vector<double> probabilities(int length) const override {
    std::vector<double> of(static_cast<std::size_t>(length) * alphabet, 0);
    for (int i = 0; i < length; ++i) of[static_cast<std::size_t>(i) * alphabet + alphabet - 1] = 1;
    for (int k = 0; k + 1 < alphabet; ++k) {
      const double p = (k + 1.0) / alphabet, log_ratio = math::log(p / (1 - p));
      double log_one = length * math::log(p), tail = 0;  // of exactly `count` symbols; of more than i
      for (int i = length - 1; i >= 0; --i) {
        tail = std::min(tail + math::exp(log_one), 1.0);
        log_one += math::log((i + 1.0) / (length - i)) - log_ratio;
        double* at = &of[static_cast<std::size_t>(i) * alphabet];
        at[k] += tail;
        at[k + 1] -= tail;
      }
    }
    for (double& p : of) p = std::max(p, 0.0);  // what is impossible up to rounding
    return of;
  }
};

}  // namespace

TaskEntry bucket_sort_task() {
  return string_entry<BucketSort>(
      "sort the symbols of a string",
      "Shown: symbols 0 .. 4, drawn evenly, as many as a length uniform in shortest .. length. Asked, at as many "
      "compute tokens after them: the same symbols in rising order (Deletang et al. 2023). The memoryless predictor "
      "knows the position of a compute token: the entropy of the order statistics, P(answer i <= k) = P(more than i "
      "of n symbols are <= k), a binomial tail, mixed over the lengths n that ask for an answer at that position.",
      "symbols; time steps: 2 length");
}

}  // namespace rnnbench::tasks
