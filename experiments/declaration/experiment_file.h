// An experiment file: the runs, and for a study also the claims, the search for settings and the profiles.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/declaration/ini.h"

namespace rnnbench::experiments {

// How large a study is run. The settings of the file itself are the lab profile; [smoke] and [full] (and [full copy],
// [full copy/lstm]) replace some of them, as options on the command line would.
enum class Profile { smoke, lab, full };
inline const std::vector<std::string> profile_names = {"smoke", "lab", "full"};
Profile profile_named(const std::string& name);  // `name` is one of profile_names
std::string profile_name(Profile profile);

struct ExperimentFile {
  Declaration declaration;  // the experiment under the profile
  // Of [claim] or of each [claim NAME], in order, see findings/finding.h; empty: the file makes no claim.
  std::vector<std::vector<Assignment>> claims;
  std::vector<Assignment> search;  // of [search], see experiments/search/search.h; empty: no search
};

// Reads a file. The smoke profile shortens every experiment to two seeds and a few updates unless [smoke] says
// otherwise. Throws UserError as read_ini does.
ExperimentFile read_experiment_file(const std::filesystem::path& file, Profile profile = Profile::lab);
// The same for a file with these assignments.
ExperimentFile experiment_file_of(const std::filesystem::path& file, std::vector<Assignment> assignments,
                                  Profile profile = Profile::lab);

}  // namespace rnnbench::experiments
