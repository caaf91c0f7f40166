// Errors that a user can correct.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::core {

// Thrown for every mistake in what the user gave: arguments, files, settings. what() is one sentence that says what is
// wrong, where (file, line, key, value, as far as known), and what is allowed. The program prints it and exits with
// code 2. (A failed allocation or write is a std::runtime_error: code 1. A run that diverges is no error: its record
// has the status "diverged".)
struct UserError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The known name closest to `name` by edit distance, or "" when none is close enough to be a likely typing error.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

// "; did you mean 'x'?" with the nearest name, or "" when there is none.
std::string did_you_mean(const std::string& name, const std::vector<std::string>& known);

}  // namespace rnnbench::core
