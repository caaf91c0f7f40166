// Pages in headless Chromium, as their reader sees them.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/wait.h>

#include <catch2/catch.hpp>

#include "core/text.h"
#include "experiments/records/files.h"
#include "tests/experiments/run_fixture.h"

namespace rnnbench::test {

// True, with a message that ctest knows, if there is no browser.
inline bool skipped_without_browser() {
  static const bool missing = std::system("command -v chromium >/dev/null") != 0;
  if (missing) WARN("skipped: no Chromium is installed (Debian: apt-get install chromium)");
  return missing;
}

enum class PageScript { runs, forbidden };

// Opens the page and evaluates a function body of JavaScript in it, whose value is returned. `fragment` is the part of
// the address from # on. With PageScript::forbidden only this function may run, not what the page contains. The
// function can call `visible` (of an element) and `text` (an element's, or a list of those of the visible ones among
// elements).
inline Json seen_in(const std::string& page, const std::string& function, const std::string& fragment = "",
                    PageScript script = PageScript::runs) {
  const TemporaryFolder folder;
  const std::string helpers = R"js(
const visible = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility === "visible";
const text = (e) => e instanceof Element ? e.textContent.trim() : [...e].filter(visible).map(text);
for (const details of document.querySelectorAll("details")) details.open = true;
)js";
  const std::string probe = "<script nonce=\"probe\">{\n" + helpers +
                            "const result = document.createElement('pre');\nresult.id = 'seen';\n"
                            "result.textContent = JSON.stringify((() => {\n" +
                            function + "\n})());\ndocument.body.append(result);\n}</script>\n";
  const std::string policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'nonce-probe'\">\n";
  std::string html = page;
  html.insert(html.rfind("</body>"), probe);
  if (script == PageScript::forbidden) html.insert(html.find("<head>\n") + 7, policy);
  write_atomically(folder.path() / "page.html", html);

  const std::string home = shell_quoted(folder.path().string());
  const std::string command =
      "cd " + home + " && HOME=" + home +
      " timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage "
      "--no-first-run --disable-background-networking --user-data-dir=" +
      home + "/profile --dump-dom " + shell_quoted("file://" + (folder.path() / "page.html").string() + fragment) +
      " >dom.txt 2>messages.txt";
  const int status = std::system(command.c_str());
  const std::string dom = read_file(folder.path() / "dom.txt"), begin = "<pre id=\"seen\">";
  INFO(read_file(folder.path() / "messages.txt"));
  REQUIRE(WEXITSTATUS(status) == 0);
  const auto at = dom.rfind(begin);
  REQUIRE(at != std::string::npos);
  std::string json = dom.substr(at + begin.size(), dom.find("</pre>", at) - at - begin.size());
  for (const auto& [entity, character] :
       {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&nbsp;", "\xc2\xa0"}, {"&amp;", "&"}})
    json = replace_all(std::move(json), entity, character);
  return Json::parse(json);
}

}  // namespace rnnbench::test
