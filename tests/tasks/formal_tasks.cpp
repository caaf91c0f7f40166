#include "tests/tasks/formal_tasks.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "core/options.h"
#include "tasks/catalogue.h"
#include "tests/namespaces.h"

namespace rnnbench::test::formal {

Changes lengths(int shortest, int longest, Changes more) {
  more.emplace_back("shortest", std::to_string(shortest));
  more.emplace_back("length", std::to_string(longest));
  return more;
}

Text Definition::read(const Batch& batch, int b) const {
  Text text;
  int end = batch.steps;
  while (end > 0 && batch.weight[batch.at(end - 1, b)] == 0) --end;
  for (int t = 0; t < end; ++t) {
    const std::size_t i = batch.at(t, b);
    text.input += symbols.at(batch.symbols[i]);
    text.target += batch.weight[i] > 0 ? classes.at(batch.classes[i]) : '.';
  }
  return text;
}

std::string odd(std::int64_t n) { return n % 2 ? "1" : "0"; }

std::string value_modulo_5(const std::string& expression) {
  std::vector<std::int64_t> terms;
  char sign = '+';
  for (const char c : expression) {
    if (!std::isdigit(c)) {
      sign = c;
    } else if (sign == '*') {
      terms.back() = terms.back() * (c - '0') % 5;
    } else {
      terms.push_back(sign == '-' ? '0' - c : c - '0');
    }
  }
  std::int64_t sum = 0;
  for (const std::int64_t term : terms) sum += term;
  return std::to_string((sum % 5 + 5) % 5);
}

std::string sum_of_binaries(const std::string& expression) {
  const auto plus = expression.find('+');
  const auto number = [](std::string bits) {
    std::reverse(bits.begin(), bits.end());
    return std::stoull(bits, nullptr, 2);
  };
  std::string sum;
  for (auto n = number(expression.substr(0, plus)) + number(expression.substr(plus + 1)); n > 0; n /= 2) sum += odd(n);
  sum += '#';
  return sum + std::string(expression.size() + 1 - sum.size(), '0');
}

// What is left of a word without its pairs of brackets.
std::string open_brackets(std::string word) {
  for (bool found = true; found;) {
    found = false;
    for (const char* pair : {"()", "[]"})
      for (auto at = word.find(pair); at != std::string::npos; at = word.find(pair)) word.erase(at, 2), found = true;
  }
  return word;
}

namespace {

std::string closing_brackets(const std::string& word) {
  std::string closing;
  for (std::size_t n = 1; n <= word.size(); ++n) {
    const std::string open = open_brackets(word.substr(0, n));
    closing += open.empty() ? '-' : open.back() == '(' ? ')' : ']';
  }
  return closing;
}

std::string running_parity(const std::string& bits) {
  std::string parity;
  for (auto at = bits.begin(); at != bits.end(); ++at) parity += odd(std::count(bits.begin(), at + 1, '1'));
  return parity;
}

std::string alternate(const std::string& bits) {
  std::string probabilities, evens;
  for (std::size_t i = 0; i < bits.size(); ++i) (i % 2 == 0 ? probabilities : evens) += bits[i];
  return probabilities + evens;
}

}  // namespace

const std::vector<Definition>& definitions() {
  static const std::vector<Definition> all = {
      {"parity",
       {},
       "01_",
       "01",
       [](const std::string& s) { return odd(std::count(s.begin(), s.end(), '1')); },
       "101111_",
       "......1"},
      {"parity", {{"asked", "every"}}, "01", "01", running_parity, "101111", "110101"},
      {"even-pairs",
       {},
       "01_",
       "01",
       [](const std::string& s) {
         int pairs = 0;
         for (std::size_t i = 1; i < s.size(); ++i) pairs += s.substr(i - 1, 2) == "01" || s.substr(i - 1, 2) == "10";
         return odd(pairs);
       },
       "101111_",
       "......0",
       6,
       2},
      {"cycle-navigation",
       {},
       "-0+_",
       "01234",
       [](const std::string& s) {
         const auto net = std::count(s.begin(), s.end(), '+') - std::count(s.begin(), s.end(), '-');
         return std::to_string((net % 5 + 5) % 5);
       },
       "0-++++_",
       "......3"},
      {"modular-arithmetic", {}, "01234+-*_", "01234", value_modulo_5, "2+3*4_", ".....4", 3},
      {"reverse-string",
       {},
       "01_",
       "01",
       [](const std::string& s) { return std::string(s.rbegin(), s.rend()); },
       "101111______",
       "......111101"},
      {"duplicate-string",
       {},
       "01_",
       "01",
       [](const std::string& s) { return s + s; },
       "1011________",
       "....10111011",
       4},
      {"odds-first", {}, "01_", "01", alternate, "101111______", "......111011"},
      {"missing-duplicate",
       {},
       "01?_",
       "01",
       [](const std::string& s) { return s.substr((s.find('?') + s.size() / 2) % s.size(), 1); },
       "10110?_",
       "......1",
       3},
      {"bucket-sort",
       {},
       "01234_",
       "01234",
       [](std::string s) {
         std::sort(s.begin(), s.end());
         return s;
       },
       "203444______",
       "......023444"},
      {"binary-addition", {}, "01+_", "01#", sum_of_binaries, "011+110________", ".......1001#000", 7, 3},
      {"dyck", {}, "([)]", "-)]", closing_brackets, "[[]][", "]]]-]", 5},
      {"dyck", {{"variant", "dyck-1"}}, "()", "-)", closing_brackets, "(())((", ")))-))"},
      {"dyck", {{"depth", "2"}}, "([)]", "-)]", closing_brackets, "[[]][]", "]]]-]-"},
  };
  return all;
}

const Definition& definition_of(const std::string& name) {
  for (const Definition& d : definitions())
    if (d.name == name) return d;
  throw std::out_of_range(name);
}

}  // namespace rnnbench::test::formal
