// Does what docs/add-a-model.md says: writes its file, adds its line to the table, builds, and tests the
// cell.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include <catch2/catch.hpp>

#include "models/catalogue.h"
#include "tests/project/how_to.h"

using namespace rnnbench::test;

namespace {

// What the build makes of the line: the cell's compilation unit.
std::string unit_of(std::string unit, const std::string& file, const std::string& type) {
  unit = std::regex_replace(unit, std::regex("@unit@"), file);
  unit = std::regex_replace(unit, std::regex("@includes@"), "#include \"models/cells/" + file + ".h\"\n");
  return std::regex_replace(unit, std::regex("@cells@"), "CELL(" + type + ")\n");
}

// The checks of every model, on the new one alone.
const char* const checks = R"code(
#include <algorithm>
#include <cmath>
#include <cstdio>
#include "core/denormals.h"
#include "core/optimizer.h"
#include "core/threads.h"
#include "models/gradient_check.h"
#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"

using namespace rnnbench::test;

int broken = 0;
void check(bool holds, const std::string& what) {
  if (!holds) std::printf("not so: %s\n", what.c_str()), ++broken;
}

std::uint64_t trained(const Settings& model, const Signature& signature, Isa isa, int threads) {
  const auto network = make_network<float>(model, signature, isa);
  const auto workspace = network->workspace({.threads = threads});
  Parameters<float> parameters = random_parameters(*network, 3), gradient(network->layout());
  Settings training;
  training.set("optimizer", "adam");
  const auto optimizer = make_optimizer(training, network->layout());
  const Batch batch = uneven_batch(signature, 3, 40, 3);
  for (int update = 0; update < 20; ++update) {
    network->gradient(parameters, batch, *workspace, gradient);
    optimizer->update(parameters, gradient, 0.01, &workspace->team());
  }
  check(all_finite(parameters), "numbers stay finite");
  return hash_of(parameters);
}

int main() {
  flush_denormals();
  int models = 0;
  for (const Settings& model : all_models(18)) {
    if (model.text("cell") != "leaky") continue;
    const std::string name = describe_model(model);
    for (const Signature& signature : all_signatures(3, 4)) {
      Settings narrow = model;
      narrow.set("hidden", "5");
      for (const BlockError& error : check_gradient(narrow, signature, uneven_batch(signature, 5, 3, 2), 5))
        check(error.worst <= 1e-12, name + "gradient of " + error.name);
    }
    const Signature signature = signature_of_turn(models++, 3, 4);
    const std::uint64_t bits = trained(model, signature, Isa::scalar, 1);
    for (Isa isa : supported_isas())
      for (int threads : {1, 3})
        check(trained(model, signature, isa, threads) == bits, name + "bits on " + isa_name(isa));
  }

  // What a trace shows is the formula's; the weights of 0 leave x out of it.
  const Signature signature = all_signatures(3, 4)[0];
  const auto network = make_network<float>(model_settings({{"cell", "leaky"}, {"hidden", "2"}}), signature);
  Parameters<float> parameters = random_parameters(*network, 3);
  for (const char* block : {"rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_hh_l0"}) {
    const int number = network->layout().find(block);
    std::fill_n(parameters.block(number), network->layout().block(number).size(), 0.0f);
  }
  const float biases[] = {1, 1, 0.5f, 0.5f};
  std::copy_n(biases, 4, parameters.block(network->layout().find("rnn.bias_ih_l0")));
  const auto traces = network->trace(parameters, uneven_batch(signature, 2, 1, 1), 0);
  check(traces.size() == 3 && traces[0].name == "leak gate" && traces[1].name == "candidate" &&
            traces[2].name == "hidden state", "the names in a trace");
  const double a = 1 / (1 + std::exp(-1.0)), n = std::tanh(0.5), h = (1 - a) * n;
  check(std::fabs(traces[0].values[0] - a) < 1e-6, "the gate in a trace");
  check(std::fabs(traces[2].values[2] - (a * h + (1 - a) * n)) < 1e-6, "the second state in a trace");

  const CellEntry& entry = find_cell("leaky");
  check(entry.parameters == "2 (h h + h i + 2 h)", "the parameter formula");
check(network_size(model_settings({{"cell", "leaky"}, {"hidden", "7"}}), signature).parameters ==
          2 * (7 * 7 + 7 * 3 + 2 * 7) + 4 * 8,
      "the number of parameters");
check(entry.gates == 2 && entry.gated, "gates");
std::printf("%d models of %zu cells\n", models, all_cells().size());
return broken == 0 && models > 3 ? 0 : 1;
}
)code";

}  // namespace

TEST_CASE("docs: add-a-model.md works as it stands", "[models][docs]") {
  const fs::path source = RNNBENCH_SOURCE_DIR, build = fs::path(RNNBENCH_PROGRAM).parent_path();
  const std::string document = text_of(source / "docs/add-a-model.md");
  const std::string file = block_after(document, "## 1. One file: `models/cells/leaky.h`");
  const std::string line = block_after(document, "## 2. One line: the table in `models/catalogue.cpp`");
  CHECK(std::count(line.begin(), line.end(), '\n') == 1);
  std::istringstream lines(file);
  int length = 0;
  for (std::string each; std::getline(lines, each);) length += !each.empty();
  CHECK(length <= 40);

  // The tree's own table with the change, and the unit that CMake makes of it. The line is of the form that
  // CMake reads.
  const Folder folder;
  for (const char* name : {"models/cells", "cells"}) fs::create_directories(folder.path / name);
  write(folder.path / "models/cells/leaky.h", file);
  std::string table = text_of(source / "models/catalogue.cpp");
  const auto last = table.rfind("\n  CELL(") + 1;
  REQUIRE(last != std::string::npos + 1);
  write(folder.path / "models/catalogue.cpp", table.insert(last, line));
  std::smatch names;
  REQUIRE(std::regex_search(line, names, std::regex("CELL\\(([a-z0-9_]+), *([A-Z][A-Za-z0-9]*)\\)")));
  write(folder.path / "cells/leaky.cpp",
        unit_of(text_of(source / "models/cells/cell_unit.cpp.in"), names[1], names[2]));
  write(folder.path / "main.cpp", checks);

  const std::string dir = folder.path.string();
  const std::string compile =
      "c++ -std=c++20 -O1 -Wall -Wextra -Werror -Wno-restrict -ffp-contract=off -fno-math-errno "
      "-DHWY_BASELINE_TARGETS=HWY_BASELINE_SCALAR "
      "\"-DHWY_DISABLED_TARGETS=(HWY_SSSE3|HWY_SSE4|HWY_AVX3_DL)\"" +
      sanitizers + " -I'" + dir + "' -I'" + source.string() + "' -c";
  const std::string command =
      "cd '" + dir + "' && { echo cells/leaky.cpp; echo models/catalogue.cpp; echo main.cpp; echo '" + source.string() +
      "/tests/models/model_fixture.cpp'; } | xargs -d '\\n' -P 2 -n 1 " + compile + " && c++" + sanitizers + " *.o '" +
      build.string() + "/librnnbench_models.a' '" + build.string() +
      "/librnnbench_core.a' -pthread -o checks && ./checks";
  const int code = std::system(("{ " + command + "; } >'" + dir + "/log' 2>&1").c_str());
  INFO(text_of(folder.path / "log"));
  CHECK(code == 0);
  const std::string count = " of " + std::to_string(rnnbench::models::all_cells().size() + 1) + " cells\n";
  CHECK(text_of(folder.path / "log").find(count) != std::string::npos);
}
