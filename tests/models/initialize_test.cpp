// Initial parameters, and sizes: what each option promises, element by element.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include <Eigen/Dense>
#include <catch2/catch.hpp>

#include "core/error.h"
#include "tests/models/model_fixture.h"
#include "tests/models/naive_cells.h"
#include "tests/namespaces.h"

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
  started.network->initialize(seed, started.parameters);
  return started;
}

// Blocks that multiply a state: weight_hh and those of further sources.
bool is_recurrent(const Block& block) {
  return block.name.starts_with("rnn.weight_") && !block.name.starts_with("rnn.weight_ih");
}

// The gates that set how long a cell remembers. Which options and signs they have, from the formulas.
struct MemoryGate {
  std::string cell, option;  // the option that sets its bias, if any
  int gate, row;             // of bias_ih; of bias_hh, -1 when the gate does not recur
  int sign;                  // 1: a large value keeps the old state; -1: takes the new one
};
const std::vector<MemoryGate> memory_gates{{"lstm", "", 0, 0, -1},
                                           {"lstm", "forget-bias", 1, 1, 1},
                                           {"lstm-nig", "forget-bias", 0, 0, 1},
                                           {"lstm-nfg", "", 0, 0, -1},
                                           {"lstm-nog", "", 0, 0, -1},
                                           {"lstm-nog", "forget-bias", 1, 1, 1},
                                           {"lstm-niaf", "", 0, 0, -1},
                                           {"lstm-niaf", "forget-bias", 1, 1, 1},
                                           {"lstm-noaf", "", 0, 0, -1},
                                           {"lstm-noaf", "forget-bias", 1, 1, 1},
                                           {"lstm-cifg", "forget-bias", 0, 0, 1},
                                           {"lstm-peephole", "", 0, 0, -1},
                                           {"lstm-peephole", "forget-bias", 1, 1, 1},
                                           {"lstm-fgr", "", 0, 0, -1},
                                           {"lstm-fgr", "forget-bias", 1, 1, 1},
                                           {"lstm-sca", "", 0, 0, -1},
                                           {"lstm-sca", "forget-bias", 1, 1, 1},
                                           {"janet", "forget-bias", 0, 0, 1},
                                           {"gru", "update-bias", 1, 1, 1},
                                           {"gru-v1", "update-bias", 1, 1, 1},
                                           {"gru-concat", "update-bias", 1, 1, 1},
                                           {"gru-unreset", "update-bias", 1, 1, 1},
                                           {"gru-sca", "update-bias", 1, 1, 1},
                                           {"gru-output", "update-bias", 1, 1, 1},
                                           {"mgu", "forget-bias", 0, 0, -1},
                                           {"mut1", "update-bias", 1, -1, -1},
                                           {"mut2", "update-bias", 1, 1, -1},
                                           {"mut3", "update-bias", 1, 1, -1},
                                           {"min-gru", "update-bias", 0, -1, -1},
                                           {"min-lstm", "forget-bias", 0, -1, 1},
                                           {"min-lstm", "", 1, -1, -1}};

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

TEST_CASE("the default start is PyTorch's: uniform in one over the square root of the fan-in", "[models][initialize]") {
  for (Values values : cell_variants()) {
    if (find_cell(values["cell"]).defaults.contains("init")) continue;
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
        if (block.name.starts_with("rnn.gain")) {
          CHECK(all_equal(numbers, 1));
          continue;
        }
        check_uniform(numbers, block.name.starts_with("readout.") ? 1 / std::sqrt(joined) : bound);
        CHECK(std::set<float>(numbers.begin(), numbers.end()).size() > 1);
      }
    }
  }
}

TEST_CASE("the start is the seed's, block by block", "[models][initialize]") {
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
  exact->initialize(4, parameters);
  const Started same = start(lstm, 4);
  CHECK(std::equal(parameters.data().begin(), parameters.data().end(), same.parameters.data().begin()));
}

TEST_CASE("orthogonal: the recurrent matrices of every gate, and nothing else", "[models][initialize]") {
  for (Values values : cell_variants())
    for (int h : {1, 5, 64}) {
      values["hidden"] = std::to_string(h);
      values["init"] = "uniform";
      const Started uniform = start(values);
      values["init"] = "orthogonal";
      const Started s = start(values);
      CAPTURE(values["cell"], h);
      for (const Block& block : s.network->layout().blocks()) {
        const std::vector<float> all = s.block(block.name);
        CAPTURE(block.name);
        if (!is_recurrent(block)) {
          CHECK(all == uniform.block(block.name));
          continue;
        }
        std::set<float> corners;
        for (std::size_t gate = 0; gate < all.size() / (h * h); ++gate) {
          using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
          const Eigen::MatrixXd q = Eigen::Map<const RowMajor>(&all[gate * h * h], h, h).cast<double>();
          CHECK((q.transpose() * q - Eigen::MatrixXd::Identity(h, h)).cwiseAbs().maxCoeff() <= 1e-6);
          corners.insert(static_cast<float>(q(0, 0)));
        }
        if (h > 1) CHECK(corners.size() == all.size() / (h * h));  // a matrix of its own for each gate
      }
    }
}

