#include "models/recurrent/cell_structure.h"

#include <algorithm>
#include <stdexcept>

#include "models/cells/cell.h"

namespace rnnbench::models {
namespace {

// The source that weight_hh multiplies: the vector `middle` if the gate recurs on it, else its first state.
int first_source(unsigned recurs_on) {
  if ((recurs_on & from::middle) != 0) return from_middle;
  int source = 0;
  while ((recurs_on >> source & 1) == 0) ++source;
  return source;
}

std::string first_word(const std::string& name) { return name.substr(0, name.find(' ')); }

int place_of(const std::vector<int>& list, int value) {
  return static_cast<int>(std::find(list.begin(), list.end(), value) - list.begin());
}

std::string times(std::size_t count, const std::string& term) {
  return count == 0 ? "" : count == 1 ? term : std::to_string(count) + " " + term;
}

}  // namespace

void CellStructure::derive() {
  matrices = {{"weight_ih", {}}, {"weight_hh", {}}};
  for (int g = 0; g < static_cast<int>(gates.size()); ++g) {
    matrices[0].gates.push_back(g);
    if (gates[g].recurs_on != from::nothing) matrices[1].gates.push_back(g);
  }
  // The matrix of the gates for which `source` is not the first source. (`middle` always is.)
  const auto further = [&](int source) {
    const std::string name = "weight_" + first_word(states[source]);
    for (std::size_t m = 2; m < matrices.size(); ++m)
      if (matrices[m].name == name) return static_cast<int>(m);
    matrices.push_back({name, {}});
    for (int g = 0; g < static_cast<int>(gates.size()); ++g)
      if ((gates[g].recurs_on >> source & 1) != 0 && first_source(gates[g].recurs_on) != source)
        matrices.back().gates.push_back(g);
    return static_cast<int>(matrices.size()) - 1;
  };

  // Appends a product of one slot, or extends the last product if that has the same phase, source and matrix.
  const auto add = [&](std::vector<Product>& products, int phase, int source, int slot, int matrix) {
    const int row = place_of(matrices[matrix].gates, slots[slot].gate);
    if (!products.empty()) {
      Product& last = products.back();
      if (last.phase == phase && last.source == source && last.matrix == matrix &&
          last.rows.slot + last.rows.count == slot && last.rows.count < max_product_rows) {
        ++last.rows.count;
        last.matrix_rows.push_back(row);
        return;
      }
    }
    products.push_back({phase, source, {slot, 1}, matrix, {row}});
  };
  for (int phase = 0; phase < phases; ++phase) {
    for (int slot = first_of_phase[phase]; slot < first_of_phase[phase + 1]; ++slot)
      if (slots[slot].input) add(inputs, phase, -1, slot, 0);
    for (int source = from_middle; source >= 0;
         --source)  // the source of weight_hh in most cells, the hidden state, comes last
      for (int slot = first_of_phase[phase]; slot < first_of_phase[phase + 1]; ++slot)
        if ((slots[slot].recurs_on >> source & 1) != 0)
          add(recurrences, phase, source, slot, first_source(slots[slot].recurs_on) == source ? 1 : further(source));
  }
}

int CellStructure::recurrent_slots(int phase) const {
  int count = 0;
  for (int slot = first_of_phase[phase]; slot < first_of_phase[phase + 1]; ++slot) count += slots[slot].recurs_on != 0;
  return count;
}

int CellStructure::slot_of_gate(int gate) const {
  for (int slot = static_cast<int>(slots.size()) - 1; slot >= 0; --slot)
    if (slots[slot].gate == gate) return slot;
  throw std::logic_error("a gate without a slot");
}

int CellStructure::gate_named(const std::string& name) const {
  for (std::size_t g = 0; g < gates.size(); ++g)
    if (gates[g].name == name) return static_cast<int>(g);
  return -1;
}

std::string CellStructure::share_of_lstm() const {
  if (!all_gates_alike()) return "";
  return gates.size() == 4 ? "1" : gates.size() == 2 ? "1/2" : std::to_string(gates.size()) + "/4";
}

bool CellStructure::all_gates_alike() const {
  return matrices.size() == 2 && matrices[1].gates.size() == gates.size() && vectors.empty();
}

std::string CellStructure::parameter_formula() const {
  std::size_t recurrent = 0;
  for (std::size_t m = 1; m < matrices.size(); ++m) recurrent += matrices[m].gates.size();
  const std::size_t biases = matrices[0].gates.size() + matrices[1].gates.size();
  std::string formula;
  const std::size_t n = gates.size();
  if (n > 1 && all_gates_alike()) return std::to_string(n) + " (h h + h i + 2 h)";
  for (const std::string& term : {times(recurrent, "h h"), times(n, "h i"), times(biases + vectors.size(), "h")})
    if (!term.empty()) formula += (formula.empty() ? "" : " + ") + term;
  return formula;
}

}  // namespace rnnbench::models
