#include "experiments/running/slurm.h"

#include <cstdint>
#include <regex>
#include <vector>

#include "core/error.h"
#include "core/plain_text.h"
#include "core/text.h"

namespace rnnbench::experiments {
namespace {

// A value of an #SBATCH line, in which % begins a pattern.
std::string directive_value(const std::string& text) {
  return "\"" + replace_all(replace_all(replace_all(text, "\\", "\\\\"), "\"", "\\\""), "%", "%%") + "\"";
}

// A newline would end an #SBATCH line, and what follows it could be another one.
void check_plain(const std::string& what, const std::string& text) {
  if (!is_plain_text(text))
    throw UserError("submit: " + what + " (" + plain_text(text) +
                    ") contains a control character or is not UTF-8, which a script of Slurm cannot have; rename it");
}

// Of a time limit that sbatch understands. Only 12 digits of a number are read: whatever is longer is long enough.
std::uint64_t seconds_of(const std::string& time) {
  const auto number = [](const std::string& digits) {
    return parse_number<std::uint64_t>(digits.substr(0, 12)).value_or(0);
  };
  const std::size_t dash = time.find('-');
  const std::vector<std::string> parts = split(time.substr(dash == std::string::npos ? 0 : dash + 1), ':');
  // Of each part, from the first one on: after DAYS- they begin with hours; otherwise one or two begin with minutes.
  const bool from_hours = dash != std::string::npos || parts.size() == 3;
  std::uint64_t seconds = dash == std::string::npos ? 0 : number(time.substr(0, dash)) * 24 * 60 * 60, unit = 60;
  if (from_hours) unit = 60 * 60;
  for (const std::string& part : parts) {
    seconds += number(part) * unit;
    unit /= 60;
  }
  return seconds;
}

}  // namespace

std::string sbatch_script(const SlurmJob& job, const SlurmSettings& settings) {
  check_plain("the path of the current folder", settings.working_folder.string());
  check_plain("the path of the scripts", settings.scripts.string());
  check_plain("the name of the experiment", settings.experiment);
  for (const std::string& word : job.command) check_plain("a word of the command of the tasks", word);
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
  const std::uint64_t seconds = seconds_of(time);
  if (seconds > 0 && seconds <= std::uint64_t{seconds_to_save})  // 0: no limit
    throw UserError("command line: --time = " + time + " is a limit of " + std::to_string(seconds) +
                    " seconds, but tasks are asked to save their checkpoints " + std::to_string(seconds_to_save) +
                    " seconds before their limit; choose a longer one, or 0 for none");
}

}  // namespace rnnbench::experiments
