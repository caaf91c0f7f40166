#include "cli/output_file.h"

#include <system_error>

#include "core/error.h"
#include "core/read_file.h"
#include "experiments/records/files.h"

namespace rnnbench::cli {

std::filesystem::path output_file(const Arguments& arguments) {
  if (!arguments.has("to"))
    throw UserError("command line: 'rnnbench " + arguments.command() + "' needs --to FILE.safetensors");
  const std::filesystem::path path = arguments.text("to", "");
  if (std::filesystem::is_directory(path))
    throw UserError("command line: --to = " + path.string() + " is a folder; give the name of a file");
  if (std::filesystem::exists(path) &&
      !std::filesystem::is_regular_file(path))  // write_atomically would replace a device
    throw UserError("command line: --to = " + path.string() + " is not a regular file; give the name of a file");
  return path;
}

void write_output_file(const std::filesystem::path& path, const TensorFile& file) {
  const std::string bytes = to_safetensors(file);
  try {
    remove_abandoned(path.has_parent_path() ? path.parent_path() : ".");
    write_atomically(path, bytes);
  } catch (const std::system_error& error) {
    const std::string sentence =
        "command line: --to = " + path.string() + " cannot be written: " + error.code().message();
    if (is_wrong_path(error.code())) throw UserError(sentence);
    throw std::runtime_error(sentence);
  }
}

void check_size(std::int64_t sequences, double bytes_of_one) {
  constexpr double max_bytes = 2.0 * 1024 * 1024 * 1024;
  if (static_cast<double>(sequences) * bytes_of_one <= max_bytes) return;
  throw UserError("command line: --count = " + std::to_string(sequences) +
                  " would make a file of more than 2 GiB; with these settings, " +
                  std::to_string(static_cast<std::int64_t>(max_bytes / bytes_of_one)) + " sequences are possible");
}

void check_listed(const Task& task, std::int64_t first, std::int64_t count) {
  const std::int64_t listed = task.listed(Purpose::test);
  if (listed == 0 || first + count <= listed) return;
  throw UserError("command line: " + std::to_string(count) + " test sequences from number " + std::to_string(first) +
                  " on are more than there are; the test of this task has " + std::to_string(listed) +
                  ", which are numbered from 0");
}

}  // namespace rnnbench::cli
