// Counting: words, closed forms, and the two rules of acceptance.
#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "core/options.h"
#include "tasks/catalogue.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

std::unique_ptr<const Task> counting(const std::string& variant, int length, int longest = 1000) {
  Settings settings = default_settings(find_task("counting").options);
  settings.set("variant", variant);
  settings.set("length", std::to_string(length));
  settings.set("longest", std::to_string(longest));
  return find_task("counting").make(settings);
}

const StreamSource validation{1, Purpose::validation, 0, 0}, test{1, Purpose::test, 0, 0};

// Calls model(symbol, number of such symbols so far, number of a's, logits) at every step of every sequence.
template <class Model>
Predict counter(int outputs, Model model) {
  return [outputs, model](const Batch& batch, std::vector<float>& result) {
    result.assign(batch.symbols.size() * outputs, 0);
    for (int b = 0; b < batch.size; ++b) {
      std::vector<int> seen(outputs);
      for (int t = 0; t < batch.steps; ++t) {
        const int symbol = batch.symbols[batch.at(t, b)];
        ++seen[symbol];
        model(symbol, seen[symbol], seen[1], &result[batch.at(t, b) * outputs]);
      }
    }
  };
}

// A perfect counter that has learned the distribution of n up to `bound`, and loses count beyond `capacity`.
Predict ideal(int letters, int bound, int capacity) {
  return counter(letters + 1, [=](int symbol, int count, int total, float* logits) {
    for (int k = 0; k <= letters; ++k) logits[k] = -1000;
    const int following = (symbol + 1) % (letters + 1);
    if (symbol == 1) {
      const double last = count < bound ? 1.0 / (bound - count + 1) : count == bound ? 1 : 0.5;
      logits[2] = static_cast<float>(std::log(last));
      logits[1] = last < 1 ? static_cast<float>(std::log(1 - last)) : -1000;
    } else {
      logits[symbol > 0 && count < std::min(total, capacity) ? symbol : following] = 0;
    }
  });
}

}  // namespace

TEST_CASE("counting: words, their ends and their padding", "[tasks]") {
  Batch batch;
  counting("anbn", 4)->sample({1, Purpose::training, 2, 0}, 6, batch);
  const auto sequence = [&](const auto& numbers, int b) {
    std::string text;
    for (int t = 0; t < batch.steps; ++t) text += std::to_string(static_cast<int>(numbers[batch.at(t, b)]));
    return text;
  };
  // n = 2, 3, 4, 4, 1, 2 by another implementation of Philox.
  CHECK(batch.steps == 9);
  CHECK(sequence(batch.symbols, 0) == "011220000");
  CHECK(sequence(batch.classes, 0) == "112200000");
  CHECK(sequence(batch.weight, 0) == "111110000");
  CHECK(sequence(batch.answer, 0) == "100110000");
  CHECK(sequence(batch.symbols, 1) == "011122200");
  CHECK(sequence(batch.symbols, 3) == "011112222");
  CHECK(sequence(batch.classes, 3) == "111122220");
  CHECK(sequence(batch.symbols, 4) == "012000000");

  counting("anbncn", 4)->sample({1, Purpose::training, 2, 0}, 1, batch);
  CHECK(sequence(batch.symbols, 0) == "0112233000000");
  CHECK(sequence(batch.classes, 0) == "1122330000000");
  CHECK(sequence(batch.answer, 0) == "1001111000000");
}

TEST_CASE("counting: baseline and optimum by hand", "[tasks]") {
  // n = 1, 2, 3: two letters each with the entropy of 1/2, twice; five scored steps on average.
  CHECK(counting("anbn", 3)->baseline() == Approx(4 * std::log(2) / 5));
  CHECK(*counting("anbn", 3)->optimum() == Approx(std::log(3) / 5));
  CHECK(counting("anbncn", 3)->baseline() == Approx(6 * std::log(2) / 7));
  CHECK(*counting("anbncn", 3)->optimum() == Approx(std::log(3) / 7));
  CHECK(counting("anbn", 1)->baseline() == 0);
  CHECK(counting("anbn", 1)->optimum() == 0);
}

