// What a record says of the program. CMake fills in version.cpp.in.
#pragma once

namespace rnnbench::experiments {

extern const char* const release_version;  // "0.1.0"
extern const char* const source_commit;    // that CMake was run at: "6f26ab0f", "6f26ab0f-dirty", or empty if unknown
extern const char* const program_version;  // both: "0.1.0+6f26ab0f"
extern const char* const compiler_flags;

}  // namespace rnnbench::experiments
