// The form of a record: which keys there must be, and what they hold.
#pragma once

#include "experiments/records/record.h"

namespace rnnbench::experiments {

// Checks every key that analysis reads, and that all texts are plain (see core/plain_text.h), so that whoever has a
// record can use it without further checks. Throws UserError such as "its result.final.test is missing or has
// the wrong type, so it was edited".
void check_shape(const Record& record);

// The same for `result.curve` alone, which checkpoints contain too.
void check_curve(const Json& curve);

// Whether this is a whole number from 0 to 2^53, as every count in a file is. Larger ones are not exact as doubles, and
// would be cut off as signed ones.
bool is_count(const Json& value);

}  // namespace rnnbench::experiments
