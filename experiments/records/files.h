// The few file operations that results depend on. They are virtual, so that tests can make any of them fail.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/namespaces.h"

namespace rnnbench::experiments {

// Every operation either succeeds or throws std::system_error that names the file and the system's reason.
class Files {
 public:
  virtual ~Files() = default;
  // Creates or overwrites `path` and waits until the bytes are on the disk. On failure, part of a file may remain.
  virtual void write(const std::filesystem::path& path, const std::string& bytes);
  // The same without waiting; sync_file_system() does it for many files at once.
  virtual void write_unsynced(const std::filesystem::path& path, const std::string& bytes);
  // Appends complete lines with one write and waits until they are on the disk; creates the file if there is none.
  // `lines` gives them. It is called while no other process appends (where the file system has locks), so it can look
  // at the file; if it gives "", nothing is written. What follows the last line end of the file was left by a killed
  // process: it gets a line end if it `is_complete`, and is removed otherwise. On failure, the file keeps all of its
  // complete lines and none of the new bytes. Throws UserError for a file with other names (refuse_other_names).
  virtual void append_lines(const std::filesystem::path& path, const std::function<std::string()>& lines,
                            const std::function<bool(std::string_view)>& is_complete);
  // Renames atomically; an existing `to` is replaced.
  virtual void replace(const std::filesystem::path& from, const std::filesystem::path& to);
  // Renames atomically unless `to` exists; then returns false and leaves `from` where it is.
  virtual bool publish(const std::filesystem::path& from, const std::filesystem::path& to);
  virtual void remove(const std::filesystem::path& path);  // does nothing when there is no such file
  // Waits until the folder's list of names is on the disk.
  virtual void sync_folder(const std::filesystem::path& folder);
  // Waits until everything that was written to the file system of this folder is on the disk.
  virtual void sync_file_system(const std::filesystem::path& folder);
};

Files& system_files();

// Writes `bytes` to a temporary file beside `path` and then renames it, so that `path` holds the old bytes or the new
// ones, even if the process is killed or the disk is full.
void write_atomically(const std::filesystem::path& path, const std::string& bytes, Files& files = system_files());
// The same, but an existing file is kept; then returns false.
bool write_once(const std::filesystem::path& path, const std::string& bytes, Files& files = system_files());

// The same for many files of one folder, which waits for the disk once and not once per file. Those that exist already
// are kept; returns their names.
std::vector<std::string> write_all_once(const std::filesystem::path& folder,
                                        const std::vector<std::pair<std::string, std::string>>& names_and_bytes,
                                        Files& files = system_files());

// Whether this is the name of a temporary file of the functions above.
bool is_temporary(const std::string& filename);
// Removes the temporary files that no process has locked: those of killed processes of this machine, and of others
// after a day. Leaves them where the file system has no locks. Failures are ignored: the next command tries again.
void remove_abandoned(const std::filesystem::path& folder, Files& files = system_files()) noexcept;

// The content of a regular file from byte `from` on. Throws std::runtime_error that names it when it has more than
// `max_bytes` or is no file, and std::system_error when the system cannot read it.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes = UINT64_MAX, std::uint64_t from = 0);

// The content of a file that somebody else may have prepared: UserError, where read_file throws std::runtime_error.
std::string read_foreign_file(const std::filesystem::path& path, std::uint64_t max_bytes);

}  // namespace rnnbench::experiments
