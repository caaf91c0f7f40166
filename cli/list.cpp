#include "cli/list.h"

#include <algorithm>
#include <iostream>

#include "cli/arguments.h"
#include "cli/columns.h"
#include "core/error.h"
#include "core/options.h"
#include "core/text.h"
#include "experiments/declaration/experiment_file.h"
#include "models/catalogue.h"
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::cli {
namespace {

template <class Entry>
Json list_of(const std::vector<Entry>& entries) {
  Json list = Json::array();
  for (const Entry& entry : entries) list.push_back({{"name", entry.name}, {"summary", entry.summary}});
  return list;
}

Json list_models() {
  Json list = Json::array();
  for (const CellEntry& cell : all_cells())
    list.push_back({{"name", cell.name},
                    {"summary", cell.summary},
                    {"parameters", cell.parameters},
                    {"state", cell.state},
                    {"of_lstm", cell.share.empty() ? Json() : Json(cell.share)}});
  return list;
}

void print_markdown(const Json& models) {
  std::cout << "| cell | what it is | parameters of a layer | of `lstm` | state |\n|---|---|---|---|---|\n";
  for (const Json& model : models)
    std::cout << "| `" << model.at("name").get<std::string>() << "` | " << model.at("summary").get<std::string>()
              << " | " << model.at("parameters").get<std::string>() << " | "
              << (model.at("of_lstm").is_null() ? "-" : model.at("of_lstm").get<std::string>()) << " | "
              << model.at("state").get<std::string>() << " |\n";
}

Json list_experiments() {
  Json list = Json::array();
  for (const auto& file : catalogue_files()) {
    const ExperimentFile read = read_experiment_file(file);
    const Experiment experiment = expand(read.declaration);
    Json claims = Json::array();
    for (const std::vector<Assignment>& section : read.claims)
      for (const Assignment& a : section)
        if (a.key == "claim") claims.push_back(a.value);
    list.push_back({{"name", experiment.name},
                    {"summary", experiment.title},
                    {"claims", claims},
                    {"runs", experiment.runs.size()},
                    {"file", file.string()}});
  }
  return list;
}

}  // namespace

int list_command(const CommandArguments& words) {
  const Arguments arguments("list", words, {format_flag({"text", "json", "markdown"})}, /*settings=*/false);
  const Option kind = choice_option("list", "?", {"tasks", "models", "experiments"}, "");
  std::string only;
  if (!arguments.positional().empty()) {
    only = arguments.only_positional("one of tasks, models, experiments");
    if (std::find(kind.choices.begin(), kind.choices.end(), only) == kind.choices.end()) {
      throw UserError("command line: '" + only + "' is not " + allowed_values(kind) + did_you_mean(only, kind.choices));
    }
  }
  Json lists = Json::object();
  if (only.empty() || only == "tasks") lists["tasks"] = list_of(all_tasks());
  if (only.empty() || only == "models") lists["models"] = list_models();
  if (only.empty() || only == "experiments") lists["experiments"] = list_experiments();
  if (arguments.format() == "markdown") {
    if (only != "models") throw UserError("command line: --format = markdown is only possible with 'list models'");
    print_markdown(lists["models"]);
    return 0;
  }
  if (arguments.format() == "json") {
    std::cout << (only.empty() ? lists : lists[only]).dump(2) << '\n';
    return 0;
  }
  for (const auto& [name, list] : lists.items()) {
    if (only.empty()) std::cout << name << '\n';
    std::vector<std::vector<std::string>> rows;
    if (name == "models") rows.push_back({"name", "parameters of a layer", "of lstm", "state", "what it is"});
    for (const Json& entry : list) {
      std::string summary = entry.at("summary");
      if (entry.contains("claims") && !entry.at("claims").empty())
        summary = join(
            entry.at("claims"), [](const Json& claim) { return claim.get<std::string>(); }, " ");
      if (entry.contains("runs")) summary += " (" + entry.at("runs").dump() + " runs)";
      if (entry.contains("of_lstm"))
        rows.push_back({entry.at("name"), entry.at("parameters"),
                        entry.at("of_lstm").is_null() ? "-" : entry.at("of_lstm").get<std::string>(), entry.at("state"),
                        summary});
      else
        rows.push_back({entry.at("name"), summary});
    }
    print_columns(std::cout, rows, only.empty() ? 2 : 0);
    if (name == "models")
      std::cout << (only.empty() ? "  " : "")
                << "h: hidden size, i: input size; of lstm: parameters relative to an lstm of the same sizes "
                   "('-': depends on them);\n"
                << (only.empty() ? "  " : "")
                << "state: values that a layer carries from one step to the next; with attention, the model also needs "
                   "all earlier steps\n";
  }
  return 0;
}

}  // namespace rnnbench::cli
