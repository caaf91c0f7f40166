// From what a user calls a run to its record.
#pragma once

#include <filesystem>
#include <string>

#include "core/namespaces.h"

namespace rnnbench::experiments {

// The path of the record that `run` names: an id or the beginning of one, searched in <results>/*/runs, or the path of
// a record (any text with a '/' or the ending .json). The file exists, but its content is not checked (see
// read_record). Throws UserError when no record or more than one fits.
std::filesystem::path find_record(const std::filesystem::path& results, const std::string& run);

}  // namespace rnnbench::experiments
