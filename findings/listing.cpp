#include "findings/listing.h"

#include <algorithm>
#include <set>

#include "analysis/format.h"
#include "analysis/latex.h"
#include "core/text.h"
#include "experiments/search/choose.h"

namespace rnnbench::findings {
namespace {

// Whether runs of the study differ in this setting.
bool varies(const std::vector<RunSpec>& runs, const std::string& key) {
  std::set<std::string> values;
  for (const RunSpec& run : runs)
    for (const Settings* settings : {&run.task, &run.model, &run.training})
      if (settings->values().contains(key)) values.insert(settings->text(key));
  return values.size() > 1 && key != "task" && key != "cell";
}

bool has_effect(const FindingResult& result) { return result.primary && result.verdict != Verdict::not_applicable; }

Json interval_json(const std::optional<Interval>& interval) {
  return interval ? Json{interval->low, interval->high} : Json();
}

// Verdicts, margins and p-values belong to the comparison that decides; further comparisons have none. Entries of a
// search are those of the runs after it.
Json outcome_json(const Outcome& outcome, bool decides) {
  Json parts = Json::array();
  for (const ComparisonPart& part : outcome.parts) {
    Json json = {
        {"comparison", part.label}, {"interval", interval_json(part.effect.hull)}, {"failures", part.failures}};
    for (std::size_t s = 0; s < searches.size(); ++s)
      json[std::string(1, searches[s])] = {{"mean", part.effect.mean[s]},
                                           {"interval", interval_json(part.effect.interval[s])},
                                           {"seeds", part.seeds[s]},
                                           {"values", part.values[s]}};
    if (decides) {
      json["verdict"] = verdict_text(part.verdict);
      json["testable"] = part.testable;
      json["p"] = {{"above", part.effect.p_of(Zone::above)},
                   {"within", part.effect.p_of(Zone::within)},
                   {"below", part.effect.p_of(Zone::below)}};
      json["p_holm"] = part.adjusted_p ? Json(*part.adjusted_p) : Json();
      json["p_searches_differ"] = part.effect.welch_p;
      if (part.improvement) json["probability_of_improvement"] = *part.improvement;
      if (part.improvement_interval)
        json["probability_of_improvement_interval"] = interval_json(part.improvement_interval);
      if (part.log_rank_p) json["log_rank_p"] = *part.log_rank_p;
    }
    parts.push_back(std::move(json));
  }
  Json json = {{"statement", outcome.statement.text}, {"measure", outcome.measurement.text}};
  if (decides) {
    json["margin"] = outcome.margin;
    json["boundary"] = boundary_text(outcome);
    json["verdict"] = verdict_text(outcome.verdict);
  }
  json["parts"] = std::move(parts);
  return json;
}

// The settings that each search chose, for every group of runs.
Json choices_json(const FindingResult& result) {
  Json list = Json::array();
  for (std::size_t s = 0; s < searches.size(); ++s)
    for (const SearchChoice& choice : result.records->choices[s]) {
      Json values = Json::object();
      for (const auto& [key, value] : choice.values) values[key] = value;
      const std::optional<double> score = choice.trials[choice.chosen].measure;
      list.push_back({{"search", std::string(1, searches[s])},
                      {"runs", describe_group(*result.finding->study, choice.group)},
                      {"settings", std::move(values)},
                      {"at_edge", choice.edges},
                      {"measure", choice.measure},
                      {"validation", score ? Json(*score) : Json()}});
    }
  return list;
}

}  // namespace

std::string describe_group(const DeclaredStudy& study, const std::string& group) {
  for (const RunSpec& run : study.experiment.runs) {
    if (group_of(run) != group) continue;
    const std::vector<std::string> searched = study.search->keys();
    std::vector<std::string> words = {run.task.text("task"), run.model.text("cell")};
    const Json spec = run.json();
    for (const char* section : {"task", "model", "training"})
      for (const auto& [key, value] : spec.at(section).items())
        if (varies(study.experiment.runs, key) && !std::count(searched.begin(), searched.end(), key))
          words.push_back(key + "=" + option_text(value));
    return join(words, " ");
  }
  return group;
}

std::string measure_cell(const Finding& finding) {
  using Kind = Expression::Kind;
  const Kind kind = finding.primary.statement.left.front().kind;
  return (kind == Kind::ratio   ? "ratio of "
          : kind == Kind::slope ? "slope of "
                                : "") +
         finding.primary.measurement.text;
}

std::string comparison_cell(const FindingResult& result) {
  if (!has_effect(result)) return "-";
  return result.primary->least_clear().label + ", " + result.heading;
}

std::string mean_cell(const FindingResult& result, std::size_t search) {
  return has_effect(result) ? mean_text(*result.primary, result.primary->least_clear(), search) : "-";
}

std::string interval_cell(const FindingResult& result) {
  const std::string text = has_effect(result) ? hull_text(*result.primary, result.primary->least_clear()) : "";
  return text.empty() ? "-" : text;
}

std::string boundary_cell(const FindingResult& result) {
  return has_effect(result) ? boundary_text(*result.primary) : "-";
}

std::string adjusted_p_cell(const FindingResult& result) {
  if (!has_effect(result) || result.refused) return "-";
  const auto& p = result.primary->least_clear().adjusted_p;
  return p ? significant(*p) : "-";
}

std::string verdict_cell(const FindingResult& result) {
  if (!result.primary || result.verdict != Verdict::mixed) return verdict_text(result.verdict);
  const auto& parts = result.primary->parts;
  const auto supported = std::count_if(parts.begin(), parts.end(),
                                       [](const ComparisonPart& part) { return part.verdict == Verdict::supported; });
  const auto testable = std::count_if(parts.begin(), parts.end(), [](const ComparisonPart& p) { return p.testable; });
  return "mixed, " + std::to_string(supported) + " of " + std::to_string(testable);
}

std::string agreement_text(const PublishedAgreement& agreement) {
  std::vector<std::string> texts;
  for (const auto& [what, met] :
       {std::pair{"sign", agreement.sign}, {"size", agreement.size}, {"ranking", agreement.ranking}})
    if (met) texts.push_back(std::string(what) + (*met ? " met" : " not met"));
  return join(texts);
}

std::string published_text(const FindingResult& result) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < result.finding->published.size(); ++i) {
    const Published& p = result.finding->published[i];
    const auto ours = i < result.our_means.size() ? result.our_means[i] : std::nullopt;
    texts.push_back(p.model.text + " " + score_text(p.value) + " (" + p.certainty + ")" +
                    (ours ? ", ours " + score_text(*ours) : ""));
  }
  const std::string agreement = agreement_text(result.published);
  return join(texts, "; ") + (agreement.empty() || texts.empty() ? "" : ": " + agreement);
}

