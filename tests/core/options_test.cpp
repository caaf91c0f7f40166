// Texts of options: what is accepted, how it is spelled, what is said of the rest.
#include "core/options.h"

#include <set>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "experiments/declaration/spec.h"
#include "experiments/declaration/training_options.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Texts = std::vector<std::string>;

namespace {

const Option hidden = integer_option("hidden", "64", 1, 1000, "");
const Option rate = real_option("learning-rate", "0.001", 1e-9, 100, "");
const Option bias = real_option("forget-bias", "", -100, 100, "");
const Option attention = choice_option("attention", "none", {"none", "additive", "dot"}, "");
const Option lengths = integers_option("test-length", "", 1, 1000, "");

template <class Call>
std::string refusal(Call call) try {
  call();
  return "accepted";
} catch (const UserError& error) {
  return error.what();
}
std::string refused(const Option& option, const std::string& text) {
  return refusal([&] { listed_values(option, text); });
}

}  // namespace

TEST_CASE("a value has one canonical spelling", "[options]") {
  CHECK(canonical_value(hidden, " 064 ") == "64");
  CHECK(canonical_value(rate, "1e-3") == "0.001");
  CHECK(canonical_value(rate, "5.0") == "5");
  CHECK(canonical_value(bias, "-0.0") == "0");
  CHECK(canonical_value(bias, "-1") == "-1");
  CHECK(canonical_value(bias, "") == "");
  CHECK(canonical_value(bias, "unset") == "");
  CHECK(canonical_value(attention, "dot") == "dot");
  CHECK(canonical_value(lengths, "200, 50..150..50,200") == "50,100,150,200");
  // The shortest text that reads back as the same double, so a record's number and its spec agree.
  CHECK(std::stod(canonical_value(rate, "0.30000000000000004")) == 0.30000000000000004);
}

TEST_CASE("lists and ranges span values, each once and in order", "[options]") {
  CHECK(listed_values(hidden, "32") == Texts{"32"});
  CHECK(listed_values(hidden, "64, 32,064") == Texts{"64", "32"});
  CHECK(listed_values(hidden, "1..4") == Texts{"1", "2", "3", "4"});
  CHECK(listed_values(hidden, "7..7") == Texts{"7"});
  CHECK(listed_values(hidden, "50..220..50, 3") == Texts{"50", "100", "150", "200", "3"});
  CHECK(listed_values(bias, "unset, 1") == Texts{"", "1"});
  CHECK(listed_values(bias, "-1, 1") == Texts{"-1", "1"});
  CHECK(listed_values(lengths, "2, 1") == Texts{"1,2"});  // one value: it spans nothing
}

TEST_CASE("a value that is not allowed is refused in one sentence", "[options][errors]") {
  CHECK(refused(hidden, "0") == "hidden = 0 is not a whole number from 1 to 1000");
  CHECK(refused(hidden, "1001") == "hidden = 1001 is not a whole number from 1 to 1000");
  CHECK(refused(hidden, "") == "hidden =  is not a whole number from 1 to 1000");
  for (const char* text : {"6.4", "64k", "0x40", "+64", "99999999999999999999", "ten"}) {
    CHECK(refused(hidden, text) == std::string("hidden = ") + text + " is not a whole number from 1 to 1000");
  }
  for (const char* text : {"nan", "inf", "-1", "0", "1e400", "1,5x"}) {
    CHECK(refused(rate, text).find("is not a number from 1e-09 to 100") != std::string::npos);
  }
  CHECK(refused(bias, "101") == "forget-bias = 101 is not a number from -100 to 100 or unset");
  CHECK(refused(attention, "additiv") ==
        "attention = additiv is not one of none, additive, dot; did you mean 'additive'?");
  CHECK(refused(attention, "Bahdanau") == "attention = Bahdanau is not one of none, additive, dot");
  CHECK(refused(lengths, "50, 0") ==
        "test-length = 0 is not a comma-separated list of whole numbers from 1 to 1000 or unset");
  CHECK(refused(hidden, "1,,2") == "hidden = 1,,2 has an empty element; separate values by single commas");
  CHECK(refused(hidden, "1,").find("has an empty element") != std::string::npos);
}

