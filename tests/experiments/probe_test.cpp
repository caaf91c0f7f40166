// Probes against the formulas of the papers: derivatives by the complex step through the plainly written
// cells, gates from the traces.
#include "experiments/training/probe.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "experiments/declaration/grid.h"
#include "experiments/declaration/run_task.h"
#include "tasks/catalogue.h"
#include "tests/models/naive_cells.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Complex = std::complex<double>;
using Catch::Contains;

namespace {

RunSpec run_of(const std::vector<std::pair<std::string, std::string>>& settings) {
  Declaration declaration;
  for (const auto& [key, value] : settings) declaration.overrides.push_back({key, value, "", 0});
  return expand(declaration).runs.at(0);
}
RunSpec adding(const std::string& cell, const std::string& kind) {
  return run_of({{"task", "adding"}, {"length", "12"}, {"cell", cell}, {"hidden", "5"}, {"probe", kind}});
}

// A network with two sets of parameters: those of two seeds stand for before and after training.
struct Probed {
  explicit Probed(RunSpec spec)
      : run(std::move(spec)),
        task(make_task(run)),
        network(make_network<float>(run.model, task->signature())),
        untrained(network->layout()),
        trained(network->layout()) {
    network->initialize(1, untrained);
    network->initialize(2, trained);
    json = probe(run, *task, *network, untrained, trained);
  }
  Batch sequence(int number) const {
    Batch batch;
    task->sample({.seed = run.seed, .purpose = Purpose::test, .first = static_cast<std::uint32_t>(number)}, 1, batch);
    return batch;
  }
  RunSpec run;
  std::unique_ptr<const Task> task;
  std::unique_ptr<const Network<float>> network;
  Parameters<float> untrained, trained;
  Json json;
};

// One recurrent layer and its output layer as the papers have them, on sequences of adding.
class Plain {
 public:
  Plain(const Probed& probed, const Parameters<float>& parameters)
      : model_(probed.run.model), parameters_(probed.network->layout()) {
    std::copy(parameters.data().begin(), parameters.data().end(), parameters_.data().begin());
  }

  // d loss / d state, for every unit of every state before step `before`.
  std::map<std::string, Vector<double>> state_gradient(const Batch& batch, int before) const {
    NaiveLayer<Complex> start(model_, parameters_, 0);
    for (int t = 0; t < before; ++t) start.step(input(batch, t));
    std::map<std::string, Vector<double>> gradient;
    for (const auto& [name, state] : start.state) {
      gradient[name] = Vector<double>(state.size());
      for (int u = 0; u < state.size(); ++u) {
        NaiveLayer<Complex> layer(model_, parameters_, 0);
        layer.state = start.state;
        layer.state.at(name)(u) += Complex(0, step_);
        gradient[name](u) = loss(layer, batch, before).imag() / step_;
      }
    }
    return gradient;
  }

 private:
  static constexpr double step_ = 1e-30;  // no difference is taken, so nothing cancels

