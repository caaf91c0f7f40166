// docs/import-results.md: its files are imported as it says, by its own commands.
#include <cstdlib>
#include <regex>

#include <catch2/catch.hpp>

#include "tests/project/documents.h"
#include "tests/project/how_to.h"
#include "tests/texts.h"

using namespace rnnbench::test;

TEST_CASE("docs: the files and commands of docs/import-results.md do what it says", "[docs][imported]") {
  const std::string document = text_of(root / "docs/import-results.md");
  const Folder folder;
  const std::regex csv("`([a-z]+\\.csv)`:\n\n```csv\n([^`]*)```"), ini("```ini\n# ([a-z]+\\.ini)\n([^`]*)```"),
      commands("```sh\n([^`]*)```");
  int files = 0, lines = 0;
  for (const std::regex& block : {csv, ini})
    for (std::sregex_iterator match(document.begin(), document.end(), block), end; match != end; ++match, ++files)
      write(folder.path / (*match)[1].str(), (*match)[2]);
  CHECK(files == 3);
  const fs::path log = folder.path / ".log";
  for (std::sregex_iterator match(document.begin(), document.end(), commands), end; match != end; ++match) {
    std::istringstream text((*match)[1]);
    for (std::string line; std::getline(text, line); ++lines) {
      write(folder.path / ".command", "cd '" + folder.path.string() + "'\nexport PATH='" +
                                          fs::path(RNNBENCH_PROGRAM).parent_path().string() + "':\"$PATH\"\n" + line +
                                          '\n');
      const int code =
          std::system(("bash '" + (folder.path / ".command").string() + "' > '" + log.string() + "' 2>&1").c_str());
      INFO(line << "\n" << text_of(log));
      CHECK(code == 0);
      if (line.starts_with("rnnbench table")) CHECK(count(text_of(log), "[imported]") >= 2);
    }
  }
  CHECK(lines == 9);
  CHECK(fs::exists(folder.path / "results/memory/imported/torch.csv"));
  CHECK(fs::exists(folder.path / "results/imdb/imported/imdb.csv"));
  CHECK(count(text_of(folder.path / "results/memory/report.html"), "torch-lstm [imported]") > 0);
}
