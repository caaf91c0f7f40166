#include "analysis/figures/gnuplot.h"

#include <fcntl.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/format.h"
#include "experiments/records/files.h"

namespace rnnbench::analysis {

namespace {

// Runs gnuplot in a folder, with its output in a file. Returns its exit code, which is 127 if gnuplot is not installed.
int run_gnuplot(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                const std::filesystem::path& output) {
  std::vector<char*> argv = {const_cast<char*>("gnuplot")};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot start gnuplot: fork failed");
  if (child == 0) {
    const int file = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || dup2(file, 1) < 0 || dup2(file, 2) < 0 || chdir(folder.c_str()) != 0) _exit(126);
    execvp("gnuplot", argv.data());
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

std::string gnuplot_script(const Figure& figure) {
  const std::string width = std::to_string(figure.width), height = std::to_string(figure.height);
  const std::string size = "size " + width + "," + height;
  return "# " + figure.title + "\n# Redraw with: gnuplot -e \"format='svg'\" " + figure.name +
         ".gp  (svg, pdf or png)\n"
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
         gnuplot_quoted(figure.name + ".") +
         ".format\n"
         "data = " +
         gnuplot_quoted(figure.name + ".dat") + "\n" + figure.script;
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
      const int code = run_gnuplot({"-d", "-e", "format='" + format + "'", figure.name + ".gp"}, folder, messages);
      const std::string said = read_file(messages);
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
