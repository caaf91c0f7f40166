#include "experiments/records/foreign_files.h"

#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/read_file.h"

namespace rnnbench::experiments {
namespace fs = std::filesystem;

namespace {

void check_type(const fs::path& path, fs::file_type type) {
  if (type == fs::file_type::regular || type == fs::file_type::directory || type == fs::file_type::not_found) return;
  if (type == fs::file_type::symlink)
    throw UserError(path.string() +
                    ": this is a symbolic link, which could lead out of the results; put what it points to in its "
                    "place (only the results folder itself may be a link)");
  throw UserError(path.string() + ": this is neither a file nor a folder; remove it from the results");
}

}  // namespace

void refuse_links_and_devices(const fs::path& folder) {
  check_type(folder, fs::symlink_status(folder).type());
  if (!fs::is_directory(folder)) return;
  for (const fs::path& path : paths_in(folder)) {
    const fs::file_type type = fs::symlink_status(path).type();
    check_type(path, type);
    if (type != fs::file_type::directory) continue;
    for (const fs::path& inner : paths_in(path)) check_type(inner, fs::symlink_status(inner).type());
  }
}

void refuse_other_owner(const fs::path& folder) {
  struct stat state {};
  if (::stat(folder.c_str(), &state) != 0 || state.st_uid == ::geteuid() || state.st_uid == 0) return;
  throw UserError(folder.string() + ": this folder belongs to user " + std::to_string(state.st_uid) + ", not to you (" +
                  std::to_string(::geteuid()) +
                  "); results are written to folders of your own only, so choose another --results folder");
}

}  // namespace rnnbench::experiments
