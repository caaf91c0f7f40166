#include "experiments/records/temporary_results.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "core/error.h"
#include "core/read_file.h"
#include "core/uninterrupted.h"
#include "experiments/records/environment.h"

namespace rnnbench::experiments {
namespace fs = std::filesystem;

namespace {

const std::string six_characters = "XXXXXX";  // which mkdtemp replaces

// The names of these folders begin with it. A lock may be known on one machine only, so the name says on which.
std::string begin_of_name() { return "rnnbench-temporary-" + host_name() + "-"; }

int open_folder(const fs::path& path) {
  return uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); });
}

// Removes the folders that no process has locked: those of killed ones. Failures are ignored: the next command tries
// again.
void remove_abandoned_folders(const fs::path& among) noexcept try {
  const std::string begin = begin_of_name();
  for (const fs::path& path : paths_in(among)) {
    const std::string name = path.filename().string();
    if (!name.starts_with(begin) || name.size() != begin.size() + six_characters.size()) continue;
    const int folder = open_folder(path);
    if (folder < 0) continue;
    struct stat state {};
    const bool own = ::fstat(folder, &state) == 0 && state.st_uid == ::geteuid();
    std::error_code ignored;
    if (own && ::flock(folder, LOCK_EX | LOCK_NB) == 0) fs::remove_all(path, ignored);
    ::close(folder);
  }
} catch (const std::exception&) {
}

[[noreturn]] void fail_to_create(const std::string& name, int reason) {
  const std::error_code code(reason, std::generic_category());
  const std::string sentence = "cannot create the temporary folder " + name + ": " + code.message();
  if (is_wrong_path(code)) throw UserError(sentence + "; choose another one with TMPDIR");
  throw std::runtime_error(sentence);
}

// Locks a new folder and returns its descriptor; nothing if another process took it for an abandoned one before it was
// locked.
std::optional<int> lock_folder(const std::string& name) {
  const int folder = open_folder(name);
  if (folder < 0 && errno == ENOENT) return std::nullopt;
  struct stat state {};
  int reason = folder < 0 ? errno : 0;
  if (folder >= 0 && uninterrupted([&] { return ::flock(folder, LOCK_EX); }) != 0 && errno != ENOLCK &&
      errno != ENOSYS && errno != EOPNOTSUPP && errno != EINVAL)
    reason = errno;  // otherwise the file system has no locks, and no process removes the folder of another
  if (reason != 0) {
    if (folder >= 0) ::close(folder);
    ::rmdir(name.c_str());
    fail_to_create(name, reason);
  }
  if (::fstat(folder, &state) != 0 || state.st_nlink > 0) return folder;
  ::close(folder);
  return std::nullopt;
}

}  // namespace

TemporaryResults::TemporaryResults() {
  std::error_code error;
  const fs::path folder = fs::temp_directory_path(error);
  if (error) {
    const char* named = std::getenv("TMPDIR");
    throw UserError(std::string("the folder for temporary files (TMPDIR = ") + (named ? named : "") +
                    ") cannot be used: " + error.message());
  }
  remove_abandoned_folders(folder);
  for (std::optional<int> locked; !locked;) {
    std::string name = (folder / (begin_of_name() + six_characters)).string();
    if (!::mkdtemp(name.data())) fail_to_create(name, errno);
    locked = lock_folder(name);
    if (!locked) continue;
    path_ = name;
    descriptor_ = *locked;
  }
}

TemporaryResults::~TemporaryResults() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  ::close(descriptor_);
}

}  // namespace rnnbench::experiments
