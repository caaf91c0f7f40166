// Networks of several layers, directions and cells: that they are what their parts say.
#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "core/error.h"
#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;
using Catch::Contains;

namespace {

template <class S>
struct Trained {
  std::unique_ptr<const Network<S>> network;
  Parameters<S> parameters;
};

template <class S>
Trained<S> start(const Values& values, const Signature& signature, std::uint64_t seed = 3) {
  Trained<S> t{make_network<S>(model_settings(values), signature), {}};
  t.parameters = random_parameters(*t.network, seed);
  return t;
}

template <class S>
std::vector<S> outputs(const Trained<S>& t, const Batch& batch) {
  std::vector<S> out;
  t.network->predict(t.parameters, batch, true, *t.network->workspace(), out);
  return out;
}

template <class S>
Parameters<S> gradient(const Trained<S>& t, const Batch& batch, const StreamSource* noise = nullptr,
                       const WorkspaceOptions& options = {}) {
  Parameters<S> d(t.network->layout());
  t.network->gradient(t.parameters, batch, *t.network->workspace(options), d, noise);
  return d;
}

// The numbers of a network's blocks of the same names, in another network.
template <class S>
void copy_blocks(const Trained<S>& from, Trained<S>& to, const std::string& suffix = "", const std::string& as = "") {
  const Layout &a = from.network->layout(), &b = to.network->layout();
  for (std::size_t i = 0; i < a.blocks().size(); ++i) {
    const std::string& name = a.blocks()[i].name;
    if (!name.ends_with(suffix)) continue;
    const int other = b.find(name.substr(0, name.size() - suffix.size()) + as);
    if (other < 0 || b.block(other).size() != a.blocks()[i].size()) continue;
    std::copy_n(from.parameters.block(static_cast<int>(i)), a.blocks()[i].size(), to.parameters.block(other));
  }
}

}  // namespace

TEST_CASE("cell = lstm+lstm is layers = 2, bit for bit", "[models][networks]") {
  for (const char* cell : {"lstm", "gru", "gru-v1"})
    for (const Signature& signature : all_signatures(3, 4)) {
      const Batch batch = uneven_batch(signature, 6, 19, 2);
      const auto stacked = start<float>({{"cell", std::string(cell) + "+" + cell}, {"hidden", "7"}}, signature);
      const auto layered = start<float>({{"cell", cell}, {"layers", "2"}, {"hidden", "7"}}, signature);
      CHECK(stacked.parameters.data() == layered.parameters.data());
      CHECK(outputs(stacked, batch) == outputs(layered, batch));
      CHECK(gradient(stacked, batch).data() == gradient(layered, batch).data());
    }
  const auto pattern = start<float>({{"cell", "lstm+gru"}, {"layers", "2"}, {"hidden", "5"}}, all_signatures(3, 4)[0]);
  const auto written = start<float>({{"cell", "lstm+gru+lstm+gru"}, {"hidden", "5"}}, all_signatures(3, 4)[0]);
  CHECK(pattern.parameters.data() == written.parameters.data());
}

TEST_CASE("cells side by side are two networks whose output layers are added", "[models][networks]") {
  for (const char* hidden : {"5", "16", "19"}) {
    const Signature signature = all_signatures(3, 4)[1];
    const Batch batch = uneven_batch(signature, 6, 5, 2);
    const auto both = start<double>({{"cell", "lstm|gru"}, {"hidden", hidden}}, signature);
    auto lstm = start<double>({{"cell", "lstm"}, {"hidden", hidden}}, signature);
    auto gru = start<double>({{"cell", "gru"}, {"hidden", hidden}}, signature);
    copy_blocks(both, lstm, "_l0", "_l0");
    copy_blocks(both, gru, "_l0_2", "_l0");
    const Layout& layout = both.network->layout();
    const double* w = both.parameters.block(layout.find("readout.weight"));
    const int h = std::stoi(hidden);
    for (int o = 0; o < signature.outputs; ++o)
      for (int k = 0; k < h; ++k) {
        lstm.parameters.block(lstm.network->layout().find("readout.weight"))[o * h + k] = w[o * 2 * h + k];
        gru.parameters.block(gru.network->layout().find("readout.weight"))[o * h + k] = w[o * 2 * h + h + k];
      }
    for (int o = 0; o < signature.outputs; ++o) {
      lstm.parameters.block(lstm.network->layout().find("readout.bias"))[o] =
          both.parameters.block(layout.find("readout.bias"))[o];
      gru.parameters.block(gru.network->layout().find("readout.bias"))[o] = 0;
    }
    const auto joined = outputs(both, batch), first = outputs(lstm, batch), second = outputs(gru, batch);
    for (std::size_t i = 0; i < joined.size(); ++i) CHECK(std::fabs(joined[i] - first[i] - second[i]) <= 1e-14);
  }
}

