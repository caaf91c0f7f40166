// File operations that fail.
#pragma once

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "experiments/records/files.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

// The n-th operation fails as on a full disk: half a file is written, names do not change. With `dead`, all
// later ones fail too, the tidying included, as when the process is killed at that moment.
class FailingFiles : public Files {
 public:
  FailingFiles(int n, bool dead) : left_(n), dead_(dead) {}
  bool failed() const { return left_ <= 0; }

  void write(const std::filesystem::path& path, const std::string& bytes) override {
    if (count()) {
      if (!gone_) Files::write(path, bytes.substr(0, bytes.size() / 2));
      full();
    }
    Files::write(path, bytes);
  }
  void write_unsynced(const std::filesystem::path& path, const std::string& bytes) override {
    if (count()) {
      if (!gone_) Files::write_unsynced(path, bytes.substr(0, bytes.size() / 2));
      full();
    }
    Files::write_unsynced(path, bytes);
  }
  void append_lines(const std::filesystem::path& path, const std::function<std::string()>& lines,
                    const std::function<bool(std::string_view)>& is_complete) override {
    if (count()) full();
    Files::append_lines(path, lines, is_complete);
  }
  void replace(const std::filesystem::path& from, const std::filesystem::path& to) override {
    if (count()) full();
    Files::replace(from, to);
  }
  bool publish(const std::filesystem::path& from, const std::filesystem::path& to) override {
    if (count()) full();
    return Files::publish(from, to);
  }
  void remove(const std::filesystem::path& path) override {
    if (count()) full();
    Files::remove(path);
  }
  void sync_folder(const std::filesystem::path& folder) override {
    if (count()) full();
    Files::sync_folder(folder);
  }
  void sync_file_system(const std::filesystem::path& folder) override {
    if (count()) full();
    Files::sync_file_system(folder);
  }

 private:
  bool count() {
    --left_;
    return left_ == 0 || (dead_ && left_ < 0);
  }
  [[noreturn]] void full() {
    gone_ = dead_;
    throw std::runtime_error("no space left");
  }
  int left_;
  const bool dead_;
  bool gone_ = false;
};

}  // namespace rnnbench::test
