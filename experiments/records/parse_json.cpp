#include "experiments/records/parse_json.h"

#include "core/error.h"

namespace rnnbench::experiments {

// A scan of the text takes a fraction of the time of the parser's callback, and sees strings as the parser does up to
// the first error in the text.
Json parse_json(const std::string& text) {
  constexpr int max_depth = 16;
  int depth = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"')
      in_string = !in_string;
    else if (in_string)
      at += c == '\\';
    else
      depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    if (depth > max_depth) throw UserError("its JSON is nested too deeply");
  }
  return Json::parse(text);
}

}  // namespace rnnbench::experiments