  static Vector<Complex> input(const Batch& batch, int t) {
    return Vector<Complex>{{batch.values[2 * t], batch.values[2 * t + 1]}};
  }
  // Of the last step, the only one of adding that counts.
  Complex loss(NaiveLayer<Complex>& layer, const Batch& batch, int from) const {
    for (int t = from; t < batch.steps; ++t) layer.step(input(batch, t));
    const Complex answer =
        (block(parameters_, "readout.weight") * layer.hidden_state() + block(parameters_, "readout.bias"))(0, 0);
    const Complex error = answer - static_cast<double>(batch.targets[batch.steps - 1]);
    return error * error;
  }
  const Settings& model_;
  Parameters<Complex> parameters_;
};

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

// The network computes in float, whose rounding (6e-8) moves the logarithm of a norm of twelve steps by less
// than 1e-5.
TEST_CASE("gradients over time are those of the papers' formulas", "[probe]") {
  for (const char* cell : {"rnn", "irnn", "lstm", "lstm-fgr", "lstm-peephole", "janet", "gru", "gru-v1", "mgu", "mut1",
                           "mut3", "min-gru"}) {
    INFO(cell);
    const Probed probed(adding(cell, "gradients"));
    for (const bool trained : {false, true}) {
      const Plain plain(probed, trained ? probed.trained : probed.untrained);
      const Json& norms = probed.json.at(trained ? "trained" : "untrained");
      REQUIRE(norms.size() == 12);  // back to the state before the first step
      for (int lag = 1; lag <= 12; ++lag) {
        double sum = 0;
        for (int number = 0; number < 8; ++number) {
          double squares = 0;
          for (const auto& [name, gradient] : plain.state_gradient(probed.sequence(number), 12 - lag))
            squares += gradient.squaredNorm();
          // All units of an identity network may be off, so that the derivative is 0; -38 stands for it.
          sum += std::max(-38.0, std::log10(squares) / 2);
        }
        CHECK(norms[lag - 1].get<double>() == Approx(sum / 8).margin(2e-5));
      }
    }
  }
}

TEST_CASE("one step back, a vanilla network's derivative is the chain of two matrices", "[probe]") {
  const Probed probed(adding("rnn", "gradients"));
  Parameters<double> parameters(probed.network->layout());
  std::copy(probed.untrained.data().begin(), probed.untrained.data().end(), parameters.data().begin());
  const auto w = block(parameters, "readout.weight"), u = block(parameters, "rnn.weight_hh_l0");
  const double bias = block(parameters, "readout.bias")(0, 0);
  double sum = 0;
  for (int number = 0; number < 8; ++number) {
    const Batch batch = probed.sequence(number);
    const std::vector<Trace> traces = probed.network->trace(probed.untrained, batch, 0);
    const auto hidden =
        std::find_if(traces.begin(), traces.end(), [](const Trace& t) { return t.name == "hidden state"; });
    REQUIRE(hidden != traces.end());
    const Vector<double> h = Eigen::Map<const Vector<float>>(hidden->values.data() + 11 * 5, 5).cast<double>();
    const double answer = (w * h)(0, 0) + bias;
    const Vector<double> behind = 2 * (answer - batch.targets[11]) * w.transpose();
    const Vector<double> gradient = u.transpose() * (1 - h.array().square()).matrix().cwiseProduct(behind);
    sum += std::log10(gradient.norm());
  }
  CHECK(probed.json.at("untrained").at(0).get<double>() == Approx(sum / 8).margin(1e-5));
}

TEST_CASE("gradients are reported at lags up to the length of the sequences", "[probe]") {
  const Probed probed(
      run_of({{"task", "adding"}, {"length", "500"}, {"cell", "rnn"}, {"hidden", "2"}, {"probe", "gradients"}}));
  std::vector<std::string> names;
  for (const auto& [name, value] : probed.json.at("scalars").items())
    if (name.starts_with("gradient at lag ")) names.push_back(name.substr(16));
  CHECK(names == std::vector<std::string>{"10", "20", "50", "100", "200", "500"});
}

TEST_CASE("scalars of the gradients are relative to the shortest lag", "[probe]") {
  const Probed probed(adding("rnn", "gradients"));
  const Json& scalars = probed.json.at("scalars");
  const std::vector<double> norms = probed.json.at("trained");
  CHECK(scalars.at("gradient at lag 10").get<double>() == Approx(norms[9] - norms[0]));
  CHECK_FALSE(scalars.contains("gradient at lag 20"));
  double above = 0, below = 0;
  for (int i = 0; i < 12; ++i) {
    above += (i - 5.5) * (norms[i] - mean(norms));
    below += (i - 5.5) * (i - 5.5);
  }
  CHECK(scalars.at("gradient slope").get<double>() == Approx(above / below));
  CHECK(scalars.at("untrained gradient slope") != scalars.at("gradient slope"));
}

TEST_CASE("gates are means of the traces, idle and relevant steps apart", "[probe]") {
  const Probed probed(adding("lstm", "gates"));
  const Plain plain(probed, probed.trained);
  std::map<std::string, std::vector<double>> idle, relevant;  // gate -> sums of its units
  std::vector<double> sensitivity(5);
  int idle_steps = 0, relevant_steps = 0;
  for (int number = 0; number < 32; ++number) {
    const Batch batch = probed.sequence(number);
    std::vector<int> quiet;
    for (int t = 0; t < 11; ++t)  // the last step is the first that is asked
      if (batch.values[2 * t + 1] != 1) quiet.push_back(t);
    idle_steps += static_cast<int>(quiet.size());
    relevant_steps += 11 - static_cast<int>(quiet.size());
    for (const Trace& trace : probed.network->trace(probed.trained, batch, 0)) {
      if (trace.name.find("gate") == std::string::npos) continue;
      auto &still = idle[trace.name], &moving = relevant[trace.name];
      still.resize(5), moving.resize(5);
      for (int t = 0; t < 11; ++t)
        for (int u = 0; u < 5; ++u)
          (std::count(quiet.begin(), quiet.end(), t) ? still : moving)[u] += trace.values[t * 5 + u];
    }
    const Vector<double> memory = plain.state_gradient(batch, quiet[quiet.size() / 2]).at("cell");
    for (int u = 0; u < 5; ++u) sensitivity[u] += std::abs(memory(u)) / 32;
  }
  CHECK(idle.size() == 3);
  const Json& gates = probed.json.at("gates");
  REQUIRE(gates.size() == 3);
  for (int u = 0; u < 5; ++u)
    CHECK(probed.json.at("sensitivity").at("trained").at(u).get<double>() == Approx(sensitivity[u]).epsilon(1e-4));
  const Json& scalars = probed.json.at("scalars");
  for (const Json& gate : gates) {
    const std::string name = gate.at("gate");
    INFO(name);
    REQUIRE(idle.contains(name));
    double weighted = 0, weights = 0, high = 0;
    std::vector<double> still;
    for (int u = 0; u < 5; ++u) {
      still.push_back(idle[name][u] / idle_steps);
      CHECK(gate.at("trained").at("idle").at(u).get<double>() == Approx(still[u]));
      CHECK(gate.at("trained").at("relevant").at(u).get<double>() == Approx(relevant[name][u] / relevant_steps));
      weighted += sensitivity[u] * still[u];
      weights += sensitivity[u];
      high += still[u] >= 0.9;
    }
    CHECK(scalars.at(name + " idle").get<double>() == Approx(mean(still)));
    CHECK(scalars.at(name + " idle carrying").get<double>() == Approx(weighted / weights).epsilon(1e-4));
    CHECK(scalars.at(name + " share above 0.9").get<double>() == high / 5);
    CHECK(scalars.at("untrained " + name + " idle") != scalars.at(name + " idle"));
  }
}

TEST_CASE("idle steps are those at which nothing arrives that an answer depends on", "[probe][tasks]") {
  for (const char* name : {"adding", "copy"}) {
    const RunSpec run = run_of({{"task", name}, {"length", "9"}, {"cell", "rnn"}});
    const auto task = make_task(run);
    Batch batch;
    task->sample({.seed = 3, .purpose = Purpose::test}, 20, batch);
    for (int b = 0; b < 20; ++b) {
      int idle = 0;
      for (int t = 0; t < batch.steps; ++t) idle += task->idle(batch, t, b);
      // Adding: all numbers but the two marked ones. Copy: blanks after the ten items, until answers begin.
      if (name == std::string("adding")) CHECK(idle == 9 - 2);
      if (name == std::string("copy")) {
        CHECK(idle > 0);
        for (int t = 0; t < batch.steps; ++t)
          CHECK(task->idle(batch, t, b) ==
                (t >= 10 && batch.symbols[batch.at(t, b)] == 0 && batch.answer[batch.at(t, b)] == 0));
      }
    }
  }
}

TEST_CASE("saturation scores the initial parameters and a hundred times the trained ones", "[probe]") {
  const Probed probed(adding("lstm", "saturation"));
  const auto workspace = probed.network->workspace();
  const auto scores = [&](Parameters<float> parameters, float factor) {
    for (float& x : parameters.data()) x *= factor;
    return probed.task->evaluate(
        [&](const Batch& batch, std::vector<float>& outputs) {
          probed.network->predict(parameters, batch, true, *workspace, outputs);
        },
        {probed.run.seed, Purpose::test, 0, 0}, 500);
  };
  const Json& scalars = probed.json.at("scalars");
  for (const auto& [name, value] : scores(probed.untrained, 1)) CHECK(scalars.at("untrained " + name) == value);
  for (const auto& [name, value] : scores(probed.trained, 100)) CHECK(scalars.at("saturated " + name) == value);
  CHECK(scalars.size() == 2 * 3);
}

TEST_CASE("a probe that a model or task cannot give is refused", "[probe][errors]") {
  const auto refusal = [](std::vector<std::pair<std::string, std::string>> settings,
                          const std::string& task = "adding") {
    settings.emplace_back("task", task);
    settings.emplace_back("length", "9");
    try {
      check_probe(run_of(settings));
    } catch (const UserError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  for (const char* kind : {"none", "gates", "gradients", "saturation"})
    CHECK(refusal({{"cell", "lstm"}, {"probe", kind}}) == "accepted");
  CHECK_THAT(refusal({{"cell", "transformer"}, {"probe", "gradients"}}),
             Contains("probe = gradients is not possible with cell = transformer, which has no state"));
  CHECK_THAT(refusal({{"cell", "lstm+gru"}, {"probe", "gradients"}}), Contains("with the combination lstm+gru"));
  CHECK_THAT(refusal({{"cell", "lstm"}, {"attention", "dot"}, {"probe", "gates"}}),
             Contains("with attention = dot, which carries gradients past the state"));
  CHECK_THAT(refusal({{"cell", "lstm"}, {"probe", "gates"}}, "counting"),
             Contains("task = counting, which has no idle steps"));
  CHECK(refusal({{"cell", "lstm"}, {"probe", "saturation"}}, "counting") == "accepted");
}
