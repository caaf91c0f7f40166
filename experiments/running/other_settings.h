// Help for who trained runs with settings on the command line and does not repeat them.
#pragma once

#include <string>

#include "experiments/declaration/spec.h"
#include "experiments/records/results_folder.h"

namespace rnnbench::experiments {

// If the folder has records, but none of the experiment's runs: "results/quickstart has 75 records of runs with other
// settings, such as --updates 50: repeat the settings that they were trained with". Otherwise "".
std::string recorded_with_other_settings(const Experiment& experiment, const ResultsFolder& results_folder);

}  // namespace rnnbench::experiments
