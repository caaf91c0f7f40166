#include "core/parameters.h"

namespace rnnbench::core {

int Layout::add(std::string name, int rows, int cols) {
  blocks_.push_back({.name = std::move(name), .rows = rows, .cols = cols, .offset = extent_});
  const std::size_t size = blocks_.back().size();
  count_ += size;
  extent_ += (size + 15) / 16 * 16;
  return static_cast<int>(blocks_.size()) - 1;
}

int Layout::add(std::string name, int rows) {
  const int number = add(std::move(name), rows, 1);
  blocks_.back().vector = true;
  return number;
}

int Layout::find(const std::string& name) const {
  for (std::size_t i = 0; i < blocks_.size(); ++i)
    if (blocks_[i].name == name) return static_cast<int>(i);
  return -1;
}

}  // namespace rnnbench::core
