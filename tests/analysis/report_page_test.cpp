// The script of the report, in a browser: columns sort, models can be switched off, and nothing depends on it.
#include <algorithm>
#include <cstdio>
#include <set>

#include <catch2/catch.hpp>

#include "analysis/figures/experiment_figures.h"
#include "analysis/figures/style.h"
#include "analysis/html.h"
#include "analysis/report.h"
#include "analysis/report_script.h"
#include "analysis/report_style.h"
#include "analysis/table.h"
#include "tests/analysis/analysis_records.h"
#include "tests/analysis/browser.h"

using namespace rnnbench::test;

namespace {

using Strings = std::vector<std::string>;

// A page of the tables, whose columns are clicked in this order; after each click, the names in the first column and
// the value of aria-sort of each title.
Json after_clicks(const std::string& tables, const std::string& clicks) {
  return seen_in(html_page("tables", report_style, report_script, tables), "const clicks = " + clicks + R"js(;
return clicks.map((column) => {
  const table = document.querySelector("table"), titles = [...table.querySelectorAll("th")];
  titles[column].querySelector("button").click();
  return {names: text([...table.tBodies[0].rows].map((row) => row.cells[0])),
          sorted: titles.map((title) => title.getAttribute("aria-sort"))};
});)js");
}

const std::string hostile = R"(gru <img src=x onerror="document.title = 'injected'"> id='q' url(#x) </script> &lt;b>)";

// The report of five models on three tasks, one of which has a hostile name.
std::string report() {
  Study study = made_up::study();
  for (TaskRuns& task : study.tasks) task.models[2].label = hostile;
  const TemporaryFolder folder;
  const std::vector<Figure> figures = all_figures(study);
  draw_figures(figures, folder.path(), {"svg"});
  return report_html(study, figures, folder.path());
}

// Functions for the pages: how often each color is visible in figures, all visible text in them, and the visible rows
// of all tables.
const std::string page_functions = R"js(
const colors = () => {
  const counts = {};
  for (const shape of document.querySelectorAll("figure :is(path, polygon, use)"))
    for (const name of ["stroke", "fill", "color"])
      if (visible(shape) && shape.hasAttribute(name))
        counts[shape.getAttribute(name)] = (counts[shape.getAttribute(name)] ?? 0) + 1;
  return counts;
};
const labels = () => text(document.querySelectorAll("figure text"));
const rows = () => [...document.querySelectorAll("tbody tr")].filter(visible).map((row) => [...row.cells].map(text));
const view = () => ({colors: colors(), labels: labels(), rows: rows()});
const switchOf = (number) => document.querySelectorAll(".models input")[number];
const button = (name) => [...document.querySelectorAll(".models button")].find((b) => text(b) === name);
)js";

std::string in_svg(const std::string& hex) {
  char text[32];
  const auto channel = [&](int i) { return std::stoi(hex.substr(1 + 2 * i, 2), nullptr, 16); };
  std::snprintf(text, sizeof text, "rgb(%3d, %3d, %3d)", channel(0), channel(1), channel(2));
  return text;
}

std::size_t times(const Json& list, const std::string& text) { return std::count(list.begin(), list.end(), text); }

// The rows of a view without those of one model.
Json rows_without(const Json& view, const std::string& label) {
  Json kept = Json::array();
  for (const Json& row : view.at("rows"))
    if (times(row, label) == 0) kept.push_back(row);
  return kept;
}

}  // namespace

