// A results folder for runs whose records are not kept.
#pragma once

#include <filesystem>

#include "core/namespaces.h"

namespace rnnbench::experiments {

// A new folder in the folder for temporary files, removed with its contents at the end of the scope. It is locked until
// this object or the process ends, whatever ends it, and the next such object removes the folders of this user on this
// machine that nobody has locked. Throws UserError when TMPDIR cannot be used or another one would help, and
// std::runtime_error when the system has no room.
class TemporaryResults {
 public:
  TemporaryResults();
  ~TemporaryResults();
  TemporaryResults(const TemporaryResults&) = delete;
  TemporaryResults& operator=(const TemporaryResults&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace rnnbench::experiments