TEST_CASE("recomputing moves no bit of any network", "[models][networks]") {
  const Signature signature = all_signatures(3, 4)[0];
  const Batch batch = uneven_batch(signature, 11, 21, 2);
  for (const Values& values :
       {Values{{"cell", "lstm+gru"}}, Values{{"cell", "lstm|gru"}, {"layers", "2"}}, Values{{"cell", "lstm|gru+rnn"}},
        Values{{"cell", "mut3"}, {"layers", "3"}, {"residual", "yes"}},
        Values{{"cell", "lstm-fgr"}, {"layer-norm", "yes"}, {"layers", "2"}},
        Values{{"cell", "gru"}, {"layers", "2"}, {"direction", "bidirectional"}}}) {
    Values sized = values;
    sized.emplace("hidden", "5");
    const auto t = start<float>(sized, signature);
    CHECK(gradient(t, batch).data() == gradient(t, batch, nullptr, {.threads = 2, .recompute = 4}).data());
  }
}

TEST_CASE("the backward direction begins at each sequence's own end", "[models][networks]") {
  // What stands behind the end of a sequence changes nothing that is asked of it.
  for (const bool one_answer : {false, true}) {
    Signature signature = all_signatures(3, 4)[one_answer ? 1 : 0];
    signature.one_answer = one_answer;
    for (const char* attention : {"none", "additive", "multi-head"}) {
      const auto t = start<double>({{"cell", "lstm"},
                                    {"direction", "bidirectional"},
                                    {"hidden", "4"},
                                    {"layers", "2"},
                                    {"attention", attention}},
                                   signature);
      Batch batch = uneven_batch(signature, 7, 4, 2);
      for (int b = 0; b < batch.size; ++b)
        for (int s = 3 + b; s < 7; ++s) batch.weight[batch.at(s, b)] = s == 3 + b ? 1 : 0;
      Batch other = batch;
      for (int b = 0; b < batch.size; ++b)
        for (int s = 4 + b; s < 7; ++s) {
          if (signature.one_hot)
            other.symbols[other.at(s, b)] = 2;
          else
            other.values[other.at(s, b) * 3] = 9;
        }
      CHECK(gradient(t, batch).data() == gradient(t, other).data());
      // And what stands before it changes everything: the first step sees the last.
      Batch changed = batch;
      if (signature.one_hot)
        changed.symbols[changed.at(3, 0)] = (changed.symbols[changed.at(3, 0)] + 1) % 3;
      else
        changed.values[changed.at(3, 0) * 3] += 1;
      const auto a = outputs(t, batch), b = outputs(t, changed);
      CHECK(a[0] != b[0]);
    }
  }
}

TEST_CASE("dropout drops with probability p and divides the rest by 1 - p", "[models][networks]") {
  // With one step of one sequence the gradient of a weight of the upper layer is that of its bias times its input.
  const Signature signature = all_signatures(3, 4)[1];
  const Batch batch = uneven_batch(signature, 1, 1, 2);
  const int h = 8, draws = 400;
  for (const double p : {0.25, 0.6}) {
    const auto t = start<double>(
        {{"cell", "rnn"}, {"layers", "2"}, {"hidden", std::to_string(h)}, {"dropout", p == 0.25 ? "0.25" : "0.6"}},
        signature);
    const int weight = t.network->layout().find("rnn.weight_ih_l1"), bias = t.network->layout().find("rnn.bias_ih_l1");
    const auto input = [&](const Parameters<double>& d, int k) { return d.block(weight)[k] / d.block(bias)[0]; };
    const auto whole = gradient(t, batch);
    int dropped = 0;
    for (std::uint32_t update = 0; update < draws; ++update) {
      const StreamSource noise{5, Purpose::dropout, update, 0};
      const auto d = gradient(t, batch, &noise);
      for (int k = 0; k < h; ++k) {
        const double factor = input(d, k) / input(whole, k);
        if (factor == 0)
          ++dropped;
        else
          CHECK(std::fabs(factor * (1 - p) - 1) <= 1e-6);  // the factor is a float
      }
    }
    const double n = draws * h;
    CHECK(std::fabs(dropped / n - p) <= 5 * std::sqrt(p * (1 - p) / n));
  }
}

