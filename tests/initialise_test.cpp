// Initial parameters, and sizes: what each option promises, element by element.
#include <catch2/catch.hpp>

#include <Eigen/Dense>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include "core/error.h"
#include "tests/model_fixture.h"

using namespace rnnbench;
using namespace rnnbench::test;

namespace {

const Signature signature{.inputs = 3, .one_hot = true, .outputs = 4, .loss = Loss::cross_entropy};

struct Started {
  std::unique_ptr<const Network<float>> network;
  Parameters<float> parameters;

  std::vector<float> block(const std::string& name) const {
    const int number = network->layout().find(name);
    INFO("block " << name);
    REQUIRE(number >= 0);
    const float* begin = parameters.block(number);
    return {begin, begin + network->layout().block(number).size()};
  }
  // Gate `gate` of a layer's vector.
  std::vector<float> gate(const std::string& name, int gate) const {
    const std::vector<float> all = block(name);
    const int h = network->hidden();
    return {all.begin() + gate * h, all.begin() + (gate + 1) * h};
  }
};

Started start(const Values& values, std::uint64_t seed = 1) {
  Started started;
  started.network = make_network<float>(model_settings(values), signature);
  started.parameters = Parameters<float>(started.network->layout());
  started.network->initialise(seed, started.parameters);
  return started;
}

bool all_equal(const std::vector<float>& values, float value) {
  return std::all_of(values.begin(), values.end(), [&](float x) { return x == value; });
}

// Uniform in +-bound: no element beyond, and mean and variance within five standard errors of 0 and bound^2
// / 3.
void check_uniform(const std::vector<float>& values, double bound) {
  double sum = 0, squares = 0;
  for (float x : values) {
    CHECK(std::fabs(x) <= bound * (1 + 1e-6));
    sum += x;
    squares += static_cast<double>(x) * x;
  }
  const double n = static_cast<double>(values.size()), variance = bound * bound / 3;
  CHECK(std::fabs(sum / n) <= 5 * std::sqrt(variance / n));
  CHECK(std::fabs(squares / n - variance) <= 5 * std::sqrt(4.0 / 45 / n) * bound * bound);
}

// The number that a formula in h and i gives: sums and products without a sign, numbers, brackets ("4 (h h +
// 2 h)").
class Formula {
 public:
  Formula(std::string text, double h, double i) : text_(std::move(text)), h_(h), i_(i) {}
  double value() {
    const double sum_value = sum();
    REQUIRE(at_ == text_.size());
    return sum_value;
  }

 private:
  char next() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  double sum() {
    double value = product();
    while (next() == '+') ++at_, value += product();
    return value;
  }
  double product() {
    double value = 1;
    for (char c = next(); c != '\0' && c != '+' && c != ')'; c = next()) {
      if (std::isdigit(static_cast<unsigned char>(c))) {
        std::size_t length = 0;
        value *= std::stod(text_.substr(at_), &length);
        at_ += length;
        continue;
      }
      ++at_;
      if (c == '(') {
        value *= sum();
        REQUIRE(next() == ')');
        ++at_;
      } else {
        REQUIRE((c == 'h' || c == 'i'));
        value *= c == 'h' ? h_ : i_;
      }
    }
    return value;
  }

  const std::string text_;
  const double h_, i_;
  std::size_t at_ = 0;
};

}  // namespace

TEST_CASE("the default start is PyTorch's: uniform in one over the square root of the fan-in",
          "[models][initialise]") {
  for (Values values : cell_variants()) {
    values["hidden"] = "40";
    values["layers"] = "2";
    for (const char* attention : {"none", "additive", "dot"}) {
      values["attention"] = attention;
      const Started s = start(values);
      CAPTURE(values["cell"], attention);
      const double bound = 1 / std::sqrt(40.0), joined = attention == std::string("none") ? 40 : 80;
      for (const Block& block : s.network->layout().blocks()) {
        CAPTURE(block.name);
        const std::vector<float> numbers = s.block(block.name);
        check_uniform(numbers, block.name.starts_with("readout.") ? 1 / std::sqrt(joined) : bound);
        CHECK(std::set<float>(numbers.begin(), numbers.end()).size() > 1);
      }
    }
  }
}

