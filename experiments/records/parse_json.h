// JSON from files, which may be malformed.
#pragma once

#include <string>

#include "experiments/records/record.h"

namespace rnnbench::experiments {

// Throws std::exception that says what is wrong. Brackets that are nested more deeply than those of any record are
// refused, because they could exhaust the stack.
Json parse_json(const std::string& text);

}  // namespace rnnbench::experiments
