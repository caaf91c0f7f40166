#include "experiments/records/imported.h"

#include <algorithm>
#include <cmath>
#include <fcntl.h>
#include <map>
#include <stdexcept>
#include <sys/file.h>
#include <tuple>
#include <unistd.h>

#include "core/csv.h"
#include "core/error.h"
#include "core/plain_text.h"
#include "core/read_file.h"
#include "core/text.h"
#include "core/uninterrupted.h"

namespace rnnbench::experiments {
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t max_seed = 4'294'967'295;    // as of the option `seed`
constexpr double max_count = 9'007'199'254'740'992;  // 2^53: larger whole numbers are no exact doubles
constexpr double max_score = 1e100;                  // squares and sums of scores have to be finite
const std::string mark_of_divergence = "diverged";

const std::vector<std::string> required = {"task", "model", "seed", "score"};
const std::vector<std::string> optional_ones = {"measure", "higher_is_better", "updates", "seconds", "parameters"};

std::string columns_in_words() {
  return "the columns are " + join(required) + " and, if wanted, " + join(optional_ones);
}

// One line of the file, by the names of the columns.
class Line {
 public:
  Line(const std::map<std::string, std::size_t>& columns, const CsvLine& line, std::string here)
      : columns_(columns), fields_(line.fields), here_(std::move(here)) {}

  [[noreturn]] void refuse(const std::string& sentence) const { throw UserError(here_ + sentence); }

  std::string text(const std::string& column) const {
    const auto found = columns_.find(column);
    return found == columns_.end() ? "" : fields_[found->second];
  }

  std::string name(const std::string& column) const {
    std::string value = text(column);
    if (value.empty()) refuse(column + " is empty");
    if (value.size() > max_import_name)
      refuse("the name of the " + column + " has " + std::to_string(value.size()) +
             " bytes, more than the maximum of " + std::to_string(max_import_name));
    return value;
  }

  // A whole number, which programs also write as 5000.0. Nothing for an empty cell.
  std::optional<std::int64_t> count(const std::string& column, double min, double max) const {
    const std::string value = text(column);
    if (value.empty()) return std::nullopt;
    const auto number = parse_number<double>(value);
    if (!number || !(*number >= min && *number <= max) || *number != std::floor(*number))
      refuse(column + " = " + value + " is not a whole number from " + whole(min) + " to " + whole(max));
    return static_cast<std::int64_t>(*number);
  }

  std::optional<double> seconds() const {
    const std::string value = text("seconds");
    if (value.empty()) return std::nullopt;
    const auto number = parse_number<double>(value);
    if (!number || !std::isfinite(*number) || *number < 0)
      refuse("seconds = " + value + " is not a finite number from 0 on");
    return number;
  }

  std::optional<double> score() const {
    const std::string value = text("score");
    if (value == mark_of_divergence) return std::nullopt;
    const auto number = parse_number<double>(value);
    if (!number || !std::isfinite(*number))
      refuse((value.empty() ? "score is empty" : "score = " + value + " is not a finite number") +
             "; write a number, or 'diverged' for a run that ended without a score");
    if (std::abs(*number) > max_score) refuse("score = " + value + " is not between -1e100 and 1e100");
    return number;
  }

  std::optional<bool> higher_is_better() const {
    std::string value = text("higher_is_better");
    for (char& c : value)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');  // pandas writes True
    if (value.empty()) return std::nullopt;
    if (value != "true" && value != "false")
      refuse("higher_is_better = " + text("higher_is_better") + " is not one of true, false");
    return value == "true";
  }

 private:
  static std::string whole(double number) { return std::to_string(static_cast<std::int64_t>(number)); }

