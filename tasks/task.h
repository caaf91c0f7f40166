// A task generates sequences with targets from random streams, and knows its memoryless baseline, its lowest possible
// loss and its success criterion.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/batch.h"
#include "core/option.h"
#include "core/stream.h"

namespace rnnbench::tasks {

// The score that decides whether a task is solved. It is stored in every record.
struct Measure {
  std::string name;  // key in Scores: "recall", "mse", "longest_accepted"
  bool higher_is_better = true;
  double solved_at = 0;    // solved when the score is >= this value, or < where lower is better
  std::string definition;  // one line; part of every record, so a change makes old records differ
};

// Scores by name, in a fixed order. "loss" is always one of them.
using Scores = std::vector<std::pair<std::string, double>>;
double score(const Scores& scores, const std::string& name);  // throws std::out_of_range

// Runs a model on a batch and sets `outputs` (logits or values), [steps, size, outputs]. Steps at which no sequence has
// weight or an answer may be skipped; their outputs are 0.
using Predict = std::function<void(const Batch&, std::vector<float>& outputs)>;

// Where a stream of a task that is read in chunks stands.
struct StreamPlace {
  std::uint32_t sequences = 0;  // before the current one
  std::uint32_t steps = 0;      // of the current one that have been read
  bool operator==(const StreamPlace&) const = default;
};

// What Task::evaluate scores.
enum class EvaluatedOn {
  random,  // `count` random sequences
  list,    // every sequence of a fixed list once; `count` and the seed have no effect
  all,     // all inputs there are, or the model itself: the scores have no sampling error
};
std::string name_of(EvaluatedOn evaluated_on);  // "random", "list", "all"

class Task {
 public:
  virtual ~Task() = default;
  virtual Signature signature() const = 0;
  virtual int steps() const = 0;  // time steps of the longest training sequence or, with chunks, of a chunk
  // Fills the batch: sequence i is generated from source.stream(i) alone.
  virtual void sample(const StreamSource& source, int size, Batch& batch) const = 0;
  // k > 0: training reads sequences of any length in chunks of k steps, so that memory depends on k only.
  virtual int chunk() const { return 0; }
  // Fills the batch with the next chunk of each stream, and moves their places. Stream i draws its sequence number n
  // (0, 1, ...) as sample i of update n + 1. A sequence begins where a chunk begins, number 0 at a random chunk of
  // itself; the end of its last chunk has weight 0. Only for tasks with chunk() > 0.
  virtual void next_chunk(const StreamSource& source, std::vector<StreamPlace>& streams, Batch& batch) const;
  // With `list`, sample i of validation and test is entry i of a list, which starts over at its end.
  virtual EvaluatedOn evaluated_on() const { return EvaluatedOn::random; }
  virtual int listed(Purpose) const { return 0; }  // with `list`: the number of entries for this purpose
  // The outputs (logits or values) of the best predictor without memory. It knows the position in the sequence and the
  // current input, or less where the task says so, but no earlier input.
  virtual void memoryless(const Batch& batch, std::vector<float>& outputs) const = 0;
  virtual double baseline() const = 0;                                    // expected loss of memoryless()
  virtual std::optional<double> optimum() const { return std::nullopt; }  // lowest possible expected loss, if known
  // Whether the input of this step is irrelevant to all answers (a blank of copy, an unmarked number of adding), so
  // that a memory should keep its contents. Default: at no step.
  virtual bool idle(const Batch& batch, int step, int sequence) const {
    return static_cast<void>(batch), static_cast<void>(step), static_cast<void>(sequence), false;
  }
  virtual Measure measure() const = 0;
  // Scores on `count` sequences of `source` (see evaluated_on). The default gives "loss" and, under the name of the
  // measure, the accuracy over answers (cross-entropy) or again the loss.
  virtual Scores evaluate(const Predict& predict, const StreamSource& source, int count) const;
  // Whether these scores meet the success criterion. The default compares the score of the measure with solved_at.
  virtual bool solved(const Scores& scores) const;
};

// An entry of the table of tasks (tasks/catalogue.h).
struct TaskEntry {
  std::string name;
  std::string summary;          // one line
  std::string definition;       // paragraphs (see core/text.h): input, target, variants, baseline, sources
  std::vector<Option> options;  // "length" and "test-length" are required
  std::unique_ptr<const Task> (*make)(const Settings&) = nullptr;
  // The `length` with which steps() == time_steps, the other settings unchanged. When there is none, throws UserError
  // that names the smallest possible and the nearest number of time steps.
  std::int64_t (*length_of_steps)(const Settings&, std::int64_t time_steps) = nullptr;
  // Adds settings that follow from the others and identify the run, such as the hash of a file; throws UserError.
  // Called for every run of a grid. nullptr: there are none.
  void (*complete)(Settings&) = nullptr;
  // Replaces settings that mean "the seed of the run" by this seed. Called before `make`; the run is identified by the
  // settings as they were. nullptr: there are none.
  void (*take_seed)(Settings&, std::uint64_t seed) = nullptr;
  // The measure is of lengths beyond those of training, so a search for settings has to choose by the loss.
  bool measures_beyond_training = false;
};

// The loss of a batch (see Batch) as a weighted sum with the sum of its weights, so that batches can be added up.
struct LossSum {
  double loss = 0, weight = 0;
  double mean() const { return weight > 0 ? loss / weight : 0; }
  LossSum& operator+=(const LossSum& other) {
    loss += other.loss;
    weight += other.weight;
    return *this;
  }
};
LossSum loss_of(const Signature& signature, const Batch& batch, const std::vector<float>& outputs);

}  // namespace rnnbench::tasks
