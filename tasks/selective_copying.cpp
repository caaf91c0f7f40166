// Selective copying: repeat symbols that occurred at random steps among blanks.
//
//   length = 7, items = 3   input   . 5 . . 1 8 . # # #       digits = items, . = blank, # = cue
//                           target                5 1 8
#include "core/error.h"
#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

class SelectiveCopying final : public Task {
 public:
  explicit SelectiveCopying(const Settings& settings)
      : length_(static_cast<int>(settings.integer("length"))),
        symbols_(static_cast<int>(settings.integer("symbols"))),
        items_(static_cast<int>(settings.integer("items"))) {
    if (length_ < items_)
      throw UserError("length = " + settings.text("length") + " is too short for selective-copying with items = " +
                      settings.text("items") + ", which needs " + settings.text("items") + " or more");
  }

  Signature signature() const override { return {.inputs = symbols_ + 2, .one_hot = true, .outputs = symbols_}; }
  int steps() const override { return length_ + items_; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), steps(), size);
    for (int b = 0; b < size; ++b) {
      Stream stream = source.stream(b);
      int shown = 0;
      for (int t = 0; t < length_; ++t) {
        // All sets of steps are equally probable when the next item is here with this probability.
        if (static_cast<int>(stream.below(length_ - t)) >= items_ - shown) continue;
        const int item = static_cast<int>(stream.below(symbols_));
        batch.symbols[batch.at(t, b)] = 1 + item;
        const std::size_t target = batch.at(length_ + shown++, b);
        batch.symbols[target] = symbols_ + 1;
        batch.classes[target] = item;
        batch.weight[target] = batch.answer[target] = 1;
      }
    }
  }

  // The cue is independent of the items, so all symbols are equally probable.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.symbols.size() * symbols_, 0);
  }
  double baseline() const override { return math::log(symbols_); }
  std::optional<double> optimum() const override { return 0; }
  Measure measure() const override {
    return {.name = "accuracy", .solved_at = 0.99, .definition = "share of the items that are repeated correctly"};
  }
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override {
    return answer_scores(*this, predict, source, count);
  }

 private:
  int length_, symbols_, items_;
};

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  const int items = static_cast<int>(settings.integer("items"));
  return solve_length("selective-copying with items = " + settings.text("items"), time_steps, 1, items, items);
}

}  // namespace

TaskEntry selective_copying_task() {
  std::vector<Option> options =
      length_options("100", 1, "steps with items and blanks, at least `items`; time steps: length + items");
  options.push_back(integer_option("symbols", "15", 2, 1000, "number of different items"));
  options.push_back(integer_option("items", "16", 1, 1000, "items to remember"));
  return {.name = "selective-copying",
          .summary = "repeat symbols that occurred at random steps among blanks",
          .definition =
              R"(
              Input: `items` symbols, uniformly random out of `symbols`, at random steps among blanks, `length` steps
              in all; then a cue at each of `items` steps. All sets of steps are equally probable.

              Target: at the cues, the items in their order. Whereas copy can be solved by counting steps, here the
              model must react to the inputs.

              Baseline: the cue is independent of the items: ln(symbols).

              Further score: `sequences`, the share of sequences without an error.

              Source: Gu & Dao 2023, who use 4096 steps, 16 items and 16 symbols, the blank included. Their code is
              not public; the cue is that of other copying tasks.)",
          .options = std::move(options),
          .make = make_task<SelectiveCopying>,
          .length_of_steps = length_of_steps};
}

}  // namespace rnnbench::tasks
