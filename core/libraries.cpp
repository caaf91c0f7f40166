#include "core/libraries.h"

#include <hwy/highway.h>

namespace rnnbench::core {

std::vector<std::pair<std::string, std::string>> core_libraries() {
  return {{"highway", std::to_string(HWY_MAJOR) + "." + std::to_string(HWY_MINOR) + "." + std::to_string(HWY_PATCH)}};
}

}  // namespace rnnbench::core
