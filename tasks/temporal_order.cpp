// Temporal order: the order of a few symbols X or Y in a long sequence of distractors.
//
//   relevant = 2   input   E d X a b a d Y b c B       E = start, B = trigger, a b c d = distractors
//                  class                       1       X X = 0, X Y = 1, Y X = 2, Y Y = 3
#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

enum Symbol { start, trigger, X, Y, distractor, symbols = distractor + 4 };

constexpr int min_length = 20;  // room for four windows of two or more steps that do not overlap

class TemporalOrder final : public Task {
 public:
  explicit TemporalOrder(const Settings& settings)
      : length_(static_cast<int>(settings.integer("length"))),
        relevant_(static_cast<int>(settings.integer("relevant"))) {}

  Signature signature() const override {
    return {.inputs = symbols, .one_hot = true, .outputs = 1 << relevant_, .one_answer = true};
  }
  int steps() const override { return length_; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), length_, size);
    for (int b = 0; b < size; ++b) {
      Stream stream = source.stream(b);
      const auto draw = [&](int n) { return static_cast<int>(stream.below(n)); };
      const int last = shortest() - 1 + draw(length_ - shortest() + 1);
      batch.symbols[batch.at(0, b)] = start;
      for (int t = 1; t < last; ++t) batch.symbols[batch.at(t, b)] = distractor + draw(4);
      int order = 0;
      for (int i = 0; i < relevant_; ++i) {
        const int is_y = draw(2);
        batch.symbols[batch.at(window(i) + draw(shortest() / 10 + 1), b)] = X + is_y;
        order = 2 * order + is_y;
      }
      const std::size_t end = batch.at(last, b);
      batch.symbols[end] = trigger;
      batch.classes[end] = order;
      batch.weight[end] = batch.answer[end] = 1;
    }
  }

  // The trigger is independent of the order, so all classes are equally probable.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.symbols.size() << relevant_, 0);
  }
  double baseline() const override { return relevant_ * math::log(2); }
  std::optional<double> optimum() const override { return 0; }
  Measure measure() const override {
    return {.name = "accuracy", .solved_at = 1, .definition = "share of sequences classified correctly"};
  }

 private:
  // 1997: sequences of 100 to 110 steps, with relevant steps in 10 .. 20 and 50 .. 60, or in 10 .. 20, 33 .. 43 and
  // 66 .. 76. As fractions of the shortest sequence, window i begins at i / relevant (the first at 1 / 10) and lasts a
  // tenth.
  int shortest() const { return length_ - length_ / 11; }
  int window(int i) const { return i == 0 ? shortest() / 10 : i * shortest() / relevant_; }

  int length_, relevant_;
};

std::int64_t length_of_steps(const Settings&, std::int64_t time_steps) {
  return solve_length("temporal-order", time_steps, 1, 0, min_length);
}

}  // namespace

TaskEntry temporal_order_task() {
  std::vector<Option> options =
      length_options("110", min_length, "time steps of the longest sequence; the shortest is 1/11 shorter");
  options.push_back(integer_option("relevant", "2", 2, 4, "number of X and Y in a sequence; 2^relevant classes"));
  return {.name = "temporal-order",
          .summary = "classify a sequence by the order of a few relevant symbols",
          .definition =
              R"(
              Input: a start symbol E, uniformly random distractors a b c d, among them `relevant` symbols X or Y
              (equally probable), and a trigger B.

              Target: at the trigger, which of the 2^relevant orders of X and Y occurred.

              relevant = 2 and 3 are experiments 6a and 6b of Hochreiter & Schmidhuber 1997. At length = 110 they are
              reproduced exactly: lengths are uniform in 100 .. 110, with relevant steps in 10 .. 20 and 50 .. 60, or
              in 10 .. 20, 33 .. 43 and 66 .. 76. Other lengths scale these windows.

              Baseline: the trigger is independent of the order: relevant ln 2.)",
          .options = std::move(options),
          .make = make_task<TemporalOrder>,
          .length_of_steps = length_of_steps};
}

}  // namespace rnnbench::tasks
