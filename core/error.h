// Errors that a user can correct.
#pragma once

#include <exception>
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

// What to print of an exception: one sentence, also for those of the standard library.
std::string sentence_of(const std::exception& error);

// For handlers of std::exception that say what is wrong with the content of a file: throws the exception that is being
// handled again if it is not about the content, because the system could not read the file or memory was short.
void rethrow_failure_of_system();

// The known name closest to `name` by edit distance, or "" when none is close enough to be a likely typing error.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

// "; did you mean 'x'?" with the nearest name, or "" when there is none.
std::string did_you_mean(const std::string& name, const std::vector<std::string>& known);

}  // namespace rnnbench::core
