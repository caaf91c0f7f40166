#include "experiments/running/tuning.h"

#include <cstdio>
#include <map>
#include <set>
#include <tuple>

#include "core/error.h"
#include "core/hash.h"
#include "core/math.h"
#include "core/options.h"
#include "core/stream.h"
#include "core/text.h"
#include "experiments/declaration/grid.h"
#include "experiments/declaration/training_options.h"
#include "models/catalogue.h"
#include "models/network.h"

namespace rnnbench::experiments {
namespace {

// The options that a search may vary: those of training and of models, except what runs are compared by.
std::vector<Option> tunable_options() {
  std::vector<Option> options;
  std::set<std::string> seen = {"cell",    "hidden", "budget",   "state-budget", "seed",
                                "updates", "stop",   "evaluate", "probe"};
  const auto add = [&](const std::vector<Option>& more) {
    for (const Option& option : more)
      if (option.kind != Option::Kind::integers && option.kind != Option::Kind::text && seen.insert(option.name).second)
        options.push_back(option);
  };
  add(training_options());
  for (const CellEntry& cell : all_cells()) add(model_options(cell));
  return options;
}

// Values of integer options as whole numbers, others with three significant digits.
std::string value_text(const Option& option, double value) {
  if (option.kind == Option::Kind::integer) return std::to_string(static_cast<std::int64_t>(value + 0.5));
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

// The settings of the run that have this option, or nullptr when the run does not use it.
Settings* settings_with(RunSpec& run, const std::string& key) {
  for (const auto& [options, settings] : {std::pair{training_options(), &run.training},
                                          std::pair{model_options(find_cell(run.model.text("cell"))), &run.model}})
    for (const Option& option : options)
      if (option.name == key) return !option.used || option.used(*settings) ? settings : nullptr;
  return nullptr;
}

// Runs that differ only in the seed are one group; this is its name.
std::string group_of(RunSpec run) {
  run.seed = 1;
  return run.canonical();
}

// The first run of each group, in the order of `runs`.
std::vector<const RunSpec*> groups_of(const std::vector<RunSpec>& runs) {
  std::vector<const RunSpec*> groups;
  std::set<std::string> seen;
  for (const RunSpec& run : runs)
    if (seen.insert(group_of(run)).second) groups.push_back(&run);
  return groups;
}

// How well a trial did over the seeds of the search.
struct TrialOutcome {
  double unsolved = 0;                       // number of seeds
  double updates = 0, score = 0, loss = 0;   // means over seeds; of `score`, smaller is better
  std::optional<double> mean_measure = 0.0;  // the task's measure; nothing when a run diverged
  std::string measure;
  bool all_diverged = true;
  // The best trial has the smallest key. Updates count when every seed solved the task.
  auto key() const { return std::tuple(unsolved, unsolved > 0 ? 0.0 : updates, score, loss); }
};

double number_or(const Json& value, double otherwise) { return value.is_number() ? value.get<double>() : otherwise; }

// Nothing when a run of the trial has no record yet.
std::optional<TrialOutcome> trial_outcome(const Tuning& tuning, const RunSpec& group, int number,
                                          const FindRecord& find) {
  constexpr double worst = 1e30;  // score and loss of a run that diverged
  const double weight = 1.0 / static_cast<double>(tuning.seeds().size());
  TrialOutcome outcome;
  for (const std::uint64_t seed : tuning.seeds()) {
    const Record* record = find(tuning.trial(group, number, seed).id());
    if (record == nullptr) return std::nullopt;
    const Json& result = record->result;
    const Json& validation = result.at("final").at("validation");
    outcome.measure = result.at("measure").at("name");
    const double sign = result.at("measure").at("higher_is_better") ? -1 : 1;
    const bool failed = result.at("status") == "diverged";
    outcome.unsolved += failed || !result.at("solved").get<bool>();
    outcome.updates += number_or(result.at("updates_to_solve"), 0) * weight;
    const double value = failed ? sign * worst : number_or(validation.at(outcome.measure), sign * worst);
    outcome.score += sign * value * weight;
    outcome.loss += failed ? worst : number_or(validation.at("loss"), worst) * weight;
    outcome.all_diverged = outcome.all_diverged && failed;
    if (failed) outcome.mean_measure.reset();
    if (outcome.mean_measure) *outcome.mean_measure += value * weight;
  }
  return outcome;
}

std::optional<TuningChoice> best_trial(const Tuning& tuning, const RunSpec& group, const FindRecord& find) {
  TuningChoice choice;
  choice.group = group_of(group);
  std::optional<TrialOutcome> best;
  for (int number = 0; number < tuning.candidates(); ++number) {
    const auto outcome = trial_outcome(tuning, group, number, find);
    if (!outcome) return std::nullopt;
    choice.measure = outcome->measure;
    choice.all_diverged = outcome->all_diverged && (number == 0 || choice.all_diverged);
    if (best && best->key() <= outcome->key()) continue;
    best = outcome;
    choice.trial = number;
    choice.score = outcome->mean_measure;
  }
  RunSpec chosen = tuning.trial(group, choice.trial, 1);
  for (const std::string& key : tuning.keys())
    if (const Settings* settings = settings_with(chosen, key)) choice.values.emplace_back(key, settings->text(key));
  return choice;
}

}  // namespace

Tuning::Tuning(const std::string& file, const std::vector<Assignment>& written) {
  const std::vector<Option> options = tunable_options();
  for (const Assignment& a : written) {
    const std::string place = file + ":" + std::to_string(a.line) + ": [tuning] ";
    try {
      if (a.key == "trials") {
        trials_ = std::stoi(canonical_value(integer_option("trials", "1", 1, 1000, ""), a.value));
      } else if (a.key == "seeds") {
        for (const std::string& seed : listed_values(integer_option("seeds", "1", 0, 4294967295.0, ""), a.value))
          seeds_.push_back(std::stoull(seed));
      } else {
        ranges_.push_back(parse_range(a, options));
        ranges_.back().place = place;
      }
    } catch (const UserError& error) {
      throw UserError(place + error.what());
    }
  }
  if (trials_ == 0 || seeds_.empty() || ranges_.empty())
    throw UserError(file + ": [tuning] needs trials, seeds and a list or range for at least one option");
}

Tuning::Range Tuning::parse_range(const Assignment& a, const std::vector<Option>& options) {
  const auto option = std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == a.key; });
  if (option == options.end()) {
    std::vector<std::string> known = {"trials", "seeds"};
    for (const Option& o : options) known.push_back(o.name);
    throw UserError("unknown key '" + a.key + "'; allowed are trials, seeds and options of training and models" +
                    did_you_mean(a.key, known));
  }
  Range range;
  range.option = *option;
  range.written = a.value;
  const auto dots = a.value.find("..");
  if (dots == std::string::npos || option->kind == Option::Kind::choice) {
    range.values = listed_values(*option, a.value);
    return range;
  }
  const std::string problem = a.key + " = " + a.value + " is neither a list nor a range such as 0.001..0.1 log";
  std::string high_text = a.value.substr(dots + 2);
  if (high_text.ends_with(" log")) {
    range.logarithmic = true;
    high_text.resize(high_text.size() - 4);
  }
  const auto low = parse_number<double>(trim(a.value.substr(0, dots))), high = parse_number<double>(trim(high_text));
  if (!low || !high) throw UserError(problem);
  if (!(*low < *high) || (range.logarithmic && *low <= 0))
    throw UserError(problem + " with low < high" + (range.logarithmic ? ", both above 0" : ""));
  for (const double end : {*low, *high}) canonical_value(*option, value_text(*option, end));
  range.low = *low;
  range.high = *high;
  return range;
}

