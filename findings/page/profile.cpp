#include "findings/page/profile.h"

#include <algorithm>
#include <map>

#include "analysis/statistics/performance_profile.h"
#include "findings/page/runs_shown.h"

namespace rnnbench::findings {
namespace {

// The values of each model on every task, for the models that were run on all tasks.
std::map<std::string, Strata> values_by_model(const FindingResult& result, const Study& study) {
  const Measurement& measurement = result.finding->primary.measurement;
  std::map<std::string, Strata> strata;
  for (const TaskRuns& task : study.tasks) {
    const auto failed = value_of_failure(measurement, runs_of(task));
    for (const ModelRuns& model : task.models)
      if (const auto values = values_of_model(measurement, pointers(model.runs), failed);
          values && !values->values.empty())
        strata[model.label].push_back(values->values);
  }
  std::erase_if(strata, [&](const auto& entry) { return entry.second.size() != study.tasks.size(); });
  return strata;
}

}  // namespace

PanelGroup profile_panels(const FindingResult& result, const Study& study) {
  constexpr int points = 100;
  return {
      1, 260, true,
      "Performance profile: the share of runs, averaged over the tasks, whose " +
          result.finding->primary.measurement.text +
          " is at least the value on the horizontal axis, with its pointwise 95 % interval.",
      [&result, &study](Panels& panels) {
        const auto strata = values_by_model(result, study);
        if (strata.empty()) return;
        double low = 0, high = 1;
        for (const auto& [label, tasks] : strata)
          for (const Values& values : tasks)
            for (const double value : values)
              low = std::min(low, drawable(value)), high = std::max(high, drawable(value));
        Values thresholds;
        for (int i = 0; i <= points; ++i) thresholds.push_back(low + (high - low) * i / points);
        const Rectangle frame = panels.panel(0);
        panels.headings(frame, "over all tasks", "share of runs",
                        result.finding->primary.measurement.text + " reached");
        panels.command(linear_axis({low, high}).commands('x'));
        panels.command(Axis{0, 1, false}.commands('y'));
        std::vector<std::string> bands, lines;
        for (const auto& [label, tasks] : strata) {
          std::vector<Values> rows;
          for (const PerformanceProfilePoint& point : performance_profile(tasks, thresholds))
            rows.push_back({point.threshold, point.share.value, point.share.interval.low, point.share.interval.high});
          const std::string data = "data index " +
                                   std::to_string(panels.add_data(label + ": threshold, share, low, high", rows)) +
                                   " using ";
          bands.push_back(data + "1:3:4 " + band_clause(panels.style(label)));
          lines.push_back(data + "1:2 " + line_clause(panels.style(label)));
        }
        bands.insert(bands.end(), lines.begin(), lines.end());
        panels.plot(frame, bands);
      }};
}

}  // namespace rnnbench::findings
