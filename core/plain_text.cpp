#include "core/plain_text.h"

namespace rnnbench::core {
namespace {

// The number of bytes of the character at the beginning of the text, which is not empty; 0 if it is none or not plain.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f;
  if (first < 0xc0 || first >= 0xf8) return 0;
  const std::size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  unsigned code = first & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3f);
  }
  constexpr unsigned smallest[] = {0, 0, 0x80, 0x800, 0x10000};  // smaller codes have a shorter form
  const auto within = [&](unsigned low, unsigned high) { return code >= low && code <= high; };
  if (code < smallest[size] || code > 0x10ffff || within(0xd800, 0xdfff)) return 0;  // those are halves of UTF-16 pairs
  if ((code & 0xfffe) == 0xfffe || within(0xfdd0, 0xfdef)) return 0;  // noncharacters, which XML does not allow
  return within(0x80, 0x9f) || within(0x2028, 0x202e) || within(0x2066, 0x2069) ? 0 : size;
}

}  // namespace

bool is_plain_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string plain_text(std::string_view text, std::string_view keep) {
  std::string plain;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    const bool stays = size > 0 || keep.find(text[0]) != std::string_view::npos;
    plain += stays ? text.substr(0, size > 0 ? size : 1) : "\xef\xbf\xbd";
    text.remove_prefix(size > 0 ? size : 1);
  }
  return plain;
}

}  // namespace rnnbench::core
