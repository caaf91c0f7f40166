// Options that several cells have.
#pragma once

#include "core/math.h"
#include "core/option.h"

namespace rnnbench::models {

// `effect`: what a positive bias does.
inline Option forget_bias_option(const std::string& effect = "keeps the old state") {
  return real_option("forget-bias", "", -100, 100,
                     "initial bias of the forget gate, in bias_ih (its bias_hh starts at 0); a positive one " + effect +
                         "; unset: as the other biases");
}

inline Option update_bias_option(const std::string& effect = "keeps the old state") {
  return real_option("update-bias", "", -100, 100,
                     "initial bias of the update gate, in bias_ih (its bias_hh starts at 0); a positive one " + effect +
                         "; unset: as the other biases");
}

inline Option gate_activation_option() {
  return choice_option(
      "gate-activation", "sigmoid", {"sigmoid", "hard-sigmoid", "relu"},
      "function of the gates: sigmoid; max(0, min(1, x / 6 + 1 / 2)); or max(0, x), which does not saturate");
}
enum class GateActivation { sigmoid, hard_sigmoid, relu };
inline GateActivation gate_activation(const Settings& settings) {
  const std::string name = settings.text_or("gate-activation", "sigmoid");
  return name == "relu"           ? GateActivation::relu
         : name == "hard-sigmoid" ? GateActivation::hard_sigmoid
                                  : GateActivation::sigmoid;
}

}  // namespace rnnbench::models