  const std::map<std::string, std::size_t>& columns_;
  const std::vector<std::string>& fields_;
  const std::string here_;
};

std::map<std::string, std::size_t> columns_of(const CsvLine& header, const std::string& here) {
  std::vector<std::string> known = required;
  known.insert(known.end(), optional_ones.begin(), optional_ones.end());
  std::map<std::string, std::size_t> columns;
  for (const std::string& name : header.fields) {
    if (!std::count(known.begin(), known.end(), name))
      throw UserError(here + "unknown column '" + name + "'; " + columns_in_words() + did_you_mean(name, known));
    if (!columns.emplace(name, columns.size()).second) throw UserError(here + "the column " + name + " is there twice");
  }
  for (const std::string& name : required)
    if (!columns.contains(name)) throw UserError(here + "there is no column '" + name + "'; " + columns_in_words());
  return columns;
}

// Models are named on the command line (--cell A,B) and marked in tables.
void check_model_name(const std::string& name, const Line& line) {
  if (split(name + ",x") != std::vector<std::string>{name, "x"})
    line.refuse("model = " + name +
                ": commas belong within parentheses that are closed, as in 'lstm (layers 2, hidden 64)', because "
                "--cell A,B and --models A,B separate names by commas");
  if (name.ends_with("[imported]"))
    line.refuse("model = " + name + ": [imported] marks imported models in the tables; leave it out");
}

bool is_word(const std::string& text) {
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
         std::string::npos;
}

ImportedRun run_of(const Line& line, const std::function<ScoredTask(ScoredTask)>& resolve) {
  ImportedRun run;
  run.model = line.name("model");
  check_model_name(run.model, line);
  if (line.text("seed").empty()) line.refuse("seed is empty");
  run.seed = static_cast<std::uint64_t>(*line.count("seed", 0, max_seed));
  run.score = line.score();
  run.updates = line.count("updates", 0, max_count);
  run.seconds = line.seconds();
  run.parameters = line.count("parameters", 1, max_count);
  ScoredTask task{line.name("task"), line.text("measure"), line.higher_is_better()};
  if (!is_word(task.measure) || task.measure.size() > max_import_name)
    line.refuse("measure = " + task.measure + " is not one word of letters, digits, '_' and '-'");
  const std::string written = task.task;
  try {
    task = resolve(std::move(task));
  } catch (const UserError& error) {
    line.refuse(error.what());
  }
  if (task.measure.empty()) line.refuse("measure is empty");
  if (!task.higher_is_better)
    line.refuse("it is not known whether higher scores on task " + written +
                " are better; add a column higher_is_better with true or false");
  run.task = std::move(task.task);
  run.measure = std::move(task.measure);
  run.higher_is_better = *task.higher_is_better;
  return run;
}

std::string content_of(const fs::path& file) {
  if (!is_plain_text(file.string()))
    throw UserError("'" + file.string() + "': the path contains a control character or is not UTF-8; rename the file");
  try {
    return read_regular_file(file, max_import_bytes);
  } catch (const std::runtime_error& error) {
    throw UserError("cannot read '" + file.string() + "': " + error.what());
  }
}

auto key_of(const ImportedRun& run) { return std::tie(run.task, run.model, run.seed); }

std::string count_text(const std::optional<std::int64_t>& count) { return count ? std::to_string(*count) : ""; }

fs::path folder_of_imports(const fs::path& experiment_folder) { return experiment_folder / "imported"; }

// A stored file states everything.
ScoredTask as_stored(ScoredTask task) {
  if (!task.higher_is_better) throw UserError("higher_is_better is empty");
  return task;
}

}  // namespace

std::vector<ImportedRun> read_import(const fs::path& file, const std::function<ScoredTask(ScoredTask)>& resolve) {
  return read_import(file, content_of(file), resolve);
}

