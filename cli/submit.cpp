#include "cli/submit.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <iostream>
#include <regex>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include "analysis/format.h"
#include "cli/arguments.h"
#include "cli/findings.h"
#include "core/error.h"
#include "core/text.h"
#include "core/uninterrupted.h"
#include "experiments/records/files.h"
#include "experiments/records/results_folder.h"
#include "experiments/running/slurm.h"
#include "experiments/search/choose.h"
#include "findings/decidable.h"
#include "findings/finding.h"

namespace rnnbench::cli {
namespace {
namespace fs = std::filesystem;

constexpr int default_tasks = 64;

struct Submission {
  std::string experiment;
  std::vector<SlurmJob> jobs;  // each depends on the one before
};

// The words that repeat the arguments for another command on a node: the program, results and settings.
std::vector<std::string> command_of(const std::string& command, const Arguments& arguments,
                                    const std::vector<std::string>& more) {
  std::vector<std::string> words = {fs::read_symlink("/proc/self/exe").string(), command};
  for (const std::string& word : arguments.positional()) words.push_back(word);
  for (const Assignment& setting : arguments.settings()) words.insert(words.end(), {"--" + setting.key, setting.value});
  words.insert(words.end(), {"--results", fs::absolute(arguments.results()).string()});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

int tasks_of(std::size_t runs, const Arguments& arguments) {
  const auto wanted = static_cast<std::size_t>(arguments.integer("array", default_tasks, 1, max_shards));
  return static_cast<int>(std::max<std::size_t>(1, std::min(wanted, runs)));
}

std::vector<std::string> shard_options(const Arguments& arguments) {
  return {"--shard", "slurm", "--jobs", arguments.text("jobs", "1")};
}

Submission submission_of_runs(const Arguments& arguments) {
  const Experiment experiment = parse_experiment(arguments);
  check_inputs(experiment.runs);
  return {
      experiment.name,
      {{"runs", tasks_of(experiment.runs.size(), arguments), command_of("run", arguments, shard_options(arguments))},
       {"finish", 0, command_of("run", arguments, {"--jobs", arguments.text("jobs", "1")})}}};
}

// The protocol first, because its smoke test should run once; then a rung after the other, because the trials of a rung
// depend on the results of the one before.
Submission submission_of_study(const fs::path& file, const Arguments& arguments) {
  const Profile profile = profile_of(arguments);
  const std::vector<Finding> claims = read_study(file, profile);
  const DeclaredStudy study = *claims.front().study;
  if (profile != Profile::smoke)
    for (const Finding& claim : claims) check_decidable(claim);
  check_inputs(study.experiment.runs);
  const std::vector<std::string> of_profile = arguments.has("profile")
                                                  ? std::vector<std::string>{"--profile", profile_name(profile)}
                                                  : std::vector<std::string>{};
  const auto reproduce = [&](std::vector<std::string> more) {
    more.insert(more.end(), of_profile.begin(), of_profile.end());
    return command_of("reproduce", arguments, more);
  };
  Submission submission{study.name, {{"freeze", 0, reproduce({"--freeze"})}}};
  if (study.search) {
    study.search->check(study.experiment.runs);
    const std::size_t groups = groups_of(study.experiment.runs).size();
    const std::vector<Rung>& rungs = study.search->rungs();
    for (std::size_t r = 0; r < rungs.size(); ++r)
      submission.jobs.push_back(
          {"rung-" + std::to_string(r + 1),
           tasks_of(searches.size() * groups * static_cast<std::size_t>(rungs[r].points * rungs[r].seeds), arguments),
           reproduce(shard_options(arguments))});
  }
  submission.jobs.push_back(
      {"runs", tasks_of(study.experiment.runs.size(), arguments), reproduce(shard_options(arguments))});
  submission.jobs.push_back({"finish", 0, reproduce({"--jobs", arguments.text("jobs", "1")})});
  return submission;
}

Submission submission_of(const Arguments& arguments) {
  if (arguments.positional().size() == 1 && arguments.settings().empty()) {
    const fs::path file = find_experiment(arguments.positional().front());
    if (is_study(file)) return submission_of_study(file, arguments);
  }
  if (arguments.has("profile"))
    throw UserError("command line: --profile is for a study, without settings on the command line");
  return submission_of_runs(arguments);
}

// Starts sbatch and returns what it prints. Throws std::runtime_error if it fails.
std::string sbatch(const std::vector<std::string>& arguments) {
  std::vector<char*> words = {const_cast<char*>("sbatch")};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "cannot start sbatch");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, "sbatch", &actions, nullptr, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::string output;
  char part[512];
  ssize_t n;
  while ((n = uninterrupted([&] { return ::read(ends[0], part, sizeof part); })) > 0)
    output.append(part, static_cast<std::size_t>(n));
  const int unread = n < 0 ? errno : 0;
  ::close(ends[0]);
  if (error != 0 && error != ENOENT && error != EACCES)
    throw std::runtime_error("submit: sbatch cannot be started: " + std::generic_category().message(error));
  if (error != 0)
    throw UserError("submit: sbatch cannot be started (" + std::generic_category().message(error) +
                    "); Slurm is not installed here; --dry-run prints the scripts, for another machine or scheduler");
  int status = 0;
  uninterrupted([&] { return ::waitpid(child, &status, 0); });
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error("submit: sbatch refused " + arguments.back());  // and has said why on standard error
  if (unread != 0)
    throw std::runtime_error("submit: sbatch queued " + arguments.back() +
                             ", but its output cannot be read: " + std::generic_category().message(unread));
  return trim(output);
}

// "1234" of what sbatch --parsable prints: "1234" or "1234;cluster".
std::string job_number(const std::string& printed) {
  const std::string number = printed.substr(0, printed.find(';'));
  if (!parse_number<std::uint64_t>(number))
    throw std::runtime_error("submit: sbatch printed '" + printed + "', which is no job number");
  return number;
}

}  // namespace

int submit_command(const CommandArguments& words) {
  const Arguments arguments("submit", words,
                            {{.name = "array"},
                             {.name = "time"},
                             {.name = "partition"},
                             {.name = "jobs"},
                             {.name = "profile", .choices = profile_names},
                             results_flag(),
                             {.name = "dry-run", .takes_value = false}});
  SlurmSettings settings;
  settings.time = arguments.text("time", "");
  if (arguments.has("time")) check_time_limit(settings.time);
  settings.partition = arguments.text("partition", "");
  static const std::regex partitions(R"([\w.+-]+(,[\w.+-]+)*)");
  if (arguments.has("partition") && !std::regex_match(settings.partition, partitions))
    throw UserError("command line: --partition = " + settings.partition +
                    " is not the name of a partition, or several separated by commas");
  settings.cores = static_cast<int>(arguments.integer("jobs", 1, 1, 4096));
  std::error_code unknown;
  settings.working_folder = fs::current_path(unknown);
  if (unknown)
    throw UserError("submit: the current folder, in which tasks would start, cannot be used: " + unknown.message());
  const Submission submission = submission_of(arguments);
  const fs::path results = results_of_profile(arguments.results(), profile_of(arguments));
  ResultsFolder folder(results, submission.experiment);
  settings.experiment = submission.experiment;
  settings.scripts = fs::absolute(folder.path() / "slurm");
  std::vector<std::string> scripts;  // all, before the first is written
  for (const SlurmJob& job : submission.jobs) scripts.push_back(sbatch_script(job, settings));
  if (arguments.has("dry-run")) {
    for (std::size_t i = 0; i < scripts.size(); ++i)
      std::cout << "# " << (settings.scripts / (submission.jobs[i].name + ".sbatch")).string() << '\n'
                << scripts[i] << '\n';
    return 0;
  }
  folder.prepare();
  fs::create_directories(settings.scripts);
  for (std::size_t i = 0; i < scripts.size(); ++i)
    write_atomically(settings.scripts / (submission.jobs[i].name + ".sbatch"), scripts[i]);
  std::string before;
  for (const SlurmJob& job : submission.jobs) {
    const std::string script = (settings.scripts / (job.name + ".sbatch")).string();
    std::vector<std::string> options = {"--parsable"};
    if (!before.empty()) options.push_back("--dependency=afterok:" + before);
    options.push_back(script);
    before = job_number(sbatch(options));
    std::cout << "job " << before << ": " << script
              << (job.tasks > 0 ? " (" + counted(static_cast<std::size_t>(job.tasks), "task") + ")" : "") << '\n';
  }
  return 0;
}

}  // namespace rnnbench::cli
