// Joins results folders: those of shards that did not share one, or of several machines.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "experiments/records/files.h"

namespace rnnbench::experiments {

// What became of the results of one experiment.
struct Merged {
  std::string experiment;
  std::size_t records = 0, trials = 0, weights = 0, other_files = 0;  // added; other: protocol, imported results
  std::size_t identical = 0;                                          // records that were there already
  std::vector<std::string> differing;   // one sentence for each file or trial that was there with another content
  std::vector<std::string> damaged;     // and one for each weights file that is not what its record says
  std::vector<std::string> unrepaired;  // the same for damaged weights that were there and stay
  std::vector<std::string> unusable;    // and for each imported file that cannot stand beside those that are there
};

// Adds the records, weights, trials, protocols and imported results of `from` to `into`, which is created if it does
// not exist. A record is read and checked before it is copied; one that was there with the same result is left as it
// is. What was there with another content is kept and named; damaged weights, and imported results that commands would
// refuse, are left out and named. Good weights replace damaged ones. Checkpoints and what is derived from records are
// left out.
// Every file of `into` is complete or absent at any time, so an interrupted merge is continued by repeating it. Throws
// UserError when a folder holds no results or is given twice, a record is damaged, or a name is not plain text.
std::vector<Merged> merge_results(const std::vector<std::filesystem::path>& from, const std::filesystem::path& into,
                                  Files& files = system_files());

}  // namespace rnnbench::experiments
