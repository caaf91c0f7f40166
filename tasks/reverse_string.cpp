// Reverse string: say the bits of a string from the last to the first.
//
//   input   1 1 0 _ _ _          _ = compute token
//   target  . . . 0 1 1          . = not asked
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

class ReverseString final : public StringTask {
 public:
  static constexpr StringForm form{"reverse-string", 2, 2, {1, 0}, {1, 0}};
  explicit ReverseString(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    example.shown = draw_symbols(stream, length, 2);
    example.answers.assign(example.shown.rbegin(), example.shown.rend());
  }
};

}  // namespace

TaskEntry reverse_string_task() {
  return string_entry<ReverseString>(
      "say a string backwards",
      "Shown: bits, drawn evenly, as many as a length uniform in shortest .. length. Asked, at as many compute tokens "
      "after them: the same bits from the last to the first (Deletang et al. 2023). The memoryless predictor knows "
      "the position of a compute token: ln 2.",
      "bits; time steps: 2 length");
}

}  // namespace rnnbench::tasks
