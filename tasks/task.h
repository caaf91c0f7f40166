// A task is a pure function of a random stream that states its published definition, its memoryless baseline and its
// success criterion.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/batch.h"
#include "core/options.h"
#include "core/stream.h"

namespace rnnbench::tasks {

// The score a task is judged by.
struct Measure {
  std::string name;  // key in Scores: "recall", "mse", "longest_accepted"
  bool higher_is_better;
  double solved_at;        // solved when the score reaches this value (see Task::solved)
  std::string definition;  // one line
};

// Named scores in a fixed order; "loss" is always among them.
using Scores = std::vector<std::pair<std::string, double>>;
double score(const Scores& scores, const std::string& name);  // throws std::out_of_range

// Runs a model on a batch and gives its outputs (logits or values), steps * size * outputs in the batch's order. Only
// steps that some sequence gives weight or an answer are computed, the others are 0.
using Predict = std::function<void(const Batch&, std::vector<float>& outputs)>;

class Task {
 public:
  virtual ~Task() = default;
  virtual Signature signature() const = 0;
  virtual int steps() const = 0;  // time steps of the longest training sequence
  // Sequences source.stream(0) .. source.stream(size - 1), one column each.
  virtual void sample(const StreamSource& source, int size, Batch& batch) const = 0;
  // Whether the sequences of validation and test are listed, not drawn: sample i is entry i of a list, which begins
  // again where it ends, whatever the seed and the step.
  virtual bool lists_evaluation() const { return false; }
  // The outputs (logits or values) of the best predictor that knows the position in the sequence and the current input
  // (each task says what its predictor knows), but has no memory of earlier inputs.
  virtual void memoryless(const Batch& batch, std::vector<float>& outputs) const = 0;
  virtual double baseline() const = 0;                                    // the expected loss of memoryless()
  virtual std::optional<double> optimum() const { return std::nullopt; }  // the lowest possible expected loss
  // Whether nothing that an answer depends on arrives at this step (a blank of copy, an unmarked number of adding):
  // there a memory should hold what it has. Default: at no step.
  virtual bool idle(const Batch& batch, int step, int sequence) const {
    return static_cast<void>(batch), static_cast<void>(step), static_cast<void>(sequence), false;
  }
  virtual Measure measure() const = 0;
  // Scores on `count` fresh sequences of `source` (tasks that score exactly may ignore both). The default gives "loss"
  // and, under the measure's name, the accuracy on answer positions (cross-entropy) or the loss again.
  virtual Scores evaluate(const Predict& predict, const StreamSource& source, int count) const;
  // Whether these scores meet the success criterion; the default compares measure().name with measure().solved_at.
  virtual bool solved(const Scores& scores) const;
};

// A line of the table of tasks.
struct TaskEntry {
  std::string name;
  std::string summary;          // one line
  std::string definition;       // a paragraph: what is shown, what is asked, the variants, the sources
  std::vector<Option> options;  // "length" and "test-length" among them
  std::unique_ptr<const Task> (*make)(const Settings&);
  // The `length` that makes steps() == time_steps with the other settings as they are; throws UserError that names the
  // smallest possible (and nearest) number of time steps when there is none.
  std::int64_t (*length_of_steps)(const Settings&, std::int64_t time_steps);
  // Fills in what the settings imply and a run has to be known by, such as the hash of a file; throws UserError. Called
  // by the grid for every run. nullptr: there is nothing to fill in.
  void (*complete)(Settings&) = nullptr;
};

// Whether the task cannot be made from its defaults, because an option names a file of the user's.
bool needs_file(const TaskEntry& entry);

// Every task, in the order of the table (tasks/catalogue.cpp), then those that were added.
const std::vector<TaskEntry>& all_tasks();
// Adds tasks from outside the source tree. To be called at the start of main: it moves the table, to which entries
// found before refer. Throws UserError when a name is taken or not made of a-z, 0-9 and -, or when an option that every
// task has is missing.
void add_tasks(std::vector<TaskEntry> tasks);
const TaskEntry& find_task(const std::string& name);  // throws UserError with the nearest known name

// The mean loss of `outputs` on `batch` as Batch defines it, in double; and the sums behind it, for averaging over
// several batches.
struct LossSum {
  double loss = 0, weight = 0;
  double mean() const { return weight > 0 ? loss / weight : 0; }
};
LossSum loss_of(const Signature& signature, const Batch& batch, const std::vector<float>& outputs);

}  // namespace rnnbench::tasks
