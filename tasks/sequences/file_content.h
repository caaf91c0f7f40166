// The content of a file of the user, which may be compressed.
#pragma once

#include <cstdint>
#include <string>

#include "core/namespaces.h"

namespace rnnbench::tasks {

inline constexpr std::uint64_t max_sequence_file_bytes = std::uint64_t{1} << 30;  // also after decompression

// The bytes of a regular file, decompressed if they begin like a file of gzip. Throws UserError with the path and, if
// compressed data are damaged, with the position.
std::string file_content(const std::string& path);

// `bytes`, a file of gzip (RFC 1952) with one or more members, decompressed to at most `max_bytes`. `path` is for
// messages.
std::string gunzipped(const std::string& path, const std::string& bytes, std::uint64_t max_bytes);

}  // namespace rnnbench::tasks
