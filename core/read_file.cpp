#include "core/read_file.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "core/uninterrupted.h"

namespace rnnbench::core {
namespace {

[[noreturn]] void fail() { throw std::system_error(errno, std::generic_category()); }

class Descriptor {
 public:
  // Without O_NONBLOCK, opening a pipe waits for a process that writes into it.
  explicit Descriptor(const std::filesystem::path& path)
      : number_(uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC); })) {
    if (number_ < 0) fail();
  }
  ~Descriptor() { ::close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  const int number_;
};

}  // namespace

std::string read_regular_file(const std::filesystem::path& path, std::uint64_t max_bytes, std::uint64_t from) {
  const Descriptor file(path);
  struct stat state {};
  if (::fstat(file.number(), &state) != 0) fail();
  if (S_ISDIR(state.st_mode)) throw std::runtime_error("this is a folder");
  if (!S_ISREG(state.st_mode)) throw std::runtime_error("this is a device or a pipe, not a regular file");
  const auto check = [&](std::uint64_t size) {
    if (size > max_bytes)
      throw std::runtime_error("the file has more than the maximum of " + std::to_string(max_bytes) + " bytes");
  };
  const std::uint64_t size = static_cast<std::uint64_t>(state.st_size);
  check(size);
  std::string bytes;
  if (from > 0 && ::lseek(file.number(), static_cast<off_t>(from), SEEK_SET) < 0) fail();
  bytes.reserve(
      size - std::min(from, size));  // a first guess: the file may grow meanwhile, and files in /proc have the size 0
  for (char buffer[1 << 14];;) {
    const ssize_t n = uninterrupted([&] { return ::read(file.number(), buffer, sizeof buffer); });
    if (n < 0) fail();
    if (n == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(n));
    check(from + bytes.size());
  }
}

bool path_exists(const std::filesystem::path& path) {
  std::error_code error;
  const bool found = std::filesystem::exists(path, error);
  if (error == std::errc::filename_too_long) return false;  // no file can have this name
  if (error) throw std::system_error(error, "cannot read " + path.string());
  return found;
}

std::vector<std::filesystem::path> paths_in(const std::filesystem::path& folder) {
  const auto refuse = [&] {
    throw std::filesystem::filesystem_error("cannot read", folder, std::error_code(errno, std::generic_category()));
  };
  DIR* opened = nullptr;
  uninterrupted([&] { return (opened = ::opendir(folder.c_str())) == nullptr ? -1 : 0; });
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opened, &::closedir);
  if (!open) refuse();
  std::vector<std::filesystem::path> paths;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(open.get());
    if (entry == nullptr && errno == EINTR) continue;
    if (entry == nullptr && errno != 0) refuse();
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") paths.push_back(folder / name);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

bool is_wrong_path(const std::error_code& code) {
  for (const std::errc wrong :
       {std::errc::permission_denied, std::errc::operation_not_permitted, std::errc::read_only_file_system,
        std::errc::no_such_file_or_directory, std::errc::not_a_directory, std::errc::is_a_directory,
        std::errc::file_exists, std::errc::directory_not_empty, std::errc::filename_too_long,
        std::errc::too_many_symbolic_link_levels})
    if (code == wrong) return true;
  return false;
}

}  // namespace rnnbench::core
