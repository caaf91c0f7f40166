#include "experiments/training/train.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "core/hash.h"
#include "core/optimizer.h"
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
#include "models/network.h"
#include "tasks/catalogue.h"

namespace rnnbench::experiments {

namespace {

Json number_or_null(const std::optional<std::int64_t>& value) { return value ? Json(*value) : Json(nullptr); }

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
        truncate_(static_cast<int>(spec.training.integer("truncate"))),
        task_(make_task(spec)),
        network_(make_network<float>(spec.model, task_->signature())),
        parameters_(network_->layout()),
        gradient_(network_->layout()),
        best_(keeps_best() ? std::make_optional<Parameters<float>>(network_->layout()) : std::nullopt),
        optimizer_(make_optimizer(spec.training, network_->layout())),
        workspace_(network_->workspace({std::max(1, options.threads), options.recompute})),
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
      if (stop || wall_seconds() - saved_at_ > options_.checkpoint_seconds) save_checkpoint();
      if (stop) return {};
      if (!update()) break;
    }
    charge_training();
    keep_weights();
    // Taken before the final evaluation, whose longer test sequences enlarge the arrays.
    const std::size_t bytes = array_bytes();
    TrainOutcome outcome{true, {spec_.json(), result(), {}}, ""};
    charge_others();
    outcome.record.measured = measured(bytes);
    if (options_.weights && parameters_finite_) outcome.weights = weights_file();
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

  // One optimizer step. Returns false when a number was not finite, which ends the run.
  bool update() {
    const std::int64_t u = state_.update + 1;
    const auto step = static_cast<std::uint32_t>(u);
    const StreamSource data{.seed = spec_.seed,
                            .purpose = Purpose::training,
                            .step = step,
                            .set = static_cast<std::uint32_t>(training_set_)};
    const StreamSource dropout{.seed = spec_.seed, .purpose = Purpose::dropout, .step = step};
    task_->sample(data, batch_size_, batch_);
    double loss = 0;
    if (truncate_ == 0) {
      loss = network_->gradient(parameters_, batch_, *workspace_, gradient_, &dropout);
      if (!optimize(u, loss)) return false;
    } else if (!truncated_update(u, dropout, loss)) {
      return false;
    }
    state_.update = u;
    state_.loss_sum += loss;
    ++state_.loss_count;
    if (!all_finite(parameters_)) {
      parameters_finite_ = false;
      return diverged("a parameter", u);
    }
    observer_.progress(u, updates_, loss);
    return true;
  }

  // Clips the gradient and makes a step of the optimizer. `loss` is that of the gradient.
  bool optimize(std::int64_t u, double loss) {
    if (!std::isfinite(loss)) return diverged("the training loss", u);
    const double norm = clip_by_norm(gradient_, spec_.training.real("clip-norm"), &workspace_->team());
    if (!std::isfinite(norm)) return diverged("the norm of the gradient", u);
    if (const double limit = spec_.training.real("clip-value"); limit > 0) clip_by_value(gradient_, limit);
    const double rate = learning_rate(spec_.training, u) * state_.plateau.scale;
    optimizer_->update(parameters_, gradient_, rate, &workspace_->team());
    return true;
  }

