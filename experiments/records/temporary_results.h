// A results folder for runs whose records are not kept.
#pragma once

#include <filesystem>

#include "core/namespaces.h"

namespace rnnbench::experiments {

// A new folder in the folder for temporary files, removed with its contents at the end of the scope. Throws UserError
// when TMPDIR cannot be used, and std::runtime_error when the folder cannot be created.
class TemporaryResults {
 public:
  TemporaryResults();
  ~TemporaryResults();
  TemporaryResults(const TemporaryResults&) = delete;
  TemporaryResults& operator=(const TemporaryResults&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace rnnbench::experiments
