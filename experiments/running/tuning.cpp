#include "experiments/running/tuning.h"

#include <charconv>
#include <cstdio>
#include <map>
#include <set>
#include <tuple>

#include "core/error.h"
#include "core/hash.h"
#include "core/math.h"
#include "core/stream.h"
#include "models/catalogue.h"
#include "models/network.h"

namespace rnnbench::experiments {
namespace {

// Options that a search may vary: those of training and of models, but not what is compared.
std::vector<Option> tunable_options() {
  std::vector<Option> options;
  std::set<std::string> seen = {"cell", "hidden", "budget", "seed", "updates", "stop", "evaluate", "probe"};
  const auto add = [&](const std::vector<Option>& more) {
    for (const Option& option : more)
      if (option.kind != Option::Kind::integers && option.kind != Option::Kind::text && seen.insert(option.name).second)
        options.push_back(option);
  };
  add(training_options());
  for (const CellEntry& cell : all_cells()) add(model_options(cell));
  return options;
}

double parsed_number(const std::string& text, const std::string& sentence) {
  double value = 0;
  const auto first = text.find_first_not_of(' ');
  const char* begin = text.data() + (first == std::string::npos ? text.size() : first);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  if (error != std::errc() ||
      std::string_view(end, text.data() + text.size() - end).find_first_not_of(' ') != std::string::npos)
    throw UserError(sentence);
  return value;
}

// Whole numbers in full, others with three digits.
std::string spelled(const Option& option, double value) {
  if (option.kind == Option::Kind::integer) return std::to_string(static_cast<std::int64_t>(value + 0.5));
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

// The settings of a run that have an option of this name and read it; nullptr when none does.
Settings* holder(RunSpec& run, const std::string& key) {
  for (const auto& [options, settings] : {std::pair{training_options(), &run.training},
                                          std::pair{model_options(find_cell(run.model.text("cell"))), &run.model}})
    for (const Option& option : options)
      if (option.name == key) return !option.used || option.used(*settings) ? settings : nullptr;
  return nullptr;
}

std::string group_of(RunSpec run) {
  run.seed = 1;
  return run.canonical();
}

// The first run of each group, in order.
std::vector<const RunSpec*> groups_of(const std::vector<RunSpec>& runs) {
  std::vector<const RunSpec*> groups;
  std::set<std::string> seen;
  for (const RunSpec& run : runs)
    if (seen.insert(group_of(run)).second) groups.push_back(&run);
  return groups;
}

// How good a trial was, the best being the smallest.
struct Standing {
  double unsolved = 0, updates = 0, score = 0, loss = 0;
  auto key() const { return std::tuple(unsolved, unsolved > 0 ? 0.0 : updates, score, loss); }
};

}  // namespace

Tuning::Tuning(const std::string& file, const std::vector<Assignment>& written) {
  const std::vector<Option> options = tunable_options();
  for (const Assignment& a : written) {
    const std::string place = file + ":" + std::to_string(a.line) + ": [tuning] ";
    try {
      if (a.key == "trials") {
        trials_ = std::stoi(canonical_value(integer_option("trials", "1", 1, 1000, ""), a.value));
        continue;
      }
      if (a.key == "seeds") {
        for (const std::string& seed : listed_values(integer_option("seeds", "1", 0, 4294967295.0, ""), a.value))
          seeds_.push_back(std::stoull(seed));
        continue;
      }
      const auto option =
          std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == a.key; });
      if (option == options.end()) {
        std::vector<std::string> known = {"trials", "seeds"};
        for (const Option& o : options) known.push_back(o.name);
        throw UserError("unknown key '" + a.key + "'; it takes trials, seeds and options of training and models" +
                        did_you_mean(a.key, known));
      }
      Range range;
      range.option = *option;
      range.written = a.value;
      range.place = place;
      const auto dots = a.value.find("..");
      if (dots == std::string::npos || option->kind == Option::Kind::choice) {
        range.values = listed_values(*option, a.value);
      } else {
        std::string high = a.value.substr(dots + 2);
        const std::string form = a.key + " = " + a.value + " is neither a list nor a range such as 0.001..0.1 log";
        if (high.ends_with(" log")) {
          range.logarithmic = true;
          high.resize(high.size() - 4);
        }
        range.low = parsed_number(a.value.substr(0, dots), form);
        range.high = parsed_number(high, form);
        if (!(range.low < range.high) || (range.logarithmic && range.low <= 0))
          throw UserError(form + " with low < high" + (range.logarithmic ? ", both above 0" : ""));
        for (const double end : {range.low, range.high}) canonical_value(*option, spelled(*option, end));
      }
      ranges_.push_back(std::move(range));
    } catch (const UserError& error) {
      throw UserError(place + error.what());
    }
  }
  if (trials_ == 0 || seeds_.empty() || ranges_.empty())
    throw UserError(file + ": [tuning] needs trials, seeds and at least one option's range");
}

std::vector<std::string> Tuning::keys() const {
  std::vector<std::string> keys;
  for (const Range& range : ranges_) keys.push_back(range.option.name);
  return keys;
}

std::string Tuning::text() const {
  std::string text = std::to_string(trials_) + " random trials and the settings of the file x " +
                     std::to_string(seeds_.size()) + (seeds_.size() == 1 ? " seed: " : " seeds: ");
  for (std::size_t i = 0; i < ranges_.size(); ++i)
    text += (i ? "; " : "") + ranges_[i].option.name + " in " + ranges_[i].written;
  return text;
}