std::vector<ImportedRun> read_import(const fs::path& file, const std::string& content,
                                     const std::function<ScoredTask(ScoredTask)>& resolve) {
  const std::vector<CsvLine> lines = csv_lines(file.string(), content);
  const auto here = [&](const CsvLine& line) { return file.string() + ":" + std::to_string(line.number) + ": "; };
  if (lines.empty())
    throw UserError(file.string() + ":1: the file is empty; its first line names the columns: " + columns_in_words());
  const auto columns = columns_of(lines.front(), here(lines.front()));
  if (lines.size() == 1) throw UserError(here(lines.front()) + "there is no run below the names of the columns");
  if (lines.size() - 1 > max_import_runs)
    throw UserError(here(lines[max_import_runs + 1]) + "the file has more than the maximum of " +
                    std::to_string(max_import_runs) + " runs");
  std::vector<ImportedRun> runs;
  for (const CsvLine& fields : lines) {
    if (&fields == &lines.front()) continue;
    const Line line(columns, fields, here(fields));
    if (fields.fields.size() != columns.size())
      line.refuse("the number of fields is " + std::to_string(fields.fields.size()) + ", but that of columns is " +
                  std::to_string(columns.size()));
    runs.push_back(run_of(line, resolve));
    runs.back().place = file.string() + ":" + std::to_string(fields.number);
  }
  check_imports(runs);
  return runs;
}

std::string import_text(std::vector<ImportedRun> runs) {
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return key_of(a) < key_of(b); });
  std::string text = "task,model,seed,measure,higher_is_better,score,updates,seconds,parameters\n";
  for (const ImportedRun& run : runs)
    text += join({csv_field(run.task), csv_field(run.model), std::to_string(run.seed), run.measure,
                  run.higher_is_better ? "true" : "false", run.score ? number_text(*run.score) : mark_of_divergence,
                  count_text(run.updates), run.seconds ? number_text(*run.seconds) : "", count_text(run.parameters)},
                 ",") +
            "\n";
  return text;
}

void check_imports(const std::vector<ImportedRun>& runs) {
  std::map<std::tuple<std::string, std::string, std::uint64_t>, const ImportedRun*> earlier;
  std::map<std::string, const ImportedRun*> of_task;
  for (const ImportedRun& run : runs) {
    if (const auto [same, is_new] = earlier.try_emplace(key_of(run), &run); !is_new)
      throw UserError(run.place + ": task " + run.task + ", model " + run.model + ", seed " + std::to_string(run.seed) +
                      " is already in " + same->second->place);
    const ImportedRun& other = *of_task.try_emplace(run.task, &run).first->second;
    const auto score = [](const ImportedRun& r) {
      return r.measure + (r.higher_is_better ? " (higher is better)" : " (lower is better)");
    };
    if (score(run) != score(other))
      throw UserError(run.place + ": the score on task " + run.task + " is " + score(run) + ", but in " + other.place +
                      " it is " + score(other) + "; all scores on a task are of one measure");
  }
}

fs::path import_path(const ResultsFolder& folder, const std::string& name) {
  return folder_of_imports(folder.path()) / (name + ".csv");
}

std::vector<ImportedRun> stored_import(const fs::path& path) { return read_import(path, as_stored); }

std::vector<fs::path> files_of_imports(const fs::path& experiment_folder) {
  const fs::path folder = folder_of_imports(experiment_folder);
  std::vector<fs::path> files;
  if (path_exists(folder))
    for (const fs::path& path : paths_in(folder))
      if (path.extension() == ".csv") files.push_back(path);
  return files;
}

bool has_imports(const fs::path& experiment_folder) { return !files_of_imports(experiment_folder).empty(); }

std::vector<ImportedRun> load_imports(const ResultsFolder& folder, const fs::path& without) {
  std::vector<ImportedRun> runs;
  for (const fs::path& file : files_of_imports(folder.path()))
    if (file != without)
      for (ImportedRun& run : stored_import(file)) runs.push_back(std::move(run));
  check_imports(runs);
  return runs;
}

ImportLock::ImportLock(const fs::path& folder)
    : folder_(uninterrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); })) {
  if (folder_ >= 0) static_cast<void>(uninterrupted([&] { return ::flock(folder_, LOCK_EX); }));
}

ImportLock::~ImportLock() {
  if (folder_ >= 0) ::close(folder_);
}

}  // namespace rnnbench::experiments
