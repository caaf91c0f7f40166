// Every trial of a study's searches: validation score against learning rate.
#pragma once

#include "analysis/figures/panels.h"
#include "findings/study_records.h"

namespace rnnbench::findings {

// Named "search": for each task a panel of search A and one of B, with larger symbols in later rungs. Both searches
// have to be finished.
Figure search_figure(const StudyRecords& records, const FigureLayout& layout = screen_layout());

}  // namespace rnnbench::findings
