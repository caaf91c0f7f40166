// The names that inputs consist of, from the tables of the program.
#pragma once

#include <string>

namespace rnnbench::fuzz {

// A dictionary in libFuzzer's form: tasks, cells, options, their choices and defaults, and measures.
std::string dictionary();

}  // namespace rnnbench::fuzz
