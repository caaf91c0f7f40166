#include "experiments/declaration/spec.h"

namespace rnnbench::experiments {

// The defaults are frozen: a record's spec leaves them out of its identity.
const std::vector<Option>& training_options() {
  static const std::vector<Option> options = {
      integer_option("updates", "10000", 1, 100'000'000, "optimizer steps, at most"),
      integer_option("batch", "32", 1, 65'536, "sequences per update"),
      choice_option("optimizer", "adam", {"adam", "rmsprop", "sgd"},
                    "Adam (Kingma & Ba 2015), RMSprop (decay 0.99) or SGD with momentum, as in PyTorch"),
      real_option("learning-rate", "0.001", 1e-9, 100, "step size (after the warm-up, before the decay)"),
      with_use(real_option("momentum", "0.9", 0, 0.9999, "momentum; read with optimizer = sgd"),
               [](const Settings& s) { return s.text("optimizer") == "sgd"; }),
      choice_option("schedule", "constant", {"constant", "warmup", "cosine"},
                    "learning rate over the updates: constant; linear warm-up; warm-up, then half a cosine to 0"),
      with_use(integer_option("warmup-updates", "100", 0, 100'000'000,
                              "updates until the full learning rate; read with schedule = warmup or cosine"),
               [](const Settings& s) { return s.text("schedule") != "constant"; }),
      real_option("clip-norm", "1", 0, 1e6, "largest L2 norm of the whole gradient (Pascanu et al. 2013); 0: no limit"),
      real_option("clip-value", "0", 0, 1e6, "largest absolute value of a gradient's element; 0: no limit"),
      choice_option("stop", "never", {"never", "solved"},
                    "end at the first evaluation that meets the task's success criterion, or train all updates"),
      integer_option("evaluate", "500", 1, 1'000'000, "sequences of an evaluation (validation and test each)"),
      integer_option("training-set", "0", 0, 100'000'000,
                     "sequences that training draws from, with replacement; 0: new ones for every update"),
      choice_option("probe", "none", {"none", "gates", "gradients", "saturation"},
                    "recorded of test sequences, before and after training: the gates on idle steps; how far back the "
                    "derivative of the last loss reaches; the scores with parameters so large that gates saturate"),
      integer_option("seed", "1", 0, 4'294'967'295, "seed of data and initial parameters: the unit of replication"),
  };
  return options;
}

}  // namespace rnnbench::experiments
