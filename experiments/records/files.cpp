#include "experiments/records/files.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <stdexcept>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <time.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/read_file.h"
#include "core/text.h"
#include "core/uninterrupted.h"
#include "experiments/records/environment.h"
#include "experiments/records/foreign_files.h"

namespace rnnbench::experiments {
namespace fs = std::filesystem;

namespace {

constexpr time_t seconds_per_day{24 * 60 * 60};

[[noreturn]] void fail(const std::string& what, const fs::path& path) {
  throw std::system_error(errno, std::generic_category(), "cannot " + what + " " + path.string());
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags)
      : number_(uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); })), path_(path) {
    if (number_ < 0) fail((flags & O_CREAT) ? "write" : "open", path);
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  // Some network file systems say only now that a write failed.
  void close() {
    if (::close(std::exchange(number_, -1)) != 0 && errno != EINTR) fail("write", path_);
  }

 private:
  int number_;
  const fs::path path_;
};

// Waits for an exclusive lock of an open file. Returns false where the file system has no locks.
bool lock(int file, const fs::path& path) {
  if (uninterrupted([&] { return ::flock(file, LOCK_EX); }) == 0) return true;
  if (errno != ENOLCK && errno != ENOSYS && errno != EOPNOTSUPP && errno != EINVAL) fail("lock", path);
  return false;
}

void sync(int file, const fs::path& path) {
  if (uninterrupted([&] { return ::fsync(file); }) != 0) fail("write", path);
}

// .<file name>.<host>.<process>.<count>.tmp. Containers may share a folder and have the same host and process number.
fs::path temporary_name(const fs::path& path) {
  static std::atomic<unsigned> count{0};
  return path.parent_path() / ("." + path.filename().string() + "." + host_name() + "." + std::to_string(::getpid()) +
                               "." + std::to_string(count++) + ".tmp");
}

// A new, empty file beside `path`, locked until this object or the process ends, whatever ends it. So a temporary file
// that is not locked belongs to nobody. (Where the file system has no locks, no process can lock the file, and it
// stays.)
class Temporary {
 public:
  explicit Temporary(const fs::path& path) {
    while (!create(temporary_name(path))) {
    }
  }
  ~Temporary() { ::close(number_); }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  const fs::path& path() const { return path_; }

 private:
  // Returns false if there is such a file already, or if remove_abandoned() took the new one before it was locked.
  bool create(const fs::path& path) {
    path_ = path;
    number_ = uninterrupted([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666); });
    if (number_ < 0 && errno == EEXIST) return false;
    if (number_ < 0) fail("write", path);
    try {
      struct stat state {};
      if (!lock(number_, path) || ::fstat(number_, &state) != 0 || state.st_nlink > 0) return true;
    } catch (const std::system_error&) {
      ::unlink(path.c_str());
      ::close(number_);
      throw;
    }
    ::close(number_);
    return false;
  }

  fs::path path_;
  int number_ = -1;
};

struct stat state_of(int file, const fs::path& path) {
  struct stat state {};
  if (::fstat(file, &state) != 0) fail("read", path);
  return state;
}

off_t size_of(int file, const fs::path& path) { return state_of(file, path).st_size; }

// The size of an open file without the incomplete line at its end.
off_t complete_lines(int file, const fs::path& path) {
  off_t end = size_of(file, path);
  for (char piece[4096]; end > 0;) {
    const off_t start = std::max<off_t>(0, end - static_cast<off_t>(sizeof piece));
    const ssize_t n = uninterrupted([&] { return ::pread(file, piece, static_cast<std::size_t>(end - start), start); });
    if (n >= 0 && n != end - start) errno = EIO;  // another process has shortened the file
    if (n != end - start) fail("read", path);
    while (end > start && piece[end - start - 1] != '\n') --end;
    if (end > start) break;
  }
  return end;
}

// The bytes of an open file between two places.
std::string piece_of(int file, off_t from, off_t to, const fs::path& path) {
  std::string bytes(static_cast<std::size_t>(to - from), '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = uninterrupted(
        [&] { return ::pread(file, bytes.data() + done, bytes.size() - done, from + static_cast<off_t>(done)); });
    if (n == 0) errno = EIO;  // another process has shortened the file
    if (n <= 0) fail("read", path);
    done += static_cast<std::size_t>(n);
  }
  return bytes;
}

// Removes what a failed write left, if possible. The caller reports the failure of the write itself.
void discard(const fs::path& path, Files& files) noexcept {
  try {
    files.remove(path);
  } catch (const std::exception&) {
  }
}

void write_bytes(const fs::path& path, const std::string& bytes, bool durable) {
  Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);  // a link would lead to another's file
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t n = uninterrupted([&] { return ::write(file.number(), bytes.data() + done, bytes.size() - done); });
    if (n < 0) fail("write", path);
    done += static_cast<std::size_t>(n);
  }
  if (durable) sync(file.number(), path);
  file.close();
}

}  // namespace

void Files::write(const fs::path& path, const std::string& bytes) { write_bytes(path, bytes, true); }

void Files::write_unsynced(const fs::path& path, const std::string& bytes) { write_bytes(path, bytes, false); }

