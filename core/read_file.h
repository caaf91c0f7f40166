// Reads files and folders of which nothing is known yet.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::core {

// The bytes of a regular file. Throws std::runtime_error with the reason alone, such as "No such file or directory" (a
// std::system_error if it is the system's): also for folders, devices and pipes, which may have no end, and for a file
// of more than `max_bytes`, before it is read. `from`: the number of bytes at its begin that are left out.
std::string read_regular_file(const std::filesystem::path& path, std::uint64_t max_bytes = UINT64_MAX,
                              std::uint64_t from = 0);

// Whether there is a file or a folder. Throws std::system_error that names the path if the system does not say: what
// cannot be read is not missing.
bool path_exists(const std::filesystem::path& path);

// The paths of all files and folders in a folder, sorted. Throws std::filesystem::filesystem_error if it cannot be
// read, or only a part of it. (std::filesystem::directory_iterator ends the process if there is no memory for the next
// path.)
std::vector<std::filesystem::path> paths_in(const std::filesystem::path& folder);

// Whether another path would help, as opposed to a failure of the system, such as a full disk.
bool is_wrong_path(const std::error_code& code);

}  // namespace rnnbench::core
