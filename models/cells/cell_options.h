// Options that cells share.
#pragma once

#include "core/math.h"
#include "core/options.h"

namespace rnnbench::models {

// `positive`: what a positive bias does.
inline Option forget_bias_option(const std::string& positive = "keeps the old state") {
  return real_option("forget-bias", "", -100, 100,
                     "start of the forget gate's part of bias_ih (that of bias_hh is 0), positive " + positive +
                         "; unset: as the other biases");
}

inline Option update_bias_option(const std::string& positive = "keeps the old state") {
  return real_option("update-bias", "", -100, 100,
                     "start of the update gate's part of bias_ih (that of bias_hh is 0), positive " + positive +
                         "; unset: as the other biases");
}

inline Option gate_activation_option() {
  return choice_option(
      "gate-activation", "sigmoid", {"sigmoid", "hard-sigmoid", "relu"},
      "squashing function of the gates: sigmoid; max(0, min(1, x / 6 + 1 / 2)); max(0, x), which does not "
      "saturate");
}
inline std::string gate_function(const Settings& settings) { return settings.text_or("gate-activation", "sigmoid"); }

}  // namespace rnnbench::models
