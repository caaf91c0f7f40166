// The search on the page of a finding.
#pragma once

#include <filesystem>
#include <string>

#include "analysis/study.h"
#include "findings/evaluation.h"

namespace rnnbench::findings {

// What was searched, every trial as score against learning rate (figures/search.svg), what A and B chose for each
// model, whether a choice lies at the edge of a range, and the expected best of n trials. "" for a study without a
// search.
std::string search_section(const FindingResult& result, const Study& study, const std::filesystem::path& figures);

// The choice of a search for a model of finding_study; nullptr as long as there is none.
const SearchChoice* choice_for(const StudyRecords& records, std::size_t search, const ModelRuns& model);

}  // namespace rnnbench::findings
