// Even pairs: whether the pairs 01 and 10 of a string are even in number, which is whether its ends are alike.
//
//   input   0 0 1 1 1 0 _        one 01, one 10: even, class 0      _ = compute token
//   target  . . . . . . 0                                           . = not asked
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

class EvenPairs final : public StringTask {
 public:
  static constexpr StringForm form{"even-pairs", 2, 2, {1, 0}, {0, 1}, 2};
  explicit EvenPairs(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    example.shown = draw_symbols(stream, length, 2);
    example.answers = {example.shown.front() ^ example.shown.back()};
  }
};

}  // namespace

TaskEntry even_pairs_task() {
  return string_entry<EvenPairs>(
      "say whether the pairs 01 and 10 of a string are even in number",
      "Shown: bits, drawn evenly, as many as a length uniform in shortest .. length. Asked, at one compute token "
      "after them: whether the number of neighbors 01 and 10 together is even (class 0) or odd (class 1), which is "
      "whether the first and the last bit are alike or not (Deletang et al. 2023; here a string has at least two "
      "bits). The memoryless predictor knows the position of the compute token: ln 2.",
      "bits; time steps: length + 1");
}

}  // namespace rnnbench::tasks
