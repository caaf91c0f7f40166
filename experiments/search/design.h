// Points that fill a cube evenly: the Sobol sequence with the direction numbers of Joe & Kuo (2008), scrambled as by
// Owen (1995). Any 16 (2^k) first points hit each of 16 (2^k) equal strata of every dimension once.
#pragma once

#include <cstdint>
#include <string>

#include "core/namespaces.h"

namespace rnnbench::experiments {

// To be raised with every change that moves a point.
inline constexpr int design_version = 1;
inline constexpr int design_dimensions = 15;

// Coordinate of the unscrambled sequence times 2^32, in the order of Antonov & Saleev (1979): point 0 is the origin.
std::uint32_t sobol(std::uint32_t point, int dimension);

// Nested uniform scrambling: every bit is flipped or not depending on the key and the bits above it. The flips are
// hashes (Philox) instead of a stored tree, as in Laine & Karras (2011) and Burley (2020).
std::uint32_t scrambled(std::uint32_t coordinate, std::uint64_t key);

// Coordinate of a point (from 0) in (0, 1). The scrambling depends on study, search and option and on nothing else.
double design_point(const std::string& study, char search, const std::string& option, int dimension,
                    std::uint32_t point);

}  // namespace rnnbench::experiments