TEST_CASE("a click on a title sorts by value, in both directions and back", "[report][browser]") {
  if (skipped_without_browser()) return;
  Table table{{{"name", false}, {"value"}, {"", false}}, {}};
  for (const auto& [name, value] : {std::pair{"thousands", "12,345"},
                                    {"none", "-"},
                                    {"small", "1.2e-3"},
                                    {"share", "12 of 20"},
                                    {"bound", ">5,000"},
                                    {"interval", "0.93 [0.88, 0.97]"},
                                    {"median", "5,000 [90, >5,000]"},
                                    {"infinite", "-inf"},
                                    {"words", "every run diverged"},
                                    {"tie", "0.93 [0.10, 0.99]"},
                                    {"length", "trained 50"},
                                    {"negative", "[-0.5, +0.2]"},
                                    {"range", "57 - 100 %"},
                                    {"below", "< +0.7"}})
    table.rows.push_back({name, value, "no title"});
  const Json seen = after_clicks(table.html(), "[1, 1, 1, 1, 0, 1]");
  const Strings ascending = {"infinite", "negative", "small",  "share", "below",     "interval", "tie",
                             "length",   "range",    "median", "bound", "thousands", "none",     "words"};
  CHECK(seen[0]["names"] == Json(ascending));
  CHECK(seen[0]["sorted"] == Json({nullptr, "ascending", nullptr}));
  CHECK(seen[1]["names"] == Json({"thousands", "bound", "median", "range", "length", "interval", "tie", "below",
                                  "share", "small", "negative", "infinite", "none", "words"}));
  CHECK(seen[1]["sorted"] == Json({nullptr, "descending", nullptr}));
  Strings original;
  for (const Strings& row : table.rows) original.push_back(row[0]);
  CHECK(seen[2]["names"] == Json(original));
  CHECK(seen[2]["sorted"] == Json({nullptr, nullptr, nullptr}));
  CHECK(seen[3]["names"] == Json(ascending));
  Strings by_name = original;
  std::sort(by_name.begin(), by_name.end());
  CHECK(seen[4]["names"] == Json(by_name));
  CHECK(seen[4]["sorted"] == Json({"ascending", nullptr, nullptr}));
  CHECK(seen[5]["names"] == Json(ascending));  // another column starts anew
}

TEST_CASE("texts sort whatever the language of the reader, and cells by the value they are given",
          "[report][browser]") {
  if (skipped_without_browser()) return;
  Table table{{{"name", false}, {.title = "scores", .right = false, .by_value = true}},
              {{"lstm", "0.1 0.9 0.9"}, {"-", "diverged"}, {"Z", "0.2 0.3 0.4"}, {"\xc3\xa4", "0"}, {"gru", "7"}}};
  table.values = {{{0, 1}, 0.7}, {{2, 1}, 0.3}, {{3, 1}, 1e-20}};
  const Json seen = after_clicks(table.html(), "[0, 1]");
  CHECK(seen[0]["names"] == Json({"Z", "gru", "lstm", "\xc3\xa4", "-"}));
  CHECK(seen[1]["names"] == Json({"\xc3\xa4", "Z", "lstm", "gru", "-"}));
}

TEST_CASE("a table that names a group once repeats the name when it is sorted", "[report][browser]") {
  if (skipped_without_browser()) return;
  const Table table{{{.title = "model", .right = false, .once = true}, {"length"}},
                    {{"lstm", "10"}, {"lstm", "20"}, {"gru", "10"}, {"gru", "20"}}};
  CHECK(table.text() == "model  length\n-----  ------\nlstm       10\n           20\ngru        10\n           20\n");
  const Json seen = seen_in(html_page("groups", report_style, report_script, table.html()), R"js(
const names = () => text(document.querySelectorAll("td:first-child"));
const before = names();
document.querySelectorAll("th button")[1].click();
return [before, names()];)js");
  CHECK(seen[0] == Json({"lstm", "gru"}));
  CHECK(seen[1] == Json({"lstm", "gru", "lstm", "gru"}));
}

TEST_CASE("only titles that can sort something are buttons, which the keyboard reaches", "[report][browser]") {
  if (skipped_without_browser()) return;
  const Table one{{{"name", false}, {"value"}}, {{"single", "1"}}}, untitled{{{"", false}}, {{"b"}, {"a"}}},
      two{{{"name", false}, {"value"}}, {{"b", "2"}, {"a", "1"}}};
  const Json seen = seen_in(html_page("tables", report_style, report_script, one.html() + untitled.html() + two.html()),
                            R"js(
return [...document.querySelectorAll("button")].map((button) => {
  button.focus();
  return [text(button), button.closest("table") === document.querySelectorAll("table")[2],
          document.activeElement === button, button.type];
});)js");
  CHECK(seen == Json({{"name", true, true, "button"}, {"value", true, true, "button"}}));
}

