// A parser for the subset of JSON that files of sequences consist of: lists, objects, numbers, and strings without
// escapes. A general one would accept much that has no meaning there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/namespaces.h"

namespace rnnbench::tasks {

class JsonReader {
 public:
  // Refers to its arguments. `line`: number of the first line of the text.
  JsonReader(const std::string& path, std::string_view text, int line = 1) : path_(path), text_(text), line_(line) {}

  // Throws UserError "path:line: what", as every function does that does not find what it expects.
  [[noreturn]] void refuse(const std::string& what) const;

  // The next character that is not white space; 0 at the end.
  char peek();
  bool take(char c);
  void expect(char c, const std::string& where);
  void end();

  std::optional<int> take_number(int max);       // a whole number from 0 to max, if there is one
  int number(int max, const std::string& what);  // the same, expected
  float real(const std::string& what);           // a finite number
  std::string name(const std::string& where);    // "name"
  // The word that comes next, for messages, without taking it.
  std::string found();

  template <class Element>
  void list(const std::string& what, Element element) {
    expect('[', "before " + what);
    if (take(']')) return;
    do element();
    while (take(','));
    expect(']', "or ',' after " + what);
  }

  template <class Member>
  void object(const std::string& what, Member member) {
    expect('{', "before " + what);
    do {
      const std::string key = name("before the name of " + what);
      expect(':', "after \"" + key + "\"");
      member(key);
    } while (take(','));
    expect('}', "or ',' after " + what);
  }

 private:
  // Takes the number that comes next if it is one of this type and `allowed`.
  template <class Number, class Allowed>
  std::optional<Number> take_if(Allowed allowed);

  const std::string& path_;
  const std::string_view text_;
  std::size_t at_ = 0;
  int line_;
};

}  // namespace rnnbench::tasks
