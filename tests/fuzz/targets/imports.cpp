// Results of other programs in CSV files, as `rnnbench import` reads them where there is no experiment.
#include <cmath>

#include "cli/scored_task.h"
#include "experiments/records/imported.h"
#include "tests/fuzz/check.h"

namespace rnnbench::fuzz {

void imports(const std::string& input) {
  using namespace rnnbench::experiments;
  static const Experiment none;
  static const ResultsFolder folder("/nonexistent", "fuzz");
  const std::vector<ImportedRun> runs = read_import("fuzz.csv", input, cli::scored_tasks(none, folder));
  for (const ImportedRun& run : runs) {
    require(!run.score || std::isfinite(*run.score), "a score is finite");
    require(!run.seconds || (std::isfinite(*run.seconds) && *run.seconds >= 0), "a time is finite and not negative");
    require(!run.task.empty() && !run.model.empty() && !run.measure.empty(), "names are not empty");
  }
  // What is stored is read as the same runs.
  const std::string text = import_text(runs);
  const auto again = must_accept("a stored file",
                                 [&] { return read_import("again.csv", text, [](ScoredTask task) { return task; }); });
  require(import_text(again) == text && again.size() == runs.size(),
          "runs are the same after they were stored and read");
}

}  // namespace rnnbench::fuzz
