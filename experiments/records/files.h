// The few file operations that results depend on, behind a seam: tests make the n-th of them fail.
#pragma once

#include <filesystem>
#include <string>

#include "core/namespaces.h"

namespace rnnbench::experiments {

// Every operation either happens or throws std::runtime_error whose sentence names the file and the system's
// reason.
class Files {
 public:
  virtual ~Files() = default;
  // Creates or overwrites `path` and waits until the bytes are on the disk. Half a file may stay behind on
  // failure.
  virtual void write(const std::filesystem::path& path, const std::string& bytes);
  // Renames, atomically, over whatever `to` was.
  virtual void replace(const std::filesystem::path& from, const std::filesystem::path& to);
  // Renames, atomically, unless `to` exists (then false, and `from` stays).
  virtual bool publish(const std::filesystem::path& from, const std::filesystem::path& to);
  virtual void remove(const std::filesystem::path& path);  // nothing to do when absent
  // Waits until the names in the folder are on the disk.
  virtual void sync_folder(const std::filesystem::path& folder);
};

Files& system_files();

// Writes `bytes` to a temporary name beside `path`, syncs, renames, syncs the folder: old or new, never half.
void write_atomically(const std::filesystem::path& path, const std::string& bytes, Files& files = system_files());
// The same, but never over an existing file: false when there is one.
bool write_once(const std::filesystem::path& path, const std::string& bytes, Files& files = system_files());

// Whether a file name is that of a temporary file of write_atomically.
bool is_temporary(const std::string& filename);
// Removes temporary files that processes of this machine left behind when they were killed.
void remove_abandoned(const std::filesystem::path& folder, Files& files = system_files());

// The whole file. Throws std::runtime_error when it cannot be read.
std::string read_file(const std::filesystem::path& path);

}  // namespace rnnbench::experiments
