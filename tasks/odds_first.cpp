// Odds first: repeat the first, third, fifth ... bit of a string, and then the second, fourth ...
//
//   input   1 1 0 0 1 _ _ _ _ _          _ = compute token
//   target  . . . . . 1 0 1 1 0          . = no target
#include "tasks/string_task.h"

namespace rnnbench::tasks {
namespace {

class OddsFirst final : public StringTask {
 public:
  static constexpr StringForm form{
      .name = "odds-first", .symbols = 2, .classes = 2, .string = {.per_length = 1}, .answer = {.per_length = 1}};
  explicit OddsFirst(const Settings& settings) : StringTask(form, settings) {}

 private:
  void draw(Stream& stream, int length, Example& example) const override {
    example.string = draw_symbols(stream, length, 2);
    for (const int first : {0, 1})
      for (int i = first; i < length; i += 2) example.answers.push_back(example.string[i]);
  }
};

}  // namespace

TaskEntry odds_first_task() {
  return string_entry<OddsFirst>("repeat the bits at odd positions, then those at even positions",
                                 R"(
      Input: uniformly random bits, then as many compute tokens.

      Target: at the compute tokens, the first, third, fifth ... bit, then the second, fourth ...

      Lengths: the number of bits is uniform in shortest .. length.

      Baseline: the bits are independent of the position of a compute token, so each costs ln 2.

      Source: Deletang et al. 2023. As in their paper, positions count from 1; their code counts from 0 and begins
      with the second bit.)",
                                 "bits; time steps: 2 length");
}

}  // namespace rnnbench::tasks
