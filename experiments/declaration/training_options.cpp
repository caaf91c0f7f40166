#include "experiments/declaration/training_options.h"

namespace rnnbench::experiments {

// The defaults are frozen: the canonical text of a run leaves out options that have their default value, so a changed
// default would change what the ids of existing records mean.
const std::vector<Option>& training_options() {
  const auto uses_sgd = [](const Settings& s) { return s.text("optimizer") == "sgd"; };
  const auto uses_warmup = [](const Settings& s) { return s.text("schedule") != "constant"; };
  static const std::vector<Option> options = {
      integer_option("updates", "10000", 1, 100'000'000, "maximum number of optimizer steps"),
      integer_option("batch", "32", 1, 65'536, "sequences per update"),
      choice_option("optimizer", "adam", {"adam", "rmsprop", "sgd"},
                    "Adam (Kingma & Ba 2015), RMSprop with decay 0.99, or SGD with momentum; each as in PyTorch"),
      real_option("learning-rate", "0.001", 1e-9, 100, "learning rate; with a schedule, its highest value"),
      with_use(real_option("momentum", "0.9", 0, 0.9999, "momentum; used with optimizer = sgd"), uses_sgd),
      choice_option(
          "schedule", "constant", {"constant", "warmup", "cosine"},
          "learning rate over the updates. warmup: rises linearly, then stays constant; "
          "cosine: rises linearly, then falls along half a cosine, which would reach 0 after the last update"),
      with_use(
          integer_option(
              "warmup-updates", "100", 0, 100'000'000,
              "updates over which the learning rate rises, fewer than `updates`; used with schedule = warmup or cosine"),
          uses_warmup),
      real_option("clip-norm", "1", 0, 1e6,
                  "maximum L2 norm of the gradient of all parameters together (Pascanu et al. 2013); 0 = no limit"),
      real_option("clip-value", "0", 0, 1e6, "maximum absolute value of each element of the gradient; 0 = no limit"),
      choice_option(
          "stop", "never", {"never", "solved"},
          "solved: stop when the task is solved, after two confirmed evaluations in a row; never: do all updates"),
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
