// Tests use the names of every layer without qualification.
#pragma once

#include "core/namespaces.h"

namespace rnnbench::test {
using namespace cli;
}
