// The libraries that core is built with, as noted in the record of a run.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::core {

std::vector<std::pair<std::string, std::string>> core_libraries();  // name, version

}  // namespace rnnbench::core
