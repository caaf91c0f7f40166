#include "experiments/search/design.h"

#include <array>

#include "core/hash.h"
#include "core/stream.h"

namespace rnnbench::experiments {
namespace {

constexpr int coordinate_bits = 32;

// The primitive polynomial over GF(2), its first and last coefficient included, and the first direction numbers.
struct Direction {
  unsigned polynomial;
  std::array<std::uint32_t, 6> initial;
};
constexpr std::array<Direction, design_dimensions> directions = {{{1, {1}},
                                                                  {3, {1}},
                                                                  {7, {1, 3}},
                                                                  {11, {1, 3, 1}},
                                                                  {13, {1, 1, 1}},
                                                                  {19, {1, 1, 3, 3}},
                                                                  {25, {1, 3, 5, 13}},
                                                                  {37, {1, 1, 5, 5, 17}},
                                                                  {41, {1, 1, 5, 5, 5}},
                                                                  {47, {1, 1, 7, 11, 19}},
                                                                  {55, {1, 1, 5, 1, 1}},
                                                                  {59, {1, 1, 1, 3, 11}},
                                                                  {61, {1, 3, 5, 5, 31}},
                                                                  {67, {1, 3, 3, 9, 7, 49}},
                                                                  {91, {1, 1, 1, 15, 21, 21}}}};

// Column k of the generator matrix: the k-th direction number, shifted so that its binary point is at the left.
std::array<std::uint32_t, coordinate_bits> columns_of(const Direction& direction) {
  int degree = 0;
  while (direction.polynomial >> (degree + 1)) ++degree;
  std::array<std::uint32_t, coordinate_bits> m{};
  for (int k = 0; k < coordinate_bits; ++k) {
    if (degree == 0) {  // the van der Corput sequence
      m[k] = 1;
    } else if (k < degree) {
      m[k] = direction.initial[k];
    } else {  // Joe & Kuo (2008), equation 2
      m[k] = m[k - degree] ^ (m[k - degree] << degree);
      for (int i = 1; i < degree; ++i)
        if ((direction.polynomial >> (degree - i)) & 1u) m[k] ^= m[k - i] << i;
    }
  }
  for (int k = 0; k < coordinate_bits; ++k) m[k] <<= coordinate_bits - 1 - k;
  return m;
}

}  // namespace

std::uint32_t sobol(std::uint32_t point, int dimension) {
  const auto columns = columns_of(directions.at(static_cast<std::size_t>(dimension)));
  std::uint32_t coordinate = 0;
  const std::uint32_t gray = point ^ (point >> 1);
  for (int k = 0; k < coordinate_bits; ++k)
    if ((gray >> k) & 1u) coordinate ^= columns[k];
  return coordinate;
}

std::uint32_t scrambled(std::uint32_t coordinate, std::uint64_t key) {
  std::uint32_t flips = 0;
  for (std::uint32_t bit = 0; bit < coordinate_bits; ++bit) {  // from the most significant one
    const std::uint32_t above = bit == 0 ? 0 : coordinate >> (coordinate_bits - bit);
    const std::uint32_t random = philox({above, bit, 0, static_cast<std::uint32_t>(Purpose::tuning)}, key)[0];
    flips |= (random & 1u) << (coordinate_bits - 1 - bit);
  }
  return coordinate ^ flips;
}

double design_point(const std::string& study, char search, const std::string& option, int dimension,
                    std::uint32_t point) {
  const std::uint64_t key = fnv1a(study + "\n" + search + "\n" + option);
  return (scrambled(sobol(point, dimension), key) + 0.5) * 0x1p-32;
}

}  // namespace rnnbench::experiments
