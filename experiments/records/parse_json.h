// JSON from files, which may be malformed.
#pragma once

#include <string>

#include "experiments/records/record.h"

namespace rnnbench::experiments {

// Throws Json::exception for text that is not JSON, and UserError for brackets that are nested more deeply than those
// of any record, which could exhaust the stack.
Json parse_json(const std::string& text);

}  // namespace rnnbench::experiments
