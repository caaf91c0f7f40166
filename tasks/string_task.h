// What the tasks of Deletang et al. 2023 ("Neural networks and the Chomsky hierarchy") have in common: a string is
// shown, and then its answer is asked, one symbol at each of as many empty compute tokens.
//
//   input   1 1 0 _ _ _          _ = compute token          (reverse-string, length 3)
//   target  . . . 0 1 1          . = not asked: weight 0
//
// They are about longer strings than those of training: lengths are uniform in `shortest` .. `length`, for each
// sequence anew (2023: for each batch), and a test length is scored at exactly that length.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tasks/helpers.h"

namespace rnnbench::tasks {

// The shape of such a task. What counts as the length is up to the task.
struct StringForm {
  struct Count {
    int per_length, extra;
    int at(int length) const { return per_length * length + extra; }
  };
  const char* name;
  int symbols;  // 0 .. symbols - 1 in strings; the compute token is the next number
  int classes;  // 0 .. classes - 1 in answers
  Count shown;  // symbols of the string
  Count asked;  // symbols of the answer
  int min = 1;  // length
};

class StringTask : public Task {
 public:
  StringTask(const StringForm& form, const Settings& settings) : form_(form), range_(settings) {}

  Signature signature() const override;
  int steps() const override { return form_.shown.at(range_.longest) + form_.asked.at(range_.longest); }
  void sample(const StreamSource& source, int size, Batch& batch) const override;
  // Knows the position of a compute token, and hence that the string is over, but not its length where several lengths
  // ask for an answer there: the mean of odds() over these lengths.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override;
  double baseline() const override;
  std::optional<double> optimum() const override { return 0; }
  Measure measure() const override;
  // Beside accuracy, where there are several answers: "sequences".
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override;

 protected:
  struct Example {
    std::vector<int> shown, answers;
  };

 private:
  virtual void draw(Stream& stream, int length, Example& example) const = 0;
  // The probabilities of the classes of each answer to a string of this length, [answer][class]. Empty: all classes are
  // equally probable, at every length.
  virtual std::vector<double> probabilities(int) const { return {}; }
  // How many of the answers count in the accuracy, the first of them; the loss counts all.
  virtual int judged(const std::vector<int>& answers) const { return static_cast<int>(answers.size()); }

  // What memoryless() goes by: in how many lengths each step is asked, and the sums of their odds, [step][class].
  struct Positions {
    std::vector<double> lengths, probabilities;
  };
  Positions positions() const;

  StringForm form_;
  LengthRange range_;
};

// `count` symbols of an alphabet of `symbols`, each uniform.
std::vector<int> draw_symbols(Stream& stream, int count, int symbols);

// The line of the table for a StringTask T with a member T::form. `length` says what the length is.
template <class T>
TaskEntry string_entry(std::string summary, std::string definition, const std::string& length) {
  return {T::form.name,
          std::move(summary),
          std::move(definition),
          length_range_options("40", T::form.min, "longest string in training: " + length),
          make_task<T>,
          [](const Settings&, std::int64_t time_steps) {
            const StringForm& form = T::form;
            return solve_length(form.name, time_steps, form.shown.per_length + form.asked.per_length,
                                form.shown.extra + form.asked.extra, form.min);
          }};
}

}  // namespace rnnbench::tasks
