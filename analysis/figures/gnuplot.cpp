#include "analysis/figures/gnuplot.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "analysis/format.h"
#include "core/plain_text.h"
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

// Runs gnuplot in a folder, with its output in a file. Returns its exit code, which is 127 if gnuplot is not installed.
int run_gnuplot(std::vector<std::string> arguments, const std::filesystem::path& folder,
                const std::filesystem::path& output) {
  arguments.insert(arguments.begin(), "gnuplot");
  std::vector<std::string> environment = gnuplot_environment();
  const std::vector<char*> argv = pointers(arguments), envp = pointers(environment);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot start gnuplot: " + std::generic_category().message(errno));
  if (child == 0) {
    const int file = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), nothing = open("/dev/null", O_RDONLY);
    if (file < 0 || dup2(nothing, 0) < 0 || dup2(file, 1) < 0 || dup2(file, 2) < 0 || chdir(folder.c_str()) != 0)
      _exit(126);
    execvpe("gnuplot", argv.data(), envp.data());
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

// Replaces the time of drawing that cairo writes into a PDF, so that the same data give the same bytes.
void fix_creation_date(const std::filesystem::path& pdf) {
  std::string bytes = read_file(pdf);
  const std::string key = "/CreationDate (D:", epoch = "19700101000000";
  const auto at = bytes.find(key);
  if (at == std::string::npos) return;
  bytes.replace(at + key.size(), epoch.size(), epoch);
  write_atomically(pdf, bytes);
}

}  // namespace

std::string gnuplot_comment(const std::string& text) {
  const std::string comment = "# " + plain_text(text);
  return comment.ends_with('\\') ? comment + " "
                                 : comment;  // a backslash at its end would make the next line a comment
}

std::string gnuplot_script(const Figure& figure) {
  const std::string width = std::to_string(figure.width), height = std::to_string(figure.height);
  const std::string size = "size " + width + "," + height;
  // A file name that begins with '<' or '|' would be a command for gnuplot, hence the folder in front of names.
  return gnuplot_comment(figure.title) + "\n" +
         gnuplot_comment("Redraw with: gnuplot -e \"format='svg'\" " + shell_quoted(figure.name + ".gp") +
                         "  (svg, pdf or png)") +
         "\n"
         "if (!exists('format')) format = 'svg'\n"
         "if (format eq 'svg') set terminal svg " +
         size +
         " fixed noenhanced font 'sans-serif,12' background '#ffffff'\n"
         "if (format eq 'pdf') set terminal pdfcairo size " +
         width + "/96.0," + height +
         "/96.0 noenhanced font 'sans-serif,12' fontscale 0.5625 background '#ffffff'\n"
         "if (format eq 'png') set terminal pngcairo size 2*" +
         width + ",2*" + height +
         " noenhanced font 'sans-serif,12' fontscale 1.5 linewidth 2 pointscale 2 background '#ffffff'\n"
         // The svg terminal does not support font weights, but copies the font name into an attribute without escaping.
         "bold = format eq 'svg' ? 'sans-serif\" font-weight=\"bold' : 'sans-serif:Bold'\n"
         "set encoding utf8\n"
         "set output " +
         gnuplot_quoted("./" + figure.name + ".") +
         ".format\n"
         "data = " +
         gnuplot_quoted("./" + figure.name + ".dat") + "\n" + figure.script;
}

bool gnuplot_available() {
  static const bool available = run_gnuplot({"--version"}, "/", "/dev/null") == 0;
  return available;
}

void write_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const Figure& figure : figures) {
    write_atomically(folder / (figure.name + ".gp"), gnuplot_script(figure));
    write_atomically(folder / (figure.name + ".dat"), figure.data);
    for (const char* ending : {".svg", ".pdf", ".png"}) std::filesystem::remove(folder / (figure.name + ending));
  }
}

void draw_figures(const std::vector<Figure>& figures, const std::filesystem::path& folder) {
  const std::filesystem::path messages = std::filesystem::absolute(folder) / ".gnuplot.log";
  for (const Figure& figure : figures) {
    for (const std::string format : {"svg", "pdf", "png"}) {
      const int code =
          run_gnuplot({"-d", "-e", "format='" + format + "'", "./" + figure.name + ".gp"}, folder, messages);
      const std::string said = join(paragraphs(read_file(messages)), "; ");
      std::filesystem::remove(messages);
      if (code != 0 || !std::filesystem::exists(folder / (figure.name + "." + format))) {
        throw std::runtime_error("gnuplot could not draw " + (folder / (figure.name + ".gp")).string() + " as " +
                                 format + ": " + said);
      }
    }
    fix_creation_date(folder / (figure.name + ".pdf"));
  }
}

}  // namespace rnnbench::analysis
