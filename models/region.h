// Where the parts of a layer or of a head lie in its packed weights and in its packed gradient.
#pragma once

#include "models/layer.h"

namespace rnnbench::models {

// Offsets of one part. A part without weights, or without a gradient, has no numbers there.
struct Region {
  std::size_t weights = 0, gradient = 0;
};

// Gives each part the next numbers of both arrays.
class Regions {
 public:
  Region add(std::size_t weights, std::size_t gradient) { return {weights_.add(weights), gradient_.add(gradient)}; }
  // An array with as many weights as gradients.
  Region add_array(std::size_t count) { return add(count, count); }
  template <class Part>
  Region add_part(const Part& part) {
    return add(part.packed_size(), part.gradient_size());
  }
  std::size_t packed_size() const { return weights_.total(); }
  std::size_t gradient_size() const { return gradient_.total(); }

 private:
  Places weights_, gradient_;
};

}  // namespace rnnbench::models
