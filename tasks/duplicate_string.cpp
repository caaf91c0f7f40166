// Duplicate string: repeat the bits of a string twice.
//
//   input   1 1 0 _ _ _ _ _ _    _ = compute token
//   target  . . . 1 1 0 1 1 0    . = no target
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

class DuplicateString final : public StringTask {
 public:
  static constexpr StringForm form{
      .name = "duplicate-string", .symbols = 2, .classes = 2, .string = {.per_length = 1}, .answer = {.per_length = 2}};
  explicit DuplicateString(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    example.string = draw_symbols(stream, length, 2);
    for (int i = 0; i < 2 * length; ++i) example.answers.push_back(example.string[i % length]);
  }
};

}  // namespace

TaskEntry duplicate_string_task() {
  return string_entry<DuplicateString>("repeat a string of bits twice",
                                       R"(
      Input: uniformly random bits, then twice as many compute tokens.

      Target: at the compute tokens, the bits in their order, and then once more.

      Lengths: the number of bits is uniform in shortest .. length.

      Baseline: the bits are independent of the position of a compute token, so each costs ln 2.

      Source: Deletang et al. 2023.)",
                                       "bits; time steps: 3 length");
}

}  // namespace rnnbench::tasks