TEST_CASE("what is dropped comes from the stream of the sequence alone", "[models][networks]") {
  const Signature signature = all_signatures(3, 4)[1];
  const Values values{{"cell", "lstm"}, {"layers", "3"}, {"hidden", "6"}, {"dropout", "0.4"}};
  const auto t = start<float>(values, signature);
  const Batch batch = uneven_batch(signature, 9, 37, 2);
  const StreamSource noise{5, Purpose::dropout, 8, 0}, next{5, Purpose::dropout, 9, 0};
  const auto once = gradient(t, batch, &noise);
  CHECK(once.data() == gradient(t, batch, &noise, {.threads = 3}).data());
  CHECK(once.data() == gradient(t, batch, &noise, {.threads = 2, .recompute = 4}).data());
  CHECK(once.data() != gradient(t, batch, &next).data());
  CHECK(once.data() != gradient(t, batch).data());

  // Without noise it is the network without dropout.
  const auto same = start<float>({{"cell", "lstm"}, {"layers", "3"}, {"hidden", "6"}}, signature);
  CHECK(gradient(t, batch).data() == gradient(same, batch).data());
  CHECK(outputs(t, batch) == outputs(same, batch));

  // Each sequence alone draws what it draws in the batch.
  const auto half = start<double>({{"cell", "rnn"}, {"layers", "2"}, {"hidden", "5"}, {"dropout", "0.5"}}, signature);
  const Batch first = batch.sequences(0), second = batch.sequences(1);
  const Batch pair = batch.sequences(0, 2);
  const StreamSource second_noise{5, Purpose::dropout, 8, 1};
  double total[2] = {0, 0};
  for (int b = 0; b < 2; ++b)
    for (int s = 0; s < pair.steps; ++s) total[b] += pair.weight[pair.at(s, b)];
  const auto together = gradient(half, pair, &noise), one = gradient(half, first, &noise),
             two = gradient(half, second, &second_noise);
  for (std::size_t i = 0; i < together.data().size(); ++i)
    CHECK(std::fabs(together.data()[i] -
                    (total[0] * one.data()[i] + total[1] * two.data()[i]) / (total[0] + total[1])) <= 1e-14);
}

TEST_CASE("the gradient under dropout is the derivative of the loss under the same draws", "[models][networks]") {
  const Signature signature = all_signatures(3, 4)[0];
  for (const char* residual : {"no", "yes"})
    for (const char* direction : {"forward", "bidirectional"}) {
      const auto t = start<double>({{"cell", "gru"},
                                    {"layers", "3"},
                                    {"hidden", "4"},
                                    {"dropout", "0.3"},
                                    {"residual", residual},
                                    {"direction", direction}},
                                   signature);
      const Batch batch = uneven_batch(signature, 5, 3, 2);
      const StreamSource noise{5, Purpose::dropout, 8, 0};
      const auto d = gradient(t, batch, &noise);
      const auto complex = make_network<std::complex<double>>(model_settings({{"cell", "gru"},
                                                                              {"layers", "3"},
                                                                              {"hidden", "4"},
                                                                              {"dropout", "0.3"},
                                                                              {"residual", residual},
                                                                              {"direction", direction}}),
                                                              signature);
      Parameters<std::complex<double>> stepped(complex->layout()), unused(complex->layout());
      const auto workspace = complex->workspace();
      double largest = 0;
      for (double x : d.data()) largest = std::max(largest, std::fabs(x));
      for (std::size_t i = 0; i < d.data().size(); ++i) stepped.data()[i] = t.parameters.data()[i];
      for (std::size_t i = 0; i < d.data().size(); i += 7) {
        stepped.data()[i] += std::complex<double>(0, 1e-30);
        const double slope = complex->gradient(stepped, batch, *workspace, unused, &noise).imag() / 1e-30;
        stepped.data()[i] = t.parameters.data()[i];
        CHECK(std::fabs(slope - d.data()[i]) <= 1e-13 * largest);
      }
    }
}

