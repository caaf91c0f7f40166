// Values of options: how they are checked, listed and described.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/option.h"

namespace rnnbench::core {

// The value in its canonical spelling ("05" -> "5", "1e-3" -> "0.001"). Throws UserError that names the option, the
// value and what is allowed; callers put file and line in front.
std::string canonical_value(const Option& option, const std::string& text);

// The values of a comma-separated list in canonical spelling, in the order written, without repetitions. Whole numbers
// may be given as ranges: "50, 100", "1..10", "50..200..50" (with a step). A list has at most
// `max_listed` elements. For `integers` and `text` options, the whole text is one value.
std::vector<std::string> listed_values(const Option& option, const std::string& text);
inline constexpr std::int64_t max_listed = 100'000;

// The allowed values in words: "a whole number from 1 to 100000", "one of none, additive, dot".
std::string allowed_values(const Option& option);

// Settings with the default of every option.
Settings default_settings(const std::vector<Option>& options);

}  // namespace rnnbench::core
