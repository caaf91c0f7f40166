// Induction heads: recall the symbol that followed the first occurrence of a special symbol.
//
//   input   3 7 # 5 1 1 8 2 6 #       # = special
//   target                    5
#include <algorithm>

#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

constexpr int min_length = 3;

class InductionHeads final : public Task {
 public:
  explicit InductionHeads(const Settings& settings)
      : lengths_(settings), symbols_(static_cast<int>(settings.integer("symbols"))) {}

  Signature signature() const override {
    return {.inputs = symbols_ + 1, .one_hot = true, .outputs = symbols_, .one_answer = true};
  }
  int steps() const override { return lengths_.longest; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), steps(), size);
    for (int b = 0; b < size; ++b) {
      Stream stream = source.stream(b);
      const int last = lengths_.draw(stream) - 1;
      const int special = static_cast<int>(stream.below(last / 2));
      for (int t = 0; t < last; ++t) batch.symbols[batch.at(t, b)] = static_cast<std::int32_t>(stream.below(symbols_));
      batch.symbols[batch.at(special, b)] = batch.symbols[batch.at(last, b)] = symbols_;
      batch.classes[batch.at(last, b)] = batch.symbols[batch.at(special + 1, b)];
      batch.weight[batch.at(last, b)] = batch.answer[batch.at(last, b)] = 1;
    }
  }

  // The special symbol is independent of the answer, so all symbols are equally probable.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.symbols.size() * symbols_, 0);
  }
  double baseline() const override { return math::log(symbols_); }
  std::optional<double> optimum() const override { return 0; }
  Measure measure() const override {
    return {.name = "accuracy", .solved_at = 0.99, .definition = "share of sequences answered correctly"};
  }

 private:
  LengthRange lengths_;
  int symbols_;
};

std::int64_t length_of_steps(const Settings&, std::int64_t time_steps) {
  return solve_length("induction-heads", time_steps, 1, 0, min_length);
}

}  // namespace

TaskEntry induction_heads_task() {
  std::vector<Option> options = length_range_options("256", min_length, "time steps of the longest sequence");
  options[1].default_value = "256";  // `shortest`; as published, all training sequences have the same length
  options.push_back(integer_option("symbols", "15", 2, 1000, "number of different symbols, without the special one"));
  return {.name = "induction-heads",
          .summary = "recall what followed the first occurrence of a special symbol",
          .definition =
              R"(
              Input: uniformly random symbols out of `symbols`. A special symbol occurs once in the first half and
              again as the last input.

              Target: at the last step, the symbol that followed the first occurrence of the special symbol.

              Baseline: the special symbol is independent of the answer: ln(symbols).

              Sources: the pattern A B ... A -> B is that of the induction heads of Olsson et al. 2022. The task with
              one special symbol A is from Fu et al. 2023 and Gu & Dao 2023, who train at 256 steps (here: shortest =
              length = 256) with 16 symbols, the special one included, and test at up to 2^20 steps.)",
          .options = std::move(options),
          .make = make_task<InductionHeads>,
          .length_of_steps = length_of_steps};
}

}  // namespace rnnbench::tasks
