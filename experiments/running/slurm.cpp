#include "experiments/running/slurm.h"

#include <regex>

#include "core/error.h"
#include "core/text.h"

namespace rnnbench::experiments {
namespace {

// A value of an #SBATCH line, in which % begins a pattern.
std::string directive_value(const std::string& text) {
  return "\"" + replace_all(replace_all(replace_all(text, "\\", "\\\\"), "\"", "\\\""), "%", "%%") + "\"";
}

}  // namespace

std::string sbatch_script(const SlurmJob& job, const SlurmSettings& settings) {
  const auto directive = [](const std::string& option) { return "#SBATCH --" + option + "\n"; };
  const std::string log = (settings.scripts / job.name).string();
  std::string text = "#!/bin/sh\n# Written by rnnbench submit.\n";
  text += directive("job-name=" + directive_value(settings.experiment + "-" + job.name));
  if (job.tasks > 0) text += directive("array=1-" + std::to_string(job.tasks));
  text += directive("cpus-per-task=" + std::to_string(settings.cores));
  if (!settings.time.empty()) text += directive("time=" + settings.time);
  if (!settings.partition.empty()) text += directive("partition=" + settings.partition);
  const std::string output = directive_value(log);
  text += directive("output=" + output.substr(0, output.size() - 1) + (job.tasks > 0 ? "-%a.log\"" : ".log\"")) +
          directive("open-mode=append") + directive("requeue") + directive("kill-on-invalid-dep=yes") +
          directive("signal=B:TERM@" + std::to_string(seconds_to_save));
  return text + "cd " + shell_quoted(settings.working_folder.string()) +
         " || exit 2\n"
         "\n"
         "# Before the time limit, and when the task is preempted, this shell gets SIGTERM. It passes the signal on; the\n"
         "# program saves checkpoints and ends with code 130. The task is then queued again, and continues from them.\n"
         "trap 'kill -TERM \"$program\"' TERM\n" +
         join(job.command, shell_quoted, " ") +
         " &\n"
         "program=$!\n"
         "code=0\n"
         "while :; do\n"
         "  wait \"$program\"\n"
         "  code=$?\n"
         "  kill -0 \"$program\" 2>/dev/null || break  # otherwise the signal ended the wait, not the program\n"
         "done\n"
         "if [ \"$code\" -eq 130 ]; then\n"
         "  scontrol requeue \"" +
         (job.tasks > 0 ? "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}" : "$SLURM_JOB_ID") +
         "\" && exit 0\n"
         "fi\n"
         "exit \"$code\"\n";
}

void check_time_limit(const std::string& time) {
  static const std::regex limit(R"((\d+(:\d\d?){0,2}|\d+-\d+(:\d\d?){0,2}))");
  if (!std::regex_match(time, limit))
    throw UserError("command line: --time = " + time +
                    " is not a time limit of sbatch: MINUTES, MINUTES:SECONDS, HOURS:MINUTES:SECONDS, DAYS-HOURS, "
                    "DAYS-HOURS:MINUTES or DAYS-HOURS:MINUTES:SECONDS");
}

}  // namespace rnnbench::experiments