void Files::append_lines(const fs::path& path, const std::function<std::string()>& lines,
                         const std::function<bool(std::string_view)>& is_complete) {
  const bool is_new = !path_exists(path);
  const Descriptor file(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW);
  // Until the file is closed. Where the file system has no locks, one write is still appended in one piece, as long as
  // the disk is not full.
  static_cast<void>(lock(file.number(), path));
  refuse_other_names(path, state_of(file.number(), path).st_nlink);
  std::string bytes = lines();
  if (bytes.empty()) return;
  off_t end = complete_lines(file.number(), path);
  if (const off_t size = size_of(file.number(), path);
      end != size && is_complete(piece_of(file.number(), end, size, path))) {
    bytes.insert(0, 1, '\n');
    end = size;
  }
  const auto cut = [&] { return uninterrupted([&] { return ::ftruncate(file.number(), end); }); };
  if (end != size_of(file.number(), path) && cut() != 0) fail("write", path);
  const ssize_t written = uninterrupted([&] { return ::write(file.number(), bytes.data(), bytes.size()); });
  if (written == static_cast<ssize_t>(bytes.size()) && uninterrupted([&] { return ::fsync(file.number()); }) == 0) {
    if (is_new) sync_folder(path.has_parent_path() ? path.parent_path() : fs::path("."));
    return;
  }
  // A write that stops in the middle has no error number yet: the disk is full, or a limit of the process is reached.
  const int reason = written < 0 || written == static_cast<ssize_t>(bytes.size()) ? errno : ENOSPC;
  static_cast<void>(cut());  // if this fails too, the next append does it
  errno = reason;
  fail("write", path);
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
  if (uninterrupted([&] { return ::fsync(file.number()); }) != 0 && errno != EINVAL) fail("write", folder);
}

void Files::sync_file_system(const fs::path& folder) {
  const Descriptor file(folder, O_RDONLY | O_DIRECTORY);
  if (uninterrupted([&] { return ::syncfs(file.number()); }) != 0) fail("write", folder);
}

Files& system_files() {
  static Files files;
  return files;
}

namespace {

// Writes `bytes` to a temporary file and calls `rename` to give the file its final name.
template <class Rename>
void write_then_rename(const fs::path& path, const std::string& bytes, Files& files, Rename rename) {
  const Temporary temporary(path);
  try {
    files.write(temporary.path(), bytes);
    rename(temporary.path());
  } catch (...) {
    discard(temporary.path(), files);
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

std::vector<std::string> write_all_once(const fs::path& folder,
                                        const std::vector<std::pair<std::string, std::string>>& names_and_bytes,
                                        Files& files) {
  std::vector<std::string> kept;
  constexpr std::size_t at_a_time = 256;  // each is an open file
  for (std::size_t from = 0; from < names_and_bytes.size(); from += at_a_time) {
    const std::size_t to = std::min(from + at_a_time, names_and_bytes.size());
    std::vector<std::unique_ptr<Temporary>> written;
    try {
      for (std::size_t i = from; i < to; ++i) {
        written.push_back(std::make_unique<Temporary>(folder / names_and_bytes[i].first));
        files.write_unsynced(written.back()->path(), names_and_bytes[i].second);
      }
      files.sync_file_system(folder);
      for (std::size_t i = from; i < to; ++i) {
        const fs::path& temporary = written[i - from]->path();
        if (files.publish(temporary, folder / names_and_bytes[i].first)) continue;
        files.remove(temporary);
        kept.push_back(names_and_bytes[i].first);
      }
    } catch (...) {
      for (const auto& temporary : written) discard(temporary->path(), files);
      throw;
    }
    files.sync_folder(folder);
  }
  return kept;
}

bool is_temporary(const std::string& filename) {
  std::string_view rest = filename;
  if (!rest.starts_with('.') || !rest.ends_with(".tmp")) return false;
  rest.remove_suffix(4);
  for (int i = 0; i < 2; ++i) {  // count, process
    const auto dot = rest.rfind('.');
    if (!parse_number<unsigned>(rest.substr(dot + 1)) || dot == 0) return false;
    rest = rest.substr(0, dot);
  }
  return true;
}

void remove_abandoned(const fs::path& folder, Files& files) noexcept try {
  std::vector<fs::path> temporary;
  for (const fs::path& path : paths_in(folder))
    if (is_temporary(path.filename().string())) temporary.push_back(path);
  for (const fs::path& path : temporary) {
    const int file = uninterrupted([&] { return ::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC); });
    if (file < 0) continue;
    struct stat state {};
    const bool known = ::fstat(file, &state) == 0 && S_ISREG(state.st_mode);
    // Some network file systems keep locks to one machine, but no machine takes a day to write a file.
    const bool own = path.filename().string().find("." + host_name() + ".") != std::string::npos;
    const bool old = known && ::time(nullptr) - state.st_mtime > seconds_per_day;
    const bool abandoned = known && (own || old) && ::flock(file, LOCK_EX | LOCK_NB) == 0;
    try {
      if (abandoned) files.remove(path);
    } catch (...) {
      ::close(file);
      throw;
    }
    ::close(file);
  }
} catch (const std::exception&) {
}

std::string read_file(const fs::path& path, std::uint64_t max_bytes, std::uint64_t from) try {
  return read_regular_file(path, max_bytes, from);
} catch (const std::system_error& error) {
  throw std::system_error(error.code(), "cannot read " + path.string());
} catch (const std::runtime_error& error) {
  throw std::runtime_error("cannot read " + path.string() + ": " + error.what());
}

std::string read_foreign_file(const fs::path& path, std::uint64_t max_bytes) try {
  return read_file(path, max_bytes);
} catch (const std::system_error&) {
  throw;
} catch (const std::runtime_error& error) {
  throw UserError(error.what());
}

}  // namespace rnnbench::experiments