TEST_CASE("a model that is switched off vanishes from every table and figure, and nothing else does",
          "[report][browser]") {
  if (skipped_without_browser()) return;
  REQUIRE(gnuplot_available());
  const std::string page = report();
  const Json seen = seen_in(page, page_functions + R"js(
const before = view(), switched = [];
const names = text(document.querySelectorAll(".models label"));
for (let model = 0; model < names.length; ++model) {
  switchOf(model).click();
  switched.push(view());
  switchOf(model).click();
}
switchOf(1).click();
switchOf(2).click();
const address = location.hash, images = document.images.length;
button("none").click();
const none = view();
button("all").click();
return {before, names, switched, address, none, all: view(), end: location.hash, title: document.title,
        images, resources: performance.getEntriesByType("resource").length};)js");
  Study study = made_up::study();
  for (TaskRuns& task : study.tasks) task.models[2].label = hostile;
  const Strings labels = model_labels(study);
  const auto styles = styles_of(study);
  CHECK(seen["names"] == Json(labels));
  const Json& before = seen["before"];
  for (std::size_t m = 0; m < labels.size(); ++m) {
    INFO(labels[m]);
    const Json& after = seen["switched"][m];
    Json colors = before["colors"];
    CHECK(colors.erase(in_svg(styles.at(labels[m]).color)) == 1);
    CHECK(after["colors"] == colors);
    CHECK(times(before["labels"], labels[m]) == 5);  // legends
    CHECK(times(after["labels"], labels[m]) == 0);
    // The legends, and the number of solved runs below the learning curves of three tasks.
    CHECK(after["labels"].size() == before["labels"].size() - 5 - 3);
    const Json rows = rows_without(before, labels[m]);
    // Overview; on each of three tasks outcomes, costs and three test lengths; five runs.
    CHECK(rows.size() == before["rows"].size() - 1 - 3 * (2 + 3) - 3 * 5);
    CHECK(after["rows"] == rows);
  }
  CHECK(seen["all"] == before);
  CHECK(seen["end"] == "");
  for (const std::string& label : labels) CHECK(rows_without(seen["none"], label) == seen["none"]["rows"]);
  CHECK(seen["none"]["rows"].size() < before["rows"].size());  // those of the environment

  CHECK(seen["title"] == study.title);
  CHECK(seen["images"] == 0);
  CHECK(seen["resources"] == 0);

  // The address is a link to the same view.
  const std::string address = seen["address"];
  const Json linked = seen_in(page, page_functions + R"js(
const linked = rows();
location.hash = "#hide=lstm&hide=unknown";
dispatchEvent(new Event("hashchange"));
return {linked, edited: rows(), checked: [...document.querySelectorAll(".models input")].map((i) => i.checked)};)js",
                              address);
  const Json without_lstm = rows_without(before, "lstm");
  CHECK(linked["linked"] == rows_without({{"rows", without_lstm}}, hostile));
  CHECK(linked["edited"] == without_lstm);
  CHECK(linked["checked"] == Json({true, false, true, true, true}));
}

TEST_CASE("without its script the page shows everything and no control, and print shows no control either",
          "[report][browser]") {
  if (skipped_without_browser()) return;
  REQUIRE(gnuplot_available());
  const std::string page = report(), look = page_functions + R"js(
const controls = () => [...document.querySelectorAll("button, input, fieldset, select, a")].filter(visible);
const arrows = () => controls().filter((e) => getComputedStyle(e, "::after").content.includes("↕") &&
                                               getComputedStyle(e, "::after").display !== "none").length;
const seen = {view: view(), controls: controls().length, arrows: arrows()};
)js";
  const Json with = seen_in(page, look + R"js(
switchOf(1).click();
const print = [...document.styleSheets[0].cssRules].find((rule) => rule.media?.mediaText === "print");
document.styleSheets[0].insertRule("@media screen {" + [...print.cssRules].map((rule) => rule.cssText).join("") + "}",
                                   document.styleSheets[0].cssRules.length);
seen.printed = {inputs: [...document.querySelectorAll(".models, .models *")].filter(visible).length, arrows: arrows(),
                rows: rows(), note: text(document.querySelectorAll(".not-shown"))};
return seen;)js");
  const Json without = seen_in(page, look + "return seen;", "", PageScript::forbidden);
  CHECK(without["controls"] == 0);
  CHECK(without["view"] == with["view"]);
  CHECK(with["controls"] > 5 + 2 + 20);  // models, all and none, titles of columns
  CHECK(with["arrows"] > 20);
  CHECK(with["printed"]["inputs"] == 0);
  CHECK(with["printed"]["arrows"] == 0);
  CHECK(with["printed"]["rows"] == rows_without(with["view"], "lstm"));
  CHECK(with["printed"]["note"] == Json({"Not shown: lstm."}));
}