std::string Tuning::Range::value(int trial) const {
  const auto stream_of = [&](std::size_t number) {
    return Stream(0, Purpose::tuning, static_cast<std::uint32_t>(fnv1a(option.name)),
                  static_cast<std::uint32_t>(number));
  };
  if (!values.empty()) {  // shuffled anew for every round through the list
    std::vector<std::string> round = values;
    Stream stream = stream_of(trial / values.size());
    for (std::size_t left = round.size(); left > 1; --left)
      std::swap(round[left - 1], round[stream.below(static_cast<std::uint32_t>(left))]);
    return round[trial % round.size()];
  }
  Stream stream = stream_of(trial);
  const double u = stream.uniform();
  const double x = logarithmic ? low * math::exp(u * (math::log(high) - math::log(low))) : low + u * (high - low);
  return canonical_value(option, spelled(option, x));
}

void Tuning::check(const std::vector<RunSpec>& runs) const {
  for (const Range& range : ranges_) {
    const std::string& key = range.option.name;
    bool read = false;
    // A run without its value of the option -> the value.
    std::map<std::string, std::string> values;
    for (RunSpec run : runs) {
      Settings* settings = holder(run, key);
      if (settings == nullptr) continue;
      read = true;
      const std::string value = settings->text(key);
      settings->set(key, range.value(0));
      const auto [known, is_new] = values.try_emplace(run.canonical(), value);
      if (!is_new && known->second != value)
        throw UserError(range.place + key + " is searched, but the grid has several values of it (" + known->second +
                        ", " + value + "), which the search would make one");
    }
    if (!read) throw UserError(range.place + key + " = " + range.written + " is read by no run of this grid");
  }
}

RunSpec Tuning::trial(const RunSpec& run, int number, std::uint64_t seed) const {
  RunSpec changed = run;
  changed.seed = seed;
  if (is_declared(number)) return changed;
  for (const Range& range : ranges_) {
    Settings* settings = holder(changed, range.option.name);
    if (settings != nullptr) settings->set(range.option.name, range.value(number));
  }
  return changed;
}

std::vector<RunSpec> Tuning::trial_runs(const std::vector<RunSpec>& runs) const {
  std::vector<RunSpec> trials;
  std::set<std::string> seen;
  for (const RunSpec* group : groups_of(runs))
    for (int number = 0; number < candidates(); ++number)
      for (const std::uint64_t seed : seeds_) {
        RunSpec run = trial(*group, number, seed);
        if (seen.insert(run.canonical()).second) trials.push_back(std::move(run));
      }
  return trials;
}

std::optional<TunedExperiment> tuned(const Tuning& tuning, const std::vector<RunSpec>& runs,
                                     const ResultsFolder& results_folder) {
  std::optional<Record> record;
  return tuned(tuning, runs, [&](const std::string& id) {
    record = results_folder.load(id);
    return record ? &*record : nullptr;
  });
}

std::optional<TunedExperiment> tuned(const Tuning& tuning, const std::vector<RunSpec>& runs, const FindRecord& find) {
  TunedExperiment experiment;
  std::map<std::string, std::size_t> choice_of;
  for (const RunSpec* group : groups_of(runs)) {
    TuningChoice choice;
    choice.group = group_of(*group);
    std::optional<Standing> best;
    for (int number = 0; number < tuning.candidates(); ++number) {
      Standing standing;
      std::optional<double> mean_score = 0;
      const double share = 1.0 / static_cast<double>(tuning.seeds().size());
      for (const std::uint64_t seed : tuning.seeds()) {
        const Record* record = find(tuning.trial(*group, number, seed).id());
        if (record == nullptr) return std::nullopt;
        const Json& result = record->result;
        const Json& validation = result.at("final").at("validation");
        choice.measure = result.at("measure").at("name");
        const double sign = result.at("measure").at("higher_is_better") ? -1 : 1;
        const auto number_or = [](const Json& value, double otherwise) {
          return value.is_number() ? value.get<double>() : otherwise;
        };
        const bool failed = result.at("status") == "diverged";
        standing.unsolved += failed || !result.at("solved").get<bool>();
        standing.updates += number_or(result.at("updates_to_solve"), 0) * share;
        const double score = failed ? sign * 1e30 : number_or(validation.at(choice.measure), sign * 1e30);
        standing.score += sign * score * share;
        standing.loss += failed ? 1e30 : number_or(validation.at("loss"), 1e30) * share;
        mean_score = failed || !mean_score ? std::nullopt : std::optional(*mean_score + score * share);
      }
      if (best && best->key() <= standing.key()) continue;
      best = standing;
      choice.trial = number;
      choice.score = mean_score;
    }
    RunSpec chosen = tuning.trial(*group, choice.trial, 1);
    for (const std::string& key : tuning.keys())
      if (const Settings* settings = holder(chosen, key)) choice.values.emplace_back(key, settings->text(key));
    choice_of[choice.group] = experiment.choices.size();
    experiment.choices.push_back(std::move(choice));
  }
  for (const RunSpec& run : runs) {
    const TuningChoice& choice = experiment.choices[choice_of.at(group_of(run))];
    experiment.runs.push_back(tuning.trial(run, choice.trial, run.seed));
  }
  return experiment;
}

}  // namespace rnnbench::experiments
