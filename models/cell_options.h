// Options that cells share.
#pragma once

#include "core/options.h"

namespace rnnbench {

inline Option forget_bias_option() {
  return real_option("forget-bias", "", -100, 100,
                     "start of the forget gate's part of bias_ih (that of bias_hh is 0); unset: as the other biases");
}

inline Option update_bias_option() {
  return real_option("update-bias", "", -100, 100,
                     "start of the update gate's part of bias_ih (that of bias_hh is 0), positive keeps the old state; "
                     "unset: as the other biases");
}

}  // namespace rnnbench
