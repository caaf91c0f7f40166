// The settings that tell runs apart, as they are written in labels.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "analysis/study.h"

namespace rnnbench::analysis {

// For each run, its settings that vary among these runs: {"hidden 64", "layers 2"}. `sections` are those of the spec
// ("task", "model", "training"); the order is that of first appearance. Files are called by their names without folder
// and extension; where two have the same name, by their paths and hashes.
std::map<const Run*, std::vector<std::string>> varying_settings(const std::vector<const Run*>& runs,
                                                                const std::vector<std::string>& sections,
                                                                const std::set<std::string>& ignored);

}  // namespace rnnbench::analysis
