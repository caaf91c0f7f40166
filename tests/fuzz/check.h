// What every fuzzing target checks of the program: that no input makes it crash, throw anything but UserError, or take
// more than a second of CPU time or 256 MiB of memory per 64 KiB of input.
#pragma once

#include <cstddef>
#include <string>

#include "core/error.h"

namespace rnnbench::fuzz {

inline constexpr std::size_t max_input_bytes = 64 << 10;  // of inputs that fuzzing makes

// Reads an input as the program would. UserError: the program refuses it.
using Target = void (*)(const std::string& input);

// Says which property does not hold and aborts, so that nothing can catch it.
void require(bool holds, const std::string& property);

// The result of read(), which the program must not refuse.
template <class Read>
auto must_accept(const std::string& what, Read read) {
  try {
    return read();
  } catch (const core::UserError& error) {
    require(false, what + " is accepted, but: " + error.what());
    throw;
  }
}

struct Checked {
  bool accepted = false;
  std::string refusal;         // what() of the UserError, if it was refused
  double cpu_seconds = 0;      // of this thread
  std::size_t peak_bytes = 0;  // allocated by operator new at the same time
};

// Runs a target. Aborts with a message that begins with `name` if it breaks a promise.
Checked check(Target target, const std::string& name, const std::string& input);

}  // namespace rnnbench::fuzz
