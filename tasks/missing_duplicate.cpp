// Missing duplicate: a string is shown twice, but for one bit, which is asked.
//
//   input   0 1 1 0 0 ? 1 0 _    0110 twice: the bit at ? is 1          _ = compute token
//   target  . . . . . . . . 1    . = not asked
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

constexpr int missing = 2;  // the symbol ?

class MissingDuplicate final : public StringTask {
 public:
  static constexpr StringForm form{"missing-duplicate", 3, 2, {2, 0}, {0, 1}};
  explicit MissingDuplicate(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    const std::vector<int> bits = draw_symbols(stream, length, 2);
    for (int i = 0; i < 2 * length; ++i) example.shown.push_back(bits[i % length]);
    int& place = example.shown[stream.below(2 * length)];
    example.answers = {place};
    place = missing;
  }
};

}  // namespace

TaskEntry missing_duplicate_task() {
  return string_entry<MissingDuplicate>(
      "find the bit that is missing from a string that is shown twice",
      "Shown: bits, drawn evenly, as many as a length uniform in shortest .. length, then the same bits again, with "
      "one of them all, drawn evenly, hidden behind a placeholder. Asked, at one compute token after them: the hidden "
      "bit (Deletang et al. 2023, who count both strings as the length and pad odd lengths). The memoryless predictor "
      "knows the position of the compute token: ln 2.",
      "bits of one of the two strings; time steps: 2 length + 1");
}

}  // namespace rnnbench::tasks
