#include "experiments/training/train.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "core/denormals.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/read_file.h"
#include "core/safetensors.h"
#include "core/schedule.h"
#include "core/threads.h"
#include "experiments/declaration/run_task.h"
#include "experiments/records/environment.h"
#include "experiments/records/weights.h"
#include "experiments/training/checkpoint.h"
#include "experiments/training/clock.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/probe.h"
#include "experiments/training/scorer.h"
#include "experiments/training/update.h"
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::experiments {

namespace {

std::size_t allocated_bytes(const Batch& batch) {
  return batch.symbols.capacity() * sizeof(std::int32_t) + batch.values.capacity() * sizeof(float) +
         batch.classes.capacity() * sizeof(std::int32_t) + batch.targets.capacity() * sizeof(float) +
         batch.weight.capacity() * sizeof(float) + batch.answer.capacity();
}

class Trainer {
 public:
  Trainer(const RunSpec& spec, const ResultsFolder& results_folder, const TrainOptions& options, Observer& observer)
      : spec_(spec),
        results_folder_(results_folder),
        options_(options),
        observer_(observer),
        updates_(spec.training.integer("updates")),
        batch_size_(static_cast<int>(spec.training.integer("batch"))),
        evaluate_(static_cast<int>(spec.training.integer("evaluate"))),
        training_set_(static_cast<int>(spec.training.integer("training-set"))),
        task_(make_task(spec)),
        network_(make_network<float>(spec.model, task_->signature())),
        parameters_(network_->layout()),
        best_(keeps_best() ? std::make_optional<Parameters<float>>(network_->layout()) : std::nullopt),
        workspace_(network_->workspace({std::max(1, options.threads), options.recompute})),
        updater_(spec.training, task_->chunk() > 0, *network_, *workspace_),
        scorer_(spec, *task_, *network_, *workspace_) {}

  TrainOutcome run() {
    if (!restore()) network_->initialize(spec_.seed, parameters_);
    if (const int started = workspace_->team().size(); started < options_.threads)
      observer_.note("the system started only " + std::to_string(started) + " of " + std::to_string(options_.threads) +
                     " threads");
    saved_at_ = wall_seconds();
    start_lap();
    other_before_ = state_.times.other_cpu;
    while (true) {
      if (state_.update == state_.next_evaluation) add_point();
      if (state_.update == updates_ || ends_early()) break;
      const bool stop = observer_.stop();
      const bool saved = (stop || wall_seconds() - saved_at_ > options_.checkpoint_seconds) && save_checkpoint();
      if (stop) return {.finished = false, .saved = saved, .record = {}, .weights = ""};
      if (!update()) break;
    }
    charge_training();
    keep_weights();
    // Taken before the final evaluation, whose longer test sequences enlarge the arrays.
    const std::size_t bytes = array_bytes();
    TrainOutcome outcome{.finished = true, .saved = false, .record = {spec_.json(), result(), {}}, .weights = ""};
    charge_others();
    outcome.record.measured = measured(bytes);
    if (options_.weights && parameters_finite_) outcome.weights = weights_file(spec_, parameters_);
    return outcome;
  }

 private:
  bool keeps_best() const { return spec_.training.text("keep") == "best"; }
  bool ends_early() const {
    const std::string& stop = spec_.training.text("stop");
    if (stop == "patience") return state_.best.waited >= spec_.training.integer("patience");
    return stop == "solved" && solved();
  }
  bool solved() const { return state_.solving.solved() && reason_.empty(); }

  // The time since the last lap began is charged to training or to evaluation. Writing a checkpoint is charged to
  // neither.
  double cpu_seconds() const { return thread_cpu_seconds() + workspace_->team().worker_cpu_seconds(); }
  void start_lap() {
    lap_cpu_ = cpu_seconds();
    lap_wall_ = wall_seconds();
  }
  void end_lap(double& cpu, double& wall) {
    cpu += cpu_seconds() - lap_cpu_;
    wall += wall_seconds() - lap_wall_;
    start_lap();
  }
  void charge_others() { state_.times.other_cpu = other_before_ + other_load_.cpu_seconds(); }
  void charge_training() { end_lap(state_.times.train_cpu, state_.times.train_wall); }
  void charge_evaluation() { end_lap(state_.times.evaluate_cpu, state_.times.evaluate_wall); }

  // Returns false when a number was not finite, which ends the run.
  bool update() {
    const std::int64_t u = state_.update + 1;
    const auto step = static_cast<std::uint32_t>(u);
    const StreamSource data{.seed = spec_.seed,
                            .purpose = Purpose::training,
                            .step = step,
                            .set = static_cast<std::uint32_t>(training_set_)};
    const StreamSource dropout{.seed = spec_.seed, .purpose = Purpose::dropout, .step = step};
    next_batch(*task_, data, batch_size_, state_.streams, batch_);
    const double rate = learning_rate(spec_.training, u) * state_.plateau.scale;
    const auto [loss, not_finite] = updater_.update(parameters_, batch_, rate, &dropout);
    parameters_finite_ = all_finite(parameters_);
    if (!not_finite.empty()) return diverged(not_finite, u);
    state_.update = u;
    state_.loss_sum += loss;
    ++state_.loss_count;
    if (!parameters_finite_) return diverged("a parameter", u);
    observer_.progress(u, updates_, loss);
    return true;
  }

  bool diverged(const std::string& what, std::int64_t u) {
    reason_ = what + " was not a finite number in update " + std::to_string(u);
    return false;
  }

  // Evaluates and adds a point to the learning curve.
  void add_point() {
    charge_training();
    const Scores scores = scorer_.evaluate(parameters_, *task_, Purpose::validation, state_.update, 0, evaluate_);
    const bool is_confirmed = scorer_.meets_criterion(scores) && scorer_.confirmed(parameters_, state_.update);
    Json point = {{"update", state_.update}, {"train_loss", nullptr}};
    if (state_.loss_count > 0)
      point["train_loss"] = finite_or_null(state_.loss_sum / static_cast<double>(state_.loss_count));
    add_scores(scores, point);
    round_numbers(point);
    point["confirmed"] = is_confirmed;
    state_.curve.push_back(std::move(point));
    state_.curve_cpu_seconds.push_back(six_digits(state_.times.train_cpu));
    Solving& solving = state_.solving;
    if (!is_confirmed)
      solving = {};
    else if (++solving.confirmed == 1)
      solving = {1, state_.update, state_.times.train_cpu, state_.times.train_wall};
    const Measure measure = task_->measure();
    const bool is_best = state_.best.evaluated(score(scores, measure.name), measure.higher_is_better, state_.update);
    if (is_best && best_) *best_ = parameters_;
    if (spec_.training.text("schedule") == "plateau") state_.plateau.evaluated(spec_.training, is_best);
    state_.loss_sum = 0;
    state_.loss_count = 0;
    state_.next_evaluation = next_evaluation(state_.update, updates_, spec_.training.integer("evaluate-every"));
    charge_evaluation();
  }

  // From here on, `parameters_` are the weights that the run is judged by.
  void keep_weights() {
    if (!best_ || !state_.best.update) return;
    parameters_ = *best_;
    parameters_finite_ = true;  // weights with a finite score are
  }

  TrainingArrays arrays() {
    return {.parameters = parameters_,
            .best = best_ ? &*best_ : nullptr,
            .optimizer = updater_.optimizer(),
            .carried = updater_.carried(),
            .carried_size = network_->carried_size(batch_size_),
            .sequences = static_cast<std::size_t>(batch_size_)};
  }

  // Continues from the run's checkpoint. Returns false when there is none that can be used.
  bool restore() {
    const auto path = results_folder_.checkpoint_path(spec_.id());
    if (!path_exists(path)) return false;
    try {
      TrainingState state =
          restore_checkpoint(read_file(path, max_checkpoint_bytes(arrays())), spec_.canonical(), updates_, arrays());
      const std::string measure = task_->measure().name;
      for (const Json& point : state.curve)
        if (!point.contains(measure)) throw UserError("its learning curve lacks the scores of such a run");
      state_ = std::move(state);
      ++state_.resumed;
      return true;
    } catch (const std::exception& error) {
      rethrow_failure_of_system();  // the next attempt may succeed, so hours of training are not given up
      observer_.note("the checkpoint " + path.string() + " cannot be used (" + error.what() +
                     "); the run starts again from update 0");
      updater_.restart();
      parameters_ = Parameters<float>(network_->layout());
      return false;
    }
  }

  // A checkpoint that cannot be written is only reported: it can cost time, but no result. Returns whether it was.
  bool save_checkpoint() {
    charge_training();
    charge_others();
    bool saved = false;
    try {
      write_atomically(results_folder_.checkpoint_path(spec_.id()),
                       checkpoint_bytes(spec_.canonical(), state_, arrays()), results_folder_.files());
      saved = true;
    } catch (const std::exception& error) {
      observer_.note("no checkpoint was saved: " + sentence_of(error));
    }
    saved_at_ = wall_seconds();
    start_lap();
    return saved;
  }

  // Null for every score of the learning curve.
  Json no_scores() const {
    Json scores = Json::object();
    for (const auto& [name, value] : state_.curve.front().items())
      if (name != "update" && name != "train_loss" && name != "confirmed") scores[name] = nullptr;
    return scores;
  }

  Json final_scores(const Task& task, Purpose purpose, int first, int count) {
    if (!parameters_finite_) return no_scores();
    Json scores = Json::object();
    add_scores(scorer_.evaluate(parameters_, task, purpose, state_.update, first, count), scores);
    return scores;
  }

  Json test_scores(const Task& task) { return final_scores(task, Purpose::test, 0, test_factor * evaluate_); }

  Json measure_json() const {
    const Measure measure = task_->measure();
    return {{"name", measure.name},
            {"higher_is_better", measure.higher_is_better},
            {"solved_at", finite_or_null(measure.solved_at)},
            {"definition", measure.definition}};
  }

  // `result` of the record; experiments/records/record.h says what each key means.
  Json result() {
    const std::optional<double> optimum = task_->optimum();
    Json json = Json::object();
    json["status"] = !reason_.empty() ? "diverged" : solved() ? "solved" : "finished";
    if (!reason_.empty()) json["reason"] = reason_;
    json["measure"] = measure_json();
    json["evaluated_on"] = name_of(task_->evaluated_on());
    json["baseline"] = finite_or_null(task_->baseline());
    json["optimum"] = optimum ? finite_or_null(*optimum) : Json(nullptr);
    json["hidden"] = network_->hidden();
    json["parameters"] = network_->layout().count();
    json["state_size"] = network_->state_size().after(task_->steps());
    json["updates"] = state_.update;
    json["sequences"] = state_.update * batch_size_;
    json["solved"] = solved();
    json["updates_to_solve"] = solved() ? Json(*state_.solving.update) : Json(nullptr);
    if (best_) json["kept"] = {{"weights", "best"}, {"update", or_null(state_.best.update)}};
    json["curve"] = state_.curve;
    const Json test = test_scores(*task_);
    json["final"] = {{"validation", final_scores(*task_, Purpose::validation, evaluate_, confirm_factor * evaluate_)},
                     {"test", test}};
    if (training_set_ > 0)
      json["final"]["training"] =
          final_scores(*task_, Purpose::training, 0, std::min(training_set_, test_factor * evaluate_));
    json["lengths"] = scorer_.lengths(test, [this](const Task& task) { return test_scores(task); });
    if (spec_.training.text("probe") != "none" && parameters_finite_) json["probe"] = probed();
    json["weights"] = parameters_finite_ ? Json(hex16(weights_hash(parameters_))) : Json(nullptr);
    json["hash"] = result_hash(json);
    charge_evaluation();
    return json;
  }

  Json probed() {
    Parameters<float> untrained(network_->layout());
    network_->initialize(spec_.seed, untrained);
    return probe(spec_, *task_, *network_, untrained, parameters_);
  }

  // Of parameters, gradient, moments, activations and one batch.
  std::size_t array_bytes() {
    const std::size_t parameters = (best_ ? 2 : 1) * network_->layout().extent() * sizeof(float);
    return parameters + updater_.bytes() + workspace_->bytes() + allocated_bytes(batch_);
  }

  // `measured` of the record; experiments/records/record.h says what each key means.
  Json measured(std::size_t bytes) const {
    const Times& times = state_.times;
    const auto ratio = [](double a, double b) { return b > 0 ? Json(a / b) : Json(nullptr); };
    const double updates = static_cast<double>(state_.update);
    Json json = Json::object();
    json["train_cpu_seconds"] = times.train_cpu;
    json["train_wall_seconds"] = times.train_wall;
    json["evaluate_cpu_seconds"] = times.evaluate_cpu;
    json["evaluate_wall_seconds"] = times.evaluate_wall;
    json["cpu_seconds_to_solve"] = solved() ? Json(state_.solving.cpu_seconds) : Json(nullptr);
    json["wall_seconds_to_solve"] = solved() ? Json(state_.solving.wall_seconds) : Json(nullptr);
    json["sequences_per_second"] = ratio(updates * batch_size_, times.train_cpu);
    json["ms_per_update"] = ratio(1e3 * times.train_wall, updates);  // wall time, see wall_ms_per_update()
    json["array_bytes"] = bytes;
    json["peak_memory_mib"] = peak_memory_mib();
    json["curve_cpu_seconds"] = state_.curve_cpu_seconds;
    json["other_cpu_seconds"] = times.other_cpu;
    json["oversubscribed"] = std::max(1, options_.jobs) * workspace_->team().size() > available_cores();
    json["resumed"] = state_.resumed;
    json["threads"] = workspace_->team().size();  // fewer than asked for when the system starts no more
    json["recompute"] = options_.recompute;
    json["jobs"] = options_.jobs;
    json.update(environment());
    return json;
  }

  const RunSpec& spec_;
  const ResultsFolder& results_folder_;
  const TrainOptions& options_;
  Observer& observer_;
  const std::int64_t updates_;
  const int batch_size_, evaluate_, training_set_;
  const std::unique_ptr<const Task> task_;
  const std::unique_ptr<const Network<float>> network_;
  Parameters<float> parameters_;
  std::optional<Parameters<float>> best_;  // with keep = best: the weights of the best validation score
  const std::unique_ptr<Workspace<float>> workspace_;
  Updater updater_;
  const Scorer scorer_;
  Batch batch_;
  TrainingState state_;
  std::string reason_;  // why the run diverged; "": it did not
  bool parameters_finite_ = true;
  double lap_cpu_ = 0, lap_wall_ = 0, saved_at_ = 0;
  const OtherLoad other_load_;
  double other_before_ = 0;  // by the processes that trained the run before this one
};

}  // namespace

Json scores_before_training(const RunSpec& spec) {
  const FlushDenormals flush;
  const auto task = make_task(spec);
  const auto network = make_network<float>(spec.model, task->signature());
  Parameters<float> parameters(network->layout());
  network->initialize(spec.seed, parameters);
  const auto workspace = network->workspace();
  Json scores = Json::object();
  add_scores(
      task->evaluate(predictor(*network, parameters, *workspace), {.seed = spec.seed, .purpose = Purpose::validation},
                     static_cast<int>(spec.training.integer("evaluate"))),
      scores);
  round_numbers(scores);
  return scores;
}

TrainOutcome train(const RunSpec& spec, const ResultsFolder& results_folder, const TrainOptions& options,
                   Observer& observer) {
  const FlushDenormals flush;
  return Trainer(spec, results_folder, options, observer).run();
}

}  // namespace rnnbench::experiments
