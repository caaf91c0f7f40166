// Even pairs: whether a string contains an even number of the pairs 01 and 10. It does when its first and last bit are
// equal.
//
//   input   0 0 1 1 1 0 _        one 01, one 10: even, class 0      _ = compute token
//   target  . . . . . . 0                                           . = no target
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

class EvenPairs final : public StringTask {
 public:
  static constexpr StringForm form{.name = "even-pairs",
                                   .symbols = 2,
                                   .classes = 2,
                                   .string = {.per_length = 1},
                                   .answer = {.constant = 1},
                                   .min_length = 2};
  explicit EvenPairs(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    example.string = draw_symbols(stream, length, 2);
    example.answers = {example.string.front() ^ example.string.back()};
  }
};

}  // namespace

TaskEntry even_pairs_task() {
  return string_entry<EvenPairs>("decide whether a string contains an even number of the pairs 01 and 10",
                                 R"(
      Input: uniformly random bits, then one compute token.

      Target: at the compute token, whether the number of neighboring bits 01 and 10 is even (class 0) or odd (class
      1). It is even exactly when the first and the last bit are equal.

      Lengths: the number of bits is uniform in shortest .. length, and at least two.

      Baseline: both classes are equally probable: ln 2.

      Source: Deletang et al. 2023, whose strings may also have one bit.)",
                                 "bits; time steps: length + 1");
}

}  // namespace rnnbench::tasks
