// The LSTM family: Hochreiter & Schmidhuber 1997 with the forget gate of Gers, Schmidhuber & Cummins 2000, and the
// variants of Greff et al. 2017 (figure 1, section 3), each of which changes one thing. The base, `lstm`, has no
// peepholes (their NP); `lstm-peephole` is their vanilla cell. `lstm-sca` is one change more, in their manner but not
// theirs.

enum LstmChange : unsigned {
  no_input_gate = 1,
  no_forget_gate = 2,
  no_output_gate = 4,  // the gate is 1
  no_input_activation = 8,
  no_output_activation = 16,  // the function is the identity
  coupled_gates = 32,         // i = 1 - f
  peepholes = 64,
  full_gate_recurrence = 128,
  sigmoid_candidate = 256  // the function is the gates' logistic one
};

template <unsigned Change>
struct LstmFamily {
  static constexpr bool has(LstmChange change) { return (Change & change) != 0; }
  static constexpr bool full = has(full_gate_recurrence), sees_cell = has(peepholes);
  static constexpr int I = has(no_input_gate) || has(coupled_gates) ? -1 : 0, F = has(no_forget_gate) ? -1 : I + 1,
                       G = 1 + (I >= 0) + (F >= 0) - 1, O = has(no_output_gate) ? -1 : G + 1;
  static constexpr auto gates = [] {
    constexpr unsigned source = full ? from::hidden | from::state(2) | from::state(3) | from::state(4) : from::hidden;
    std::array<Gate, 1 + (I >= 0) + (F >= 0) + (O >= 0)> all;
    if constexpr (I >= 0) all[I] = {"input gate", source, Join::joined, Weighs::new_state};
    if constexpr (F >= 0) all[F] = {"forget gate", source, Join::joined, Weighs::old_state};
    all[G] = {"cell candidate"};
    if constexpr (O >= 0) all[O] = {"output gate", source};
    return all;
  }();
  static constexpr auto states = [] {
    if constexpr (full)
      return std::array<std::string_view, 5>{"hidden state", "cell state", "input gate", "forget gate", "output gate"};
    else
      return std::array<std::string_view, 2>{"hidden state", "cell state"};
  }();
  static constexpr auto vectors = [] {
    if constexpr (sees_cell)
      return std::array<std::string_view, 3>{"input peephole", "forget peephole", "output peephole"};
    else
      return std::array<std::string_view, 0>{};
  }();

  static CellEntry entry();

  explicit LstmFamily(const Settings&) {}

  template <class U>
  void forward(U& u) const {
    auto& a = u.gates;
    auto& c = u.after[1];
    const auto& c_before = u.before[1];
    if constexpr (sees_cell) {
      a[I] = a[I] + u.vectors[0] * c_before;
      a[F] = a[F] + u.vectors[1] * c_before;
    }
    if constexpr (I >= 0) a[I] = u.gate(a[I]);
    if constexpr (F >= 0) a[F] = u.gate(a[F]);
    if constexpr (has(sigmoid_candidate))
      a[G] = sigmoid(a[G]);
    else if constexpr (!has(no_input_activation))
      a[G] = tanh(a[G]);
    c = times_gate<F>(a, c_before) + fresh(a);
    if constexpr (sees_cell) a[O] = a[O] + u.vectors[2] * c;
    if constexpr (O >= 0) a[O] = u.gate(a[O]);
    u.after[0] = times_gate<O>(a, squashed(c));
    if constexpr (full) u.after[2] = a[I], u.after[3] = a[F], u.after[4] = a[O];
  }

  template <class U>
  void backward(U& u) const {
    auto& a = u.gates;
    auto& dh = u.grad[0];
    auto& dc = u.grad[1];
    const auto &c_before = u.before[1], &c = u.after[1];
    const auto out = squashed(c);
    auto d_out = times_gate<O>(a, dh);
    if constexpr (!has(no_output_activation)) d_out = d_out * tanh_slope(out);
    dc = dc + d_out;
    if constexpr (O >= 0) {
      auto d_o = dh * out;
      if constexpr (full) d_o = d_o + u.grad[4];
      const auto slope = u.gate_slope(a[O]);
      a[O] = d_o * slope;
      if constexpr (sees_cell) {
        dc = dc + a[O] * u.vectors[2];
        u.d_vectors[2] = a[O] * c;
      }
    }
    auto dg = dc;
    if constexpr (I >= 0) dg = dc * a[I];
    if constexpr (has(coupled_gates)) dg = dc * one_minus(a[F]);
    const auto g = a[G];
    a[G] = dg;
    if constexpr (has(sigmoid_candidate))
      a[G] = dg * sigmoid_slope(g);
    else if constexpr (!has(no_input_activation))
      a[G] = dg * tanh_slope(g);
    const auto d_kept = dc;
    if constexpr (F >= 0) dc = dc * a[F];
    if constexpr (I >= 0) {
      auto di = d_kept * g;
      if constexpr (full) di = di + u.grad[2];
      a[I] = di * u.gate_slope(a[I]);
      if constexpr (sees_cell) {
        dc = dc + a[I] * u.vectors[0];
        u.d_vectors[0] = a[I] * c_before;
      }
    }
    if constexpr (F >= 0) {
      auto df = d_kept * c_before;
      if constexpr (has(coupled_gates)) df = d_kept * (c_before - g);
      if constexpr (full) df = df + u.grad[3];
      a[F] = df * u.gate_slope(a[F]);
      if constexpr (sees_cell) {
        dc = dc + a[F] * u.vectors[1];
        u.d_vectors[1] = a[F] * c_before;
      }
    }
    dh = {};  // no direct path from h to h', nor from a gate to the gate before
    if constexpr (full) u.grad[2] = u.grad[3] = u.grad[4] = dh;
  }

