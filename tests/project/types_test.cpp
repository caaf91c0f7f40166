// No two types of the project share a qualified name. Two definitions of one name in different files violate the
// one-definition rule, which no compiler has to report: the linker silently merges functions that are different.
//
// A small scanner finds the types: it removes comments, literals and preprocessor lines, and follows the braces of
// namespaces. It knows the C++ that this project uses, not all of it; the first test shows what it finds.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace fs = std::filesystem;

namespace {

using Names = std::set<std::string>;
using Tokens = std::vector<std::string>;

bool in_identifier(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The end of the string or character literal that begins at `at`.
std::size_t end_of_literal(const std::string& text, std::size_t at) {
  if (text[at] == '"' && at > 0 && text[at - 1] == 'R') {
    const std::string delimiter = text.substr(at + 1, text.find('(', at) - at - 1);
    const std::string end = ")" + delimiter + "\"";
    return text.find(end, at) + end.size();
  }
  std::size_t end = at + 1;
  while (end < text.size() && text[end] != text[at]) end += text[end] == '\\' ? 2 : 1;
  return end + 1;
}

// The end of the preprocessor line that begins at `at`, with the lines that continue it.
std::size_t end_of_directive(const std::string& text, std::size_t at) {
  do at = text.find('\n', at + 1);
  while (at != std::string::npos && text[at - 1] == '\\');
  return at == std::string::npos ? text.size() : at;
}

// Identifiers and numbers, "::", and other characters one by one; a literal is "literal".
Tokens tokens_of(const std::string& text) {
  Tokens tokens;
  bool line_is_empty = true;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const std::string two = text.substr(at, 2);
    if (c == '\n') {
      line_is_empty = true;
      ++at;
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++at;
    } else if (c == '#' && line_is_empty) {
      at = end_of_directive(text, at);
    } else if (two == "//") {
      at = std::min(text.find('\n', at), text.size());
    } else if (two == "/*") {
      at = std::min(text.find("*/", at), text.size() - 2) + 2;
    } else {
      line_is_empty = false;
      if (in_identifier(c)) {
        std::size_t end = at;
        const bool number = std::isdigit(static_cast<unsigned char>(c)) != 0;  // 1'000 is one number
        while (end < text.size() && (in_identifier(text[end]) || (number && text[end] == '\''))) ++end;
        tokens.push_back(text.substr(at, end - at));
        at = end;
      } else if (c == '"' || c == '\'') {
        tokens.push_back("literal");
        at = end_of_literal(text, at);
      } else {
        tokens.push_back(two == "::" ? two : std::string(1, c));
        at += tokens.back().size();
      }
    }
  }
  return tokens;
}

// The index after the bracket that closes the one at `open`.
std::size_t after_closing(const Tokens& tokens, std::size_t open, const char* opening, const char* closing) {
  int depth = 0;
  for (std::size_t i = open; i < tokens.size(); ++i) {
    if (tokens[i] == opening) ++depth;
    if (tokens[i] == closing && --depth == 0) return i + 1;
  }
  return tokens.size();
}

// A declaration without its template parameters.
Tokens without_template(Tokens declaration) {
  while (declaration.size() > 1 && declaration[0] == "template" && declaration[1] == "<")
    declaration.erase(declaration.begin(),
                      declaration.begin() + static_cast<std::ptrdiff_t>(after_closing(declaration, 1, "<", ">")));
  return declaration;
}

// The type that a declaration in front of '{' defines: "Name", "Outer::Name", "Name<int>". Empty: none, or one without
// a name.
std::string defined_type(const Tokens& with_template) {
  const Tokens declaration = without_template(with_template);
  if (declaration.empty()) return "";
  const Names keywords{"class", "struct", "union", "enum"};
  if (!keywords.contains(declaration[0])) return "";
  std::string name;
  for (std::size_t i = 1; i < declaration.size(); ++i) {
    const std::string& token = declaration[i];
    if (token == ":" || token == "final") break;
    if (keywords.contains(token)) continue;  // enum class
    if (token == "[") {
      i = after_closing(declaration, i, "[", "]") - 1;
    } else if (token == "alignas") {
      i = after_closing(declaration, i + 1, "(", ")") - 1;
    } else if (token == "<") {
      const std::size_t end = after_closing(declaration, i, "<", ">");
      for (; i < end; ++i) name += declaration[i];
      --i;
    } else if (token == "::" || name.ends_with("::")) {
      name += token;
    } else if (in_identifier(token[0])) {
      name = token;  // what stood before was a macro
    } else {
      return "";  // a function
    }
  }
  return name;
}

// The alias that a declaration in front of ';' introduces. Empty: none.
std::string defined_alias(const Tokens& with_template) {
  const Tokens declaration = without_template(with_template);
  if (declaration.size() > 3 && declaration[0] == "using" && declaration[2] == "=") return declaration[1];
  if (declaration.size() > 2 && declaration[0] == "typedef" && in_identifier(declaration.back()[0]))
    return declaration.back();
  return "";
}

// The qualified names of all types and aliases that a text defines at namespace scope, outside unnamed namespaces.
Names types_of(const std::string& text) {
  const Tokens tokens = tokens_of(text);
  Names names;
  struct Scope {
    std::string prefix;
    bool unnamed;
  };
  std::vector<Scope> scopes{{"", false}};
  Tokens declaration;
  const auto record = [&](const std::string& name) {
    if (!name.empty() && !scopes.back().unnamed) names.insert(scopes.back().prefix + name);
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] == ";") {
      record(defined_alias(declaration));
      declaration.clear();
    } else if (tokens[i] == "}") {
      if (scopes.size() > 1) scopes.pop_back();
      declaration.clear();
    } else if (tokens[i] != "{") {
      declaration.push_back(tokens[i]);
    } else {
      if (!declaration.empty() && declaration[0] == "inline") declaration.erase(declaration.begin());
      if (!declaration.empty() && declaration[0] == "namespace") {
        Scope inner = scopes.back();
        for (std::size_t k = 1; k < declaration.size(); ++k) inner.prefix += declaration[k];
        inner.prefix += "::";
        inner.unnamed |= declaration.size() == 1;
        scopes.push_back(inner);
      } else {
        record(defined_type(declaration));
        i = after_closing(tokens, i, "{", "}") - 1;
      }
      declaration.clear();
    }
  }
  return names;
}

