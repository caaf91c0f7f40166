// Calls to the operating system that a signal may interrupt.
#pragma once

#include <cerrno>

namespace rnnbench::core {

// Repeats a call, which returns a negative number when it fails, until no signal has interrupted it. Not for close(),
// after which the file is closed whatever it returns.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace rnnbench::core
