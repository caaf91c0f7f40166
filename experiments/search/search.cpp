#include "experiments/search/search.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "core/options.h"
#include "core/text.h"
#include "experiments/declaration/feasible.h"
#include "experiments/declaration/grid.h"
#include "experiments/search/choose.h"
#include "experiments/search/design.h"

namespace rnnbench::experiments {
namespace {

// To be raised with every change of seeds, promotion, schedules of rungs or choice.
constexpr int search_version = 1;

constexpr int max_points = 999, max_rung_seeds = 99;
const std::string default_rungs = "16 x 1 at 1/4, 5 x 2 at 1/2, 2 x 4 at 1";

// "1/4" or "0.25"; nothing unless it is in (0, 1].
std::optional<double> fraction_of(const std::string& text) {
  const auto slash = text.find('/');
  const auto above = parse_number<double>(text.substr(0, slash));
  const auto below = slash == std::string::npos ? 1.0 : parse_number<double>(text.substr(slash + 1));
  if (!above || !below || !(*above / *below > 0 && *above / *below <= 1)) return std::nullopt;
  return *above / *below;
}

Rung parsed_rung(const std::string& text) {
  std::vector<std::string> words = split(text, ' ');
  std::erase(words, "");
  if (words.size() == 5 && words[1] == "x" && words[3] == "at") {
    const auto points = parse_number<int>(words[0]), seeds = parse_number<int>(words[2]);
    const auto fraction = fraction_of(words[4]);
    if (points && *points >= 1 && *points <= max_points && seeds && *seeds >= 1 && *seeds <= max_rung_seeds && fraction)
      return {*points, *seeds, *fraction, join(words, " ")};
  }
  throw UserError("'" + text +
                  "' is not a rung such as 16 x 1 at 1/4: points (1 to 999) x seeds (1 to 99) at a fraction "
                  "of the updates (above 0, at most 1)");
}

std::vector<Rung> parsed_rungs(const std::string& value) {
  std::vector<Rung> rungs;
  for (const std::string& part : split(value)) {
    rungs.push_back(parsed_rung(part));
    if (rungs.size() < 2) continue;
    const Rung &before = rungs[rungs.size() - 2], &now = rungs.back();
    if (now.points >= before.points)
      throw UserError("'" + now.text + "' must have fewer points than the rung before it");
    if (now.fraction < before.fraction)
      throw UserError("'" + now.text + "' must not train for fewer updates than the rung before it");
  }
  if (rungs.size() > max_rungs)
    throw UserError("there are " + std::to_string(rungs.size()) + " rungs, but at most " + std::to_string(max_rungs) +
                    " are allowed");
  if (rungs.back().fraction != 1) throw UserError("the last rung must train for all updates: '... at 1'");
  return rungs;
}

std::string counted(int count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string written_fraction(const Rung& rung) { return rung.text.substr(rung.text.rfind(' ') + 1); }

// What check_feasible depends on: the settings of task and model, and some of training.
std::string feasibility_key(const RunSpec& run) {
  std::string key;
  for (const char* name : {"batch", "updates", "schedule", "warmup-updates", "stop", "evaluate", "evaluate-every",
                           "truncate", "truncate-update", "keep", "probe"})
    key += run.training.text(name) + "\n";
  for (const Settings* part : {&run.task, &run.model})
    for (const auto& [name, value] : part->values()) key += name + "=" + value + "\n";
  return key;
}

void limit_warmup(RunSpec& run, std::int64_t warmup) {
  const std::int64_t last = run.training.integer("updates") - 1;
  run.training.set("warmup-updates", std::to_string(std::min(warmup, last)));
}

}  // namespace

Search::Search(const std::string& file, const std::string& study, const std::vector<Assignment>& written)
    : file_(file),
      study_(study),
      rungs_place_(file + ": [search] "),
      select_place_(rungs_place_),
      space_(file),
      rungs_(parsed_rungs(default_rungs)) {
  for (const Assignment& a : written) {
    const std::string place = file + ":" + std::to_string(a.line) + ": [search] ";
    try {
      if (a.key == "rungs") {
        rungs_ = parsed_rungs(a.value);
        rungs_place_ = place;
      } else if (a.key == "select") {
        const std::string value = canonical_value(choice_option("select", "score", {"score", "time"}, ""), a.value);
        selects_time_ = value == "time";
        select_place_ = place;
      } else {
        space_.add(a, place);
      }
    } catch (const UserError& error) {
      throw UserError(place + (a.key == "rungs" ? "rungs: " : "") + error.what());
    }
  }
}

std::string Search::text() const {
  std::string text;
  for (std::size_t r = 0; r < rungs_.size(); ++r) {
    const Rung& rung = rungs_[r];
    const std::string size = r == 0 ? counted(rung.points, "point") + " x " + counted(rung.seeds, "seed")
                                    : std::to_string(rung.points) + " x " + std::to_string(rung.seeds);
    const std::string fraction = written_fraction(rung) + (r == 0 ? " of the updates" : "");
    text += (r == 0 ? "" : r == 1 ? ", then " : r + 1 == rungs_.size() ? " and " : ", ") + size + " at " + fraction;
  }
  text +=
      "; " + join(
                 space_.axes(), [](const SearchAxis& axis) { return axis.option.name + " in " + axis.written; }, "; ");
  return text + "; chosen by " + (selects_time_ ? "updates to solve" : "validation score");
}

std::string Search::canonical() const {
  std::string text = "search = " + std::to_string(search_version) + "\ndesign = " + std::to_string(design_version) +
                     "\nstudy = " + study_ + "\n";
  for (const SearchAxis& axis : space_.axes()) {
    const std::string range =
        !axis.values.empty() ? join(axis.values)
                             : number_text(axis.low) + ".." + number_text(axis.high) + (axis.logarithmic ? " log" : "");
    text += axis.option.name + " = " + range + " (dimension " + std::to_string(axis.dimension) + ")\n";
  }
  const auto rung_text = [](const Rung& rung) {
    return std::to_string(rung.points) + " x " + std::to_string(rung.seeds) + " at " + number_text(rung.fraction);
  };
  return text + "rungs = " + join(rungs_, rung_text) + "\nselect = " + (selects_time_ ? "time" : "score") + "\n";
}

void Search::limit_for_smoke() { rungs_ = parsed_rungs("1 x 1 at 1"); }

std::uint64_t Search::seed(char search, int rung, int seed) {
  return 1000u * (searches.find(search) + 1) + 100u * static_cast<unsigned>(rung + 1) + static_cast<unsigned>(seed + 1);
}

RunSpec Search::with_point(const RunSpec& run, char search, int point) const {
  RunSpec changed = run;
  space_.set_point(changed, study_, search, point);
  limit_warmup(changed, changed.training.integer("warmup-updates"));
  return changed;
}

RunSpec Search::trial(const RunSpec& run, char search, int rung, int point, int seed) const {
  RunSpec changed = run;
  space_.set_point(changed, study_, search, point);
  changed.seed = Search::seed(search, rung, seed);
  const double fraction = rungs_.at(rung).fraction;
  const auto part_of = [&](const char* key) {
    return std::llround(static_cast<double>(changed.training.integer(key)) * fraction);
  };
  changed.training.set("updates", std::to_string(std::max(1LL, part_of("updates"))));
  limit_warmup(changed, part_of("warmup-updates"));
  // The choice depends on validation scores alone, so nothing else is measured.
  changed.training.set("probe", "none");
  if (changed.task.has("test-length")) changed.task.set("test-length", "");
  return changed;
}

std::vector<std::pair<std::string, std::string>> Search::values(const RunSpec& run) const {
  std::vector<std::pair<std::string, std::string>> values;
  for (const std::string& key : keys())
    if (const std::string* value = used_value(run, key)) values.emplace_back(key, *value);
  return values;
}

std::vector<RunSpec> Search::planned_trials(const std::vector<RunSpec>& runs, char search) const {
  std::vector<RunSpec> planned;
  for (const RunSpec* group : groups_of(runs))
    for (std::size_t r = 0; r < rungs_.size(); ++r)
      for (int i = 0; i < rungs_[r].points * rungs_[r].seeds; ++i)
        planned.push_back(trial(*group, search, static_cast<int>(r), 0, i % rungs_[r].seeds));
  return planned;
}

void Search::check(const std::vector<RunSpec>& runs) const {
  const std::vector<const RunSpec*> groups = groups_of(runs);
  std::size_t trials = 0;
  std::map<std::uint64_t, std::string> tuning_seeds;  // and what they are for
  for (std::size_t r = 0; r < rungs_.size(); ++r) {
    trials += groups.size() * static_cast<std::size_t>(rungs_[r].points * rungs_[r].seeds);
    for (const char letter : searches)
      for (int s = 0; s < rungs_[r].seeds; ++s)
        tuning_seeds[seed(letter, static_cast<int>(r), s)] =
            std::string("search ") + letter + ", rung " + std::to_string(r + 1);
  }
  if (trials > max_runs)
    throw UserError(rungs_place_ + "the search has more than the maximum of " + std::to_string(max_runs) +
                    " trials: " + std::to_string(groups.size()) + " combinations of task and model, rungs = " +
                    join(rungs_, [](const Rung& rung) { return rung.text; }));
  for (const RunSpec& run : runs) {
    if (const auto found = tuning_seeds.find(run.seed); found != tuning_seeds.end())
      throw UserError(file_ + ": seed = " + std::to_string(run.seed) + " is a seed of the search (" + found->second +
                      "), so it cannot be reported; tuning seeds are 1000 (search A) or 2000 (search B) + 100 x rung "
                      "+ number");
    if (selects_time_ && !can_decide_solving(run))
      throw UserError(select_place_ +
                      "select = time needs runs that can decide whether they solved their task: set "
                      "evaluate to " +
                      std::to_string(min_evaluate_to_solve) + " or more");
  }
  check_axes(runs);
  check_trials(groups);
}

// Every searched option is used by some trial, and no runs are compared by it.
void Search::check_axes(const std::vector<RunSpec>& runs) const {
  const int points = std::max(16, rungs_.front().points);  // also when a smoke test trains only one
  for (const SearchAxis& axis : space_.axes()) {
    const std::string& key = axis.option.name;
    std::map<std::string, std::string> values;  // of the option, by the canonical text of the run without it
    for (RunSpec run : runs) {
      const std::string* used = used_value(run, key);
      if (used == nullptr) continue;
      const std::string value = *used;
      settings_with(run, key)->set(key, axis.value_at(0));
      const auto [known, is_new] = values.try_emplace(run.canonical(), value);
      if (!is_new && known->second != value)
        throw UserError(axis.place + key + " cannot be searched, because runs of the grid are compared by it (" +
                        known->second + ", " + value + ")");
    }
    const auto is_used_by = [&](const RunSpec* run) {
      for (const char letter : searches)
        for (int point = 0; point < points; ++point)
          if (used_value(with_point(*run, letter, point), key)) return true;
      return false;
    };
    const auto groups = groups_of(runs);
    if (std::none_of(groups.begin(), groups.end(), is_used_by))
      throw UserError(axis.place + key + " = " + axis.written + " is used by no run of this grid");
  }
}

// Every trial can be trained.
void Search::check_trials(const std::vector<const RunSpec*>& groups) const {
  std::set<std::string> checked;
  for (const RunSpec* group : groups)
    for (const char letter : searches)
      for (std::size_t r = 0; r < rungs_.size(); ++r)
        for (int point = 0; point < rungs_.front().points; ++point) {
          const RunSpec run = trial(*group, letter, static_cast<int>(r), point, 0);
          if (!checked.insert(feasibility_key(run)).second || !missing_input({run}).empty()) continue;
          try {
            check_feasible(run);
          } catch (const UserError& error) {
            const std::string sentence = error.what();
            for (const SearchAxis& axis : space_.axes())
              if ((" " + sentence).find(" " + axis.option.name + " = ") != std::string::npos)
                throw UserError(axis.place + sentence);
            throw UserError(rungs_place_ + "a trial cannot be trained: " + sentence);
          }
        }
}

}  // namespace rnnbench::experiments
