// The common part of the tasks of Deletang et al. 2023 ("Neural networks and the Chomsky hierarchy"): the input is a
// string, followed by as many empty compute tokens as the answer has symbols. The target of each compute token is one
// symbol of the answer.
//
//   input   1 1 0 _ _ _          _ = compute token          (reverse-string, length 3)
//   target  . . . 0 1 1          . = no target: weight 0
//
// The tasks measure generalization to strings that are longer than those in training. The length of each training
// sequence is uniform in `shortest` .. `length` (in 2023, all sequences of a batch have the same length); at a test
// length, all sequences have that length.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tasks/helpers.h"

namespace rnnbench::tasks {

// The shape of such a task. Each task defines what its length counts.
struct StringForm {
  struct Count {
    int per_length = 0, constant = 0;
    int at(int length) const { return per_length * length + constant; }
  };
  const char* name = "";
  int symbols = 0;     // strings consist of 0 .. symbols - 1; the compute token is the symbol `symbols`
  int classes = 0;     // answers consist of 0 .. classes - 1
  Count string;        // number of symbols of the string
  Count answer;        // number of symbols of the answer
  int min_length = 1;  // minimum of the options `length` and `shortest`
};

class StringTask : public Task {
 public:
  StringTask(const StringForm& form, const Settings& settings) : form_(form), range_(settings) {}

  Signature signature() const override;
  int steps() const override { return form_.string.at(range_.longest) + form_.answer.at(range_.longest); }
  void sample(const StreamSource& source, int size, Batch& batch) const override;
  // Knows the position of a compute token, but not the length of the string where several lengths have an answer at
  // this position: predicts the mean of probabilities() over these lengths.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override;
  double baseline() const override;
  std::optional<double> optimum() const override { return 0; }
  Measure measure() const override;
  // Adds "sequences" to the accuracy where an answer has several symbols.
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override;

 protected:
  struct Example {
    std::vector<int> string, answers;
  };

 private:
  virtual void draw(Stream& stream, int length, Example& example) const = 0;
  // The probabilities of the classes of each answer, [answers, classes], over all strings of this length. Empty: all
  // classes are equally probable, at every length.
  virtual std::vector<double> probabilities(int) const { return {}; }
  // How many of the answers, from the first, count in the accuracy. All count in the loss.
  virtual int scored_answers(const std::vector<int>& answers) const { return static_cast<int>(answers.size()); }

  // For each step, the number of lengths that have an answer there, [steps], and the sum of the probabilities of its
  // classes over these lengths, [steps, classes].
  struct Positions {
    std::vector<double> lengths, probabilities;
  };
  Positions positions() const;

  StringForm form_;
  LengthRange range_;
};

// `count` symbols, each uniform in 0 .. symbols - 1.
std::vector<int> draw_symbols(Stream& stream, int count, int symbols);

// The entry of the table for a StringTask T with a member T::form. `length` says what the length counts.
template <class T>
TaskEntry string_entry(const std::string& summary, const std::string& definition, const std::string& length) {
  return {.name = T::form.name,
          .summary = summary,
          .definition = definition,
          .options = length_range_options("40", T::form.min_length, "maximum length in training: " + length),
          .make = make_task<T>,
          .length_of_steps = [](const Settings&, std::int64_t time_steps) {
            const StringForm& form = T::form;
            return solve_length(form.name, time_steps, form.string.per_length + form.answer.per_length,
                                form.string.constant + form.answer.constant, form.min_length);
          }};
}

}  // namespace rnnbench::tasks
