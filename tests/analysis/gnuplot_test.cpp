// Figures with hostile texts and under hostile environments.
#include "analysis/figures/gnuplot.h"

#include <cstdlib>
#include <fstream>
#include <optional>

#include <catch2/catch.hpp>

#include "analysis/format.h"
#include "analysis/html.h"
#include "tests/experiments/run_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
namespace fs = std::filesystem;

namespace {

Figure figure_with(const std::string& text, const std::string& name = "figure") {
  return {name,
          text,
          text,
          200,
          150,
          gnuplot_comment(text) + "\nset label " + gnuplot_quoted(text) +
              " at screen 0.5,0.5\nplot data using 1:2 with lines\n",
          gnuplot_comment(text) + "\n0 0\n1 1\n"};
}

std::map<std::string, std::string> drawings(const Figure& figure, const fs::path& folder) {
  write_figures({figure}, folder);
  draw_figures({figure}, folder);
  std::map<std::string, std::string> bytes;
  for (const char* ending : {".svg", ".pdf", ".png"}) bytes[ending] = read_file(folder / (figure.name + ending));
  return bytes;
}

// Sets an environment variable while it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (before_)
      ::setenv(name_, before_->c_str(), 1);
    else
      ::unsetenv(name_);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* const name_;
  std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("no text of a figure becomes a command of gnuplot", "[figures][injection]") {
  if (!gnuplot_available()) return;
  const TemporaryFolder folder;
  const auto drawn = drawings(figure_with("plain"), folder.path());
  CHECK(drawn.at(".svg").find("plain") != std::string::npos);
  for (const std::string& text :
       {std::string("x\nsystem('touch injected')"), std::string("x\rsystem('touch injected')\n"),
        std::string("`touch injected`"), std::string("' ; system('touch injected') ; '"),
        std::string("'.system('touch injected').'"), std::string("''"), std::string("a''''b'"),
        std::string("'`touch injected`\\"), std::string("'\\\"; system(\"touch injected\")"), std::string("@format \\"),
        std::string("\\"), std::string("{"), std::string("a\0b\n!touch injected\n", 20)}) {
    INFO(text);
    const auto names = file_names(folder.path());
    CHECK(drawings(figure_with(text), folder.path()).at(".svg").find("<path") != std::string::npos);
    CHECK(file_names(folder.path()) == names);
  }
}

TEST_CASE("no name of a figure becomes a command of gnuplot", "[figures][injection]") {
  if (!gnuplot_available()) return;
  for (const std::string name : {"< touch injected; echo 0 0 #", "| touch injected #", "-e", "$x", "~"}) {
    INFO(name);
    const TemporaryFolder folder;
    CHECK(drawings(figure_with("plain", name), folder.path()).at(".svg").find("<path") != std::string::npos);
    CHECK(file_names(folder.path()).size() == 5);
  }
}

TEST_CASE("drawings do not depend on the environment of the user", "[figures][environment]") {
  if (!gnuplot_available()) return;
  const TemporaryFolder folder, home;
  const Figure figure = figure_with("text ä");
  const auto reference = drawings(figure, folder.path());
  for (const char* file : {".gnuplot", ".config/gnuplot/gnuplotrc"}) {
    fs::create_directories((home.path() / file).parent_path());
    std::ofstream(home.path() / file) << "set title 'from the user'\n";
  }
  fs::create_directories(home.path() / ".config/fontconfig");
  std::ofstream(home.path() / ".config/fontconfig/fonts.conf")
      << "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\"><fontconfig><match target=\"pattern\">"
         "<edit name=\"family\" mode=\"assign\" binding=\"strong\"><string>monospace</string></edit></match></fontconfig>";
  const Variable variables[] = {{"GNUTERM", "qt"},
                                {"GNUPLOT_LIB", home.path()},
                                {"GDFONTPATH", "/nowhere"},
                                {"GNUPLOT_FONTPATH", "/nowhere"},
                                {"GNUPLOT_DEFAULT_GDFONT", "nothing"},
                                {"FONTCONFIG_FILE", home.path() / ".config/fontconfig/fonts.conf"},
                                {"XDG_CONFIG_HOME", home.path() / ".config"},
                                {"LC_ALL", "de_DE.UTF-8"},
                                {"HOME", home.path()},
                                {"DISPLAY", ":99"}};
  const auto again = drawings(figure, folder.path());
  for (const auto& [ending, bytes] : reference) {
    INFO(ending);
    CHECK((again.at(ending) == bytes));
  }
}

TEST_CASE("no text leaves its place in a table or a page", "[analysis][injection]") {
  const std::string text = "a\nb\x1b[2J|<b>&\"";
  const Table table{{{"x", false}, {text, false}}, {{text, "y"}}};
  for (const std::string& written : {table.text(), table.markdown()}) {
    CHECK(std::count(written.begin(), written.end(), '\n') == 3);
    CHECK(written.find('\x1b') == std::string::npos);
  }
  CHECK(table.html().find('\x1b') == std::string::npos);
  CHECK(table.html().find("<b>") == std::string::npos);
  CHECK(html_escape("a\n\tb") == "a\n\tb");  // of a quoted file
}
