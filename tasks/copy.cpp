// Copy memory: remember a list of symbols over a delay and repeat it.
//
//   T = 4, items = 3   arjovsky  input   5 1 8 . . . # . . .       digits = items, . = blank, # = cue
//                      tcn       input   5 1 8 . . . # # # #
//                      both      target  . . . . . . . 5 1 8

#include <algorithm>

#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

class Copy final : public Task {
 public:
  explicit Copy(const Settings& settings)
      : length_(static_cast<int>(settings.integer("length"))),
        symbols_(static_cast<int>(settings.integer("symbols"))),
        items_(static_cast<int>(settings.integer("items"))),
        cue_held_(settings.text("variant") == "tcn") {}

  Signature signature() const override {
    return {.inputs = symbols_ + 2, .one_hot = true, .outputs = symbols_ + (cue_held_ ? 2 : 1)};
  }
  int steps() const override { return length_ + 2 * items_; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), steps(), size);
    std::fill(batch.weight.begin(), batch.weight.end(), 1.0f);
    const int answers = length_ + items_, cue = answers - 1, cue_end = cue_held_ ? steps() : cue + 1;
    for (int b = 0; b < size; ++b) {
      Stream stream = source.stream(b);
      for (int i = 0; i < items_; ++i) {
        const int item = 1 + static_cast<int>(stream.below(symbols_));
        batch.symbols[batch.at(i, b)] = item;
        batch.classes[batch.at(answers + i, b)] = item;
        batch.answer[batch.at(answers + i, b)] = 1;
      }
      for (int t = cue; t < cue_end; ++t) batch.symbols[batch.at(t, b)] = symbols_ + 1;
    }
  }

  // Knows the position: is certain of the blanks, and gives all items the same probability.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    const int n = signature().outputs;
    outputs.assign(batch.answer.size() * n, impossible);
    for (std::size_t i = 0; i < batch.answer.size(); ++i) {
      for (int k = 0; k <= symbols_; ++k) outputs[i * n + k] = batch.answer[i] == (k > 0) ? 0 : impossible;
    }
  }

  bool idle(const Batch& batch, int step, int sequence) const override {
    return batch.symbols[batch.at(step, sequence)] == 0 && !batch.answer[batch.at(step, sequence)];
  }
  double baseline() const override { return items_ * math::log(symbols_) / steps(); }
  std::optional<double> optimum() const override { return 0; }
  Measure measure() const override {
    return {.name = "recall", .solved_at = 0.99, .definition = "share of the items that are repeated correctly"};
  }

  // Adds "bits", the recalled bits per item: log2(symbols) minus the cross-entropy at the answers in bits.
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override {
    LossSum answers;
    const Predict predict_and_sum = [&](const Batch& batch, std::vector<float>& outputs) {
      predict(batch, outputs);
      Batch only_answers = batch;
      only_answers.weight.assign(batch.answer.begin(), batch.answer.end());
      answers += loss_of(signature(), only_answers, outputs);
    };
    Scores scores = Task::evaluate(predict_and_sum, source, count);
    scores.emplace_back("bits", (math::log(symbols_) - answers.mean()) / math::log(2));
    return scores;
  }

 private:
  int length_, symbols_, items_;
  bool cue_held_;
};

std::int64_t length_of_steps(const Settings& settings, std::int64_t time_steps) {
  const std::string items = settings.text("items");
  return solve_length("copy with items = " + items, time_steps, 1, 2 * static_cast<int>(settings.integer("items")), 1);
}

}  // namespace

TaskEntry copy_task() {
  std::vector<Option> options =
      length_options("100", 1, "T: steps from the end of the items to the first answer; time steps: T + 2 items");
  options.push_back(choice_option("variant", "arjovsky", {"arjovsky", "tcn"},
                                  "cue of one step (Arjovsky et al. 2016) or until the end (Bai et al. 2018)"));
  options.push_back(integer_option("symbols", "8", 2, 1000, "number of different items"));
  options.push_back(integer_option("items", "10", 1, 1000, "items to remember"));
  return {.name = "copy",
          .summary = "repeat a list of symbols from memory after a delay",
          .definition =
              R"(
              Input: `items` symbols, uniformly random out of `symbols`, then T - 1 blanks, then a cue.

              Target: blanks up to and including the cue, then the items in their order. The loss is averaged over all
              T + 2 items steps.

              variant = arjovsky (Arjovsky, Shah & Bengio 2016): the cue lasts one step and blanks follow; symbols + 1
              classes.

              variant = tcn (Bai, Kolter & Koltun 2018): the cue lasts items + 1 steps, to the end, and is a further
              class. Different here: inputs are one-hot, not a single channel.

              Baseline: the predictor knows the position, so that only the items cost: items ln(symbols) / (T + 2
              items).

              Further score: `bits`, the recalled bits per item.)",
          .options = std::move(options),
          .make = make_task<Copy>,
          .length_of_steps = length_of_steps};
}

}  // namespace rnnbench::tasks
