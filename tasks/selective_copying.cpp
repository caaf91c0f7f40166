// Selective copying: symbols at random places among blanks, to be repeated in order at the end.
//
//   length = 7, items = 3   input   . 5 . . 1 8 . # # #       digits = data, . = blank, # = cue
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

  Signature signature() const override { return {symbols_ + 2, true, symbols_, Loss::cross_entropy}; }
  int steps() const override { return length_ + items_; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), steps(), size);
    for (int b = 0; b < size; ++b) {
      Stream stream = source.stream(b);
      int shown = 0;
      for (int t = 0; t < length_; ++t) {
        // Each of the places left is as good as the others: every set of places has equal chance.
        if (static_cast<int>(stream.below(length_ - t)) >= items_ - shown) continue;
        const int item = static_cast<int>(stream.below(symbols_));
        batch.symbols[batch.at(t, b)] = 1 + item;
        const std::size_t asked = batch.at(length_ + shown++, b);
        batch.symbols[asked] = symbols_ + 1;
        batch.classes[asked] = item;
        batch.weight[asked] = batch.answer[asked] = 1;
      }
    }
  }

  // Sees the cue: guesses evenly.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.assign(batch.symbols.size() * symbols_, 0);
  }
  double baseline() const override { return math::log(symbols_); }
  std::optional<double> optimum() const override { return 0; }
  Measure measure() const override {
    return {"accuracy", true, 0.99, "share of the items that are repeated correctly"};
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
  options.push_back(integer_option("symbols", "15", 2, 1000, "alphabet of the items"));
  options.push_back(integer_option("items", "16", 1, 1000, "symbols to remember"));
  return {"selective-copying",
          "repeat symbols that stood at random places among blanks",
          "Shown: `items` data symbols, drawn uniformly from `symbols`, at random places (every set of "
          "them with equal chance) among blanks, `length` steps in all; then a cue at each of `items` "
          "steps. Asked at the cues alone: the data symbols in their order (Gu & Dao 2023, whose "
          "sequences have 4096 steps, 16 items and an alphabet of 16 with the blank; their code is not "
          "public, and the cue is what copying tasks have). Where copy can count steps, this one must "
          "look at what is shown. sequences is the share of sequences repeated without error. The "
          "memoryless predictor sees the cue: ln(symbols).",
          std::move(options),
          make_task<SelectiveCopying>,
          length_of_steps};
}

}  // namespace rnnbench::tasks