TEST_CASE("the start is the seed's, block by block", "[models][initialise]") {
  const Values lstm{{"cell", "lstm"}, {"hidden", "9"}};
  CHECK(hash_of(start(lstm, 4).parameters) == hash_of(start(lstm, 4).parameters));
  CHECK(hash_of(start(lstm, 4).parameters) != hash_of(start(lstm, 5).parameters));
  std::set<float> first;  // no two blocks share a stream
  const Started s = start({{"cell", "lstm"}, {"hidden", "9"}, {"layers", "2"}, {"attention", "additive"}});
  for (const Block& block : s.network->layout().blocks())
    if (!block.name.starts_with("readout")) CHECK(first.insert(s.block(block.name)[0]).second);
  // double starts from the same numbers
  const auto exact = make_network<double>(model_settings(lstm), signature);
  Parameters<double> parameters(exact->layout());
  exact->initialise(4, parameters);
  const Started same = start(lstm, 4);
  CHECK(std::equal(parameters.data().begin(), parameters.data().end(), same.parameters.data().begin()));
}

TEST_CASE("orthogonal: the recurrent matrix of every gate, and nothing else", "[models][initialise]") {
  for (Values values : cell_variants())
    for (int h : {1, 5, 64}) {
      values["hidden"] = std::to_string(h);
      values.erase("init");
      const Started uniform = start(values);
      values["init"] = "orthogonal";
      const Started s = start(values);
      CAPTURE(values["cell"], h);
      const std::vector<float> all = s.block("rnn.weight_hh_l0");
      std::set<float> corners;
      for (std::size_t gate = 0; gate < all.size() / (h * h); ++gate) {
        using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
        const Eigen::MatrixXd q = Eigen::Map<const RowMajor>(&all[gate * h * h], h, h).cast<double>();
        CHECK((q.transpose() * q - Eigen::MatrixXd::Identity(h, h)).cwiseAbs().maxCoeff() <= 1e-6);
        corners.insert(static_cast<float>(q(0, 0)));
      }
      if (h > 1) CHECK(corners.size() == all.size() / (h * h));  // a matrix of its own for each gate
      for (const Block& block : s.network->layout().blocks())
        if (block.name != "rnn.weight_hh_l0") CHECK(s.block(block.name) == uniform.block(block.name));
    }
}

TEST_CASE("identity: recurrent weights are the identity and biases are 0", "[models][initialise]") {
  for (Values values : cell_variants()) {
    const int h = 6;
    values["hidden"] = std::to_string(h);
    values["init"] = "identity";
    const Started s = start(values);
    CAPTURE(values["cell"]);
    const std::vector<float> u = s.block("rnn.weight_hh_l0");
    for (std::size_t i = 0; i < u.size(); ++i) CHECK(u[i] == ((i / h) % h == i % h ? 1.0f : 0.0f));
    CHECK(all_equal(s.block("rnn.bias_ih_l0"), 0));
    CHECK(all_equal(s.block("rnn.bias_hh_l0"), 0));
  }
}

TEST_CASE("forget-bias and update-bias set their gate's part of both biases, in every layer",
          "[models][initialise]") {
  struct Bias {
    std::string cell, option;
    int gate, gates;
  };
  for (const Bias& bias : {Bias{"lstm", "forget-bias", 1, 4}, Bias{"gru", "update-bias", 1, 3},
                           Bias{"gru-v1", "update-bias", 1, 3}})
    for (const char* init : {"uniform", "orthogonal", "identity"}) {
      Values values{{"cell", bias.cell}, {"hidden", "6"}, {"layers", "2"}, {"init", init}};
      const Started before = start(values);
      values[bias.option] = "1.5";
      const Started after = start(values);
      CAPTURE(bias.cell, init);
      for (const std::string layer : {"_l0", "_l1"})
        for (int gate = 0; gate < bias.gates; ++gate)
          for (const std::string name : {"rnn.bias_ih", "rnn.bias_hh"}) {
            const std::vector<float> now = after.gate(name + layer, gate);
            if (gate == bias.gate)
              CHECK(all_equal(now, name == "rnn.bias_ih" ? 1.5f : 0.0f));
            else
              CHECK(now == before.gate(name + layer, gate));
          }
    }
}

