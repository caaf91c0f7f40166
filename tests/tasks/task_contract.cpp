#include "tests/tasks/task_contract.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

#include "core/error.h"
#include "core/options.h"
#include "tests/namespaces.h"

namespace rnnbench::test {
namespace {

constexpr float certain = 1000;

bool same(const Batch& a, const Batch& b) {
  return a.steps == b.steps && a.size == b.size && a.symbols == b.symbols && a.values == b.values &&
         a.classes == b.classes && a.targets == b.targets && a.weight == b.weight && a.answer == b.answer;
}

class Contract {
 public:
  Contract(const TaskEntry& entry, const Settings& settings, std::vector<std::string>& broken)
      : name_(described(entry, settings)), task_(entry.make(settings)), shape_(task_->signature()), broken_(broken) {}

  void shapes() {
    expect(shape_.inputs > 0 && shape_.outputs > 0 && task_->steps() > 0, "a signature of positive sizes");
    Batch batch;
    task_->sample(source(0), 32, batch);
    const std::size_t cells = static_cast<std::size_t>(task_->steps()) * 32;
    const bool classified = shape_.loss == Loss::cross_entropy;
    expect(batch.steps == task_->steps() && batch.size == 32, "batches of steps() steps and the asked size");
    expect(batch.symbols.size() == (shape_.one_hot ? cells : 0) &&
               batch.values.size() == (shape_.one_hot ? 0 : cells * shape_.inputs) &&
               batch.classes.size() == (classified ? cells : 0) &&
               batch.targets.size() == (classified ? 0 : cells * shape_.outputs) && batch.weight.size() == cells &&
               batch.answer.size() == cells,
           "arrays as long as the signature says");
    expect(std::all_of(batch.symbols.begin(), batch.symbols.end(), [&](int s) { return s >= 0 && s < shape_.inputs; }),
           "input symbols from 0 to inputs - 1");
    expect(std::all_of(batch.classes.begin(), batch.classes.end(), [&](int c) { return c >= 0 && c < shape_.outputs; }),
           "target classes from 0 to outputs - 1");
    const auto finite = [](float x) { return std::isfinite(x); };
    expect(std::all_of(batch.values.begin(), batch.values.end(), finite) &&
               std::all_of(batch.targets.begin(), batch.targets.end(), finite),
           "finite inputs and targets");
    expect(shape_.loss != Loss::bernoulli ||
               std::all_of(batch.targets.begin(), batch.targets.end(), [](float y) { return y == 0 || y == 1; }),
           "answers of yes or no");
    bool one_answer = true;
    for (int b = 0; b < batch.size; ++b) {
      double weight = 0;
      int answers = 0, targets = 0;
      for (int t = 0; t < batch.steps; ++t) {
        const std::size_t i = batch.at(t, b);
        expect(batch.weight[i] >= 0 && std::isfinite(batch.weight[i]) && batch.answer[i] <= 1,
               "weights >= 0 and answers 0 or 1");
        weight += batch.weight[i];
        answers += batch.answer[i];
        targets += batch.weight[i] > 0;
      }
      one_answer = one_answer && targets == 1;
      expect(weight > 0 && answers > 0, "weight and an answer in every sequence");
    }
    expect(!shape_.one_answer || one_answer, "one target in each sequence if it says one_answer");
    expect(task_->measure().name != "" && task_->measure().definition != "", "a measure with a definition");
  }