TEST_CASE("a text is one line and one value; only paths can be listed", "[options]") {
  const Option text = text_option("name", ""), path = path_option("file", "");
  CHECK_FALSE(text.is_path);
  CHECK(path.is_path);
  for (const Option& option : {text, path}) {
    CHECK(canonical_value(option, " a, b..c ") == "a, b..c");
    CHECK(canonical_value(option, "") == "");
    CHECK(canonical_value(option, "unset") == "");
    CHECK(allowed_values(option) == "one line of UTF-8 text without control characters or unset");
  }
  CHECK(listed_values(text, "a, b") == Texts{"a, b"});
  CHECK(listed_values(path, "a, b") == Texts{"a", "b"});
  CHECK(refused(path, "a\nb") == "file = a\nb is not one line of UTF-8 text without control characters or unset");
}

TEST_CASE("a broken range is refused in one sentence", "[options][errors]") {
  for (const char* text : {"10..1", "1..", "..5", "1..x", "1..5..0", "1..5..-1", "1..5..", "1...5", "1..2..3..4"}) {
    CHECK(refused(hidden, text) ==
          std::string("hidden = ") + text +
              " is not a valid range; write first..last or first..last..step, with whole numbers, "
              "first <= last and step >= 1");
  }
  CHECK(refused(hidden, "1..1001") == "hidden = 1..1001 is not a whole number from 1 to 1000");
  CHECK(refused(rate, "1..10") == "learning-rate = 1..10 is not a number from 1e-09 to 100");
  const Option seed = integer_option("seed", "1", 0, 4294967295, "");
  CHECK(refused(seed, "0..4294967295") == "seed = 0..4294967295 has 4294967296 values; at most 100000 are allowed");
}

TEST_CASE("a name is suggested only if it is close", "[options][errors]") {
  const Texts known = {"learning-rate", "length", "lstm", "gru", "gru-v1"};
  CHECK(nearest_name("lenght", known) == "length");
  CHECK(nearest_name("LSTM", known) == "lstm");
  CHECK(nearest_name("learning_rate", known) == "learning-rate");
  CHECK(nearest_name("gur", known) == "gru");
  CHECK(nearest_name("momentum", known).empty());
  CHECK(nearest_name(std::string(1'000'000, 'a'), std::vector<std::string>(1000, "learning-rate")).empty());
  CHECK(nearest_name("x", known).empty());
  CHECK(nearest_name("", known).empty());
}

TEST_CASE("settings have typed values; an unknown key and an unset number are errors", "[options]") {
  Settings settings = default_settings({hidden, rate, bias, lengths});
  CHECK(settings.integer("hidden") == 64);
  CHECK(settings.real("learning-rate") == 0.001);
  CHECK_FALSE(settings.has("forget-bias"));
  CHECK(settings.integers("test-length").empty());
  settings.set("test-length", "50,100");
  CHECK(settings.integers("test-length") == std::vector<std::int64_t>{50, 100});
  CHECK_THROWS_AS(settings.text("symbols"), std::logic_error);
  CHECK_THROWS_AS(settings.real("forget-bias"), std::logic_error);
}

TEST_CASE("every declared option is sound", "[options][table]") {
  const auto check = [](const std::vector<Option>& options) {
    const Settings defaults = default_settings(options);
    for (const Option& option : options) {
      INFO(option.name);
      CHECK(canonical_value(option, option.default_value) == option.default_value);
      CHECK_FALSE(option.help.empty());
      if (option.used) CHECK_NOTHROW(option.used(defaults));
    }
  };
  for (const TaskEntry& task : all_tasks()) {
    for (const CellEntry& cell : all_cells()) {
      INFO(task.name << " " << cell.name);
      // One name, one meaning: settings of a task, a model and the training stand in one file without
      // prefixes.
      std::set<std::string> names = {"task", "title"};
      for (const auto& options : {task.options, model_options(cell), training_options()}) {
        check(options);
        for (const Option& option : options) CHECK(names.insert(option.name).second);
      }
    }
  }
  // A section is a task or a cell, never both.
  for (const TaskEntry& task : all_tasks()) {
    for (const CellEntry& cell : all_cells()) CHECK(task.name != cell.name);
  }
}
