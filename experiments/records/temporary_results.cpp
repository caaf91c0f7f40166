#include "experiments/records/temporary_results.h"

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

#include "core/error.h"

namespace rnnbench::experiments {
namespace fs = std::filesystem;

TemporaryResults::TemporaryResults() {
  std::error_code error;
  const fs::path folder = fs::temp_directory_path(error);
  if (error) {
    const char* named = std::getenv("TMPDIR");
    throw UserError(std::string("the folder for temporary files (TMPDIR = ") + (named ? named : "") +
                    ") cannot be used: " + error.message());
  }
  std::string name = (folder / "rnnbench-XXXXXX").string();
  if (!::mkdtemp(name.data()))
    throw std::runtime_error("cannot create the temporary folder " + name + ": " +
                             std::generic_category().message(errno));
  path_ = name;
}

TemporaryResults::~TemporaryResults() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace rnnbench::experiments
