// The figures of final test scores: against sequence length, training speed, number of parameters and size of the
// state.
#pragma once

#include <string>
#include <vector>

#include "analysis/figures/gnuplot.h"
#include "analysis/figures/panels.h"
#include "analysis/measurement.h"
#include "analysis/study.h"

namespace rnnbench::analysis {

// `measure` is that of the figures, as in analysis/measurement.h; "" is the measure of each task.

// Test score against sequence length. Empty unless a task was tested at several lengths.
std::vector<Figure> score_by_length(const Study& study, const FigureLayout& layout = screen_layout(),
                                    const std::string& measure = "");

// Test score against training speed, the number of parameters, and the values that are carried from one step to the
// next: each run, and the median of each model.
Figure score_by_speed(const Study& study, const FigureLayout& layout = screen_layout(),
                      const std::string& measure = "");
Figure score_by_parameters(const Study& study, const FigureLayout& layout = screen_layout(),
                           const std::string& measure = "");
Figure score_by_state_size(const Study& study, const FigureLayout& layout = screen_layout(),
                           const std::string& measure = "");

// What other figures of scores share.
// The measure of a task's figures: `measure` or, if it is "", the task's own; the loss while it has no record.
Measurement shown_measure(const TaskRuns& task, const std::string& measure);
// Logarithmic for losses, 0 to 1 for shares, from 0 for counts.
Axis score_axis(bool higher_is_better, Values values);
// A line at the score from which the task counts as solved. The task has a record.
void draw_criterion(Panels& panels, const TaskRuns& task);
// The sentences on that line, on the crosses of diverged runs and on imported runs, each with a space in front.
std::string caption_of_marks(const Study& study, const std::string& measure);

}  // namespace rnnbench::analysis
