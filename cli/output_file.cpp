#include "cli/output_file.h"

#include <system_error>

#include "core/error.h"
#include "core/read_file.h"
#include "experiments/records/files.h"
#include "experiments/records/results_folder.h"

namespace rnnbench::cli {
namespace {

// Where a path leads if links are followed; the path itself if the system does not say.
std::filesystem::path resolved(const std::filesystem::path& path) {
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failed);
  std::filesystem::path target = failed ? path : std::filesystem::weakly_canonical(absolute, failed);
  if (failed) return path;
  return target.has_filename() ? target : target.parent_path();  // "results/w/runs/"
}

}  // namespace

std::filesystem::path output_file(const Arguments& arguments) {
  if (!arguments.has("to"))
    throw UserError("command line: 'rnnbench " + arguments.command() + "' needs --to FILE.safetensors");
  const std::filesystem::path path = arguments.text("to", "");
  std::error_code ignored;  // what cannot be looked at cannot be written either, which says why
  if (std::filesystem::is_directory(path, ignored))
    throw UserError("command line: --to = " + path.string() + " is a folder; give the name of a file");
  if (std::filesystem::exists(path, ignored) &&
      !std::filesystem::is_regular_file(path, ignored))  // write_atomically would replace a device
    throw UserError("command line: --to = " + path.string() + " is not a regular file; give the name of a file");
  if (std::filesystem::exists(path, ignored) && is_file_of_study(resolved(path)))
    throw UserError("command line: --to = " + path.string() +
                    " would replace the trials or the protocol of a study; give another name");
  refuse_folder_of_results("to", path);
  return path;
}

void refuse_folder_of_results(const std::string& option, const std::filesystem::path& path) {
  const std::filesystem::path target = resolved(path);
  if (!is_among_results(target)) return;
  throw UserError("command line: --" + option + " = " + path.string() +
                  " is in a folder of records, weights or imported results; choose another folder");
}

void refuse_inputs(const std::filesystem::path& file, const std::vector<std::filesystem::path>& inputs) {
  std::error_code ignored;
  for (const std::filesystem::path& input : inputs)
    if (std::filesystem::equivalent(file, input, ignored))
      throw UserError("command line: --to = " + file.string() + " would replace " + input.string() +
                      ", which the command reads; give another name");
}

std::vector<std::filesystem::path> input_files(const RunSpec& run) {
  std::vector<std::filesystem::path> files;
  for (const auto& [option, path] : input_paths(run)) files.emplace_back(path);
  return files;
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
