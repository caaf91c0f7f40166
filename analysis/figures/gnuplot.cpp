#include "analysis/figures/gnuplot.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sstream>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "analysis/format.h"
#include "core/hash.h"
#include "core/plain_text.h"
#include "core/read_file.h"
#include "core/uninterrupted.h"
#include "experiments/records/files.h"

namespace rnnbench::analysis {

namespace {

// Variables such as GNUTERM and GNUPLOT_LIB, and the fonts and settings in the user's folders, would change drawings or
// make them fail. So gnuplot gets only what the system needs to find it and its libraries, and the place of the cache
// in which fontconfig keeps what it knows of the system's fonts.
std::vector<std::string> gnuplot_environment() {
  std::vector<std::string> environment = {"LC_ALL=C.UTF-8"};
  for (const std::string name : {"PATH", "LD_LIBRARY_PATH", "XDG_CACHE_HOME"})
    if (const char* value = std::getenv(name.c_str())) environment.push_back(name + "=" + value);
  if (const char* home = std::getenv("HOME"); home && !std::getenv("XDG_CACHE_HOME"))
    environment.push_back(std::string("XDG_CACHE_HOME=") + home + "/.cache");
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// A file without a name, which nobody else can open, fill or replace. It is in memory.
class MemoryFile {
 public:
  explicit MemoryFile(const std::string& bytes = "") {
    const int file = uninterrupted([] { return memfd_create("gnuplot", MFD_CLOEXEC); });
    number_ = file < 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, 10);  // not one of the numbers that gnuplot gets
    std::size_t done = 0;
    for (ssize_t n = 0; number_ >= 0 && n >= 0 && done < bytes.size(); done += static_cast<std::size_t>(n > 0 ? n : 0))
      n = uninterrupted(
          [&] { return pwrite(number_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done)); });
    const int error = errno;
    if (file >= 0) close(file);
    if (number_ >= 0 && done == bytes.size()) return;
    errno = error;
    const std::string reason = std::generic_category().message(errno);
    if (number_ >= 0) close(number_);
    throw std::runtime_error("cannot start gnuplot: no memory for its script and data: " + reason);
  }
  ~MemoryFile() { close(number_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int number() const { return number_; }
  std::string bytes() const {
    std::string bytes;
    char part[1 << 16];
    while (true) {
      const ssize_t n =
          uninterrupted([&] { return pread(number_, part, sizeof part, static_cast<off_t>(bytes.size())); });
      if (n < 0) throw std::system_error(errno, std::generic_category(), "cannot read what gnuplot has written");
      if (n == 0) return bytes;
      bytes.append(part, static_cast<std::size_t>(n));
    }
  }

 private:
  int number_;
};

constexpr int not_installed = 127, not_started = 126;

struct Drawing {
  std::string bytes, messages;
  int code;  // not_installed, or more if a signal ended it
};

// Runs gnuplot with a script as standard input, and with data as file number 3. `variable`: one more of the
// environment.
Drawing run_gnuplot(std::vector<std::string> arguments, const std::string& script, const std::string& data,
                    const char* variable = nullptr) {
  arguments.insert(arguments.begin(), "gnuplot");
  std::vector<std::string> environment = gnuplot_environment();
  if (variable) environment.push_back(variable);
  const std::vector<char*> argv = pointers(arguments), envp = pointers(environment);
  const MemoryFile input(script), numbers(data), output, messages;
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot start gnuplot: " + std::generic_category().message(errno));
  if (child == 0) {
    // gnuplot does not notice when a write fails, so a limit of the size of files must end it.
    signal(SIGXFSZ, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    if (dup2(input.number(), 0) < 0 || dup2(output.number(), 1) < 0 || dup2(messages.number(), 2) < 0 ||
        dup2(numbers.number(), 3) < 0)
      _exit(not_started);
    execvpe("gnuplot", argv.data(), envp.data());
    _exit(errno == ENOENT || errno == ENOTDIR || errno == EACCES ? not_installed : not_started);
  }
  int status = 0;
  uninterrupted([&] { return waitpid(child, &status, 0); });
  if (WIFEXITED(status)) return {output.bytes(), messages.bytes(), WEXITSTATUS(status)};
  return {"", messages.bytes() + "\n\nit was ended by a signal: " + strsignal(WTERMSIG(status)), 128};
}

// Replaces the time of drawing that cairo writes into a PDF, so that the same data give the same bytes. Returns whether
// there is one that can be read.
bool fix_creation_date(std::string& pdf) {
  const std::string key = "/CreationDate (D:", epoch = "19700101000000";
  const auto at = pdf.find(key);
  if (at == std::string::npos) return false;
  pdf.replace(at + key.size(), epoch.size(), epoch);
  return true;
}

// The part of a script that selects the output. The lines with the names of output and data follow.
std::string preamble(const Figure& figure) {
  const std::string width = std::to_string(figure.width), height = std::to_string(figure.height);
  const std::string size = "size " + width + "," + height;
  const std::string font = " noenhanced font 'sans-serif," + number_text(figure.font_size) + "'";
  return gnuplot_comment(figure.title) + "\n" +
         gnuplot_comment("Redraw with: gnuplot -e \"format='svg'\" " + shell_quoted(figure.name + ".gp") +
                         "  (svg, pdf or png)") +
         "\n"
         "if (!exists('format')) format = 'svg'\n"
         "if (format eq 'svg') set terminal svg " +
         size + " fixed" + font +
         " background '#ffffff'\n"
         "if (format eq 'pdf') set terminal pdfcairo size " +
         width + "/96.0," + height + "/96.0" + font +
         " fontscale 0.5625 background '#ffffff'\n"
         "if (format eq 'png') set terminal pngcairo size 2*" +
         width + ",2*" + height + font +
         " fontscale 1.5 linewidth 2 pointscale 2 background '#ffffff'\n"
         // The svg terminal does not support font weights, but copies the font name into an attribute without escaping.
         "bold = format eq 'svg' ? 'sans-serif\" font-weight=\"bold' : 'sans-serif:Bold'\n"
         "set encoding utf8\n";
}

// Whether the bytes have the end of this format. gnuplot reports success even if the disk was full.
bool is_complete(std::string_view bytes, const std::string& format) {
  if (format == "png") return bytes.ends_with("IEND\xae\x42\x60\x82");
  while (bytes.ends_with('\n')) bytes.remove_suffix(1);
  return bytes.ends_with(format == "svg" ? "</svg>" : "%%EOF");
}

// The comments of the blocks of a data file, in their order.
std::vector<std::string> comments_of(const std::string& data) {
  std::vector<std::string> comments;
  for (const std::string& line : split(data, '\n'))
    if (line.starts_with("# ")) comments.push_back(line.substr(2));
  return comments;
}

// Makes what the pointer shows readable, and says of curves which model they show. The titles of curves are clauses
// ("data index 3 using 1:2"), of which the comment of the data is left. The texts of points (run_clause) need a script,
// which is not in the file; they become titles.
std::string with_titles_and_models(const std::string& svg, const Figure& figure) {
  const std::string begin = "<title>", end = "</title>", index = "data index ";
  const std::string hypertext = "<g onmousemove=\"gnuplot_svg.showHypertext(evt,'";
  const std::string after_text = "')\" onmouseout=\"gnuplot_svg.hideHypertext()\"><title> </title>";
  const std::vector<std::string> comments = comments_of(figure.data);
  std::string result;
  std::istringstream lines(svg);
  for (std::string line; std::getline(lines, line); result += line + "\n") {
    if (const auto at = line.find(hypertext); at != std::string::npos) {
      const auto text = at + hypertext.size(), close = line.find(after_text, text);
      if (close != std::string::npos)
        line.replace(at, close + after_text.size() - at, "<g>" + begin + line.substr(text, close - text) + end);
    } else if (const auto title = line.find(begin), group = line.find("<g id=");
               title != std::string::npos && group < title) {
      const auto text = title + begin.size(), close = line.find(end, text);
      std::string readable, model;
      if (close != std::string::npos && line.compare(text, index.size(), index) == 0) {
        const std::size_t block = std::strtoul(line.c_str() + text + index.size(), nullptr, 10);
        if (block < comments.size()) readable = begin + html_escape(comments[block]) + end;
        if (const auto known = figure.models.find(block); known != figure.models.end())
          model = " data-model=\"" + std::to_string(known->second) + "\"";
      }
      if (close != std::string::npos)
        line.replace(group, close + end.size() - group,
                     "<g" + model + line.substr(group + 2, title - group - 2) + readable);
    }
  }
  return result;
}

int occurrences(std::string_view text, std::string_view part) {
  int count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

// Without groups that have no content, and with one group in place of neighbors of the same style. gnuplot writes two
// groups for each point, one of them empty: more than half of a figure with many points.
std::string with_few_groups(const std::string& svg) {
  const std::string close = "</g>";
  const auto is_style = [](const std::string& line) {
    return line.starts_with("<g fill=") && line.ends_with('>') && occurrences(line, "<") == 1;
  };
  std::vector<std::string> kept;
  std::vector<std::size_t> open;  // the lines of `kept` at which the groups around this place begin
  std::size_t closed = 0;         // if `kept` ends with a group, the line at which it begins
  std::istringstream lines(svg);
  for (std::string line; std::getline(lines, line);) {
    if (is_style(line)) {
      if (!kept.empty() && kept.back() == close && kept[closed] == line) {
        kept.pop_back();
        open.push_back(closed);
        continue;
      }
      open.push_back(kept.size());
    } else if (line == close && !open.empty()) {
      const std::size_t begin = open.back();
      open.pop_back();
      if (begin + 1 == kept.size() && is_style(kept[begin])) {
        kept.pop_back();
        continue;
      }
      closed = begin;
    } else {
      int change = occurrences(line, "<g ") + occurrences(line, "<g>") - occurrences(line, close);
      for (; change > 0; --change) open.push_back(kept.size());
      for (; change < 0 && !open.empty(); ++change) open.pop_back();
    }
    kept.push_back(line);
  }
  return join(kept, "\n") + "\n";
}

// The bytes of a figure in one of the three formats. `path` is for the message of a failure.
std::string drawn(const Figure& figure, const std::string& format, const std::filesystem::path& path) {
  // With an empty line in place of the output, so that messages of gnuplot give the lines of the figure's script.
  const std::string script = preamble(figure) + "\ndata = '/proc/self/fd/3'\n" + figure.script;
  const auto draw = [&](const char* variable) {
    Drawing drawing =
        run_gnuplot({"-d", "-e", "format='" + format + "'", "/proc/self/fd/0"}, script, figure.data, variable);
    if (drawing.code == 0 && !is_complete(drawing.bytes, format)) drawing.messages += "\n\nthe drawing is incomplete";
    if (drawing.code != 0 || !is_complete(drawing.bytes, format))
      throw std::runtime_error("gnuplot could not draw " + path.string() + ": " +
                               join(paragraphs(drawing.messages), "; "));
    return std::move(drawing.bytes);
  };
  std::string bytes = draw(nullptr);
  if (format == "pdf" && !fix_creation_date(bytes)) {
    bytes = draw("CAIRO_DEBUG_PDF=1");  // cairo 1.18 compresses the date, unless it is told to compress nothing
    fix_creation_date(bytes);
  }
  if (format == "svg") {
    bytes = replace_all(std::move(bytes), "]]>", "]]&gt;");  // gnuplot escapes only < and &
    bytes = with_few_groups(with_titles_and_models(bytes, figure));
  }
  return bytes;
}

}  // namespace

std::string gnuplot_comment(const std::string& text) {
  const std::string comment = "# " + plain_text(text);
  return comment.ends_with('\\') ? comment + " "
                                 : comment;  // a backslash at its end would make the next line a comment
}

namespace {

// The last line of a script: the hash of all lines before it, by which an edited script is known.
const std::string hash_mark = "# hash of the lines above: ";

// Whether there is a script that is not as gnuplot_script has made it.
bool is_edited(const std::filesystem::path& path) {
  if (!path_exists(path)) return false;
  const std::string script = read_file(path);
  const std::size_t mark = script.rfind(hash_mark);
  if (mark == std::string::npos) return true;
  return script.substr(mark) != hash_mark + hex16(fnv1a(script.substr(0, mark))) + "\n";
}

std::filesystem::path free_name(const std::filesystem::path& folder, const std::string& name) {
  std::filesystem::path path = folder / (name + ".edited.gp");
  for (int i = 2; std::filesystem::exists(path); ++i) path = folder / (name + ".edited-" + std::to_string(i) + ".gp");
  return path;
}

}  // namespace

std::string gnuplot_script(const Figure& figure) {
  // A file name that begins with '<' or '|' would be a command for gnuplot, hence the folder in front of names.
  const std::string script = preamble(figure) + "set output " + gnuplot_quoted("./" + figure.name + ".") +
                             ".format\ndata = " + gnuplot_quoted("./" + figure.name + ".dat") + "\n" + figure.script;
  return script + hash_mark + hex16(fnv1a(script)) + "\n";
}

bool gnuplot_available() {
  static const bool available = [] {
    const Drawing version = run_gnuplot({"--version"}, "", "");
    if (version.code != 0 && version.code != not_installed)
      throw std::runtime_error("gnuplot does not start: " + (version.code == not_started
                                                                 ? "the system refuses it"
                                                                 : join(paragraphs(version.messages), "; ")));
    return version.code == 0;
  }();
  return available;
}

namespace {

// Writes scripts and data, and removes drawings of other data: those in formats that will not be drawn.
std::vector<std::filesystem::path> write_scripts(const std::vector<Figure>& figures,
                                                 const std::filesystem::path& folder,
                                                 const std::vector<std::string>& drawn_formats) {
  std::filesystem::create_directories(folder);
  remove_abandoned(folder);
  std::vector<std::filesystem::path> edited;
  for (const Figure& figure : figures) {
    const std::filesystem::path script = folder / (figure.name + ".gp");
    if (is_edited(script)) {
      edited.push_back(free_name(folder, figure.name));
      std::filesystem::rename(script, edited.back());
    }
    write_atomically(script, gnuplot_script(figure));
    write_atomically(folder / (figure.name + ".dat"), figure.data);
    for (const std::string& format : figure_formats)
      if (!std::count(drawn_formats.begin(), drawn_formats.end(), format))
        std::filesystem::remove(folder / (figure.name + "." + format));
  }
  return edited;
}

}  // namespace

std::vector<std::filesystem::path> write_figures(const std::vector<Figure>& figures,
                                                 const std::filesystem::path& folder) {
  return write_scripts(figures, folder, {});
}

std::vector<std::filesystem::path> draw_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder,
                                                const std::vector<std::string>& formats) {
  std::vector<std::pair<std::filesystem::path, std::string>> drawings;
  for (const Figure& figure : figures)
    for (const std::string& format : formats) {
      const std::filesystem::path path = folder / (figure.name + "." + format);
      drawings.emplace_back(path, drawn(figure, format, path));
    }
  const std::vector<std::filesystem::path> edited = write_scripts(figures, folder, formats);
  for (const auto& [path, bytes] : drawings) write_atomically(path, bytes);
  return edited;
}

}  // namespace rnnbench::analysis
