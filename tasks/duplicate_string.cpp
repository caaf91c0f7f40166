// Duplicate string: say the bits of a string twice.
//
//   input   1 1 0 _ _ _ _ _ _    _ = compute token
//   target  . . . 1 1 0 1 1 0    . = not asked
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

class DuplicateString final : public StringTask {
 public:
  static constexpr StringForm form{"duplicate-string", 2, 2, {1, 0}, {2, 0}};
  explicit DuplicateString(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    example.shown = draw_symbols(stream, length, 2);
    for (int i = 0; i < 2 * length; ++i) example.answers.push_back(example.shown[i % length]);
  }
};

}  // namespace

TaskEntry duplicate_string_task() {
  return string_entry<DuplicateString>(
      "say a string twice",
      "Shown: bits, drawn evenly, as many as a length uniform in shortest .. length. Asked, at twice as many compute "
      "tokens after them: the same bits, and once more (Deletang et al. 2023). The memoryless predictor knows the "
      "position of a compute token: ln 2.",
      "bits; time steps: 3 length");
}

}  // namespace rnnbench::tasks
