// Files that a command writes where --to says.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "core/safetensors.h"
#include "experiments/declaration/spec.h"
#include "tasks/task.h"

namespace rnnbench::cli {

inline constexpr std::int64_t max_sequences = 1'000'000'000;  // that --count accepts

// The value of --to. Throws UserError when it is not given, names something that is not a regular file, or is in a
// folder of records, so that a command can say it before it computes.
std::filesystem::path output_file(const Arguments& arguments);

// Throws UserError if the path, the value of this option ("out"), is where records, weights or imported results are.
void refuse_folder_of_results(const std::string& option, const std::filesystem::path& path);

// Throws UserError if the file is one of those that the command reads, also under another name or through a link:
// writing would destroy it.
void refuse_inputs(const std::filesystem::path& file, const std::vector<std::filesystem::path>& inputs);
// The input files of the task of a run.
std::vector<std::filesystem::path> input_files(const RunSpec& run);

// Writes the arrays there, whole or not at all. Throws UserError when that is not possible.
void write_output_file(const std::filesystem::path& path, const TensorFile& file);

// Throws UserError when so many sequences of so many bytes would make a file of more than 2 GiB.
void check_size(std::int64_t sequences, double bytes_of_one);

// Throws UserError when the test of the task is a list, such as that of a file, that ends before test sequence
// first + count - 1.
void check_listed(const Task& task, std::int64_t first, std::int64_t count);

}  // namespace rnnbench::cli
