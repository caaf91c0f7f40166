// What must not be in a folder of results that the program writes to: others may have prepared it.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/namespaces.h"

namespace rnnbench::experiments {

// Throws UserError if the folder of an experiment, or anything in it or in its folders, is neither a file nor a folder.
// A symbolic link would lead out of the results, and a device or pipe could block or swallow what is written. The
// folder need not exist.
void refuse_links_and_devices(const std::filesystem::path& folder);
// The same for this path alone.
void refuse_link_or_device(const std::filesystem::path& path);

// Throws UserError if a file that is to be changed in place has more than one name. The other names may be outside of
// the results, and their content would change too.
void refuse_other_names(const std::filesystem::path& path, std::uintmax_t names);

// Throws UserError if an existing folder belongs to another user, who could exchange files while they are written.
// Folders of root are accepted.
void refuse_other_owner(const std::filesystem::path& folder);
// The same for the folder of an experiment, the results folder that it is in, and the folders in it, such as runs.
void refuse_other_owners(const std::filesystem::path& experiment_folder);

}  // namespace rnnbench::experiments
