// Figures with hostile texts and under hostile environments.
#include "analysis/figures/gnuplot.h"

#include <cstdlib>
#include <fstream>
#include <optional>

#include <catch2/catch.hpp>

#include "analysis/format.h"
#include "analysis/html.h"
#include "analysis/latex.h"
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

// In the folder, which is where an injected command would leave its file.
std::map<std::string, std::string> drawings(const Figure& figure, const fs::path& folder) {
  const fs::path before = fs::current_path();
  fs::current_path(folder);
  draw_figures({figure}, ".");
  fs::current_path(before);
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
    const std::string script = shell_quoted("./" + name + ".gp");  // by itself, it opens files of this name
    CHECK(std::system(("cd '" + folder.path().string() + "' && gnuplot -d " + script).c_str()) == 0);
    CHECK(file_names(folder.path()).size() == 5);
  }
}

TEST_CASE("a drawing replaces the earlier one only when it is complete", "[figures][limits]") {
  if (!gnuplot_available()) return;
  const TemporaryFolder folder, programs;
  draw_figures({figure_with("before")}, folder.path());
  const std::string before = read_file(folder.path() / "figure.svg"), path = std::getenv("PATH");
  // As after a full disk: most of the bytes, and success.
  const fs::path program = programs.path() / "gnuplot";
  std::ofstream(program) << "#!/bin/sh\nPATH='" << path << "'\ngnuplot \"$@\" | head -c 3000\n";
  fs::permissions(program, fs::perms::owner_all);
  {
    const Variable incomplete("PATH", programs.path().string() + ":" + path);
    CHECK_THROWS_WITH(
        draw_figures({figure_with("after")}, folder.path()),
        "gnuplot could not draw " + (folder.path() / "figure.svg").string() + ": the drawing is incomplete");
  }
  CHECK(read_file(folder.path() / "figure.svg") == before);
  std::ofstream(program) << "#!/bin/sh\nkill -KILL $$\n";
  const Variable killed("PATH", programs.path().string());
  CHECK_THROWS_WITH(draw_figures({figure_with("after")}, folder.path()), Catch::Contains("ended by a signal: Killed"));
}

TEST_CASE("drawing does not follow links that lie in the folder", "[figures][injection]") {
  if (!gnuplot_available()) return;
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "other") << "of somebody else";
  for (const char* name : {".gnuplot.log", "figure.svg", "figure.pdf", "figure.dat", "figure.gp"})
    fs::create_symlink("other", folder.path() / name);
  draw_figures({figure_with("plain")}, folder.path());
  CHECK(read_file(folder.path() / "other") == "of somebody else");
  CHECK(read_file(folder.path() / "figure.svg").find("plain") != std::string::npos);
}

TEST_CASE("an SVG is well-formed whatever its texts", "[figures][injection]") {
  if (!gnuplot_available()) return;
  const TemporaryFolder folder;
  draw_figures({figure_with("a]]>b \xef\xbf\xbe<x> & 'y'")}, folder.path());
  const std::string svg = read_file(folder.path() / "figure.svg");
  CHECK(svg.find("a]]&gt;b \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd&lt;x> &amp; 'y'") != std::string::npos);
}

TEST_CASE("the ids of an inline SVG get a prefix, and texts that look like ids do not", "[figures][injection]") {
  const std::string svg =
      "<?xml version=\"1.0\"?>\n<svg width=\"1\">\n<path id='a' d='>'/><use xlink:href='#a' fill=\"url(#b)\"/>"
      "<text>id='q' href=\"#q\" url(#q)</text></svg>\n";
  CHECK(inline_svg(svg, "x-1", "") ==
        "<svg role=\"img\" width=\"1\">\n<path id='x-1-a' d='>'/><use xlink:href='#x-1-a' fill=\"url(#x-1-b)\"/>"
        "<text>id='q' href=\"#q\" url(#q)</text></svg>\n");
  for (const char* prefix : {"<b>", "a b", "a'", "\xc3\xa4"})
    CHECK_THROWS_AS(inline_svg(svg, prefix, ""), std::logic_error);
}

TEST_CASE("no text of a table becomes Markdown", "[analysis][injection]") {
  for (const std::string plain :
       {"+13.8 [+9, +19]", "< -50", "gru{length=5} / lstm", "updates_to_solve", "h_1", "a & b", "2 * 3"})
    CHECK(markdown_escape(plain) == plain);
  CHECK(latex_escape("a_b & 95 % [-0.5, 1.2e-5] <x> ^~\\ {#$} gru-v1") ==
        "a\\_b \\& 95 \\% [$-$0.5, 1.2e-5] $<$x$>$ \\textasciicircum{}\\textasciitilde{}\\textbackslash{} "
        "\\{\\#\\$\\} gru-v1");
  CHECK(markdown_escape("<script>a</script><!-- <?") == "&lt;script>a&lt;/script>&lt;!-- &lt;?");
  CHECK(markdown_escape("&lt; &#60;") == "&amp;lt; &amp;#60;");
  CHECK(markdown_escape("[a](b) ![c][d] `e` *f* _g_ ~~h~~ \\| i") ==
        "[a\\](b) !\\[c\\][d] \\`e\\` \\*f\\* \\_g\\_ \\~\\~h\\~\\~ \\\\\\| i");
  CHECK(markdown_link("a] [b](c) \\]", "../x\"> (y).ini") == "[a\\] \\[b\\](c) \\\\\\]](../x%22%3E%20%28y%29.ini)");
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
