// What a user can get wrong, said in one sentence.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::core {

// The one exception for a user's mistake. what() is one clear sentence that names file, line, key and value as far
// as they are known, and what is allowed. The program prints it and exits with code 2. (A run that diverges is not
// an error: it is a record with that status. A failed allocation or write inside a run is std::runtime_error: code 1.)
struct UserError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The known name closest to `name` by edit distance, or "" when none is near enough to be a likely typing error.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

// "; did you mean 'x'?" when a near name is known, otherwise "".
std::string did_you_mean(const std::string& name, const std::vector<std::string>& known);

}  // namespace rnnbench::core
