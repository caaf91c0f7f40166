// What must not be in a folder of results that the program writes to: others may have prepared it.
#pragma once

#include <filesystem>

#include "core/namespaces.h"

namespace rnnbench::experiments {

// Throws UserError if the folder of an experiment, or anything in it or in its folders, is neither a file nor a folder.
// A symbolic link would lead out of the results, and a device or pipe could block or swallow what is written. The
// folder need not exist.
void refuse_links_and_devices(const std::filesystem::path& folder);

// Throws UserError if an existing folder belongs to another user, who could exchange files while they are written.
// Folders of root are accepted.
void refuse_other_owner(const std::filesystem::path& folder);

}  // namespace rnnbench::experiments
