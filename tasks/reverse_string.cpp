// Reverse string: repeat the bits of a string from the last to the first.
//
//   input   1 1 0 _ _ _          _ = compute token
//   target  . . . 0 1 1          . = no target
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

class ReverseString final : public StringTask {
 public:
  static constexpr StringForm form{
      .name = "reverse-string", .symbols = 2, .classes = 2, .string = {.per_length = 1}, .answer = {.per_length = 1}};
  explicit ReverseString(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    example.string = draw_symbols(stream, length, 2);
    example.answers.assign(example.string.rbegin(), example.string.rend());
  }
};

}  // namespace

TaskEntry reverse_string_task() {
  return string_entry<ReverseString>("repeat a string of bits in reverse order",
                                     R"(
      Input: uniformly random bits, then as many compute tokens.

      Target: at the compute tokens, the bits from the last to the first.

      Lengths: the number of bits is uniform in shortest .. length.

      Baseline: the bits are independent of the position of a compute token, so each costs ln 2.

      Source: Deletang et al. 2023.)",
                                     "bits; time steps: 2 length");
}

}  // namespace rnnbench::tasks