  // Truncated backpropagation through time: segment by segment, with the states of the one before. A segment without
  // weight only passes its states on. The loss is the mean over all steps, whichever segments they belong to.
  bool truncated_update(std::int64_t u, const StreamSource& dropout, double& loss) {
    const bool whole = spec_.training.text("truncate-update") == "sequence";
    const double total = batch_.total_weight();
    Carried<float> carried;
    std::optional<Parameters<float>> sum;
    if (whole) sum.emplace(network_->layout());
    for (int begin = 0; begin < batch_.steps; begin += truncate_) {
      const Batch segment = batch_.segment(begin, std::min(batch_.steps, begin + truncate_));
      StreamSource noise = dropout;  // each segment has masks of its own
      noise.first = static_cast<std::uint32_t>(begin / truncate_ * batch_size_);
      const double of_segment = network_->gradient(parameters_, segment, *workspace_, gradient_, &noise, &carried);
      carried.fresh.assign(carried.fresh.size(), 0);
      const double share = total > 0 ? segment.total_weight() / total : 0;
      if (share == 0) continue;
      loss += share * of_segment;
      if (!whole && !optimize(u, of_segment)) return false;
      if (whole) add(*sum, static_cast<float>(share), gradient_);
    }
    if (!whole) return true;
    gradient_ = *sum;
    return optimize(u, loss);
  }
  static void add(Parameters<float>& sum, float factor, const Parameters<float>& gradient) {
    for (std::size_t i = 0; i < sum.data().size(); ++i) sum.data()[i] += factor * gradient.data()[i];
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
    if (state_.loss_count > 0) point["train_loss"] = number(state_.loss_sum / static_cast<double>(state_.loss_count));
    add_scores(scores, point);
    point["confirmed"] = is_confirmed;
    state_.curve.push_back(std::move(point));
    state_.curve_cpu_seconds.push_back(state_.times.train_cpu);
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

  Parameters<float>* best() { return best_ ? &*best_ : nullptr; }

  // Continues from the run's checkpoint. Returns false when there is none that can be used.
  bool restore() {
    const auto path = results_folder_.checkpoint_path(spec_.id());
    if (!std::filesystem::exists(path)) return false;
    try {
      state_ = restore_checkpoint(read_file(path, max_checkpoint_bytes(network_->layout())), spec_.canonical(),
                                  updates_, parameters_, best(), *optimizer_);
      ++state_.resumed;
      return true;
    } catch (const std::exception& error) {
      observer_.note("the checkpoint " + path.string() + " cannot be used (" + error.what() +
                     "); the run starts again from update 0");
      optimizer_ = make_optimizer(spec_.training, network_->layout());
      parameters_ = Parameters<float>(network_->layout());
      return false;
    }
  }

  // A checkpoint that cannot be written is only reported: it can cost time, but no result.
  void save_checkpoint() {
    charge_training();
    charge_others();
    try {
      write_atomically(results_folder_.checkpoint_path(spec_.id()),
                       checkpoint_bytes(spec_.canonical(), state_, parameters_, best(), *optimizer_),
                       results_folder_.files());
    } catch (const std::runtime_error& error) {
      observer_.note(std::string("no checkpoint was saved: ") + error.what());
    }
    saved_at_ = wall_seconds();
    start_lap();
  }

  // The scores of a point of the curve; all null when the parameters are no longer finite.
  Json scores_of(const Json& point) const {
    Json scores = Json::object();
    for (const auto& [name, value] : point.items())
      if (name != "update" && name != "train_loss" && name != "confirmed")
        scores[name] = parameters_finite_ ? value : Json(nullptr);
    return scores;
  }

  Json final_scores(const Task& task, Purpose purpose, int first, int count) {
    if (!parameters_finite_) return scores_of(state_.curve.front());
    Json scores = Json::object();
    add_scores(scorer_.evaluate(parameters_, task, purpose, state_.update, first, count), scores);
    return scores;
  }

  Json test_scores(const Task& task) { return final_scores(task, Purpose::test, 0, test_factor * evaluate_); }

  Json measure_json() const {
    const Measure measure = task_->measure();
    return {{"name", measure.name},
            {"higher_is_better", measure.higher_is_better},
            {"solved_at", number(measure.solved_at)},
            {"definition", measure.definition}};
  }

  // `result` of the record; experiments/records/record.h says what each key means.
  Json result() {
    const std::optional<double> optimum = task_->optimum();
    Json json;
    json["status"] = !reason_.empty() ? "diverged" : solved() ? "solved" : "finished";
    if (!reason_.empty()) json["reason"] = reason_;
    json["measure"] = measure_json();
    json["evaluated_on"] = name_of(task_->evaluated_on());
    json["baseline"] = number(task_->baseline());
    json["optimum"] = optimum ? number(*optimum) : Json(nullptr);
    json["hidden"] = network_->hidden();
    json["parameters"] = network_->layout().count();
    json["updates"] = state_.update;
    json["sequences"] = state_.update * batch_size_;
    json["solved"] = solved();
    json["updates_to_solve"] = solved() ? Json(*state_.solving.update) : Json(nullptr);
    if (best_) json["kept"] = {{"weights", "best"}, {"update", number_or_null(state_.best.update)}};
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
    std::size_t arrays = best_ ? 3 : 2;  // parameters, gradient, best parameters
    for ([[maybe_unused]] const auto& moment : optimizer_->moments()) ++arrays;
    return arrays * network_->layout().extent() * sizeof(float) + workspace_->bytes() + allocated_bytes(batch_);
  }

  // `measured` of the record; experiments/records/record.h says what each key means.
  Json measured(std::size_t bytes) const {
    const Times& times = state_.times;
    const auto ratio = [](double a, double b) { return b > 0 ? Json(a / b) : Json(nullptr); };
    const double updates = static_cast<double>(state_.update);
    Json json;
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

  std::string weights_file() const {
    TensorFile file;
    append_parameters("", parameters_, file);
    file.metadata = {{"format", "pt"}, {"id", spec_.id()}, {"canonical", spec_.canonical()}};
    return to_safetensors(file);
  }

  const RunSpec& spec_;
  const ResultsFolder& results_folder_;
  const TrainOptions& options_;
  Observer& observer_;
  const std::int64_t updates_;
  const int batch_size_, evaluate_, training_set_, truncate_;
  const std::unique_ptr<const Task> task_;
  const std::unique_ptr<const Network<float>> network_;
  Parameters<float> parameters_, gradient_;
  std::optional<Parameters<float>> best_;  // with keep = best: the weights of the best validation score
  std::unique_ptr<Optimizer> optimizer_;
  const std::unique_ptr<Workspace<float>> workspace_;
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
  flush_denormals();
  const auto task = make_task(spec);
  const auto network = make_network<float>(spec.model, task->signature());
  Parameters<float> parameters(network->layout());
  network->initialize(spec.seed, parameters);
  const auto workspace = network->workspace();
  const Predict predict = [&](const Batch& batch, std::vector<float>& outputs) {
    network->predict(parameters, batch, false, *workspace, outputs);
  };
  Json scores = Json::object();
  add_scores(task->evaluate(predict, {.seed = spec.seed, .purpose = Purpose::validation},
                            static_cast<int>(spec.training.integer("evaluate"))),
             scores);
  return scores;
}

TrainOutcome train(const RunSpec& spec, const ResultsFolder& results_folder, const TrainOptions& options,
                   Observer& observer) {
  flush_denormals();
  return Trainer(spec, results_folder, options, observer).run();
}

}  // namespace rnnbench::experiments
