// Tables in LaTeX: text that is safe, and columns that fit a page.
#include "analysis/latex.h"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

// "r>{...}p{69pt}l": the argument of the tabular environment.
std::string column_types(const Table& table) {
  const std::string latex = latex_table(table, "", ""), begin = "\\begin{tabular}{@{}";
  const std::size_t from = latex.find(begin) + begin.size();
  return latex.substr(from, latex.find("@{}}", from) - from);
}

Table with_cell(const std::string& cell) {
  return {{{"model", false}, {"a title of several words that is much longer than its numbers"}, {"last", false}},
          {{"lstm", "0.25", cell}, {"gru", "1", "b"}}};
}

}  // namespace

TEST_CASE("the widest columns of a table in LaTeX are broken until it fits", "[analysis][tables]") {
  CHECK(column_types(with_cell("a")) == "lrl");
  CHECK(column_types(with_cell("fourteen chars")) == "l>{\\raggedleft\\arraybackslash}p{248pt}l");
  // Both to nearly the same width, and neither below its longest word or a quarter of its longest text.
  const std::string sentence = "Sixty characters of a claim, of which no word is a long one.";
  CHECK(column_types(with_cell(sentence)) ==
        "l>{\\raggedleft\\arraybackslash}p{153pt}>{\\raggedright\\arraybackslash}p{158pt}");
  CHECK(column_types(with_cell(sentence + sentence + sentence + sentence + sentence)) ==
        "l>{\\raggedleft\\arraybackslash}p{68pt}>{\\raggedright\\arraybackslash}p{338pt}");
  CHECK(column_types(with_cell(std::string(90, 'x'))) == "l>{\\raggedleft\\arraybackslash}p{68pt}l");
}

TEST_CASE("a table in LaTeX is a float with an escaped caption and a label for references", "[analysis][tables]") {
  const Table table{{{"a_b", false}, {"n"}}, {{"[x]", "-1"}}};
  CHECK(latex_table(table, "50 %", "copy (length 20)") ==
        "\\begin{table}\n\\centering\n\\footnotesize\n\\setlength{\\tabcolsep}{3pt}\n"
        "\\setlength{\\abovetopsep}{4pt}\n\\caption{50 \\%}\n"
        "\\label{tab:copy-(length-20)}\n\\begin{tabular}{@{}lr@{}}\n\\toprule\na\\_b & n \\\\\n\\midrule\n"
        "{}[x] & $-$1 \\\\\n\\bottomrule\n\\end{tabular}\n\\end{table}\n");
}

TEST_CASE("text in LaTeX prints as it is written", "[analysis][tables]") {
  CHECK(latex_escape("lstm|gru") == "lstm\\textbar{}gru");
  CHECK(latex_escape("--updates, a---b, x - -1") == "-{}-updates, a-{}-{}-b, x - $-$1");
  CHECK(latex_escape("?` !` `a' ''b'' ,,c") ==
        "?\\textasciigrave{} !\\textasciigrave{} \\textasciigrave{}a' '{}'b'{}' ,{},c");
  CHECK(latex_escape("<<a>> \"b\"") == "$<$$<$a$>$$>$ \\texttt{\\char34}b\\texttt{\\char34}");
  // What the fonts have, and what they lack.
  for (const std::string text : {"Müller, Škoda, œuvre, naïve, Łódź", "±0.5 × 2 µ", "1–2 ‘a’ “b” …"})
    CHECK(latex_escape(text) == text);
  CHECK(latex_escape("a\xf0\x9f\x98\x80z") == "a[U+1F600]z");
  CHECK(latex_escape("\xd8\xb9 \xc4\x85 \xc2\xab") == "[U+0639] [U+0105] [U+00AB]");
  const Table table{{{"n"}}, {{"\xf0\x9f\x98\x80"}}};
  CHECK(latex_table(table, "", "").find("\n{}[U+1F600] \\\\\n") !=
        std::string::npos);  // no argument of the line before
}

TEST_CASE("tables with different names have different labels in LaTeX", "[analysis][tables]") {
  std::set<std::string> labels;
  const std::vector<std::string> names = {"a b", "a-b",  "a  b", "a--b", "a - b", "a -b", "a- b",      "a_b",  "a.b",
                                          "a/b", "(a b", "a,b",  "ab",   " ab",   "ab ",  "a\xc3\xa4", "a.20b"};
  for (const std::string& name : names) {
    const std::string latex = latex_table({{{"n"}}, {}}, "", name), begin = "\\label{tab:";
    const std::size_t from = latex.find(begin) + begin.size();
    labels.insert(latex.substr(from, latex.find('}', from) - from));
  }
  CHECK(labels.size() == names.size());
  CHECK(labels.contains("a-b"));
  CHECK(std::all_of(labels.begin(), labels.end(),
                    [](const std::string& label) { return label.find_first_of("_%#&~^\\{} ,") == std::string::npos; }));
}
