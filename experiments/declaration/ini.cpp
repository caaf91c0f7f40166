#include "experiments/declaration/ini.h"

#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>

#include "core/error.h"
#include "core/plain_text.h"
#include "core/read_file.h"
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
  std::string text;
  try {
    text = read_regular_file(file, max_ini_bytes);
  } catch (const std::runtime_error& error) {
    refuse(error.what());
  }
  return text;
}

// The experiment has the name of its file, and its results the folder of this name. So a name must not be that of a
// folder's parent, or hidden, and it may stand in any message, page or script.
void check_name(const std::filesystem::path& file) {
  if (!is_plain_text(file.string()))
    throw UserError("'" + file.string() + "': the path contains a control character or is not UTF-8; rename the file");
  if (file.stem().string().starts_with('.'))
    throw UserError("'" + file.string() + "': the experiment would have the name '" + file.stem().string() +
                    "', and its results a hidden folder; choose a file name that does not begin with '.'");
}

// A '#' within a word is more often part of a file's name than the beginning of a comment, so it is refused.
std::string without_comment(const std::string& line, const std::string& here) {
  const std::size_t begin = line.find('#');
  if (begin != std::string::npos && begin > 0 && line[begin - 1] != ' ' && line[begin - 1] != '\t')
    throw UserError(here + "'#' begins a comment and needs a space before it; a name or value cannot contain '#'");
  return trim(line.substr(0, begin));
}

const std::string byte_order_mark = "\xef\xbb\xbf";  // some editors write it in front of UTF-8 text

}  // namespace

std::vector<Assignment> read_ini(const std::filesystem::path& file) {
  check_name(file);
  return read_ini(file, contents(file));
}

std::vector<Assignment> read_ini(const std::filesystem::path& file, const std::string& content) {
  std::vector<Assignment> assignments;
  std::map<std::pair<std::string, std::string>, int> first_line;
  check_name(file);
  std::istringstream text(content);
  std::string line, section, heading;  // heading: of a section that has no setting yet
  const auto check_heading = [&] {
    if (!heading.empty()) throw UserError(heading + " has no settings; write some, or leave the section out");
  };
  for (int number = 1; std::getline(text, line); ++number) {
    const std::string here = file.string() + ":" + std::to_string(number) + ": ";
    if (number == 1 && line.starts_with(byte_order_mark)) line.erase(0, byte_order_mark.size());
    if (line.ends_with('\r')) line.pop_back();
    if (plain_text(line, "\t") != line)  // comments too, because pages show whole files
      throw UserError(here + "the line contains a control character or is not UTF-8; an INI file is plain text");
    const std::string written = without_comment(line, here);
    if (written.empty()) continue;
    if (written.front() == '[' && written.back() == ']') {
      section = written.substr(1, written.size() - 2);
      if (section.empty()) throw UserError(here + "[] names no section; write [TASK], [CELL] or [TASK/CELL]");
      check_heading();
      heading = here + written;
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
      heading.clear();
    }
  }
  check_heading();
  return assignments;
}

}  // namespace rnnbench::experiments