  void streams(bool differ) {
    Batch batch, again, other;
    task_->sample(source(0), 8, batch);
    task_->sample(source(0), 8, again);
    expect(same(batch, again), "the same batch from the same stream");
    StreamSource later = source(0);
    later.first = 5;
    task_->sample(later, 1, other);
    expect(same(other, batch.sequences(5)), "sequence i made from stream(i) alone");
    if (!differ) return;
    const auto differs = [&](const StreamSource& from, const StreamSource& to) {
      task_->sample(from, 8, batch);
      task_->sample(to, 8, other);
      return !same(batch, other);
    };
    for (const Purpose drawn : {Purpose::training, Purpose::test}) {
      StreamSource first = source(0);
      first.purpose = drawn;
      StreamSource seed = first, purpose = first, step = first, sample = first;
      seed.seed ^= std::uint64_t{1} << 40, purpose.purpose = Purpose::validation, ++step.step, sample.first = 8;
      for (const StreamSource& changed : {purpose, sample})
        expect(differs(first, changed), "another batch from another stream");
      const bool listed = task_->evaluated_on() == EvaluatedOn::list && drawn == Purpose::test;
      for (const StreamSource& changed : {seed, step})
        expect(differs(first, changed) != listed,
               listed ? "listed sequences whatever the seed and the step" : "another batch from another stream");
    }
  }

  // The mean loss of the memoryless predictor over 6400 sequences (sum of losses / sum of weights, a ratio of
  // means) is within 5 of its standard errors of baseline().
  void baseline() {
    std::vector<double> losses, weights;
    for (int k = 0; k < 100; ++k) {
      Batch batch;
      std::vector<float> outputs;
      task_->sample(source(1000 + k), 64, batch);
      task_->memoryless(batch, outputs);
      if (outputs.size() != batch.weight.size() * shape_.outputs) {
        expect(false, "memoryless outputs for every step");
        return;
      }
      for (int b = 0; b < batch.size; ++b) {
        const Batch one = batch.sequences(b);
        std::vector<float> own;
        for (int t = 0; t < batch.steps; ++t) {
          const auto first = outputs.begin() + batch.at(t, b) * shape_.outputs;
          own.insert(own.end(), first, first + shape_.outputs);
        }
        const LossSum sum = loss_of(shape_, one, own);
        losses.push_back(sum.loss);
        weights.push_back(sum.weight);
      }
    }
    const double n = static_cast<double>(losses.size());
    double loss = 0, weight = 0, residual = 0;
    for (std::size_t i = 0; i < losses.size(); ++i) loss += losses[i], weight += weights[i];
    const double measured = loss / weight;
    for (std::size_t i = 0; i < losses.size(); ++i) residual += std::pow(losses[i] - measured * weights[i], 2);
    const double standard_error = std::sqrt(residual * n / (n - 1)) / weight;
    const double rounding = 1e-6 * (1 + task_->baseline());  // of float outputs
    std::ostringstream values;
    values << "baseline() = " << task_->baseline() << ", measured " << measured << " +- " << standard_error;
    expect(std::abs(measured - task_->baseline()) <= 5 * standard_error + rounding, values.str());
    expect(standard_error <= 0.05 * task_->baseline() + rounding, "a sample that could tell: " + values.str());
  }

  // The memoryless outputs depend on nothing but the position and the inputs of the step: they stay the same
  // when every step of a sequence comes from another sequence, and the targets are erased.
  void memory() {
    Batch batch, mixed;
    std::vector<float> outputs, mixed_outputs;
    task_->sample(source(2), 16, batch);
    mixed.reset(shape_, batch.steps, batch.size);
    const auto origin = [&](int t, int b) { return batch.at(t, (b + 7 * t) % batch.size); };
    const auto mix = [&](const auto& from, auto& to, int width) {
      for (int t = 0; t < batch.steps && !from.empty(); ++t) {
        for (int b = 0; b < batch.size; ++b)
          std::copy_n(&from[origin(t, b) * width], width, &to[mixed.at(t, b) * width]);
      }
    };
    mix(batch.symbols, mixed.symbols, 1);
    mix(batch.values, mixed.values, shape_.inputs);
    mix(batch.weight, mixed.weight, 1);
    mix(batch.answer, mixed.answer, 1);
    task_->memoryless(batch, outputs);
    task_->memoryless(mixed, mixed_outputs);
    if (outputs.size() != batch.weight.size() * shape_.outputs) return;  // baseline() says so
    std::vector<float> expected(outputs.size());
    mix(outputs, expected, shape_.outputs);
    expect(mixed_outputs == expected, "a memoryless predictor that knows the current step alone");
  }

