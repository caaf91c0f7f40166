// Files that a command writes where --to says.
#pragma once

#include <cstdint>
#include <filesystem>

#include "cli/arguments.h"
#include "core/safetensors.h"
#include "tasks/task.h"

namespace rnnbench::cli {

inline constexpr std::int64_t max_sequences = 1'000'000'000;  // that --count accepts

// The value of --to. Throws UserError when it is not given or names something that is not a regular file, so that a
// command can say it before it computes.
std::filesystem::path output_file(const Arguments& arguments);

// Writes the arrays there, whole or not at all. Throws UserError when that is not possible.
void write_output_file(const std::filesystem::path& path, const TensorFile& file);

// Throws UserError when so many sequences of so many bytes would make a file of more than 2 GiB.
void check_size(std::int64_t sequences, double bytes_of_one);

// Throws UserError when the test of the task is a list, such as that of a file, that ends before test sequence
// first + count - 1.
void check_listed(const Task& task, std::int64_t first, std::int64_t count);

}  // namespace rnnbench::cli
