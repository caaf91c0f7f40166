#include "cli/usage.h"

#include <algorithm>
#include <regex>

#include "core/text.h"

namespace rnnbench::cli {
namespace {

// The lines before the first blank one.
std::string synopsis_of(const Command& command) { return command.usage.substr(0, command.usage.find("\n\n")); }

// "--format text|json", "--jobs N", "--dry-run", "--KEY VALUE".
const std::regex option_pattern(R"(--([a-z][a-z-]*|KEY)(?: ([A-Z][\w.,/]*|[a-z]+(?:[|,][a-z]+)+))?)");

}  // namespace

std::vector<UsageOption> options_of(const Command& command) {
  const std::string synopsis = synopsis_of(command);
  std::vector<UsageOption> options;
  for (std::sregex_iterator match(synopsis.begin(), synopsis.end(), option_pattern), end; match != end; ++match) {
    UsageOption found{(*match)[1], (*match)[2]};
    const auto is_known = [&](const UsageOption& known) { return known.name == found.name; };
    if (found.name == "KEY" || std::any_of(options.begin(), options.end(), is_known)) continue;
    if (found.value.find('|') != std::string::npos) found.choices = split(found.value, '|');
    options.push_back(std::move(found));
  }
  return options;
}

bool accepts_settings(const Command& command) { return synopsis_of(command).find("--KEY VALUE") != std::string::npos; }

std::vector<std::string> operands_of(const Command& command) {
  static const std::regex word(R"([A-Za-z][\w.]*)");
  const std::string synopsis = std::regex_replace(synopsis_of(command), option_pattern, "");
  std::vector<std::string> operands;
  for (std::sregex_iterator match(synopsis.begin(), synopsis.end(), word), end; match != end; ++match)
    if (const std::string name = match->str(); name != "rnnbench" && name != command.name &&
                                               std::find(operands.begin(), operands.end(), name) == operands.end())
      operands.push_back(name);
  return operands;
}

}  // namespace rnnbench::cli
