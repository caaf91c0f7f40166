// Runs the committed inputs of the fuzzing targets, without libFuzzer and under any compiler.
//
//     rnnbench_fuzz_replay TARGET FOLDER           every file in it as an input of the target
//     rnnbench_fuzz_replay TARGET FILE...          the same for these, and what became of each
//     rnnbench_fuzz_replay --dictionary            the names that inputs consist of, in libFuzzer's form
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/read_file.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/dictionary.h"

namespace rnnbench::fuzz {

#define RNNBENCH_FUZZ_TARGET(name) void name(const std::string& input);
#include "fuzz_targets.inc"
#undef RNNBENCH_FUZZ_TARGET

namespace {

namespace fs = std::filesystem;

const std::map<std::string, Target> targets = {
#define RNNBENCH_FUZZ_TARGET(name) {#name, name},
#include "fuzz_targets.inc"
#undef RNNBENCH_FUZZ_TARGET
};

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

double mebibytes(std::size_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

int replay(const std::string& name, std::vector<fs::path> files) {
  const auto found = targets.find(name);
  if (found == targets.end()) {
    std::fprintf(stderr, "there is no target '%s'; the targets are", name.c_str());
    for (const auto& [known, target] : targets) std::fprintf(stderr, " %s", known.c_str());
    std::fprintf(stderr, "\n");
    return 2;
  }
  const bool one_folder = files.size() == 1 && fs::is_directory(files[0]);
  if (one_folder) files = files_in(files[0]);
  int accepted = 0, refused = 0;
  Checked worst;
  for (const fs::path& file : files) {
    const Checked checked = check(found->second, file.string(), core::read_regular_file(file));
    ++(checked.accepted ? accepted : refused);
    if (!one_folder)
      std::printf("%s: %s%s (%.3f s, %.1f MiB)\n", file.c_str(),
                  checked.accepted ? "accepted" : "refused: ", checked.refusal.c_str(), checked.cpu_seconds,
                  mebibytes(checked.peak_bytes));
    worst.cpu_seconds = std::max(worst.cpu_seconds, checked.cpu_seconds);
    worst.peak_bytes = std::max(worst.peak_bytes, checked.peak_bytes);
  }
  std::printf("%s: %d inputs accepted, %d refused; at most %.3f s and %.1f MiB\n", name.c_str(), accepted, refused,
              worst.cpu_seconds, mebibytes(worst.peak_bytes));
  return 0;
}

}  // namespace
}  // namespace rnnbench::fuzz

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  if (arguments == std::vector<std::string>{"--dictionary"}) {
    std::fputs(rnnbench::fuzz::dictionary().c_str(), stdout);
    return 0;
  }
  if (arguments.size() < 2) {
    std::fprintf(stderr, "usage: %s TARGET FOLDER | TARGET FILE... | --dictionary\n", words[0]);
    return 2;
  }
  return rnnbench::fuzz::replay(arguments[0], {arguments.begin() + 1, arguments.end()});
}
