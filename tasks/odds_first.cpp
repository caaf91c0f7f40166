// Odds first: say the first, third, fifth ... bit of a string, and then the second, fourth ...
//
//   input   1 1 0 0 1 _ _ _ _ _          _ = compute token
//   target  . . . . . 1 0 1 1 0          . = not asked
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

class OddsFirst final : public StringTask {
 public:
  static constexpr StringForm form{"odds-first", 2, 2, {1, 0}, {1, 0}};
  explicit OddsFirst(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    example.shown = draw_symbols(stream, length, 2);
    for (const int first : {0, 1})
      for (int i = first; i < length; i += 2) example.answers.push_back(example.shown[i]);
  }
};

}  // namespace

TaskEntry odds_first_task() {
  return string_entry<OddsFirst>(
      "say every other symbol of a string, and then the rest",
      "Shown: bits, drawn evenly, as many as a length uniform in shortest .. length. Asked, at as many compute tokens "
      "after them: the first, third, fifth ... bit, and then the second, fourth ... (Deletang et al. 2023, whose "
      "paper counts from 1; their code counts from 0 and so begins with the second bit). The memoryless predictor "
      "knows the position of a compute token: ln 2.",
      "bits; time steps: 2 length");
}

}  // namespace rnnbench::tasks
