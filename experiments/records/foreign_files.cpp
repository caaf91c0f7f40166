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

void refuse_link_or_device(const fs::path& path) { check_type(path, fs::symlink_status(path).type()); }

void refuse_other_names(const fs::path& path, std::uintmax_t names) {
  if (names > 1)
    throw UserError(path.string() + ": this file has " + std::to_string(names) +
                    " names (hard links), and what is written to it would change all of them; put a copy in its place");
}

void refuse_links_and_devices(const fs::path& folder) {
  refuse_link_or_device(folder);
  if (!fs::is_directory(folder)) return;
  for (const fs::path& path : paths_in(folder)) {
    const fs::file_type type = fs::symlink_status(path).type();
    check_type(path, type);
    if (type != fs::file_type::directory) continue;
    for (const fs::path& inner : paths_in(path)) refuse_link_or_device(inner);
  }
}

void refuse_other_owner(const fs::path& folder) {
  struct stat state {};
  if (::stat(folder.c_str(), &state) != 0 || state.st_uid == ::geteuid() || state.st_uid == 0) return;
  throw UserError(folder.string() + ": this folder belongs to user " + std::to_string(state.st_uid) + ", not to you (" +
                  std::to_string(::geteuid()) +
                  "); results are written to folders of your own only, so choose another --results folder");
}

void refuse_other_owners(const fs::path& experiment_folder) {
  refuse_other_owner(experiment_folder.has_parent_path() ? experiment_folder.parent_path() : fs::path("."));
  refuse_other_owner(experiment_folder);
  if (!fs::is_directory(experiment_folder)) return;
  for (const fs::path& path : paths_in(experiment_folder))
    if (fs::is_directory(path)) refuse_other_owner(path);
}

}  // namespace rnnbench::experiments