TEST_CASE("counting: a perfect counter reaches the optimum and is accepted as far as it counts", "[tasks]") {
  for (const int letters : {2, 3}) {
    for (const int bound : {1, 7, 20, 70}) {
      CAPTURE(letters, bound);
      const auto task = counting(letters == 3 ? "anbncn" : "anbn", bound, 300);
      const Scores scores = task->evaluate(ideal(letters, bound, 100000), test, 0);
      CHECK(score(scores, "longest_accepted") == 300);
      CHECK(score(scores, "loss") == Approx(*task->optimum()).epsilon(1e-6));
      CHECK(std::abs(score(scores, "excess")) < 1e-6);
      CHECK(task->solved(scores));
    }
    // Loses count after 36, 16 (the end of a batch of words), 17 and 1 letters.
    for (const int capacity : {36, 16, 17, 1}) {
      const Scores scores =
          counting(letters == 3 ? "anbncn" : "anbn", 10)->evaluate(ideal(letters, 10, capacity), test, 0);
      CHECK(score(scores, "longest_accepted") == capacity);
    }
  }
}

TEST_CASE("counting: acceptance is contiguous from 1, and solved at twice the bound", "[tasks]") {
  // Ends only the words with 5 letters too early: everything from n = 6 on is right.
  const Predict slips = counter(3, [](int symbol, int count, int total, float* logits) {
    const bool ends = symbol == 2 && (count == total || (total == 5 && count == 4));
    logits[symbol == 0 ? 1 : ends ? 0 : 2] = 10;
  });
  const Scores scores = counting("anbn", 2)->evaluate(slips, test, 0);
  CHECK(score(scores, "longest_accepted") == 4);
  CHECK(counting("anbn", 2)->solved(scores));
  CHECK_FALSE(counting("anbn", 3)->solved(scores));
  CHECK(counting("anbn", 2)->measure().solved_at == 4);
}

TEST_CASE("counting: a network that learned nothing passes the published rule, not ours", "[tasks]") {
  const Predict even = counter(3, [](int, int, int, float*) {});
  for (const int bound : {10, 50}) {
    const auto task = counting("anbn", bound);
    const Predict memoryless = [&](const Batch& batch, std::vector<float>& outputs) {
      task->memoryless(batch, outputs);
    };
    for (const Predict& ignorant : {memoryless, even}) {
      const Scores reported = task->evaluate(ignorant, test, 0), chosen = task->evaluate(ignorant, validation, 0);
      CHECK(score(reported, "longest_accepted") == 0);
      CHECK(score(reported, "longest_accepted_published") == 4 * bound);
      CHECK(score(chosen, "longest_accepted_published") == 2 * bound);
    }
    CHECK(score(task->evaluate(memoryless, test, 0), "loss") == Approx(task->baseline()).epsilon(1e-6));
  }
}

TEST_CASE("counting: the published rule asks for every symbol and the end above 0.005", "[tasks]") {
  // p(end) after the last b is 0.005 (1 +- 0.01) from the word of n = 8 on, and 1/3 before; everything else
  // is 1/3.
  for (const double factor : {0.99, 1.01}) {
    const double p = 0.005 * factor;
    const Predict reluctant = counter(3, [=](int symbol, int count, int total, float* logits) {
      if (symbol == 2 && count == total && total >= 8) logits[0] = static_cast<float>(std::log(2 * p / (1 - p)));
    });
    const Scores scores = counting("anbn", 50)->evaluate(reluctant, validation, 0);
    CHECK(score(scores, "longest_accepted_published") == (factor < 1 ? 7 : 100));
  }
}

TEST_CASE("counting: an evaluation stops soon after the first failure", "[tasks]") {
  const auto task = counting("anbn", 50);
  std::size_t steps = 0;
  std::vector<int> words;
  const Predict hopeless = [&](const Batch& batch, std::vector<float>& outputs) {
    steps += batch.symbols.size();
    words.push_back(batch.size);
    outputs.assign(batch.symbols.size() * 3, 0);
    for (std::size_t i = 0; i < batch.symbols.size(); ++i) outputs[3 * i + 1] = 100;  // always a
  };
  task->evaluate(hopeless, test, 0);
  CHECK(steps < 2 * 50 * (50 + 1));  // the words up to the bound, once, with their padding
  CHECK(words == std::vector{16, 32, 2});
}