namespace {

Table findings_table(const std::vector<FindingResult>& results) {
  Table table{{{"", true},
               {"claim", false},
               {"verdict", false},
               {"measure", false},
               {"A"},
               {"B"},
               {"95 % interval"},
               {"boundary", false},
               {"n"},
               {"p (Holm)"}},
              {}};
  for (const FindingResult& r : results)
    table.rows.push_back({std::to_string(r.finding->number), r.finding->claim, verdict_cell(r),
                          measure_cell(*r.finding), mean_cell(r, 0), mean_cell(r, 1), interval_cell(r),
                          boundary_cell(r), std::to_string(r.seeds()), adjusted_p_cell(r)});
  return table;
}

}  // namespace

namespace {

std::string correction_text(const std::vector<FindingResult>& results) {
  if (results.empty()) return "";
  return "p-values are corrected for " + counted(static_cast<std::size_t>(results.front().family), "comparison") +
         ", whether run or not.";
}

}  // namespace

std::string findings_text(const std::vector<FindingResult>& results) {
  Table table = findings_table(results);
  constexpr int claim = 1, measure = 3;  // columns: a terminal has room for the name of a claim, and for no measure
  table.columns.erase(table.columns.begin() + measure);
  for (std::size_t i = 0; i < results.size(); ++i) {
    table.rows[i][claim] = results[i].finding->name;
    table.rows[i].erase(table.rows[i].begin() + measure);
  }
  std::string text = table.text() + "\n";
  if (!results.empty()) text += correction_text(results) + "\n\n";
  for (const FindingResult& r : results) {
    text += std::to_string(r.finding->number) + ". " + r.finding->claim + " (" + r.finding->source + ")";
    if (has_effect(r)) text += "\n   compared: " + comparison_cell(r);
    if (r.primary && r.primary->parts.size() > 1 && !r.refused)
      for (const ComparisonPart& part : r.primary->parts)
        text += "\n   " + part.label + ": " + verdict_text(part.verdict) + ", " + effect_text(*r.primary, part);
    if (!r.reason.empty()) text += "\n   " + verdict_text(r.verdict) + ": " + r.reason;
    for (const std::string& caveat : r.caveats) text += "\n   note: " + caveat;
    text += "\n";
  }
  return text;
}

std::string findings_markdown(const std::vector<FindingResult>& results) {
  Table table = findings_table(results);
  table.columns[1].markdown = table.columns[2].markdown = true;
  for (std::size_t i = 0; i < results.size(); ++i) {
    table.rows[i][1] = markdown_link(table.rows[i][1], results[i].finding->study->file.generic_string());
    table.rows[i][2] = "**" + table.rows[i][2] + "**";
  }
  return table.markdown();
}

std::string findings_latex(const std::vector<FindingResult>& results) {
  return latex_preamble + latex_table(findings_table(results),
                                      "Findings: what is compared at the settings of searches A and B, the 95 % "
                                      "interval, the boundary, and the number of seeds. " +
                                          correction_text(results),
                                      "findings");
}

Json findings_json(const std::vector<FindingResult>& results) {
  Json list = Json::array();
  for (const FindingResult& r : results) {
    const Finding& f = *r.finding;
    const auto at = [](const std::optional<Outcome>& outcome) {
      return outcome ? Json(verdict_text(outcome->verdict)) : Json();
    };
    Json json = {{"number", f.number},
                 {"name", f.name},
                 {"study", f.study->name},
                 {"claim", f.claim},
                 {"source", f.source},
                 {"verdict", verdict_text(r.verdict)},
                 {"reason", r.reason},
                 {"caveats", r.caveats},
                 {"margin", f.margin},
                 {"margin_reason", f.margin_reason},
                 {"n", r.seeds()},
                 {"family", r.family},
                 {"runs", r.records->declared.size()},
                 {"recorded", r.records->recorded},
                 {"diverged", r.records->diverged},
                 {"published", published_text(r)},
                 {"primary", nullptr},
                 {"verdict_at_half_margin", at(r.half_margin)},
                 {"verdict_at_twice_margin", at(r.twice_margin)},
                 {"also", Json::array()},
                 {"chosen", choices_json(r)}};
    if (r.primary) json["primary"] = outcome_json(*r.primary, true);
    for (const Outcome& also : r.also) json["also"].push_back(outcome_json(also, false));
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace rnnbench::findings
