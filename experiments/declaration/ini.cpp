#include "experiments/declaration/ini.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>

#include "core/error.h"

namespace rnnbench::experiments {
namespace {

namespace po = boost::program_options;

std::string contents(const std::filesystem::path& file) {
  const auto refuse = [&](const std::string& reason) {
    throw UserError("cannot read '" + file.string() + "': " + reason);
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) refuse("it is a folder, not an INI file");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) refuse(std::strerror(errno));
  std::ostringstream text;
  text << stream.rdbuf();
  if (stream.bad()) refuse("an error while reading");
  return text.str();
}

std::string significant(std::string line) {
  line = line.substr(0, line.find('#'));
  const auto first = line.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

const std::string byte_order_mark = "\xef\xbb\xbf";  // some editors put it before UTF-8 text

bool is_control(unsigned char c) { return c != '\t' && (c < ' ' || c == 0x7f); }

}  // namespace

std::vector<Assignment> read_ini(const std::filesystem::path& file) {
  std::vector<Assignment> assignments;
  std::map<std::pair<std::string, std::string>, int> first_line;
  std::istringstream text(contents(file));
  std::string line, section;
  for (int number = 1; std::getline(text, line); ++number) {
    const std::string here = file.string() + ":" + std::to_string(number) + ": ";
    if (number == 1 && line.starts_with(byte_order_mark)) line.erase(0, byte_order_mark.size());
    const std::string written = significant(line);
    if (written.empty()) continue;
    if (std::any_of(written.begin(), written.end(), is_control))
      throw UserError(here + "the line has a control character; an INI file is plain text");
    if (written.front() == '[' && written.back() == ']') {
      section = written.substr(1, written.size() - 2);
      if (section.empty()) throw UserError(here + "[] names no section; write [task], [cell] or [task/cell]");
      continue;
    }
    // Boost's parser knows no line numbers, so it is given one line at a time.
    std::istringstream one_line(written);
    po::parsed_options parsed(nullptr);
    try {
      parsed = po::parse_config_file(one_line, po::options_description(), /*allow_unregistered=*/true);
    } catch (const po::error&) {
      throw UserError(here + "'" + written + "' is not of the form 'key = value', '[section]' or '# comment'");
    }
    for (const po::option& option : parsed.options) {
      const auto [earlier, is_new] = first_line.try_emplace({section, option.string_key}, number);
      if (!is_new) {
        throw UserError(here + option.string_key + " is set twice, first in line " + std::to_string(earlier->second) +
                        "; a key may stand once in " + (section.empty() ? "the head" : "[" + section + "]"));
      }
      assignments.push_back({option.string_key, option.value.at(0), section, number});
    }
  }
  return assignments;
}

}  // namespace rnnbench::experiments
