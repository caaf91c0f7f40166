#include "analysis/html.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <stdexcept>

#include "analysis/format.h"
#include "core/text.h"

namespace rnnbench::analysis {

namespace {

std::string environment_text(const Json& value) {
  if (!value.is_object()) return option_text(value);
  std::vector<std::string> entries;
  for (const auto& [key, entry] : value.items()) entries.push_back(key + " " + option_text(entry));
  return join(entries, ", ");
}

// The position behind the tag that begins here. A '>' within quotes does not end it.
std::size_t tag_end(const std::string& text, std::size_t at) {
  for (char quote = 0; at < text.size(); ++at) {
    if (!quote && text[at] == '>') return at + 1;
    if (text[at] == quote)
      quote = 0;
    else if (!quote && (text[at] == '"' || text[at] == '\''))
      quote = text[at];
  }
  return at;
}

}  // namespace

std::string element(const std::string& tag, const std::string& text, const std::string& style) {
  return "<" + tag + (style.empty() ? "" : " class=\"" + style + "\"") + ">" + html_escape(text) + "</" + tag + ">\n";
}

std::string scrolling(const std::string& table, bool wrap) {
  return "<div class=\"scroll" + std::string(wrap ? " wrap" : "") + "\">\n" + table + "</div>\n";
}

std::string definitions(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string html = "<dl>\n";
  for (const auto& [term, text] : entries) html += element("dt", term) + element("dd", text);
  return html + "</dl>\n";
}

std::string html_page(const std::string& title, const std::string& style, const std::string& script,
                      const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
         element("title", title) + "<style>" + style + "</style>\n</head>\n<body>\n" + body + "<script>" + script +
         "</script>\n</body>\n</html>\n";
}

std::string inline_svg(const std::string& svg, const std::string& prefix, const std::string& description) {
  const bool harmless = std::all_of(prefix.begin(), prefix.end(),
                                    [](unsigned char c) { return c < 0x80 && (std::isalnum(c) || c == '-'); });
  if (!harmless) throw std::logic_error("the prefix of ids is not of letters, digits and '-': " + prefix);
  std::string text;
  for (std::size_t at = svg.find("<svg"); at < svg.size();) {  // text up to a tag, and the tag
    const std::size_t begin = std::min(svg.find('<', at), svg.size()), end = tag_end(svg, begin);
    std::string tag = svg.substr(begin, end - begin);
    for (const std::string mark : {"id='", "id=\"", "href='#", "href=\"#", "url(#"})
      tag = replace_all(std::move(tag), mark, mark + prefix + "-");
    text += svg.substr(at, begin - at) + tag;
    at = end;
  }
  const std::string title = "<title>Gnuplot</title>";
  if (const auto at = text.find(title); at != std::string::npos) {
    text.replace(at, title.size(), "<title>" + html_escape(description) + "</title>");
  }
  return "<svg role=\"img\"" + text.substr(4);
}

std::string environment_table(const std::vector<const Run*>& runs) {
  const std::vector<std::pair<std::string, std::string>> keys = {{"version", "rnnbench"},
                                                                 {"date", "recorded (UTC)"},
                                                                 {"host", "host"},
                                                                 {"cpu", "processor"},
                                                                 {"cores", "cores"},
                                                                 {"isa", "instruction set"},
                                                                 {"flush_to_zero", "denormals flushed to zero"},
                                                                 {"threads", "threads per run"},
                                                                 {"jobs", "concurrent runs"},
                                                                 {"compiler", "compiler"},
                                                                 {"flags", "compiler flags"},
                                                                 {"libraries", "libraries"}};
  std::map<std::string, std::set<std::string>> values;
  double seconds = 0, memory = 0;
  for (const Run* run : runs) {
    if (!run->recorded()) continue;
    const Json& measured = run->record->measured;
    for (const auto& [key, title] : keys) {
      if (measured.contains(key)) values[key].insert(environment_text(measured.at(key)));
    }
    const auto number = [&](const char* key) {
      return measured.contains(key) && measured[key].is_number() ? measured[key].get<double>() : 0.0;
    };
    seconds += number("train_cpu_seconds") + number("evaluate_cpu_seconds");
    memory = std::max(memory, number("peak_memory_mib"));
  }
  Table table{{{"", false}, {"", false}}, {}};
  for (const auto& [key, title] : keys) {
    if (!values.count(key)) continue;
    const std::set<std::string>& found = values.at(key);
    const std::string text = key == "date" && found.size() > 1 ? *found.begin() + " to " + *found.rbegin()
                                                               : join({found.begin(), found.end()}, "; ");
    table.rows.push_back({title, text});
  }
  table.rows.push_back({"CPU time of all runs", significant(seconds) + " s"});
  table.rows.push_back({"peak memory of a process", significant(memory) + " MiB"});
  return scrolling(table.html(), true);
}

}  // namespace rnnbench::analysis
