// Missing duplicate: find the bit that is hidden in one of two copies of a string.
//
//   input   0 1 1 0 0 ? 1 0 _    0110 twice: the bit at ? is 1          _ = compute token
//   target  . . . . . . . . 1    . = no target
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

constexpr int missing = 2;  // the symbol ?

class MissingDuplicate final : public StringTask {
 public:
  static constexpr StringForm form{
      .name = "missing-duplicate", .symbols = 3, .classes = 2, .string = {.per_length = 2}, .answer = {.constant = 1}};
  explicit MissingDuplicate(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    const std::vector<int> bits = draw_symbols(stream, length, 2);
    for (int i = 0; i < 2 * length; ++i) example.string.push_back(bits[i % length]);
    int& hidden = example.string[stream.below(2 * length)];
    example.answers = {hidden};
    hidden = missing;
  }
};

}  // namespace

TaskEntry missing_duplicate_task() {
  return string_entry<MissingDuplicate>("find the hidden bit of a string that is shown twice",
                                        R"(
      Input: uniformly random bits and then the same bits again, one of all these hidden by a placeholder; then one
      compute token.

      Target: at the compute token, the hidden bit.

      Lengths: the number of bits of one copy is uniform in shortest .. length.

      Baseline: the hidden bit is independent of its position: ln 2.

      Source: Deletang et al. 2023, who count both copies as the length and pad odd lengths.)",
                                        "bits of one copy; time steps: 2 length + 1");
}

}  // namespace rnnbench::tasks
