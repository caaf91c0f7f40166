// One line per model: the hash of its trained parameters, and of its losses and outputs. Every build of the same
// source, by any compiler at any optimization level, has to print the same lines on every processor.
//
//   rnnbench_bits --compare       compares with expected.txt, in seconds; exit code 1 and the lines that differ
//   rnnbench_bits --places [K]    compares every K-th line (1) and prints, for each instruction set of this CPU and
//   each
//                                 number of threads, how many lines were compared and are the same
//   rnnbench_bits --regenerate    writes expected.txt anew; known lines may only change when numerics_version is raised
//
// Each model is trained on every instruction set of this CPU, on one thread with all states kept, and on two and three
// threads with every third state kept (--compare: a part of that, by turns). Results that are not all the same are an
// error, whatever the file says.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <sstream>
#include <thread>

#include "core/denormals.h"
#include "core/hash.h"
#include "core/math.h"
#include "core/optimizer.h"
#include "core/stream.h"
#include "core/text.h"
#include "core/threads.h"
#include "tests/models/model_fixture.h"
#include "tests/namespaces.h"

namespace rnnbench::test {
namespace {

constexpr int numerics_version = RNNBENCH_NUMERICS_VERSION;  // experiments/records/record.h, read by CMake
const char* const file = RNNBENCH_BITS_FILE;
const char* const advice =
    "If the numbers are meant to change: raise numerics_version in experiments/records/record.h, then regenerate with\n"
    "  build/release/rnnbench_bits --regenerate\n";

struct Case {
  Values model;
  Signature signature;
  int steps, size, updates;
  std::string optimizer = "adam";
};

// Those that there were first, which the counters of the lines below know by number.
std::vector<Signature> first_signatures(int inputs, int outputs) {
  std::vector<Signature> signatures = all_signatures(inputs, outputs);
  signatures.resize(4);
  return signatures;
}

// Lines with a counter: two tiles, the second of 1, 4, 7, 10 or 13 sequences, and signatures by turns.
struct Lines {
  std::vector<Case>& cases;
  std::size_t turn;
  Signature signature(int inputs, int outputs) const { return first_signatures(inputs, outputs)[turn % 4]; }
  void add(Values model, const Signature& signature, int steps, int updates, const char* optimizer = "adam") {
    cases.push_back({std::move(model), signature, steps, 17 + static_cast<int>(3 * (turn % 5)), updates, optimizer});
    ++turn;
  }
};

// The four cells that there were first, in all attentions, layers and signatures: these lines share one counter, and
// stay.
void add_first_cells(std::vector<Case>& cases) {
  Lines lines{cases, 0};
  const std::vector<Values> variants{{{"cell", "rnn"}, {"activation", "tanh"}},
                                     {{"cell", "rnn"}, {"activation", "relu"}},
                                     {{"cell", "lstm"}},
                                     {{"cell", "gru"}},
                                     {{"cell", "gru-v1"}}};
  const auto models = [](Values of_cell, const char* hidden) {
    std::vector<Values> all;
    of_cell["hidden"] = hidden;
    for (const char* attention : {"none", "additive", "dot"})
      for (const char* layers : {"1", "2"}) {
        of_cell["attention"] = attention;
        of_cell["layers"] = layers;
        all.push_back(of_cell);
      }
    return all;
  };
  for (const Values& cell : variants)
    for (Values& model : models(cell, "5")) {
      for (const Signature& signature : first_signatures(3, 5)) lines.add(model, signature, 4, 50);
      model["initial-state"] = "learned";
      lines.add(model, lines.signature(3, 5), 4, 50);
    }
  // Several blocks of units, outputs and inputs; more steps than one span takes.
  for (const Values& cell : variants)
    for (const Values& model : models(cell, "18")) lines.add(model, lines.signature(19, 33), 20, 2);
  // Everything else that the start of a model can depend on.
  const auto start = [&](const char* cell, const char* option, const char* value) {
    lines.add({{"cell", cell}, {"hidden", "5"}, {option, value}}, lines.signature(3, 5), 4, 50);
  };
  for (const char* cell : {"rnn", "lstm", "gru", "gru-v1"}) {
    for (const char* init : {"uniform", "orthogonal", "identity"}) start(cell, "init", init);
    if (cell == std::string("rnn")) continue;
    start(cell, "init", "chrono");
    start(cell, cell == std::string("lstm") ? "forget-bias" : "update-bias", "1.5");
  }
  for (const char* optimizer : {"rmsprop", "sgd"})
    lines.add({{"cell", "lstm"}, {"hidden", "5"}}, lines.signature(3, 5), 4, 50, optimizer);
}

bool is_first(const std::string& cell) { return cell == "rnn" || cell == "lstm" || cell == "gru" || cell == "gru-v1"; }

// A cell of the table, with a counter of its own, so that a new one changes no other's lines.
void add_cell(const CellEntry& cell, std::vector<Case>& cases) {
  Lines lines{cases, first_turn(cell.name)};
  const auto small = [&](Values model) {
    model["cell"] = cell.name;
    model["hidden"] = "5";
    lines.add(model, lines.signature(3, 5), saturates(model_settings(model)) ? 4 : 2, 20);
  };
  static const char* const widths[] = {"18", "40", "67"};
  const auto wide = [&](Values model) {
    model["cell"] = cell.name;
    model["hidden"] = widths[lines.turn % 3];
    lines.add(model, lines.signature(19, 33), 20, 1);
  };
  if (!is_first(cell.name)) {
    for (int i = 0; i < 3; ++i) small(structure_of_turn(lines.turn));
    for (int i = 0; i < 3; ++i) wide(structure_of_turn(lines.turn));
    for (const Option& option : model_options(cell))
      if (option.name == "init")
        for (const std::string& init : option.choices)
          if (init != option.default_value) small({{"init", init}});
    for (const Option& option : cell.options)
      if (option.kind == Option::Kind::real) small({{option.name, "1.5"}});
  }
  for (Values variant : cell_variants())
    if (variant.size() > 1 && variant.extract("cell").mapped() == cell.name) small(variant);
  wide({{"layer-norm", "yes"}, {"layers", "2"}});  // sums over the lanes of several packs
}

// What is more than a cell: directions, cells together, kinds of attention, the Transformer; small and wide.
void add_networks(std::vector<Case>& cases) {
  Lines lines{cases, 0};
  for (const Values& network : std::initializer_list<Values>{
           {{"cell", "lstm"}, {"direction", "bidirectional"}},
           {{"cell", "gru"}, {"direction", "bidirectional"}, {"layers", "2"}, {"attention", "additive"}},
           {{"cell", "lstm+gru"}},
           {{"cell", "lstm|gru"}, {"layers", "2"}},
           {{"cell", "gru-v1|rnn+lstm-peephole"}, {"direction", "bidirectional"}},
           {{"cell", "gru"}, {"layers", "3"}, {"residual", "yes"}},
           {{"cell", "lstm"}, {"attention", "general"}},
           {{"cell", "lstm"}, {"attention", "general"}, {"attend", "inputs"}},
           {{"cell", "lstm"}, {"attention", "additive"}, {"attend", "inputs"}},
           {{"cell", "gru"}, {"attention", "multi-head"}, {"heads", "1"}},
           {{"cell", "gru"}, {"attention", "multi-head"}, {"heads", "1"}, {"attend", "inputs"}},
           {{"cell", "feedforward-attention"}},
           {{"cell", "transformer"}, {"heads", "1"}},
           {{"cell", "transformer"}, {"heads", "1"}, {"positions", "learned"}, {"max-positions", "6"}},
           {{"cell", "transformer"}, {"heads", "1"}, {"positions", "none"}, {"layers", "1"}}}) {
    Values model = network;
    model["hidden"] = "5";
    lines.add(model, lines.signature(3, 5), 6, 20);
    model["hidden"] = "20";
    if (model.contains("heads")) model["heads"] = "2";
    lines.add(model, lines.signature(19, 33), 20, 2);
  }
}

// Answers of yes or no, from values and from symbols by turns; small and wide.
void add_bernoulli(std::vector<Case>& cases) {
  Lines lines{cases, 0};
  for (const Values& network : std::initializer_list<Values>{{{"cell", "rnn"}},
                                                             {{"cell", "lstm"}},
                                                             {{"cell", "gru"}, {"attention", "additive"}},
                                                             {{"cell", "feedforward-attention"}},
                                                             {{"cell", "transformer"}, {"heads", "1"}}}) {
    Values model = network;
    model["hidden"] = "5";
    lines.add(model, all_signatures(3, 5)[4 + lines.turn / 2 % 2], 6, 20);
    model["hidden"] = "20";
    lines.add(model, all_signatures(19, 33)[5 - lines.turn / 2 % 2], 20, 2);
  }
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  add_first_cells(cases);
  for (const CellEntry& cell : free_cells()) add_cell(cell, cases);
  add_networks(cases);
  add_bernoulli(cases);
  return cases;
}

std::string describe(const Case& c) {
  std::ostringstream text;
  text << c.model.at("cell");
  for (const auto& [name, value] : c.model)
    if (name != "cell") text << ' ' << name << '=' << value;
  text << ", " << describe_signature(c.signature) << ", " << c.steps << " steps of " << c.size << ", " << c.updates
       << " updates by " << c.optimizer;
  return text.str();
}

struct Place {
  Isa isa;
  WorkspaceOptions options;
};

// All of them; or, for a test that takes seconds, the fast instruction sets on one thread, and in turn the scalar path
// or one instruction set on three threads.
std::vector<Place> places_of(std::size_t number, bool quick) {
  const WorkspaceOptions alone, two{.threads = 2, .recompute = 3}, three{.threads = 3, .recompute = 3};
  const std::vector<Isa> isas = supported_isas();
  std::vector<Place> places;
  for (Isa isa : isas) {
    if (!quick || isa != Isa::scalar || number % 2 == 0) places.push_back({isa, alone});
    if (!quick) places.push_back({isa, two});
    if (!quick || (number % 2 == 1 && isa == isas[number / 2 % isas.size()])) places.push_back({isa, three});
  }
  return places;
}

// Hash of the parameters after all updates, and of the losses on the way and the outputs at the end.
std::string hashes(const Case& c, const Place& place) {
  const auto network = make_network<float>(model_settings(c.model), c.signature, place.isa);
  const auto workspace = network->workspace(place.options);
  const Batch batch = uneven_batch(c.signature, c.steps, c.size, 3);
  Parameters<float> parameters = random_parameters(*network, 3), gradient(network->layout());
  Settings training;
  training.set("optimizer", c.optimizer);
  training.set("momentum", "0.9");
  const auto optimizer = make_optimizer(training, network->layout());
  std::vector<double> losses;
  for (int update = 0; update < c.updates; ++update) {
    losses.push_back(network->gradient(parameters, batch, *workspace, gradient));
    clip_by_norm(gradient, 1, &workspace->team());
    optimizer->update(parameters, gradient, 0.01, &workspace->team());
  }
  std::vector<float> outputs;
  network->predict(parameters, batch, true, *workspace, outputs);
  if (!all_finite(parameters)) return "not finite";
  const std::uint64_t of_losses = fnv1a(losses.data(), losses.size() * sizeof(double));
  return hex16(hash_of(parameters)) + " " + hex16(fnv1a(outputs.data(), outputs.size() * sizeof(float), of_losses));
}

// The functions in double that the start of a model, data and learning rates are made of.
std::map<std::string, std::vector<double>> functions() {
  std::map<std::string, std::vector<double>> values;
  Stream stream(3, Purpose::speed, 0, 0);
  for (int i = 0; i < 10000; ++i) {
    const double x = 700 * (2 * static_cast<double>(stream.uniform()) - 1);
    values["double exp"].push_back(math::exp(x));
    values["double log"].push_back(math::log(math::exp(x)));
    values["double cos"].push_back(math::cos(x));
    values["double normal"].push_back(stream.normal());
  }
  return values;
}

// Prints what differs between places to std::cerr and leaves an error in the line.
std::vector<std::string> compute(bool quick, bool& agree) {
  std::vector<std::string> lines{"numerics_version " + std::to_string(numerics_version)};
  for (const auto& [name, values] : functions())
    lines.push_back(hex16(fnv1a(values.data(), values.size() * sizeof(double))) + "  " + name);
  const std::vector<Case> cases = all_cases();
  std::vector<std::vector<std::string>> results(cases.size());
  ThreadTeam team(static_cast<int>(std::max(1u, std::thread::hardware_concurrency())), flush_denormals);
  team.run(static_cast<int>(cases.size()), [&](int, int i) {
    for (const Place& place : places_of(i, quick)) results[i].push_back(hashes(cases[i], place));
  });
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::vector<std::string>& found = results[i];
    const bool same = std::all_of(found.begin(), found.end(), [&](const auto& r) { return r == found[0]; });
    lines.push_back((same ? found[0] : "DIFFERENT") + "  " + describe(cases[i]));
    if (same && found[0] != "not finite") continue;
    agree = false;
    std::cerr << "error: " << describe(cases[i]) << '\n';
    const std::vector<Place> places = places_of(i, quick);
    for (std::size_t p = 0; p < places.size(); ++p)
      std::cerr << "  " << found[p] << "  " << isa_name(places[p].isa) << ", " << places[p].options.threads
                << " thread(s)\n";
  }
  return lines;
}

std::vector<std::string> read(const char* path) {
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The lines of the file, by what follows the hash.
std::map<std::string, std::string> hashes_by_name(const std::vector<std::string>& lines) {
  std::map<std::string, std::string> hashes;
  for (const std::string& line : lines) {
    const std::size_t name = line.find("  ");
    if (name != std::string::npos) hashes[line.substr(name + 2)] = line.substr(0, name);
  }
  return hashes;
}

// Prints a line for each place: instruction set, threads, lines, and how many of them are as in the file; then the same
// for the functions in double. The first lines that differ go to std::cerr.
int compare_places(std::size_t every) {
  std::map<std::string, std::string> known = hashes_by_name(read(file));
  std::vector<Case> cases;
  const std::vector<Case> all = all_cases();
  for (std::size_t i = 0; i < all.size(); i += every) cases.push_back(all[i]);
  const std::vector<Place> places = places_of(0, false);
  std::vector<std::vector<std::string>> results(cases.size(), std::vector<std::string>(places.size()));
  ThreadTeam team(static_cast<int>(std::max(1u, std::thread::hardware_concurrency())), flush_denormals);
  team.run(static_cast<int>(cases.size() * places.size()), [&](int, int i) {
    const std::size_t line = static_cast<std::size_t>(i) / places.size(),
                      place = static_cast<std::size_t>(i) % places.size();
    results[line][place] = hashes(cases[line], places[place]);
  });
  std::size_t different = 0;
  const auto check = [&](const std::string& name, const std::string& where, const std::string& found) {
    if (found == known[name]) return true;
    if (++different <= 10)
      std::cerr << name << ", " << where << ": expected " << known[name] << ", computed " << found << '\n';
    return false;
  };
  for (std::size_t p = 0; p < places.size(); ++p) {
    const std::string where = isa_name(places[p].isa) + " " + std::to_string(places[p].options.threads);
    std::size_t same = 0;
    for (std::size_t i = 0; i < cases.size(); ++i) same += check(describe(cases[i]), where, results[i][p]);
    std::cout << where << ' ' << cases.size() << ' ' << same << '\n';
  }
  std::size_t same = 0;
  const auto computed = functions();
  for (const auto& [name, values] : computed)
    same += check(name, "double", hex16(fnv1a(values.data(), values.size() * sizeof(double))));
  std::cout << "double 1 " << computed.size() << ' ' << same << '\n';
  return different == 0 ? 0 : 1;
}

int compare(const std::vector<std::string>& known, const std::vector<std::string>& computed) {
  int differences = 0;
  for (std::size_t i = 0; i < std::max(known.size(), computed.size()); ++i) {
    const std::string expected = i < known.size() ? known[i] : "(no line)";
    const std::string found = i < computed.size() ? computed[i] : "(no line)";
    if (expected != found && ++differences <= 10)
      std::cerr << "line " << i + 1 << "\n  expected  " << expected << "\n  computed  " << found << '\n';
  }
  if (differences == 0) return 0;
  std::cerr << differences << " of " << computed.size() << " lines differ from " << file << '\n' << advice;
  return 1;
}

int version_of(const std::vector<std::string>& lines) {
  const std::string name = "numerics_version ";
  if (lines.empty() || !lines[0].starts_with(name)) return 0;
  return parse_number<int>(lines[0].substr(name.size())).value_or(0);
}

// Whether `computed` may take the place of what is known: a line that there is already keeps its hashes.
bool may_replace(const std::vector<std::string>& known, const std::vector<std::string>& computed) {
  if (version_of(known) != numerics_version) return version_of(known) < numerics_version;
  const auto old = hashes_by_name(known), now = hashes_by_name(computed);
  return std::all_of(now.begin(), now.end(), [&](const auto& line) {
    const auto found = old.find(line.first);
    return found == old.end() || found->second == line.second;
  });
}

void write_anew(const std::vector<std::string>& lines) {
  std::ofstream out(file);
  std::copy(lines.begin(), lines.end(), std::ostream_iterator<std::string>(out, "\n"));
  out.close();
  std::cerr << (out ? "wrote " : "cannot write ") << file << '\n';
  if (!out) std::exit(1);
}

// `every`: for --places.
int run(const std::string& command, std::size_t every) {
  flush_denormals();
  std::cerr << "instruction sets:";
  for (Isa isa : supported_isas()) std::cerr << ' ' << isa_name(isa);
  std::cerr << '\n';
  if (command == "--places") return compare_places(every);
  bool agree = true;
  const std::vector<std::string> computed = compute(command == "--compare", agree);
  if (!agree) return 1;
  if (command == "--compare" || !may_replace(read(file), computed)) return compare(read(file), computed);
  write_anew(computed);
  return 0;
}

}  // namespace
}  // namespace rnnbench::test

int main(int count, char** words) {
  const std::string command = count > 1 ? words[1] : "";
  const int every = count == 3 ? rnnbench::core::parse_number<int>(words[2]).value_or(0) : 1;
  const bool known = command == "--compare" || command == "--places" || command == "--regenerate";
  if (!known || every < 1 || count > (command == "--places" ? 3 : 2)) {
    std::cerr << "usage: " << words[0] << " --compare | --places [K] | --regenerate\n";
    return 2;
  }
  return rnnbench::test::run(command, static_cast<std::size_t>(every));
}