TEST_CASE("identity: recurrent weights are the identity and biases are 0", "[models][initialize]") {
  for (Values values : cell_variants()) {
    const int h = 6;
    values["hidden"] = std::to_string(h);
    values["init"] = "uniform";
    const Started uniform = start(values);
    values["init"] = "identity";
    const Started s = start(values);
    for (const Block& block : s.network->layout().blocks()) {
      CAPTURE(values["cell"], block.name);
      const std::vector<float> u = s.block(block.name);
      if (is_recurrent(block))
        for (std::size_t i = 0; i < u.size(); ++i) CHECK(u[i] == ((i / h) % h == i % h ? 1.0f : 0.0f));
      else if (block.name.starts_with("rnn.bias"))
        CHECK(all_equal(u, 0));
      else
        CHECK(u == uniform.block(block.name));
    }
  }
}

TEST_CASE("cells that are known by their start have it as their default", "[models][initialize]") {
  const auto same = [](const char* cell, const Values& rnn) {
    const Started s = start({{"cell", cell}, {"hidden", "9"}}), other = start(rnn);
    CAPTURE(cell);
    CHECK(s.parameters.data() == other.parameters.data());
  };
  same("irnn", {{"cell", "rnn"}, {"hidden", "9"}, {"init", "identity"}, {"activation", "relu"}});
  same("rnn-orthogonal", {{"cell", "rnn"}, {"hidden", "9"}, {"init", "orthogonal"}});
  CHECK(model_settings({{"cell", "irnn"}}).text("activation") == "relu");
  CHECK(find_cell("feedforward-attention").attention == "feedforward");
  CHECK(model_settings({{"cell", "rnn"}}).text("init") == "uniform");
}

TEST_CASE("forget-bias and update-bias set their gate's part of both biases, in every layer", "[models][initialize]") {
  std::set<std::string> with_option, in_table;
  for (const CellEntry& cell : all_cells())
    for (const Option& option : cell.options)
      if (option.name.ends_with("-bias") && has_formula(cell.name)) with_option.insert(cell.name + " " + option.name);
  for (const MemoryGate& gate : memory_gates) {
    if (gate.option.empty()) continue;
    in_table.insert(gate.cell + " " + gate.option);
    for (const char* init : {"uniform", "orthogonal", "identity"}) {
      Values values{{"cell", gate.cell}, {"hidden", "6"}, {"layers", "2"}, {"init", init}};
      const Started before = start(values);
      values[gate.option] = "1.5";
      const Started after = start(values);
      CAPTURE(gate.cell, init);
      for (const Block& block : before.network->layout().blocks()) {
        const std::vector<float> was = before.block(block.name), now = after.block(block.name);
        const bool ih = block.name.starts_with("rnn.bias_ih"), hh = block.name.starts_with("rnn.bias_hh");
        CAPTURE(block.name);
        const int row = ih ? gate.gate : hh ? gate.row : -1;
        for (int i = 0; i < static_cast<int>(now.size()); ++i)
          if (now[i] != (row >= 0 && i / 6 == row ? (ih ? 1.5f : 0.0f) : was[i])) FAIL_CHECK("number " << i);
      }
    }
  }
  CHECK(in_table == with_option);
}

