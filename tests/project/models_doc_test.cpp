// The table of docs/models.md is what `rnnbench list models --format markdown` prints. Rewritten by
//   RNNBENCH_REGENERATE=1 build/release/rnnbench_tests "[models][docs]"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("docs/models.md has a row for every model of the table", "[models][docs]") {
  const std::filesystem::path page = std::filesystem::path(RNNBENCH_SOURCE_DIR) / "docs/models.md";
  const auto listed = std::filesystem::temp_directory_path() / ("rnnbench-models-" + std::to_string(::getpid()));
  const std::string command = "'" RNNBENCH_PROGRAM "' list models --format markdown > '" + listed.string() + "'";
  REQUIRE(std::system(command.c_str()) == 0);
  const std::string table = text_of(listed);
  std::filesystem::remove(listed);
  std::string text = text_of(page);
  const std::string begin = "rnnbench list models --format markdown -->\n", end = "<!-- end -->";
  const auto from = text.find(begin), to = text.find(end);
  REQUIRE(from != std::string::npos);
  REQUIRE(to != std::string::npos);
  const std::size_t first = from + begin.size();
  if (std::getenv("RNNBENCH_REGENERATE") != nullptr) std::ofstream(page) << text.replace(first, to - first, table);
  INFO("RNNBENCH_REGENERATE=1 build/release/rnnbench_tests \"[models][docs]\" writes it anew");
  CHECK(text_of(page).substr(first, text_of(page).find(end) - first) == table);
}
