// What names the version says the same, and cpack makes packages of it.
#include <regex>

#include "core/text.h"
#include "experiments/records/record.h"
#include "experiments/records/version.h"
#include "tests/namespaces.h"
#include "tests/project/documents.h"
#include "tests/project/how_to.h"

using namespace rnnbench::test;

namespace {

const fs::path build_folder = fs::path(RNNBENCH_PROGRAM).parent_path();

// What the commands print to either stream; the test fails if one of them fails.
std::string printed(const Folder& folder, const std::string& commands) {
  write(folder.path / "commands", "set -euo pipefail\ncd '" + folder.path.string() + "'\n" + commands);
  const int status = std::system(
      ("bash '" + (folder.path / "commands").string() + "' >'" + (folder.path / "printed").string() + "' 2>&1")
          .c_str());
  const std::string text = text_of(folder.path / "printed");
  INFO(commands << "\n" << text);
  REQUIRE(status == 0);
  return text;
}

}  // namespace

TEST_CASE("the version, the commit and the numerics version are printed in one line", "[cli][release]") {
  const Folder folder;
  const std::string commit = source_commit, named = commit.empty() ? "unknown" : commit;
  CHECK(printed(folder, "'" RNNBENCH_PROGRAM "' --version") == std::string("rnnbench ") + release_version +
                                                                   " (commit " + named + ", numerics version " +
                                                                   std::to_string(numerics_version) + ")\n");
  // Records keep the form that they always had.
  CHECK(std::string(program_version) == release_version + (commit.empty() ? "" : "+" + commit));
  CHECK(std::regex_match(program_version, std::regex("\\d+\\.\\d+\\.\\d+(\\+[0-9a-f]{8,}(-dirty)?)?")));
  if (fs::exists(root / ".git")) CHECK_FALSE(commit.empty());
}

TEST_CASE("the latest entry of the changelog and the citation are those of this version", "[docs][release]") {
  const std::string changes = text_of(root / "CHANGELOG.md"), citation = text_of(root / "CITATION.cff");
  const std::regex entry("\n## (\\d+\\.\\d+\\.\\d+) - (\\d{4}-\\d\\d-\\d\\d)\n");
  std::smatch latest;
  REQUIRE(std::regex_search(changes, latest, entry));
  CHECK(latest[1] == release_version);
  CHECK_THAT(citation, Catch::Contains("\nversion: " + latest[1].str() + "\ndate-released: " + latest[2].str() + "\n"));
  // Who raises numerics_version has to say so.
  const std::size_t begin = latest.position() + 1;
  CHECK_THAT(changes.substr(begin, changes.find("\n## ", begin) - begin),
             Catch::Contains("`numerics_version` " + std::to_string(numerics_version) + "."));
}

TEST_CASE("cpack makes a Debian package of everything that is installed", "[release][install]") {
  if (std::system("{ command -v dpkg-deb && command -v dpkg-shlibdeps && command -v file; } >/dev/null") != 0) {
    WARN("skipped: no dpkg-dev or file");
    return;
  }
  const Folder folder;
  // With the generator of the build, cpack would build first.
  printed(folder, "cpack --config '" + (build_folder / "CPackConfig.cmake").string() +
                      "' -G DEB -D CPACK_CMAKE_GENERATOR=Ninja -B \"$PWD\"\nmv *.deb deb");
  const auto field = [&](const std::string& name) { return trim(printed(folder, "dpkg-deb -f deb " + name)); };
  CHECK(field("Package") == "rnnbench");
  CHECK(field("Version") == std::string(release_version) + "-1");
  CHECK(field("Section") == "science");
  for (const char* library : {"libboost-program-options", "libbenchmark", "zlib1g", "libc6"})
    CHECK(field("Depends").find(library) != std::string::npos);
  CHECK(field("Recommends") == "gnuplot-nox | gnuplot, fonts-dejavu-core");
  std::string catalogue;
  for (const auto& file : fs::directory_iterator(root / "experiments/catalogue"))
    if (file.path().extension() == ".ini")
      catalogue += "test -f x/usr/share/rnnbench/catalogue/" + file.path().filename().string() + "\n";
  printed(folder, "dpkg-deb -x deb x\n" + catalogue + R"sh(
test -x x/usr/bin/rnnbench
test -f x/usr/lib/cmake/rnnbench/rnnbenchConfig.cmake
test -f x/usr/include/rnnbench/cli/program.h
test -f x/usr/share/doc/rnnbench/copyright
test -f x/usr/share/doc/rnnbench/examples/own_task/echo.cpp
gzip --test x/usr/share/doc/rnnbench/changelog.gz x/usr/share/doc/rnnbench/changelog.Debian.gz
test -z "$(find x -perm /022)"
)sh");
  const auto same = [&](const std::string& file, const std::string& arguments) {
    INFO(file);
    CHECK(printed(folder, "zcat -f x/usr/share/" + file) == printed(folder, "x/usr/bin/rnnbench " + arguments));
  };
  same("man/man1/rnnbench.1.gz", "man");
  same("bash-completion/completions/rnnbench", "completion bash");
  same("zsh/vendor-completions/_rnnbench", "completion zsh");
}

TEST_CASE("a source archive has the files of the commit, and its program names the commit", "[release][install]") {
  const Folder folder;
  if (!fs::exists(root / ".git")) {
    WARN("skipped: not a clone");
    return;
  }
  const std::string git = "git -C '" + root.string() + "' ", name = std::string("rnnbench-") + release_version;
  printed(folder, "cpack --config '" + (build_folder / "CPackSourceConfig.cmake").string() + "' -B \"$PWD\"\ntar xf " +
                      name + ".tar.gz");
  CHECK(printed(folder, "cd " + name + "; find . -type f -o -type l | cut -c 3- | LC_ALL=C sort") ==
        printed(folder, git + "ls-tree -r --name-only HEAD | LC_ALL=C sort"));
  printed(folder, "cmake -S " + name + " -B configured -DRNNBENCH_TESTS=OFF");
  const std::string commit = trim(printed(folder, git + "rev-parse HEAD"));
  CHECK_THAT(text_of(folder.path / "configured/version.cpp"),
             Catch::Contains(std::string("\"") + release_version + "+" + commit.substr(0, 8) + "\""));
}