std::vector<std::string> Tuning::keys() const {
  std::vector<std::string> keys;
  for (const Range& range : ranges_) keys.push_back(range.option.name);
  return keys;
}

std::string Tuning::text() const {
  std::string text = std::to_string(trials_) + " random trials and the settings of the file x " +
                     std::to_string(seeds_.size()) + (seeds_.size() == 1 ? " seed: " : " seeds: ");
  return text + join(
                    ranges_, [](const Range& range) { return range.option.name + " in " + range.written; }, "; ");
}

std::string Tuning::Range::value(int trial) const {
  const auto stream_of = [&](std::size_t number) {
    return Stream(0, Purpose::tuning, static_cast<std::uint32_t>(fnv1a(option.name)),
                  static_cast<std::uint32_t>(number));
  };
  if (!values.empty()) {  // the list is shuffled again each time all of its values have been tried
    std::vector<std::string> round = values;
    Stream stream = stream_of(trial / values.size());
    for (std::size_t left = round.size(); left > 1; --left)
      std::swap(round[left - 1], round[stream.below(static_cast<std::uint32_t>(left))]);
    return round[trial % round.size()];
  }
  Stream stream = stream_of(trial);
  const double u = stream.uniform();
  const double x = logarithmic ? low * math::exp(u * (math::log(high) - math::log(low))) : low + u * (high - low);
  return canonical_value(option, value_text(option, x));
}

void Tuning::check(const std::vector<RunSpec>& runs) const {
  for (const Range& range : ranges_) {
    const std::string& key = range.option.name;
    bool used = false;
    std::map<std::string, std::string> values;  // of the option, by the canonical text of the run without it
    for (RunSpec run : runs) {
      Settings* settings = settings_with(run, key);
      if (settings == nullptr) continue;
      used = true;
      const std::string value = settings->text(key);
      settings->set(key, range.value(0));
      const auto [known, is_new] = values.try_emplace(run.canonical(), value);
      if (!is_new && known->second != value)
        throw UserError(range.place + key + " cannot be searched, because runs of the grid are compared by it (" +
                        known->second + ", " + value + ")");
    }
    if (!used) throw UserError(range.place + key + " = " + range.written + " is used by no run of this grid");
  }
  const std::size_t groups = groups_of(runs).size();
  if (groups * static_cast<std::size_t>(candidates()) * seeds_.size() > max_runs)
    throw UserError(ranges_.front().place + "the search has more than the maximum of " + std::to_string(max_runs) +
                    " runs: " + std::to_string(groups) + " combinations of task and model, " +
                    std::to_string(candidates()) + " settings, " + std::to_string(seeds_.size()) + " seeds");
}

RunSpec Tuning::trial(const RunSpec& run, int number, std::uint64_t seed) const {
  RunSpec changed = run;
  changed.seed = seed;
  if (is_declared(number)) return changed;
  for (const Range& range : ranges_) {
    Settings* settings = settings_with(changed, range.option.name);
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
  std::map<std::string, std::size_t> choice_of;  // by group
  for (const RunSpec* group : groups_of(runs)) {
    auto choice = best_trial(tuning, *group, find);
    if (!choice) return std::nullopt;
    choice_of[choice->group] = experiment.choices.size();
    experiment.choices.push_back(std::move(*choice));
  }
  for (const RunSpec& run : runs) {
    const TuningChoice& choice = experiment.choices[choice_of.at(group_of(run))];
    experiment.runs.push_back(tuning.trial(run, choice.trial, run.seed));
  }
  return experiment;
}

}  // namespace rnnbench::experiments
