// Tables in LaTeX: text that is safe, and columns that fit a page.
#include "analysis/latex.h"

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
        "\\label{tab:copy--length-20-}\n\\begin{tabular}{@{}lr@{}}\n\\toprule\na\\_b & n \\\\\n\\midrule\n"
        "{}[x] & $-$1 \\\\\n\\bottomrule\n\\end{tabular}\n\\end{table}\n");
}
