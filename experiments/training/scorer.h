// The scores of a run's network, during training and at its end.
#pragma once

#include <functional>

#include "experiments/declaration/spec.h"
#include "experiments/records/record.h"
#include "models/network.h"
#include "tasks/task.h"

namespace rnnbench::experiments {

// JSON has no infinity and no NaN; a record says null for both.
Json finite_or_null(double value);
// To six significant digits: enough for a learning curve, which would hold most digits of a record otherwise.
double six_digits(double value);
void round_numbers(Json& point);
void add_scores(const Scores& scores, Json& json);

// Predicts with these parameters, and passes the states of sequences that continue from one batch to the next. Refers
// to its arguments.
Predict predictor(const Network<float>& network, const Parameters<float>& parameters, Workspace<float>& workspace);

// Refers to all of its arguments.
class Scorer {
 public:
  Scorer(const RunSpec& spec, const Task& task, const Network<float>& network, Workspace<float>& workspace)
      : spec_(spec), task_(task), network_(network), workspace_(workspace) {}

  // Scores on sequences `first`, `first` + 1, ... of validation, test or training, `count` of them. Validation draws
  // new sequences after every update, so that a set of easy ones does not decide twice. Training means the training set
  // of this run.
  Scores evaluate(const Parameters<float>& parameters, const Task& task, Purpose purpose, std::int64_t update,
                  int first, int count) const;
  bool meets_criterion(const Scores& scores) const;
  // Whether other validation sequences, ten times as many, give scores that meet the criterion too. If the task is not
  // scored on random sequences, there are no others.
  bool confirmed(const Parameters<float>& parameters, std::int64_t update) const;

  // `lengths` of a record: test scores at the training length, which are `test`, and at every test-length, shortest
  // first. `scores` computes those of another task.
  Json lengths(const Json& test, const std::function<Json(const Task&)>& scores) const;

 private:
  const RunSpec& spec_;
  const Task& task_;
  const Network<float>& network_;
  Workspace<float>& workspace_;
};

}  // namespace rnnbench::experiments