TEST_CASE("chrono: biases of the gates spread over time scales up to chrono-steps", "[models][initialize]") {
  const int longest = 400;
  std::set<std::string> gated, in_table;
  for (const CellEntry& cell : all_cells())
    if (cell.gated && has_formula(cell.name)) gated.insert(cell.name);
  for (const MemoryGate& gate : memory_gates) {
    const bool first = in_table.insert(gate.cell).second;
    const Started s = start({{"cell", gate.cell},
                             {"hidden", first ? "500" : "20"},
                             {"init", "chrono"},
                             {"chrono-steps", std::to_string(longest)}});
    CAPTURE(gate.cell);
    std::vector<float> keep = s.gate("rnn.bias_ih_l0", gate.gate);
    for (float& b : keep) b *= static_cast<float>(gate.sign);
    if (gate.row >= 0) CHECK(all_equal(s.gate("rnn.bias_hh_l0", gate.row), 0));
    // exp(bias) is uniform in [1, T - 1] (Tallec & Ollivier 2018).
    std::vector<float> spread;
    const double middle = longest / 2.0;
    for (float b : keep) {
      CHECK((b >= 0 && b <= std::log(longest - 1.0) + 1e-5));
      spread.push_back(static_cast<float>(std::exp(static_cast<double>(b)) - middle));
    }
    check_uniform(spread, middle - 1);
    for (const MemoryGate& other : memory_gates) {  // a unit's gates are of one time scale
      if (other.cell != gate.cell) continue;
      std::vector<float> same = s.gate("rnn.bias_ih_l0", other.gate);
      for (float& b : same) b *= static_cast<float>(other.sign);
      CHECK(same == keep);
    }
  }
  CHECK(in_table == gated);
}

TEST_CASE("a learned initial state starts at 0, a zero one has no parameters", "[models][initialize]") {
  const Started zero = start({{"cell", "lstm"}});
  for (const Block& block : zero.network->layout().blocks()) CHECK(!block.name.starts_with("initial_state"));
  const Started learned = start({{"cell", "lstm"}, {"layers", "2"}, {"initial-state", "learned"}});
  for (const char* name : {"hidden_l0", "cell_l0", "hidden_l1", "cell_l1"})
    CHECK(all_equal(learned.block(std::string("initial_state.") + name), 0));
}

TEST_CASE("the parameter count is the formula of the table, and the padding is none of it", "[models][initialize]") {
  for (Settings model : all_models(7)) {
    if (model.has("init")) model.set("init", "uniform");  // no zeros
    CAPTURE(describe_model(model));
    const auto network = make_network<float>(model, signature);
    const double h = 7, layers = static_cast<double>(model.integer("layers"));
    double recurrent = 0, states = 0, gains = 0, attention = 0, in_blocks = 0;
    for (int layer = 0; layer < model.integer("layers"); ++layer)
      recurrent += Formula(find_cell(model.text("cell")).parameters, h, layer == 0 ? signature.inputs : h).value();
    for (const Block& block : network->layout().blocks()) {
      in_blocks += static_cast<double>(block.size());
      if (block.name.starts_with("initial_state.")) states += h;
      if (block.name.starts_with("rnn.gain")) gains += static_cast<double>(block.size());
    }
    CHECK((states > 0) == (model.text_or("initial-state", "zero") == "learned"));
    const int gates = find_cell(model.text("cell")).gates;
    CHECK((gates > 0 && gains >= gates * h * layers) == (model.text_or("layer-norm", "no") == "yes"));
    if (model.text_or("attention", "none") == "additive") attention = 2 * h * h + 2 * h;
    const double joined = model.text_or("attention", "none") == "none" ? h : 2 * h;
    if (model.text("cell") == "feedforward-attention") attention = (h + 1) + (h * h + h);
    if (model.text("cell") == "transformer") {  // embedding, learned positions, the last norm
      attention = h * signature.inputs + h + 2 * h;
      if (model.text("positions") == "learned") attention += 5 * h;
    }
    const auto count = static_cast<double>(network->layout().count());
    CHECK(count == recurrent + states + gains + attention + signature.outputs * (joined + 1));
    CHECK(network_size(model, signature).parameters == network->layout().count());
    CHECK(in_blocks == count);

    const Parameters<float> parameters = random_parameters(*network, 3);
    CHECK(static_cast<double>(std::count_if(parameters.data().begin(), parameters.data().end(),
                                            [](float x) { return x != 0; })) == in_blocks);
  }
}

TEST_CASE("the formula of the table is the size of a layer at any width and input", "[models][initialize]") {
  for (const CellEntry& cell : free_cells())
    for (int h : {1, 5, 16, 33})
      for (int i : {1, 3, 17}) {
        Signature of_width = signature;
        of_width.inputs = i;
        const Values values{{"cell", cell.name}, {"hidden", std::to_string(h)}, {"attention", "none"}};
        const NetworkSize size = network_size(model_settings(values), of_width);
        CAPTURE(cell.name, cell.parameters, h, i);
        CHECK(static_cast<double>(size.parameters) ==
              Formula(cell.parameters, h, i).value() + signature.outputs * (h + 1));
      }
}

TEST_CASE("a budget gives the largest width whose parameters fit", "[models][initialize]") {
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
  CHECK_THROWS_WITH(network_size(model_settings({{"cell", "lstm"}, {"budget", "10"}}), signature),
                    Catch::Contains("budget = 10") && Catch::Contains("lstm"));
}
