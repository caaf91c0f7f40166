// Text from outside (records, INI files, file names, the command line). A newline in it could end a string or a comment
// of a script, and an escape character changes what a terminal does. So text is checked where it enters, and whoever
// writes it into a script, a page or a terminal replaces what could leave its place there.
#pragma once

#include <string>
#include <string_view>

#include "core/namespaces.h"

namespace rnnbench::core {

// Whether the text is UTF-8 without noncharacters (such as U+FFFE) and control characters: U+0000 to U+001F, U+007F to
// U+009F (C0, DEL, C1), separators of lines and paragraphs (U+2028, U+2029), and characters that reverse the direction
// of writing (U+202A to U+202E, U+2066 to U+2069).
bool is_plain_text(std::string_view text);

// The text with U+FFFD in place of each such character and of each byte that is not UTF-8. Those in `keep` stay.
std::string plain_text(std::string_view text, std::string_view keep = "");

}  // namespace rnnbench::core
