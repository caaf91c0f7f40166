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
#include "core/text.h"

namespace rnnbench::experiments {
namespace {

namespace po = boost::program_options;

std::string contents(const std::filesystem::path& file) {
  const auto refuse = [&](const std::string& reason) {
    throw UserError("cannot read '" + file.string() + "': " + reason);
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) refuse("this is a folder, not an INI file");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) refuse(std::strerror(errno));
  std::ostringstream text;
  text << stream.rdbuf();
  if (stream.bad()) refuse("an error occurred while reading");
  return text.str();
}

std::string without_comment(const std::string& line) { return trim(line.substr(0, line.find('#'))); }

const std::string byte_order_mark = "\xef\xbb\xbf";  // some editors write it in front of UTF-8 text

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
    const std::string written = without_comment(line);
    if (written.empty()) continue;
    if (std::any_of(written.begin(), written.end(), is_control))
      throw UserError(here + "the line contains a control character; an INI file is plain text");
    if (written.front() == '[' && written.back() == ']') {
      section = written.substr(1, written.size() - 2);
      if (section.empty()) throw UserError(here + "[] names no section; write [TASK], [CELL] or [TASK/CELL]");
      continue;
    }
    // Boost's parser does not report line numbers, so it gets one line at a time.
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
        throw UserError(here + option.string_key + " is already set in line " + std::to_string(earlier->second) +
                        "; a key may be set once " + (section.empty() ? "above all sections" : "in [" + section + "]"));
      }
      assignments.push_back({option.string_key, option.value.at(0), section, number});
    }
  }
  return assignments;
}

}  // namespace rnnbench::experiments