// The names that several files define, each with these files.
std::map<std::string, Names> shared_names(const std::map<std::string, std::string>& texts) {
  std::map<std::string, Names> files;
  for (const auto& [file, text] : texts)
    for (const std::string& name : types_of(text)) files[name].insert(file);
  std::erase_if(files, [](const auto& entry) { return entry.second.size() < 2; });
  return files;
}

}  // namespace

TEST_CASE("the scanner finds the types of a text, and names that two texts share", "[project][types]") {
  const std::string text = R"text(
    #define TYPE struct Macro { int x; }; \
                 struct Continued {};
    // struct Comment {};
    namespace rnnbench { struct Forward; }
    namespace rnnbench::models {
    class Declared;
    enum class Kind : int { a, b = '}' };
    struct alignas(64) Aligned final : Base<int> { struct Nested {}; int x = 1'000; };
    template <class T, class U = Other<T>> class Generic { void f() { struct Local {}; } };
    template <> struct Generic<int> {};
    struct Outer::Inner {};
    using Alias = std::vector<int>;
    template <class T> using Template = std::vector<T>;
    typedef unsigned long Number;
    using namespace core;
    struct Declared* function(int x) { return x ? nullptr : "struct Text {"; }
    const Table table{{1, 2}, {3, 4}};
    const char* raw = R"(struct Raw {)";
    namespace { struct Hidden {}; using HiddenAlias = int; }
    namespace HWY_NAMESPACE { struct Kernel {}; }
    inline namespace v1 { struct Versioned {}; }
    /* struct Block { */
    }  // namespace rnnbench::models
    struct Global {};)text";
  CHECK(types_of(text) == Names{"Global", "rnnbench::models::Aligned", "rnnbench::models::Alias",
                                "rnnbench::models::Generic", "rnnbench::models::Generic<int>",
                                "rnnbench::models::HWY_NAMESPACE::Kernel", "rnnbench::models::Kind",
                                "rnnbench::models::Number", "rnnbench::models::Outer::Inner",
                                "rnnbench::models::Template", "rnnbench::models::v1::Versioned"});

  const std::string model_run = "namespace rnnbench { struct Run { int begin, end; }; struct Part {}; }";
  CHECK(shared_names({{"models/head.h", model_run}, {"analysis/study.h", "namespace rnnbench { class Run {}; }"}}) ==
        std::map<std::string, Names>{{"rnnbench::Run", {"analysis/study.h", "models/head.h"}}});
  CHECK(shared_names({{"models/head.h", model_run}, {"a.h", "namespace rnnbench { using Run = int; }"}}).size() == 1);
  for (const char* other : {"namespace rnnbench { struct Run; }", "namespace rnnbench::analysis { struct Run {}; }",
                            "namespace rnnbench { namespace { struct Run {}; } }"})
    CHECK(shared_names({{"models/head.h", model_run}, {"other.h", other}}).empty());
}

TEST_CASE("no two types share a qualified name", "[project][types]") {
  const fs::path root = RNNBENCH_SOURCE_DIR;
  std::map<std::string, std::string> texts;
  for (const char* folder :
       {"core", "models", "tasks", "experiments", "speed", "analysis", "findings", "cli", "examples"})
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string ending = entry.path().extension();
      if (ending != ".h" && ending != ".cpp") continue;
      std::ifstream file(entry.path());
      std::ostringstream text;
      text << file.rdbuf();
      texts[fs::relative(entry.path(), root).string()] = text.str();
    }
  // It has read the sources.
  CHECK(types_of(texts["models/network.h"]).contains("rnnbench::models::Network"));
  CHECK(types_of(texts["models/linear-inl.h"]).contains("rnnbench::models::HWY_NAMESPACE::Linear"));
  for (const auto& [name, files] : shared_names(texts)) {
    std::string list;
    for (const std::string& file : files) list += " " + file;
    FAIL_CHECK(name << " is defined in" << list);
  }
}
