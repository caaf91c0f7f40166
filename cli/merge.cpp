#include "cli/merge.h"

#include <iostream>

#include "analysis/format.h"
#include "cli/arguments.h"
#include "cli/interruptible.h"
#include "core/error.h"
#include "core/plain_text.h"
#include "experiments/running/merge.h"

namespace rnnbench::cli {
namespace {

int merge_arguments(const Arguments& arguments) {
  if (arguments.positional().empty())
    throw UserError(
        "command line: 'rnnbench merge' needs one results folder or more, as in rnnbench merge shard-1 "
        "shard-2 --into results");
  const std::filesystem::path into = arguments.text("into", "");
  if (into.empty())
    throw UserError("command line: 'rnnbench merge' needs --into DIR, the folder that gets the results");
  for (const std::string& folder : arguments.positional())
    if (folder.empty()) throw UserError("command line: '' is not the name of a results folder");
  bool complete = true;
  for (const Merged& merged : merge_results({arguments.positional().begin(), arguments.positional().end()}, into)) {
    for (const auto* sentences : {&merged.differing, &merged.damaged, &merged.unrepaired, &merged.unusable})
      for (const std::string& sentence : *sentences) {
        std::cerr << plain_text(sentence) << '\n';
        complete = false;
      }
    std::string line = merged.experiment + ": " + counted(merged.records, "record") + " added";
    if (merged.weights > 0) line += ", " + counted(merged.weights, "weights file") + " added";
    if (merged.trials > 0) line += ", " + counted(merged.trials, "trial") + " added";
    if (merged.other_files > 0) line += ", " + counted(merged.other_files, "other file") + " added";
    line += ", " + std::to_string(merged.identical) + " identical";
    if (!merged.differing.empty())
      line += ", " + std::to_string(merged.differing.size()) + " differing, which were kept";
    if (!merged.damaged.empty()) line += ", " + counted(merged.damaged.size(), "damaged weights file") + " left out";
    if (!merged.unrepaired.empty())
      line += ", " + counted(merged.unrepaired.size(), "damaged weights file") + " not replaced";
    if (!merged.unusable.empty()) line += ", " + counted(merged.unusable.size(), "imported file") + " left out";
    std::cout << line << '\n';
  }
  return complete ? 0 : 1;
}

}  // namespace

int merge_command(const CommandArguments& words) {
  const Arguments arguments("merge", words, {{.name = "into"}}, false);
  return interruptible("repeat the command", [&] { return merge_arguments(arguments); });
}

}  // namespace rnnbench::cli