 private:
  // gate * x; x alone when the variant has no such gate.
  template <int Number, class A, class V>
  static V times_gate(const A& a, const V& x) {
    if constexpr (Number >= 0)
      return a[Number] * x;
    else
      return x;
  }
  template <class A>
  static auto fresh(const A& a) {
    if constexpr (has(coupled_gates))
      return one_minus(a[F]) * a[G];
    else
      return times_gate<I>(a, a[G]);
  }
  template <class V>
  static V squashed(const V& c) {
    if constexpr (has(no_output_activation))
      return c;
    else
      return tanh(c);
  }
};

using Lstm = LstmFamily<0>;
using LstmNoInputGate = LstmFamily<no_input_gate>;
using LstmNoForgetGate = LstmFamily<no_forget_gate>;
using LstmNoOutputGate = LstmFamily<no_output_gate>;
using LstmNoInputActivation = LstmFamily<no_input_activation>;
using LstmNoOutputActivation = LstmFamily<no_output_activation>;
using LstmCoupledGates = LstmFamily<coupled_gates>;
using LstmPeephole = LstmFamily<peepholes>;
using LstmFullGateRecurrence = LstmFamily<full_gate_recurrence>;
using LstmSigmoidCandidate = LstmFamily<sigmoid_candidate>;

template <unsigned Change>
CellEntry LstmFamily<Change>::entry() {
  struct Row {
    LstmChange change;
    const char *name, *summary;
  };
  static constexpr Row rows[]{
      {LstmChange(0), "lstm", "Long short-term memory with forget gate"},
      {no_input_gate, "lstm-nig", "LSTM without input gate"},
      {no_forget_gate, "lstm-nfg", "LSTM without forget gate (as Hochreiter & Schmidhuber 1997)"},
      {no_output_gate, "lstm-nog", "LSTM without output gate"},
      {no_input_activation, "lstm-niaf", "LSTM without tanh on the cell candidate"},
      {no_output_activation, "lstm-noaf", "LSTM without tanh on the cell state's way out"},
      {coupled_gates, "lstm-cifg", "LSTM with coupled input and forget gates"},
      {peepholes, "lstm-peephole", "LSTM whose gates see the cell state (Greff's vanilla LSTM)"},
      {full_gate_recurrence, "lstm-fgr", "LSTM whose gates also recur on each other"},
      {sigmoid_candidate, "lstm-sca", "LSTM with sigmoid in place of tanh on the cell candidate"}};
  const Row* row = rows;
  while (row->change != Change) ++row;
  const auto line = [](std::string text, const char* what) {
    text.resize(full ? 62 : sees_cell ? 50 : 39, ' ');
    return text + what;
  };
  const auto gate = [](const std::string& g, const char* peephole) {
    return g + " = sigmoid(W_" + g + " x + U_" + g + " h' " + (full ? "+ R_" + g + " [i', f', o'] " : "") +
           (sees_cell ? peephole : "") + "+ b_" + g + ")";
  };
  const std::string kept = F >= 0 ? "f c'" : "c'", fresh = has(coupled_gates) ? "(1 - f) g" : I >= 0 ? "i g" : "g";
  std::string formula;
  if (I >= 0) formula += line(gate("i", "+ p_i c' "), "input gate\n");
  if (F >= 0) formula += line(gate("f", "+ p_f c' "), "forget gate\n");
  formula += line(has(no_input_activation) ? "g =         W_g x + U_g h' + b_g"
                  : has(sigmoid_candidate) ? "g = sigmoid(W_g x + U_g h' + b_g)"
                                           : "g = tanh   (W_g x + U_g h' + b_g)",
                  "cell candidate\n");
  if (O >= 0) formula += line(gate("o", "+ p_o c "), "output gate\n");
  formula += line("c = " + kept + " + " + fresh, "cell state\n");
  formula +=
      line(std::string("h = ") + (O >= 0 ? "o " : "") + (has(no_output_activation) ? "c" : "tanh(c)"), "hidden state");
  std::vector<Option> options;
  if (F >= 0) options.push_back(forget_bias_option());
  options.push_back(gate_activation_option());
  return {.name = row->name,
          .summary = row->summary,
          .formula = formula,
          .source = Change == 0              ? "Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000"
                    : sees_cell              ? "Gers & Schmidhuber 2000; Greff et al. 2017"
                    : has(sigmoid_candidate) ? "a control for the choice of tanh, in the manner of Greff et al. 2017"
                                             : "Greff et al. 2017",
          .options = options};
}
