// The values that a model carries from one step to the next, and widths chosen by them.
#include <catch2/catch.hpp>

#include "core/error.h"
#include "models/catalogue.h"
#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

namespace {

const Signature three_symbols = {.inputs = 3, .one_hot = true, .outputs = 4};

NetworkSize sized(const Values& values) { return network_size(model_settings(values), three_symbols); }

}  // namespace

TEST_CASE("the state is what the next step needs of the steps before", "[models][state-size]") {
  struct Case {
    Values model;
    std::size_t fixed, per_step;
  };
  for (const Case& c : std::vector<Case>{
           {{{"cell", "rnn"}}, 8, 0},
           {{{"cell", "gru"}}, 8, 0},
           {{{"cell", "lstm"}}, 16, 0},
           {{{"cell", "lstm"}, {"layers", "3"}}, 48, 0},
           {{{"cell", "gru"}, {"direction", "bidirectional"}}, 16, 0},
           {{{"cell", "lstm|gru"}}, 24, 0},
           {{{"cell", "lstm+gru"}}, 24, 0},
           {{{"cell", "lstm"}, {"attention", "dot"}}, 16, 8},
           {{{"cell", "lstm"}, {"layers", "2"}, {"attention", "additive"}, {"attend", "inputs"}}, 32, 3},
           {{{"cell", "feedforward-attention"}}, 9, 0},
           {{{"cell", "transformer"}, {"layers", "3"}}, 0, 48},
       }) {
    Values values = c.model;
    values["hidden"] = "8";
    const Settings model = model_settings(values);
    CAPTURE(describe_model(model));
    const StateSize state = network_size(model, three_symbols).state;
    CHECK(state.fixed == c.fixed);
    CHECK(state.per_step == c.per_step);
    CHECK(state.after(10) == c.fixed + 10 * c.per_step);
    CHECK(make_network<float>(model, three_symbols)->state_size().fixed == c.fixed);
  }
}

TEST_CASE("every cell states what a layer carries", "[models][state-size]") {
  for (const CellEntry& cell : free_cells()) {
    CAPTURE(cell.name);
    const StateSize state = sized({{"cell", cell.name}, {"hidden", "6"}}).state;
    CHECK(cell.state == (state.fixed == 6 ? "h" : std::to_string(state.fixed / 6) + " h"));
  }
}

TEST_CASE("state-budget chooses the largest width with at most so many values", "[models][state-size]") {
  CHECK(sized({{"cell", "gru"}, {"state-budget", "65"}}).hidden == 65);
  CHECK(sized({{"cell", "lstm"}, {"state-budget", "65"}}).hidden == 32);
  CHECK(sized({{"cell", "lstm"}, {"layers", "2"}, {"state-budget", "65"}}).hidden == 16);
  CHECK_THROWS_WITH(sized({{"cell", "lstm"}, {"state-budget", "1"}}),
                    "state-budget = 1 is too small: lstm with one hidden unit has a state of 2 values");
  for (const Values& growing : {Values{{"cell", "gru"}, {"attention", "dot"}}, Values{{"cell", "transformer"}}}) {
    Values values = growing;
    values["state-budget"] = "64";
    CHECK_THROWS_WITH(sized(values),
                      "state-budget = 64 is not possible with attention over states or inputs, where the state grows "
                      "with the sequence: give hidden or budget");
  }
}
