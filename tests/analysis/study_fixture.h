// Studies of made-up records, for the tests of tables and comparisons.
#pragma once

#include "core/error.h"
#include "tests/analysis/analysis_records.h"

namespace rnnbench::test {

inline const made_up::Task& copy = made_up::tasks()[0];
inline const made_up::Task& adding = made_up::tasks()[1];
inline const made_up::Model& rnn = made_up::models()[0];
inline const made_up::Model& lstm = made_up::models()[1];
inline const made_up::Model& gru = made_up::models()[2];

inline Study study_of(std::vector<Run> runs) { return make_study("test", "A test", "test.ini", std::move(runs)); }

inline void set_score(Run& run, const std::string& name, double value) {
  run.record->result["final"]["test"][name] = value;
}

template <class Action>
std::string user_error(Action&& action) {
  try {
    action();
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

}  // namespace rnnbench::test
