// The 64-bit hash that identifies specs, results and weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/namespaces.h"

namespace rnnbench::core {

inline constexpr std::uint64_t fnv1a_start = 0xcbf29ce484222325u;

// FNV-1a, 64 bits (Fowler, Noll & Vo). Not cryptographic: it detects accidental changes, not deliberate ones. To hash
// several arrays as if they were concatenated, pass the hash of the earlier ones as `start`.
std::uint64_t fnv1a(const void* bytes, std::size_t size, std::uint64_t start = fnv1a_start);
inline std::uint64_t fnv1a(const std::string& text) { return fnv1a(text.data(), text.size()); }

// 16 lower-case hexadecimal digits, most significant first.
std::string hex16(std::uint64_t value);

}  // namespace rnnbench::core
