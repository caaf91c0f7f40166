// What a record says of the program. CMake fills in version.cpp.in.
#pragma once

namespace rnnbench::experiments {

extern const char* const program_version;  // with the commit that CMake was run at: "0.1.0+6f26ab0f"
extern const char* const compiler_flags;

}  // namespace rnnbench::experiments
