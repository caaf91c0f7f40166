#include "core/hash.h"

namespace rnnbench::core {

std::uint64_t fnv1a(const void* bytes, std::size_t size, std::uint64_t start) {
  std::uint64_t hash = start;
  const auto* byte = static_cast<const unsigned char*>(bytes);
  for (std::size_t i = 0; i < size; ++i) hash = (hash ^ byte[i]) * 0x100000001b3u;
  return hash;
}

std::string hex16(std::uint64_t value) {
  std::string text(16, '0');
  for (int i = 15; i >= 0; --i, value >>= 4) text[i] = "0123456789abcdef"[value & 15];
  return text;
}

}  // namespace rnnbench::core