TEST_CASE("attention over a single step is the identity", "[models][networks]") {
  for (const char* attention : {"additive", "dot", "general"}) {
    const Signature signature = all_signatures(3, 4)[1];
    const Batch batch = uneven_batch(signature, 1, 5, 2);
    const auto attended = start<double>({{"cell", "gru"}, {"hidden", "5"}, {"attention", attention}}, signature);
    auto plain = start<double>({{"cell", "gru"}, {"hidden", "5"}}, signature);
    copy_blocks(attended, plain);
    const double* w = attended.parameters.block(attended.network->layout().find("readout.weight"));
    double* sum = plain.parameters.block(plain.network->layout().find("readout.weight"));
    for (int o = 0; o < 4; ++o)
      for (int k = 0; k < 5; ++k) sum[o * 5 + k] = w[o * 10 + k] + w[o * 10 + 5 + k];
    const auto a = outputs(attended, batch), b = outputs(plain, batch);
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::fabs(a[i] - b[i]) <= 1e-15);
  }
}

TEST_CASE("the Transformer never sees a later step, and without positions no order", "[models][networks]") {
  const Signature signature = all_signatures(3, 4)[0];
  Batch batch = uneven_batch(signature, 6, 3, 2);
  for (const char* positions : {"sinusoidal", "learned", "none"}) {
    const auto t = start<double>({{"cell", "transformer"}, {"hidden", "8"}, {"positions", positions}}, signature);
    const auto before = outputs(t, batch);
    Batch changed = batch;
    changed.symbols[changed.at(4, 0)] = (changed.symbols[changed.at(4, 0)] + 1) % 3;
    const auto after = outputs(t, changed);
    const std::size_t of_step = static_cast<std::size_t>(batch.size) * 4;
    CHECK(std::equal(before.begin(), before.begin() + 4 * of_step, after.begin()));
    CHECK_FALSE(std::equal(before.begin() + 4 * of_step, before.end(), after.begin() + 4 * of_step));
    // The first two steps change places.
    Batch swapped = batch;
    std::swap_ranges(swapped.symbols.begin(), swapped.symbols.begin() + batch.size,
                     swapped.symbols.begin() + batch.size);
    const auto other = outputs(t, swapped);
    double worst = 0;
    for (std::size_t i = 5 * of_step; i < 6 * of_step; ++i) worst = std::max(worst, std::fabs(other[i] - before[i]));
    if (positions ==
        std::string("none"))  // (two blocks: step 2 on sees the set of the first two through the lower one)
      CHECK(worst > 0);
    else
      CHECK(worst > 1e-6);
  }
  const auto shallow =
      start<double>({{"cell", "transformer"}, {"hidden", "8"}, {"positions", "none"}, {"layers", "1"}}, signature);
  Batch swapped = batch;
  std::swap_ranges(swapped.symbols.begin(), swapped.symbols.begin() + batch.size, swapped.symbols.begin() + batch.size);
  const auto a = outputs(shallow, batch), b = outputs(shallow, swapped);
  for (std::size_t i = 2 * batch.size * 4; i < a.size(); ++i) CHECK(std::fabs(a[i] - b[i]) <= 1e-14);
}

