#include "analysis/measurement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "analysis/format.h"
#include "analysis/imported.h"
#include "core/error.h"
#include "core/text.h"

namespace rnnbench::analysis {
namespace {

// Of these a run has one number; the endings (" at 200") go with scores.
const std::set<std::string> of_the_run = {"solved",
                                          "diverged",
                                          "gap",
                                          "updates_to_solve",
                                          "cpu_seconds_to_solve",
                                          "cpu_ms_per_update",
                                          "wall_ms_per_update",
                                          "parameters",
                                          "hidden",
                                          "state_size"};

constexpr std::int64_t max_length = 1'000'000;  // of every task

// Nothing when there is no such key; not a number when what was measured was none (null in the record).
std::optional<double> number_in(const Json& object, const std::string& key) {
  if (!object.contains(key)) return std::nullopt;
  const Json& value = object.at(key);
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

// The number between `mark` and `unit` at the end of the text; what was read is cut off.
std::optional<double> cut_number(std::string& text, const std::string& mark, const std::string& unit) {
  const auto at = text.rfind(mark);
  if (at == std::string::npos || !text.ends_with(unit)) return std::nullopt;
  const std::size_t begin = at + mark.size();
  if (begin + unit.size() > text.size()) return std::nullopt;
  const auto value = parse_number<double>(std::string_view(text).substr(begin, text.size() - unit.size() - begin));
  if (value) text.resize(at);
  return value;
}

std::optional<double> score_in(const Measurement& m, const Json& scores, const Json& result) {
  const auto loss = number_in(scores, "loss");
  const double baseline = result.at("baseline").get<double>();
  if (m.name == "relative_loss") return loss ? std::optional(*loss / baseline) : std::nullopt;
  if (m.name != "skill") return number_in(scores, m.name);
  if (!loss || result.at("optimum").is_null()) return std::nullopt;
  return (baseline - *loss) / (baseline - result.at("optimum").get<double>());
}

std::optional<double> score_after(const Measurement& m, const Record& record) {
  const Json& seconds = record.measured.at("curve_cpu_seconds");
  const Json& curve = record.result.at("curve");
  std::optional<double> value;
  for (std::size_t i = 0; i < curve.size() && i < seconds.size(); ++i)
    if (seconds[i].get<double>() <= *m.seconds) value = score_in(m, curve[i], record.result);
  return value;
}

std::int64_t trained_length(const Json& lengths) {
  for (const Json& entry : lengths)
    if (entry.at("trained")) return entry.at("length");
  return 0;
}

std::optional<double> score_at_lengths(const Measurement& m, const Json& result) {
  const std::int64_t trained = trained_length(result.at("lengths"));
  double sum = 0;
  int count = 0;
  for (const Json& entry : result.at("lengths")) {
    const std::int64_t length = entry.at("length");
    if (m.length ? length != *m.length : length <= trained) continue;
    const auto value = score_in(m, entry, result);
    if (!value) return std::nullopt;
    sum += *value;
    ++count;
  }
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

std::optional<double> time_to_solve(const Run& run, const Json& object, const std::string& key, double otherwise) {
  if (!run.solved()) return otherwise;
  return number_in(object, key);
}

std::optional<double> recorded_number(const Measurement& m, const Run& run) {
  if (run.imported) return imported_number(m.text, *run.imported);
  if (!run.recorded()) return std::nullopt;
  const Json& result = run.record->result;
  const Json& measured = run.record->measured;
  if (m.name == "diverged") return run.diverged();
  if (m.name == "solved") return run.solved();
  if (m.name == "parameters" || m.name == "hidden" || m.name == "state_size") return number_in(result, m.name);
  if (m.name == "updates_to_solve")
    return time_to_solve(run, result, "updates_to_solve", run.spec.at("training").at("updates").get<double>());
  // A run that diverged early has spent little time, which is no merit.
  if (m.name == "cpu_seconds_to_solve" && !run.diverged())
    return time_to_solve(run, measured, "cpu_seconds_to_solve", measured.at("train_cpu_seconds").get<double>());
  // Also of a run that diverged later.
  if (m.untrained && !result.at("curve").empty()) return score_in(m, result.at("curve").front(), result);
  if (run.diverged()) return std::nullopt;
  if (m.name == "cpu_ms_per_update") return cpu_ms_per_update(*run.record);
  if (m.name == "wall_ms_per_update") return wall_ms_per_update(*run.record);
  const Json& final_scores = result.at("final");
  if (m.name == "gap") {
    if (!final_scores.contains("training")) return std::nullopt;
    const auto test = number_in(final_scores.at("test"), "loss"),
               training = number_in(final_scores.at("training"), "loss");
    return test && training ? std::optional(*test - *training) : std::nullopt;
  }
  if (result.contains("probe"))
    if (const auto value = number_in(result.at("probe").at("scalars"), m.name)) return value;
  if (m.name == "bits_per_parameter") {  // where the task counts all stored bits, not those of an item
    if (result.at("measure").at("name") != "bits") return std::nullopt;
    const auto bits = number_in(final_scores.at("test"), "bits");
    return bits ? std::optional(*bits / result.at("parameters").get<double>()) : std::nullopt;
  }
  if (m.seconds) return score_after(m, *run.record);
  if (m.length || m.beyond) return score_at_lengths(m, result);
  return score_in(m, final_scores.at("test"), result);
}

// How long the run was trained, in the unit of this time to solve: at least its budget of updates, or its CPU seconds.
std::optional<double> training_time(const Measurement& m, const Run& run) {
  if (m.name == "updates_to_solve" && !run.imported) return run.spec.at("training").at("updates").get<double>();
  if (m.name == "cpu_seconds_to_solve" && run.recorded()) return number_in(run.record->measured, "train_cpu_seconds");
  return std::nullopt;
}

// The test lengths longer than that of training.
std::set<std::int64_t> lengths_beyond(const Json& lengths, std::int64_t trained) {
  std::set<std::int64_t> beyond;
  for (const Json& entry : lengths)
    if (const std::int64_t length = entry.at("length"); length > trained) beyond.insert(length);
  return beyond;
}

// Measures whose definition has changed since protocols are frozen, with their version. All others have version 1.
const std::map<std::string, int> versions = {};

}  // namespace

int measurement_version(const Measurement& measurement) {
  const auto found = versions.find(measurement.name);
  return found == versions.end() ? 1 : found->second;
}

Measurement parse_measurement(const std::string& text) {
  Measurement m;
  m.text = m.name = text;
  if (text.empty()) throw UserError("a measure is missing");
  m.seconds = cut_number(m.name, " after ", " s");
  if (m.seconds && !(*m.seconds >= 0 && std::isfinite(*m.seconds)))
    throw UserError("measure '" + text + "': a time is a number of seconds from 0 on");
  if (const auto length = cut_number(m.name, " at ", "")) {
    if (!(*length >= 1 && *length <= static_cast<double>(max_length)) || *length != std::floor(*length))
      throw UserError("measure '" + text + "': a length is a whole number from 1 to " + std::to_string(max_length));
    m.length = static_cast<std::int64_t>(*length);
  }
  if (const std::string mark = " beyond"; m.name.ends_with(mark)) {
    m.beyond = true;
    m.name.resize(m.name.size() - mark.size());
  }
  if (const std::string mark = " before training"; m.name.ends_with(mark)) {
    m.untrained = true;
    m.name.resize(m.name.size() - mark.size());
  }
  if (m.name == "ms_per_update") {  // the name of files from before there were two, see experiments/records/record.h
    m.name = "cpu_ms_per_update";
    if (m.text == "ms_per_update") m.text = m.name;
  }
  const int endings = m.length.has_value() + m.seconds.has_value() + m.beyond + m.untrained;
  if (endings > 1)
    throw UserError("measure '" + text + "' takes one of 'at LENGTH', 'beyond', 'after N s' and 'before training'");
  if (endings == 1 && of_the_run.contains(m.name))
    throw UserError("measure '" + text + "': '" + m.name + "' is one number of a run, not a score; write it alone");
  if ((m.length || m.beyond) && (m.name == "relative_loss" || m.name == "skill"))
    throw UserError("measure '" + text + "': " + m.name +
                    " is relative to the loss of a model without memory, which records state for the training length "
                    "only; compare loss or another score at test lengths");
  return m;
}

bool is_score(const std::string& name) {
  const Measurement m = parse_measurement(name);
  return m.name == name && m.text == name && !of_the_run.contains(name) && rates_runs(m);
}

bool is_time_to_solve(const Measurement& m) { return m.name == "updates_to_solve" || m.name == "cpu_seconds_to_solve"; }

bool is_unsolved(const Measurement& m, const Run& run) {
  return is_time_to_solve(m) && run.recorded() && !run.solved();
}

bool is_of_solving(const Measurement& m) { return m.name == "solved" || is_time_to_solve(m); }

bool is_time(const Measurement& m) {
  return m.seconds || m.name == "cpu_seconds_to_solve" || m.name == "cpu_ms_per_update" ||
         m.name == "wall_ms_per_update";
}

std::string unreliable_times(const std::vector<const Run*>& runs) {
  std::size_t busy = 0;
  std::set<std::string> cpus;
  for (const Run* run : runs) {
    if (run->imported)
      return "the times of imported runs were measured by other programs, and perhaps on other machines";
    if (!run->recorded()) continue;
    busy += timed_on_busy_machine(*run->record);
    cpus.insert(run->record->measured.value("cpu", "unknown"));
  }
  if (busy > 0) return std::to_string(busy) + " of " + counted(runs.size(), "run") + " were timed on a busy machine";
  if (cpus.size() > 1)
    return "the runs were timed on different CPUs (" + join(std::vector<std::string>(cpus.begin(), cpus.end()), "; ") +
           ")";
  return "";
}

std::optional<double> value_of(const Measurement& m, const Run& run) {
  const auto number = recorded_number(m, run);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

bool has_measure(const Measurement& m, const Run& run) { return recorded_number(m, run).has_value(); }

bool of_a_probe(const Measurement& m, const Run& run) {
  return run.recorded() && run.record->result.contains("probe") &&
         run.record->result.at("probe").at("scalars").contains(m.name);
}

std::vector<std::string> known_measures(const std::vector<const Run*>& runs) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    const auto has = [&](const Run* run) { return has_measure(parse_measurement(name), *run); };
    if (std::any_of(runs.begin(), runs.end(), has)) names.push_back(name);
  };
  for (const Run* run : runs) {
    if (run->imported)
      for (const std::string& name : {run->imported->measure, std::string("diverged"), std::string("parameters"),
                                      std::string("wall_ms_per_update")})
        add(name);
    if (!run->recorded()) continue;
    const Json& result = run->record->result;
    add(result.at("measure").at("name"));
    for (const auto& [name, score] : result.at("final").at("test").items()) add(name);
    for (const char* name : {"relative_loss", "skill", "bits_per_parameter"}) add(name);
    for (const std::string& name : of_the_run) add(name);
    if (result.contains("probe"))
      for (const auto& [name, scalar] : result.at("probe").at("scalars").items()) add(name);
  }
  return names;
}

std::vector<const Run*> pointers(const std::vector<Run>& runs) {
  std::vector<const Run*> result;
  for (const Run& run : runs) result.push_back(&run);
  return result;
}

std::vector<const Run*> runs_of(const TaskRuns& task) {
  std::vector<const Run*> result;
  for (const ModelRuns& model : task.models)
    for (const Run& run : model.runs) result.push_back(&run);
  return result;
}

std::vector<const Run*> runs_beside(const TaskRuns& task, const ModelRuns& model) {
  std::vector<const Run*> runs = runs_of(task);
  if (!model.imported()) std::erase_if(runs, [](const Run* run) { return run->imported.has_value(); });
  return runs;
}

void check_measure(const TaskRuns& task, const Measurement& measurement) {
  const std::vector<const Run*> runs = runs_of(task);
  const auto has = [&](const Run* run) { return has_measure(measurement, *run); };
  if (std::none_of(runs.begin(), runs.end(), has)) {
    std::vector<std::string> known = known_measures(runs);
    throw UserError("measure = " + measurement.text + " is not a number of the runs on task " + task.label +
                    ", which have " + join(known) +
                    "; of scores also those 'at LENGTH' (a test length), 'beyond' (the mean over longer ones), "
                    "'after N s' and 'before training'" +
                    did_you_mean(measurement.name, known));
  }
  if (is_of_solving(measurement) && !task.judges_solving)
    throw UserError("measure = " + measurement.text +
                    " needs runs with evaluate = " + std::to_string(min_evaluate_to_solve) +
                    " or more, which those on task " + task.label + " do not have");
}

void check_measure(const Study& study, const std::string& measure) {
  const Measurement measurement = parse_measurement(measure);
  for (const TaskRuns& task : study.tasks)
    if (!task.measure.empty()) check_measure(task, measurement);
}

void check_lengths_beyond(const Measurement& m, const std::vector<const Run*>& runs) {
  if (!m.beyond) return;
  std::map<std::int64_t, std::set<std::int64_t>> tested;  // by training length
  for (const Run* run : runs) {
    if (!run->recorded() || run->diverged()) continue;
    const Json& lengths = run->record->result.at("lengths");
    const std::int64_t trained = trained_length(lengths);
    const std::set<std::int64_t> beyond = lengths_beyond(lengths, trained);
    const std::set<std::int64_t>& first = tested.try_emplace(trained, beyond).first->second;
    const auto text = [](const std::set<std::int64_t>& list) {
      return list.empty() ? std::string("none")
                          : join(list, [](std::int64_t length) { return std::to_string(length); });
    };
    if (beyond != first)
      throw UserError("measure = " + m.text + " is a mean over the test lengths beyond training, which differ: " +
                      text(first) + " and " + text(beyond) + "; compare a score at one length");
  }
}

bool higher_is_better(const Measurement& m, const std::vector<const Run*>& runs) {
  std::string name = m.name;  // of a score, also where a probe has measured it
  for (const std::string& prefix : {std::string("untrained "), std::string("saturated ")})
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
  for (const Run* run : runs) {
    if (run->imported && run->imported->measure == name) return run->imported->higher_is_better;
    if (!run->recorded()) continue;
    const Json& measure = run->record->result.at("measure");
    if (measure.at("name") == name) return measure.at("higher_is_better");
  }
  static const std::set<std::string> lower = {"loss",
                                              "mse",
                                              "excess",
                                              "frequencies",
                                              "relative_loss",
                                              "gap",
                                              "updates_to_solve",
                                              "cpu_seconds_to_solve",
                                              "cpu_ms_per_update",
                                              "wall_ms_per_update",
                                              "diverged",
                                              "parameters",
                                              "state_size"};
  return !lower.contains(name);
}

bool rates_runs(const Measurement& m) {
  return m.name != "parameters" && m.name != "hidden" && m.name != "state_size" &&
         m.name.find("gate ") == std::string::npos && m.name.find("gradient") == std::string::npos;
}

std::string measure_heading(const Measurement& m, const std::vector<const Run*>& runs) {
  if (!rates_runs(m)) return m.text;
  return m.text + (higher_is_better(m, runs) ? " (higher is better)" : " (lower is better)");
}

std::optional<double> value_of_failure(const Measurement& m, const std::vector<const Run*>& runs) {
  const auto probed = [&](const Run* run) { return of_a_probe(m, *run); };
  if (!rates_runs(m) || std::any_of(runs.begin(), runs.end(), probed)) return std::nullopt;
  if (m.name == "diverged") return 1;
  const bool higher = higher_is_better(m, runs);
  std::optional<double> worst;
  if (higher) worst = 0;
  for (const Run* run : runs) {
    std::vector<double> bounds;
    if (const auto value = value_of(m, *run)) bounds.push_back(*value);
    if (const auto time = training_time(m, *run); time && std::isfinite(*time)) bounds.push_back(*time);
    if (run->recorded()) {
      const Json& result = run->record->result;
      if (m.name == "relative_loss") bounds.push_back(1);
      const double baseline = result.at("baseline").get<double>();
      if (m.name == "loss" || (!higher && result.at("measure").at("name") == m.name)) bounds.push_back(baseline);
      if (m.name == "excess" && !result.at("optimum").is_null())
        bounds.push_back(baseline - result.at("optimum").get<double>());
    }
    for (const double bound : bounds)
      worst = !worst ? bound : higher ? std::min(*worst, bound) : std::max(*worst, bound);
  }
  return worst.value_or(0);
}

std::optional<double> value_or_failure(const Measurement& m, const Run& run, const std::optional<double>& failed) {
  if (is_unsolved(m, run)) return failed;
  if (const auto value = value_of(m, run)) return value;
  return run.imported && !has_measure(m, run) ? std::nullopt : failed;
}

}  // namespace rnnbench::analysis
