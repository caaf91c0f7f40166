#include "findings/listing.h"

#include "analysis/format.h"
#include "core/text.h"

namespace rnnbench::findings {
namespace {

bool has_effect(const FindingResult& result) { return result.primary && result.verdict != Verdict::not_applicable; }

Json interval_json(const Interval& interval) { return {interval.low, interval.high}; }

// Verdicts, margins and p-values belong to the comparison that decides; further comparisons have none.
Json outcome_json(const Outcome& outcome, bool decides) {
  Json parts = Json::array();
  for (const ComparisonPart& part : outcome.parts) {
    Json json = {{"comparison", part.label},
                 {"effect", part.effect},
                 {"n", part.values.size()},
                 {"failures", part.failures},
                 {"values", part.values}};
    if (part.interval) json["interval"] = interval_json(*part.interval);
    if (decides) {
      json["verdict"] = verdict_text(part.verdict);
      if (part.p_for) json["p_for"] = *part.p_for, json["p_against"] = *part.p_against;
      if (part.improvement) json["probability_of_improvement"] = *part.improvement;
      if (part.improvement_interval)
        json["probability_of_improvement_interval"] = interval_json(*part.improvement_interval);
      if (part.log_rank_p) json["log_rank_p"] = *part.log_rank_p;
    }
    parts.push_back(std::move(json));
  }
  Json json = {{"statement", outcome.statement.text}, {"measure", outcome.measurement.text}};
  if (decides) {
    json["margin"] = outcome.margin;
    json["boundary"] = boundary_text(outcome);
  }
  json["parts"] = std::move(parts);
  return json;
}

}  // namespace

std::string comparison_cell(const FindingResult& result) {
  if (!has_effect(result)) return "-";
  const Outcome& outcome = *result.primary;
  return outcome.decisive().label + ", " + measure_heading(outcome.measurement, pointers(result.runs));
}

std::string effect_cell(const FindingResult& result) {
  return has_effect(result) ? effect_text(*result.primary, result.primary->decisive()) : "-";
}

std::string boundary_cell(const FindingResult& result) {
  return has_effect(result) ? boundary_text(*result.primary) : "-";
}

std::string adjusted_p_cell(const FindingResult& result) {
  return result.adjusted_p ? significant(*result.adjusted_p) : "-";
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
  for (const Published& p : result.finding->published) {
    const auto ours = mean_of_model(result, p.model);
    texts.push_back(p.model.text + " " + score_text(p.value) + " (" + p.certainty + ")" +
                    (ours ? ", ours " + score_text(*ours) : ""));
  }
  const std::string agreement = agreement_text(result.published);
  return join(texts, "; ") + (agreement.empty() || texts.empty() ? "" : ": " + agreement);
}

std::string findings_text(const std::vector<FindingResult>& results) {
  Table table{{{"", true},
               {"finding", false},
               {"verdict", false},
               {"effect [95 % interval]"},
               {"boundary", false},
               {"n"},
               {"failed"},
               {"p (Holm)"}},
              {}};
  for (const FindingResult& r : results)
    table.rows.push_back({std::to_string(r.finding->number), r.finding->name, verdict_text(r.verdict), effect_cell(r),
                          boundary_cell(r), std::to_string(r.seeds), std::to_string(r.diverged), adjusted_p_cell(r)});
  std::string text = table.text() + "\n";
  for (const FindingResult& r : results) {
    text += std::to_string(r.finding->number) + ". " + r.finding->claim + " (" + r.finding->source + ")";
    if (has_effect(r)) text += "\n   compared: " + comparison_cell(r);
    if (!r.reason.empty()) text += "\n   " + verdict_text(r.verdict) + ": " + r.reason;
    for (const std::string& caveat : r.caveats) text += "\n   note: " + caveat;
    text += "\n";
  }
  return text;
}

std::string findings_markdown(const std::vector<FindingResult>& results) {
  Table table{{{"", true},
               {"claim", false, true},
               {"verdict", false, true},
               {"what is compared", false},
               {"effect [95 % interval]", false},
               {"boundary", false},
               {"n"},
               {"p (Holm)"}},
              {}};
  for (const FindingResult& r : results)
    table.rows.push_back({std::to_string(r.finding->number),
                          markdown_link(r.finding->claim, r.finding->file.generic_string()),
                          "**" + verdict_text(r.verdict) + "**", comparison_cell(r), effect_cell(r), boundary_cell(r),
                          std::to_string(r.seeds), adjusted_p_cell(r)});
  return table.markdown();
}

Json findings_json(const std::vector<FindingResult>& results) {
  Json list = Json::array();
  for (const FindingResult& r : results) {
    const Finding& f = *r.finding;
    Json json = {{"number", f.number},
                 {"name", f.name},
                 {"claim", f.claim},
                 {"source", f.source},
                 {"verdict", verdict_text(r.verdict)},
                 {"reason", r.reason},
                 {"caveats", r.caveats},
                 {"margin", f.margin},
                 {"margin_reason", f.margin_reason},
                 {"n", r.seeds},
                 {"runs", r.declared},
                 {"recorded", r.recorded},
                 {"diverged", r.diverged},
                 {"effect", nullptr},
                 {"interval", nullptr},
                 {"boundary", nullptr},
                 {"p", nullptr},
                 {"p_holm", r.adjusted_p ? Json(*r.adjusted_p) : Json(nullptr)},
                 {"published", published_text(r)},
                 {"primary", nullptr},
                 {"untuned", nullptr},
                 {"also", Json::array()}};
    if (r.primary) {
      const ComparisonPart& part = r.primary->decisive();
      json["effect"] = part.effect;
      if (part.interval) json["interval"] = interval_json(*part.interval);
      json["boundary"] = boundary_text(*r.primary);
      if (r.primary->p) json["p"] = *r.primary->p;
      json["primary"] = outcome_json(*r.primary, true);
    }
    if (r.untuned_primary) json["untuned"] = outcome_json(*r.untuned_primary, true);
    for (const Outcome& also : r.also) json["also"].push_back(outcome_json(also, false));
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace rnnbench::findings
