#include "experiments/records/files.h"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <signal.h>
#include <stdexcept>
#include <stdio.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include "experiments/records/environment.h"

namespace rnnbench::experiments {
namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const std::string& what, const fs::path& path) {
  throw std::runtime_error("cannot " + what + " " + path.string() + ": " + std::generic_category().message(errno));
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (number_ < 0) fail((flags & O_CREAT) ? "write" : "open", path);
  }
  ~Descriptor() { ::close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

// .<file name>.<host>.<process>.<count>.tmp: unique even on a file system that several machines share.
fs::path temporary_name(const fs::path& path) {
  static std::atomic<unsigned> count{0};
  return path.parent_path() / ("." + path.filename().string() + "." + host_name() + "." + std::to_string(::getpid()) +
                               "." + std::to_string(count++) + ".tmp");
}

// Removes what a failed write left, if possible. The caller reports the failure of the write itself.
void discard(const fs::path& path, Files& files) noexcept {
  try {
    files.remove(path);
  } catch (const std::exception&) {
  }
}

}  // namespace

void Files::write(const fs::path& path, const std::string& bytes) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC);
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::write(file.number(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("write", path);
    done += static_cast<std::size_t>(n);
  }
  if (::fsync(file.number()) != 0) fail("write", path);
}

void Files::replace(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail("write", to);
}

bool Files::publish(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) return false;
  // Some network file systems cannot do this, but all of them can add a second name to a file if it is not taken.
  if (errno != EINVAL && errno != ENOSYS) fail("write", to);
  if (::link(from.c_str(), to.c_str()) != 0) {
    if (errno == EEXIST) return false;
    fail("write", to);
  }
  remove(from);
  return true;
}

void Files::remove(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("remove", path);
}

void Files::sync_folder(const fs::path& folder) {
  const Descriptor file(folder, O_RDONLY | O_DIRECTORY);
  // EINVAL means that the file system cannot sync folders, so nothing more can be done.
  if (::fsync(file.number()) != 0 && errno != EINVAL) fail("write", folder);
}

Files& system_files() {
  static Files files;
  return files;
}

namespace {

// Writes `bytes` to a temporary file and calls `rename` to give the file its final name.
template <class Rename>
void write_then_rename(const fs::path& path, const std::string& bytes, Files& files, Rename rename) {
  const fs::path temporary = temporary_name(path);
  try {
    files.write(temporary, bytes);
    rename(temporary);
  } catch (...) {
    discard(temporary, files);
    throw;
  }
  files.sync_folder(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

}  // namespace

void write_atomically(const fs::path& path, const std::string& bytes, Files& files) {
  write_then_rename(path, bytes, files, [&](const fs::path& temporary) { files.replace(temporary, path); });
}

bool write_once(const fs::path& path, const std::string& bytes, Files& files) {
  bool published = false;
  write_then_rename(path, bytes, files, [&](const fs::path& temporary) {
    published = files.publish(temporary, path);
    if (!published) files.remove(temporary);
  });
  return published;
}

bool is_temporary(const std::string& filename) { return filename.starts_with('.') && filename.ends_with(".tmp"); }

void remove_abandoned(const fs::path& folder, Files& files) {
  const std::string host = "." + host_name() + ".";
  std::vector<fs::path> abandoned;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const auto at = name.rfind(host);
    if (!is_temporary(name) || at == std::string::npos) continue;
    pid_t process = 0;
    const char* digits = name.data() + at + host.size();
    std::from_chars(digits, name.data() + name.size(), process);
    if (process > 0 && ::kill(process, 0) != 0 && errno == ESRCH) abandoned.push_back(entry.path());
  }
  for (const fs::path& path : abandoned) files.remove(path);
}

std::string read_file(const fs::path& path) {
  const Descriptor file(path, O_RDONLY);
  std::string bytes;
  char buffer[1 << 16];
  while (true) {
    const ssize_t n = ::read(file.number(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", path);
    if (n == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(n));
  }
}

}  // namespace rnnbench::experiments