TEST_CASE("chrono: biases of the gates spread over time scales up to chrono-steps", "[models][initialise]") {
  const int longest = 400;
  for (const char* cell : {"lstm", "gru", "gru-v1"}) {
    const Started s = start(
        {{"cell", cell}, {"hidden", "2000"}, {"init", "chrono"}, {"chrono-steps", std::to_string(longest)}});
    CAPTURE(cell);
    const std::vector<float> keep = s.gate("rnn.bias_ih_l0", 1);
    // exp(bias) is uniform in [1, T - 1] (Tallec & Ollivier 2018).
    std::vector<float> spread;
    const double middle = longest / 2.0;
    for (float b : keep) {
      CHECK((b >= 0 && b <= std::log(longest - 1.0) + 1e-5));
      spread.push_back(static_cast<float>(std::exp(static_cast<double>(b)) - middle));
    }
    check_uniform(spread, middle - 1);
    CHECK(all_equal(s.gate("rnn.bias_hh_l0", 1), 0));
    if (cell == std::string("lstm")) {
      std::vector<float> input = s.gate("rnn.bias_ih_l0", 0);
      for (float& b : input) b = -b;
      CHECK(input == keep);
      CHECK(all_equal(s.gate("rnn.bias_hh_l0", 0), 0));
    }
  }
  CHECK_THROWS_AS(start({{"cell", "lstm"}, {"init", "chrono"}, {"forget-bias", "1"}}), UserError);
}

TEST_CASE("a learned initial state starts at 0, a zero one has no parameters", "[models][initialise]") {
  const Started zero = start({{"cell", "lstm"}});
  for (const Block& block : zero.network->layout().blocks()) CHECK(!block.name.starts_with("initial_state"));
  const Started learned = start({{"cell", "lstm"}, {"layers", "2"}, {"initial-state", "learned"}});
  for (const char* name : {"hidden_l0", "cell_l0", "hidden_l1", "cell_l1"})
    CHECK(all_equal(learned.block(std::string("initial_state.") + name), 0));
}

TEST_CASE("the parameter count is the formula of the table, and the padding is none of it",
          "[models][initialise]") {
  for (const Settings& model : all_models(7)) {
    CAPTURE(describe_model(model));
    const auto network = make_network<float>(model, signature);
    const double h = 7;
    double recurrent = 0, states = 0, attention = 0, in_blocks = 0;
    for (int layer = 0; layer < model.integer("layers"); ++layer)
      recurrent +=
          Formula(find_cell(model.text("cell")).parameters, h, layer == 0 ? signature.inputs : h).value();
    if (model.text("initial-state") == "learned")
      states = h * static_cast<double>(model.integer("layers")) * (model.text("cell") == "lstm" ? 2 : 1);
    if (model.text("attention") == "additive") attention = 2 * h * h + 2 * h;
    const double joined = model.text("attention") == "none" ? h : 2 * h;
    CHECK(network->layout().count() == recurrent + states + attention + signature.outputs * (joined + 1));
    CHECK(network_size(model, signature).parameters == network->layout().count());

    const Parameters<float> parameters = random_parameters(*network, 3);
    for (const Block& block : network->layout().blocks()) in_blocks += static_cast<double>(block.size());
    CHECK(in_blocks == network->layout().count());
    CHECK(static_cast<double>(std::count_if(parameters.data().begin(), parameters.data().end(),
                                            [](float x) { return x != 0; })) == in_blocks);
  }
}

TEST_CASE("an LSTM layer has four thirds of the parameters of a GRU layer of its width",
          "[models][initialise]") {
  const auto layer = [](const char* cell) {
    std::size_t count = 0;
    const auto network = make_network<float>(model_settings({{"cell", cell}, {"hidden", "17"}}), signature);
    for (const Block& block : network->layout().blocks())
      if (block.name.starts_with("rnn.")) count += block.size();
    return count;
  };
  CHECK(3 * layer("lstm") == 4 * layer("gru"));
  CHECK(layer("gru") == layer("gru-v1"));
  CHECK(layer("lstm") == 4 * layer("rnn"));
}

TEST_CASE("a budget gives the largest width whose parameters fit", "[models][initialise]") {
  for (Settings model : all_models(1))
    for (const char* budget : {"200", "1000", "20000"}) {
      model.set("budget", budget);
      CAPTURE(describe_model(model));
      const NetworkSize size = network_size(model, signature);
      Settings fixed = model;
      fixed.set("budget", "");
      const auto parameters = [&](int hidden) {
        fixed.set("hidden", std::to_string(hidden));
        return network_size(fixed, signature).parameters;
      };
      CHECK(size.parameters == parameters(size.hidden));
      CHECK(size.parameters <= static_cast<std::size_t>(model.integer("budget")));
      CHECK(parameters(size.hidden + 1) > static_cast<std::size_t>(model.integer("budget")));
      CHECK(make_network<float>(model, signature)->hidden() == size.hidden);
    }
  const Settings small = model_settings({{"cell", "lstm"}, {"budget", "10"}});
  CHECK_THROWS_WITH(network_size(small, signature),
                    Catch::Contains("budget = 10") && Catch::Contains("lstm"));
}
