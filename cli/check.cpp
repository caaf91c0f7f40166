#include "cli/check.h"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "cli/arguments.h"
#include "cli/columns.h"
#include "core/error.h"
#include "core/options.h"
#include "core/text.h"
#include "experiments/declaration/grid.h"
#include "models/catalogue.h"
#include "models/gradient_check.h"

namespace rnnbench::cli {
namespace {

// Largest allowed error of a gradient, relative to the largest derivative of its block.
constexpr double gradient_bound = 1e-12;

std::string scientific(double value) {
  std::ostringstream out;
  out << std::scientific << std::setprecision(1) << value;
  return out.str();
}

struct CheckedModel {
  Settings settings;
  std::string what;  // the settings that are not the usual ones
};

// Small, with two layers and a learned initial state.
Settings usual_settings(const CellEntry& cell) {
  Settings settings = default_settings(model_options(cell));
  settings.set("cell", cell.name);
  settings.set("hidden", "4");
  settings.set("layers", "2");
  if (settings.has("initial-state")) settings.set("initial-state", "learned");
  return settings;
}

// The usual settings, and with them every other value of each option that changes the computation.
std::vector<CheckedModel> usual_models(const CellEntry& cell) {
  std::vector<CheckedModel> models = {{usual_settings(cell), "defaults"}};
  for (const Option& option : model_options(cell)) {
    if (option.kind != Option::Kind::choice || option.name == "init" || option.name == "initial-state") continue;
    for (const std::string& choice : option.choices) {
      if (choice == option.default_value || option.name == "attend") continue;
      models.push_back({usual_settings(cell), option.name + " = " + choice});
      models.back().settings.set(option.name, choice);
    }
  }
  return models;
}

// The models with the given settings, and the usual ones for what is not given. The grid checks and expands them.
std::vector<CheckedModel> given_models(const CellEntry& cell, const std::vector<Assignment>& given) {
  const std::vector<Option> options = model_options(cell);
  Declaration declaration;
  std::vector<Assignment>& settings = declaration.overrides;
  settings = {{"task", "copy", "", 0}, {"cell", cell.name, "", 0}};
  const auto is_given = [&](const std::string& key) {
    return std::any_of(given.begin(), given.end(), [&](const Assignment& a) { return a.key == key; });
  };
  for (const Assignment& a : given) {
    const bool known =
        std::any_of(options.begin(), options.end(), [&](const Option& option) { return option.name == a.key; });
    if (!known || a.key == "cell")
      throw UserError("command line: --" + a.key + " is not an option of the network of " + cell.name +
                      "; 'rnnbench show " + cell.name + "' lists them");
    settings.push_back(a);
  }
  const Settings usual = usual_settings(cell);
  const bool has_width = is_given("hidden") || is_given("budget") || is_given("state-budget");
  for (const char* key : {"hidden", "layers", "initial-state"})
    if (usual.has(key) && !is_given(key) && !(has_width && key == std::string("hidden")))
      settings.push_back({key, usual.text(key), "", 0});
  std::vector<CheckedModel> models;
  for (const RunSpec& run : expand(declaration).runs)
    models.push_back(
        {run.model, join(given, [&](const Assignment& a) { return a.key + " = " + run.model.text(a.key); })});
  return models;
}

}  // namespace

int check_command(const CommandArguments& words) {
  const Arguments arguments("check", words, {format_flag()});
  std::vector<CellEntry> cells;
  for (const std::string& name : arguments.positional()) cells.push_back(find_cell(name));
  if (cells.empty() && !arguments.settings().empty())
    throw UserError("command line: --" + arguments.settings()[0].key +
                    " needs a cell, as in 'rnnbench check lstm --layers 3'");
  if (cells.empty()) cells = all_cells();
  std::vector<CheckedModel> models;
  for (const CellEntry& cell : cells)
    for (CheckedModel& model :
         arguments.settings().empty() ? usual_models(cell) : given_models(cell, arguments.settings()))
      models.push_back(std::move(model));

  // Small odd sizes; symbols as inputs with cross-entropy, real values otherwise.
  const std::pair<const char*, Signature> signatures[] = {
      {"cross-entropy", {.inputs = 3, .one_hot = true, .outputs = 4, .loss = Loss::cross_entropy}},
      {"squared error", {.inputs = 3, .one_hot = false, .outputs = 2, .loss = Loss::mean_squared}},
      {"bernoulli", {.inputs = 3, .one_hot = false, .outputs = 2, .loss = Loss::bernoulli}}};
  std::vector<std::vector<std::string>> rows{{"cell", "settings", "loss", "worst block", "error", ""}};
  Json json = Json::array();
  bool all_good = true;
  for (const auto& [settings, what] : models)
    for (const auto& [loss, signature] : signatures) {
      const std::string cell = settings.text("cell");
      BlockError worst;
      for (const BlockError& error : check_gradient(settings, signature, random_batch(signature, 6, 3, 1), 1)) {
        const bool good = error.worst <= gradient_bound;
        json.push_back({{"cell", cell},
                        {"settings", what},
                        {"loss", loss},
                        {"block", error.name},
                        {"worst", error.worst},
                        {"good", good}});
        if (!(error.worst <= worst.worst) || worst.name.empty()) worst = error;
      }
      const bool good = worst.worst <= gradient_bound;
      all_good &= good;
      rows.push_back({cell, what, loss, worst.name, scientific(worst.worst), good ? "" : "WRONG"});
    }
  if (arguments.format() == "json") {
    std::cout << json.dump(2) << '\n';
  } else {
    print_columns(std::cout, rows);
    std::cout << (all_good ? "every gradient agrees with its complex-step derivative: no error exceeds "
                           : "SOME GRADIENTS ARE WRONG: an error exceeds ")
              << scientific(gradient_bound) << " of the block's largest derivative\n";
  }
  return all_good ? 0 : 1;
}

}  // namespace rnnbench::cli
