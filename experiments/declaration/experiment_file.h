// A file of the catalogue: an experiment, and where it tests a published claim, what is claimed, how its settings are
// searched and how much of it is run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "experiments/declaration/ini.h"

namespace rnnbench::experiments {

// How much of a finding is run. What the file says outside of the profiles' sections is the lab protocol; [smoke] and
// [full] (and [full copy], [full copy/lstm]) replace settings of it, as a command line would.
enum class Profile { smoke, lab, full };
inline const std::vector<std::string> profile_names = {"smoke", "lab", "full"};
Profile profile_named(const std::string& name);  // one of profile_names
std::string profile_name(Profile profile);

struct ExperimentFile {
  Declaration declaration;          // the experiment under the profile
  std::vector<Assignment> finding;  // of [finding], see findings/finding.h; empty: no claim, an experiment alone
  std::vector<Assignment> tuning;   // of [tuning], see experiments/running/tuning.h; empty: no search
};

// Reads a file. The smoke profile shortens every finding to two seeds and a few updates unless [smoke] says otherwise.
// Throws UserError as read_ini does, and for a section of a profile that there is not.
ExperimentFile read_experiment_file(const std::filesystem::path& file, Profile profile = Profile::lab);

}  // namespace rnnbench::experiments