namespace {

// An output layer that sees nothing but its bias.
template <class S>
void check_certain_answers() {
  const Signature signature{.inputs = 1, .outputs = 3, .loss = Loss::bernoulli};
  auto certain = start<S>({{"cell", "rnn"}, {"hidden", "2"}}, signature);
  const Layout& layout = certain.network->layout();
  const int weight = layout.find("readout.weight"), bias = layout.find("readout.bias");
  std::fill_n(certain.parameters.block(weight), layout.block(weight).size(), S(0));
  const S logits[] = {S(1000), S(-1000), S(0)};
  std::copy_n(logits, 3, certain.parameters.block(bias));
  Batch batch;
  batch.reset(signature, 1, 1);
  batch.weight = {2};
  const auto workspace = certain.network->workspace();
  Parameters<S> gradient(layout);
  const auto loss_of = [&](std::vector<float> targets) {
    batch.targets = std::move(targets);
    return certain.network->gradient(certain.parameters, batch, *workspace, gradient);
  };
  CHECK(loss_of({1, 0, 1}) == Approx(std::log(2)).epsilon(1e-6));
  const S right[] = {S(0), S(0), S(-0.5)}, wrong[] = {S(1), S(-1), S(0.5)};
  for (int o = 0; o < 3; ++o) CHECK(std::fabs(gradient.block(bias)[o] - right[o]) <= S(1e-30));
  CHECK(loss_of({0, 1, 0}) == Approx(2000 + std::log(2)).epsilon(1e-6));
  for (int o = 0; o < 3; ++o) CHECK(gradient.block(bias)[o] == wrong[o]);
}

}  // namespace

TEST_CASE("answers of yes or no are scored where a sigmoid has no digits left", "[models][networks]") {
  check_certain_answers<float>();
  check_certain_answers<double>();
}

TEST_CASE("networks that make no sense are refused with what is allowed", "[models][networks]") {
  const auto refused = [](const Values& values, const Signature& signature = all_signatures(3, 4)[0]) {
    return make_network<float>(model_settings(values), signature);
  };
  CHECK_THROWS_WITH(refused({{"cell", "lstm"}, {"dropout", "0.2"}}),
                    Contains("dropout = 0.2") && Contains("layers = 2"));
  CHECK_THROWS_WITH(refused({{"cell", "lstm"}, {"residual", "yes"}}), Contains("layers = 2"));
  CHECK_THROWS_WITH(refused({{"cell", "lstm|gru+rnn"}, {"residual", "yes"}}),
                    Contains("the same number of cells in every layer"));
  CHECK_THROWS_WITH(refused({{"cell", "lstm"}, {"attention", "dot"}, {"attend", "inputs"}}),
                    Contains("additive, general"));
  CHECK_THROWS_WITH(refused({{"cell", "lstm"}, {"attention", "multi-head"}, {"hidden", "10"}}), Contains("heads = 4"));
  CHECK_THROWS_WITH(refused({{"cell", "transformer"}, {"hidden", "10"}}), Contains("multiple of 4"));
  Signature next = all_signatures(3, 4)[0];
  next.predicts_inputs = true;
  CHECK_THROWS_WITH(refused({{"cell", "lstm"}, {"direction", "bidirectional"}}, next), Contains("direction = forward"));
  for (const char* name : {"irnn+lstm", "lstm|transformer", "lstm+feedforward-attention", "lstm+", "|gru", "lstm++gru"})
    CHECK_THROWS_AS(find_cell(name), UserError);
  CHECK_THROWS_WITH(find_cell("lstm+gur"), Contains("did you mean 'gru'"));
}

TEST_CASE("a budget sizes every model to the widest below it", "[models][networks]") {
  const Signature signature{2, false, 1, Loss::mean_squared};
  std::vector<std::string> names{"lstm+gru", "lstm|gru", "lstm|gru+rnn"};
  for (const CellEntry& cell : all_cells()) names.push_back(cell.name);
  for (const std::string& name : names)
    for (const Values& more : {Values{}, Values{{"attention", "multi-head"}}, Values{{"direction", "bidirectional"}}}) {
      Settings model = default_settings(model_options(find_cell(name)));
      model.set("cell", name);
      bool has_all = true;
      for (const auto& [key, value] : more) has_all &= model.values().contains(key);
      if (!has_all) continue;
      for (const auto& [key, value] : more) model.set(key, value);
      model.set("budget", "5000");
      CAPTURE(describe_model(model));
      const NetworkSize size = network_size(model, signature);
      CHECK(size.parameters <= 5000);
      CHECK(size.parameters == make_network<float>(model, signature)->layout().count());
      model.set("budget", "");
      const int step = name == "transformer" || more.contains("attention") ? 4 : 1;
      model.set("hidden", std::to_string(size.hidden + step));
      CHECK(network_size(model, signature).parameters > 5000);
    }
}
