// Which recorded runs `rnnbench verify` trains again.
#pragma once

#include <variant>
#include <vector>

#include "cli/arguments.h"
#include "experiments/search/trials.h"
#include "models/network.h"

namespace rnnbench::cli {

// What is verified: a record, or a trial of a search.
using Recorded = std::variant<Record, TrialRecord>;

RunSpec run_of(const Recorded& recorded);

// The runs that the arguments name, or a sample of those of an experiment, or of all in a folder (--all); of the
// latter, notes on standard error what cannot be trained again here. Throws UserError when there are none.
std::vector<Recorded> runs_to_verify(const Arguments& arguments, const WorkspaceOptions& workspace);

}  // namespace rnnbench::cli