  // A predictor that is told the targets: solved, with a loss no worse than the optimum. The memoryless one:
  // no better.
  void evaluation() {
    const Predict oracle = [&](const Batch& batch, std::vector<float>& outputs) {
      if (shape_.loss == Loss::mean_squared) {
        outputs = batch.targets;
        return;
      }
      if (shape_.loss == Loss::bernoulli) {
        outputs.resize(batch.targets.size());
        std::transform(batch.targets.begin(), batch.targets.end(), outputs.begin(),
                       [](float y) { return y == 1 ? certain : -certain; });
        return;
      }
      outputs.assign(batch.classes.size() * shape_.outputs, 0);
      for (std::size_t i = 0; i < batch.classes.size(); ++i) outputs[i * shape_.outputs + batch.classes[i]] = certain;
    };
    const Predict memoryless = [&](const Batch& batch, std::vector<float>& outputs) {
      task_->memoryless(batch, outputs);
    };
    const Scores best = task_->evaluate(oracle, source(1), 100), worst = task_->evaluate(memoryless, source(1), 100);
    expect(task_->solved(best), "an oracle that solves the task");
    expect(score(best, "loss") == 0, "an oracle whose loss is 0");
    expect(same_scores(best, task_->evaluate(oracle, source(1), 100)), "the same scores again");
    if (task_->optimum()) {
      expect(*task_->optimum() >= 0 && *task_->optimum() <= task_->baseline() + 1e-12, "0 <= optimum <= baseline");
    }
    const double loss = score(worst, "loss");
    expect(std::isfinite(loss) && loss >= score(best, "loss"), "a finite loss of the memoryless predictor");
    const bool nothing_to_learn = task_->baseline() - task_->optimum().value_or(0) < 1e-12;
    expect(nothing_to_learn || !task_->solved(worst), "a memoryless predictor that does not solve the task");
    const Predict broken = [&](const Batch& batch, std::vector<float>& outputs) {
      outputs.assign(batch.weight.size() * shape_.outputs, std::nanf(""));
    };
    expect(!task_->solved(task_->evaluate(broken, source(1), 10)), "outputs that are not numbers solve nothing");
  }

 private:
  static bool same_scores(const Scores& a, const Scores& b) { return a == b; }
  StreamSource source(std::uint32_t step) const { return {77, Purpose::test, step, 0}; }
  void expect(bool kept, const std::string& promise) {
    const std::string sentence = name_ + ": " + promise;
    if (!kept && std::find(broken_.begin(), broken_.end(), sentence) == broken_.end()) broken_.push_back(sentence);
  }

