#include "experiments/declaration/training_options.h"

namespace rnnbench::experiments {

// The defaults are frozen: the canonical text of a run leaves out options that have their default value, so a changed
// default would change what the ids of existing records mean.
const std::vector<Option>& training_options() {
  const auto uses_sgd = [](const Settings& s) { return s.text("optimizer") == "sgd"; };
  const auto uses_adam = [](const Settings& s) { return s.text("optimizer").starts_with("adam"); };
  const auto uses_adamw = [](const Settings& s) { return s.text("optimizer") == "adamw"; };
  const auto uses_warmup = [](const Settings& s) { return s.text("schedule") != "constant"; };
  const auto falls = [](const Settings& s) {
    return s.text("schedule") != "constant" && s.text("schedule") != "warmup";
  };
  const auto uses_plateau = [](const Settings& s) { return s.text("schedule") == "plateau"; };
  const auto truncates = [](const Settings& s) { return s.text("truncate") != "0"; };
  const auto uses_patience = [](const Settings& s) { return s.text("stop") == "patience"; };
  static const std::vector<Option> options = {
      integer_option("updates", "10000", 1, 100'000'000, "maximum number of optimizer steps"),
      integer_option("batch", "32", 1, 65'536, "sequences per update"),
      choice_option(
          "optimizer", "adam", {"adam", "rmsprop", "sgd", "adamw"},
          "Adam (Kingma & Ba 2015), RMSprop with decay 0.99, SGD with momentum, or AdamW (Loshchilov & Hutter "
          "2019); each as in PyTorch"),
      real_option("learning-rate", "0.001", 1e-9, 100, "learning rate; with a schedule, its highest value"),
      with_use(real_option("momentum", "0.9", 0, 0.9999, "momentum; used with optimizer = sgd"), uses_sgd),
      with_use(
          real_option("weight-decay", "0.01", 0, 10,
                      "after each update, weight matrices shrink by this fraction of themselves times the learning "
                      "rate (biases and normalization do not); used with optimizer = adamw"),
          uses_adamw),
      with_use(real_option("beta1", "0.9", 0, 0.9999,
                           "decay of the running mean of the gradient; used with optimizer = adam or adamw"),
               uses_adam),
      with_use(real_option("beta2", "0.999", 0, 0.999999,
                           "decay of the running mean of the squared gradient; used with optimizer = adam or adamw"),
               uses_adam),
      with_use(real_option("epsilon", "1e-08", 1e-16, 1,
                           "is added to the root of the mean square; used with optimizer = adam or adamw"),
               uses_adam),
      choice_option(
          "schedule", "constant", {"constant", "warmup", "cosine", "linear", "plateau"},
          "learning rate over the updates. All but constant first rise linearly, then: warmup stays constant; "
          "cosine falls along half a cosine and linear along a line, which would reach min-rate after the last "
          "update; plateau falls when the validation score stops improving"),
      with_use(
          integer_option("warmup-updates", "100", 0, 100'000'000,
                         "updates over which the learning rate rises, fewer than `updates`; used with every schedule "
                         "but constant"),
          uses_warmup),
      with_use(
          real_option("min-rate", "0", 0, 1,
                      "lowest learning rate, as a fraction of learning-rate; used with schedule = cosine, linear or "
                      "plateau"),
          falls),
      with_use(real_option("plateau-factor", "0.1", 0.0001, 0.9999,
                           "factor by which the learning rate falls; used with schedule = plateau"),
               uses_plateau),
      with_use(
          integer_option("plateau-patience", "10", 0, 1'000'000,
                         "evaluations without a better validation score that are tolerated before the learning rate "
                         "falls; used with schedule = plateau"),
          uses_plateau),
      real_option("clip-norm", "1", 0, 1e6,
                  "maximum L2 norm of the gradient of all parameters together (Pascanu et al. 2013); 0 = no limit"),
      real_option("clip-value", "0", 0, 1e6, "maximum absolute value of each element of the gradient; 0 = no limit"),
      integer_option(
          "truncate", "0", 0, 1'000'000,
          "truncated backpropagation through time: gradients reach back at most to the beginning of a segment of "
          "so many steps, while the states continue; 0 = whole sequences"),
      with_use(
          choice_option("truncate-update", "segment", {"segment", "sequence"},
                        "whether the optimizer makes a step after each segment, or one for the sum over all segments "
                        "of the batch; used with truncate"),
          truncates),
      choice_option(
          "stop", "never", {"never", "solved", "patience"},
          "solved: stop when the task is solved, after two confirmed evaluations in a row; patience: stop when the "
          "validation score has not improved for a while; never: do all updates"),
      with_use(integer_option("patience", "10", 1, 1'000'000,
                              "evaluations without a better validation score after which training stops; used with "
                              "stop = patience"),
               uses_patience),
      choice_option(
          "keep", "last", {"last", "best"},
          "which weights are tested and saved: the last, or those with the best validation score (the earliest "
          "of equals)"),
      integer_option(
          "evaluate-every", "0", 0, 100'000'000,
          "updates from one evaluation to the next; 0: evaluations after 0, 10, 20, ..., 200 updates and then "
          "5 % apart. schedule = plateau and stop = patience need a number"),
      integer_option(
          "evaluate", "100", 1, 1'000'000,
          "validation sequences of each evaluation during training. An evaluation that meets the task's "
          "success criterion is confirmed on 10 times as many others, as are the final validation scores; the "
          "final test uses 40 times as many. Solving a task can only be judged with 64 or more"),
      integer_option("training-set", "0", 0, 100'000'000,
                     "size of a fixed training set, from which batches are drawn with replacement; "
                     "0 = new sequences for every update"),
      choice_option("probe", "none", {"none", "gates", "gradients", "saturation"},
                    "what to measure inside the network, before and after training. gates: means of the gates on idle "
                    "steps; gradients: how far back the derivative of the last loss reaches; saturation: scores with "
                    "parameters so large that gates are nearly 0 or 1"),
      integer_option("seed", "1", 0, 4'294'967'295,
                     "seed of training data and initial parameters; the runs of a model differ only in it"),
  };
  return options;
}

}  // namespace rnnbench::experiments