  std::string name_;
  std::unique_ptr<const Task> task_;
  Signature shape_;
  std::vector<std::string>& broken_;
};

std::int64_t smallest_steps(const TaskEntry& entry, const Settings& settings) {
  for (std::int64_t steps = 1; steps < 10000; ++steps) {
    try {
      entry.length_of_steps(settings, steps);
      return steps;
    } catch (const UserError&) {
    }
  }
  throw std::logic_error(entry.name + " has no sequence of fewer than 10000 steps");
}

// Every number of time steps is either made exactly or refused with the smallest possible and a possible
// nearest one.
void check_lengths(const TaskEntry& entry, Settings settings, std::vector<std::string>& broken) {
  const auto expect = [&](bool kept, const std::string& promise) {
    if (!kept) broken.push_back(described(entry, settings) + ": " + promise);
  };
  const std::string smallest = "the smallest is " + std::to_string(smallest_steps(entry, settings)) + " ";
  for (std::int64_t steps = -1; steps <= 100; ++steps) {
    const std::string asked = std::to_string(steps);
    try {
      settings.set("length", std::to_string(entry.length_of_steps(settings, steps)));
      expect(entry.make(settings)->steps() == steps, "a length of exactly " + asked + " time steps");
    } catch (const UserError& refusal) {
      const std::string sentence = refusal.what();
      expect(sentence.find("time-steps = " + asked + " ") == 0 && sentence.find(smallest) != std::string::npos,
             "a refusal of " + asked + " time steps that says that " + smallest + "(" + sentence + ")");
      const auto nearest = sentence.find("the nearest is ");
      expect(nearest != std::string::npos, "a refusal that names the nearest possible number of time steps");
      if (nearest != std::string::npos) entry.length_of_steps(settings, std::stoll(sentence.substr(nearest + 15)));
    }
  }
}

// The defaults and what is given, complete.
Settings start_of(const TaskEntry& entry, const Settings& given) {
  Settings settings = default_settings(entry.options);
  for (const auto& [name, value] : given.values()) settings.set(name, value);
  if (entry.complete) entry.complete(settings);
  return settings;
}

}  // namespace

std::vector<Settings> variants(const TaskEntry& entry, const Settings& given) {
  std::vector<Settings> kinds{start_of(entry, given)};
  for (const Option& option : entry.options) {
    if (option.kind != Option::Kind::choice) continue;
    std::vector<Settings> more;
    for (const Settings& kind : kinds) {
      if (option.used && !option.used(kind)) {
        more.push_back(kind);
        continue;
      }
      for (const std::string& choice : option.choices) {
        more.push_back(kind);
        more.back().set(option.name, choice);
      }
    }
    kinds = more;
  }
  const std::vector<Settings> chosen = kinds;
  for (const Option& option : entry.options) {
    if (option.kind != Option::Kind::integer || option.name == "length") continue;
    for (Settings kind : chosen) {
      if (option.used && !option.used(kind)) continue;
      kind.set(option.name, std::to_string(static_cast<std::int64_t>(option.min)));
      kinds.push_back(kind);
      if (option.name != "shortest") continue;
      kind.set(option.name, std::to_string(static_cast<std::int64_t>(option.max)));  // every sequence of `length`
      kinds.push_back(kind);
    }
  }
  std::vector<Settings> all;
  for (const Settings& kind : kinds) {
    const std::int64_t min = entry.length_of_steps(kind, smallest_steps(entry, kind));
    for (const std::int64_t length : {min, min + 1, min + 6, min + 30}) {
      all.push_back(kind);
      all.back().set("length", std::to_string(length));
    }
  }
  return all;
}

std::string described(const TaskEntry& entry, const Settings& settings) {
  std::string text = entry.name;
  for (const auto& [key, value] : settings.values()) {
    if (!value.empty()) text += " " + key + "=" + value;
  }
  return text;
}

std::vector<std::string> broken_promises(const TaskEntry& entry, const Settings& given) {
  std::vector<std::string> broken;
  const auto option = [&](const std::string& name, Option::Kind kind) {
    return std::any_of(entry.options.begin(), entry.options.end(),
                       [&](const Option& o) { return o.name == name && o.kind == kind; });
  };
  if (entry.name.empty() || entry.summary.empty() || entry.definition.empty()) {
    broken.push_back(entry.name + ": a name, a summary and a definition");
  }
  if (!option("length", Option::Kind::integer) || !option("test-length", Option::Kind::integers)) {
    broken.push_back(entry.name + ": the options length and test-length");
    return broken;
  }
  for (const Option& o : entry.options) {
    if (o.help.empty()) broken.push_back(entry.name + ": help for " + o.name);
    if (canonical_value(o, o.default_value) != o.default_value)
      broken.push_back(entry.name + ": a canonical default of " + o.name);
  }
  const Settings start = start_of(entry, given);
  Settings again = start;
  if (entry.complete) entry.complete(again);
  if (again.values() != start.values()) broken.push_back(entry.name + ": settings that stay once they are complete");
  Contract(entry, start, broken).streams(true);
  for (const Settings& settings : variants(entry, given)) {
    Contract contract(entry, settings, broken);
    contract.shapes();
    contract.streams(false);
    contract.memory();
    contract.baseline();
    contract.evaluation();
    check_lengths(entry, settings, broken);
  }
  return broken;
}

}  // namespace rnnbench::test
