// The LSTM with one thing changed at a time: the ablations of Greff et al. 2017, section 3, from an LSTM without
// peepholes. `lstm-sca` is not theirs: a control for the choice of tanh.

struct LstmAblation {
  bool input_gate = true, forget_gate = true, output_gate = true;  // without it the gate is 1
  bool input_activation = true, output_activation = true;          // without it the function is the identity
  bool coupled_gates = false;                                      // i = 1 - f instead of an input gate
  bool sigmoid_candidate = false;                                  // sigmoid in place of tanh on the candidate
};

template <LstmAblation Has>
struct AblatedLstm {
  // Where each gate lies in u.gates; -1: this variant has none.
  static constexpr int I = Has.input_gate ? 0 : -1, F = Has.forget_gate ? I + 1 : -1,
                       G = Has.input_gate + Has.forget_gate, O = Has.output_gate ? G + 1 : -1;

  static constexpr auto gates = [] {
    std::array<Gate, 1 + Has.input_gate + Has.forget_gate + Has.output_gate> all;
    if constexpr (Has.input_gate) all[I] = {"input gate", from::hidden, Join::joined, Weighs::new_state};
    if constexpr (Has.forget_gate) all[F] = {"forget gate", from::hidden, Join::joined, Weighs::old_state};
    all[G] = {"cell candidate"};
    if constexpr (Has.output_gate) all[O] = {"output gate"};
    return all;
  }();
  static constexpr std::array<std::string_view, 2> states{"hidden state", "cell state"};

  explicit AblatedLstm(const Settings&) {}

  template <class U>
  void forward(U& u) const {
    auto& a = u.gates;
    auto& [h, c] = u.after;
    const auto& c_before = u.before[1];
    if constexpr (Has.input_gate) a[I] = u.gate(a[I]);
    if constexpr (Has.forget_gate) a[F] = u.gate(a[F]);
    if constexpr (Has.output_gate) a[O] = u.gate(a[O]);
    a[G] = candidate(a[G]);
    c = f_times(a, c_before) + i_times(a, a[G]);
    h = o_times(a, output(c));
  }

  template <class U>
  void backward(U& u) const {
    auto& a = u.gates;
    auto& [dh, dc] = u.grad;
    const auto& c_before = u.before[1];
    const auto g = a[G], out = output(u.after[1]);
    dc = dc + output_backward(out, o_times(a, dh));
    const auto dg = i_times(a, dc), dc_before = f_times(a, dc);
    a[G] = candidate_backward(g, dg);
    if constexpr (Has.output_gate) a[O] = dh * out * u.gate_slope(a[O]);
    if constexpr (Has.input_gate) a[I] = dc * g * u.gate_slope(a[I]);
    if constexpr (Has.coupled_gates)
      a[F] = dc * (c_before - g) * u.gate_slope(a[F]);
    else if constexpr (Has.forget_gate)
      a[F] = dc * c_before * u.gate_slope(a[F]);
    dc = dc_before, dh = {};
  }

 private:
  // A gate times x; x alone where the variant has no such gate.
  template <class A, class V>
  static V i_times(const A& a, const V& x) {
    if constexpr (Has.coupled_gates)
      return one_minus(a[F]) * x;
    else if constexpr (Has.input_gate)
      return a[I] * x;
    else
      return x;
  }
  template <class A, class V>
  static V f_times(const A& a, const V& x) {
    if constexpr (Has.forget_gate)
      return a[F] * x;
    else
      return x;
  }
  template <class A, class V>
  static V o_times(const A& a, const V& x) {
    if constexpr (Has.output_gate)
      return a[O] * x;
    else
      return x;
  }

  // The activation functions of candidate and output, and the gradients of their arguments from value and gradient.
  template <class V>
  static V candidate(const V& x) {
    if constexpr (Has.sigmoid_candidate)
      return sigmoid(x);
    else if constexpr (Has.input_activation)
      return tanh(x);
    else
      return x;
  }
  template <class V>
  static V candidate_backward(const V& g, const V& dg) {
    if constexpr (Has.sigmoid_candidate)
      return dg * sigmoid_slope(g);
    else if constexpr (Has.input_activation)
      return dg * tanh_slope(g);
    else
      return dg;
  }
  template <class V>
  static V output(const V& c) {
    if constexpr (Has.output_activation)
      return tanh(c);
    else
      return c;
  }
  template <class V>
  static V output_backward(const V& out, const V& d_out) {
    if constexpr (Has.output_activation)
      return d_out * tanh_slope(out);
    else
      return d_out;
  }
};

struct LstmNoInputGate : AblatedLstm<LstmAblation{.input_gate = false}> {
  using AblatedLstm::AblatedLstm;
  static CellEntry entry() {
    return {.name = "lstm-nig",
            .summary = "LSTM without input gate",
            .formula =
                "f = sigmoid(W_f x + U_f h' + b_f)      forget gate\n"
                "g = tanh   (W_g x + U_g h' + b_g)      cell candidate\n"
                "o = sigmoid(W_o x + U_o h' + b_o)      output gate\n"
                "c = f c' + g                           cell state\n"
                "h = o tanh(c)                          hidden state",
            .source = "Greff et al. 2017",
            .options = {forget_bias_option(), gate_activation_option()}};
  }
};

struct LstmNoForgetGate : AblatedLstm<LstmAblation{.forget_gate = false}> {
  using AblatedLstm::AblatedLstm;
  static CellEntry entry() {
    return {.name = "lstm-nfg",
            .summary = "LSTM without forget gate (as Hochreiter & Schmidhuber 1997)",
            .formula =
                "i = sigmoid(W_i x + U_i h' + b_i)      input gate\n"
                "g = tanh   (W_g x + U_g h' + b_g)      cell candidate\n"
                "o = sigmoid(W_o x + U_o h' + b_o)      output gate\n"
                "c = c' + i g                           cell state\n"
                "h = o tanh(c)                          hidden state",
            .source = "Greff et al. 2017",
            .options = {gate_activation_option()}};
  }
};

struct LstmNoOutputGate : AblatedLstm<LstmAblation{.output_gate = false}> {
  using AblatedLstm::AblatedLstm;
  static CellEntry entry() {
    return {.name = "lstm-nog",
            .summary = "LSTM without output gate",
            .formula =
                "i = sigmoid(W_i x + U_i h' + b_i)      input gate\n"
                "f = sigmoid(W_f x + U_f h' + b_f)      forget gate\n"
                "g = tanh   (W_g x + U_g h' + b_g)      cell candidate\n"
                "c = f c' + i g                         cell state\n"
                "h = tanh(c)                            hidden state",
            .source = "Greff et al. 2017",
            .options = {forget_bias_option(), gate_activation_option()}};
  }
};

struct LstmNoInputActivation : AblatedLstm<LstmAblation{.input_activation = false}> {
  using AblatedLstm::AblatedLstm;
  static CellEntry entry() {
    return {.name = "lstm-niaf",
            .summary = "LSTM without tanh on the cell candidate",
            .formula =
                "i = sigmoid(W_i x + U_i h' + b_i)      input gate\n"
                "f = sigmoid(W_f x + U_f h' + b_f)      forget gate\n"
                "g =         W_g x + U_g h' + b_g       cell candidate\n"
                "o = sigmoid(W_o x + U_o h' + b_o)      output gate\n"
                "c = f c' + i g                         cell state\n"
                "h = o tanh(c)                          hidden state",
            .source = "Greff et al. 2017",
            .options = {forget_bias_option(), gate_activation_option()}};
  }
};

struct LstmNoOutputActivation : AblatedLstm<LstmAblation{.output_activation = false}> {
  using AblatedLstm::AblatedLstm;
  static CellEntry entry() {
    return {.name = "lstm-noaf",
            .summary = "LSTM without tanh on the cell state's way out",
            .formula =
                "i = sigmoid(W_i x + U_i h' + b_i)      input gate\n"
                "f = sigmoid(W_f x + U_f h' + b_f)      forget gate\n"
                "g = tanh   (W_g x + U_g h' + b_g)      cell candidate\n"
                "o = sigmoid(W_o x + U_o h' + b_o)      output gate\n"
                "c = f c' + i g                         cell state\n"
                "h = o c                                hidden state",
            .source = "Greff et al. 2017",
            .options = {forget_bias_option(), gate_activation_option()}};
  }
};

struct LstmCoupledGates : AblatedLstm<LstmAblation{.input_gate = false, .coupled_gates = true}> {
  using AblatedLstm::AblatedLstm;
  static CellEntry entry() {
    return {.name = "lstm-cifg",
            .summary = "LSTM with coupled input and forget gates",
            .formula =
                "f = sigmoid(W_f x + U_f h' + b_f)      forget gate\n"
                "g = tanh   (W_g x + U_g h' + b_g)      cell candidate\n"
                "o = sigmoid(W_o x + U_o h' + b_o)      output gate\n"
                "c = f c' + (1 - f) g                   cell state\n"
                "h = o tanh(c)                          hidden state",
            .source = "Greff et al. 2017",
            .options = {forget_bias_option(), gate_activation_option()}};
  }
};

struct LstmSigmoidCandidate : AblatedLstm<LstmAblation{.sigmoid_candidate = true}> {
  using AblatedLstm::AblatedLstm;
  static CellEntry entry() {
    return {.name = "lstm-sca",
            .summary = "LSTM with sigmoid in place of tanh on the cell candidate",
            .formula =
                "i = sigmoid(W_i x + U_i h' + b_i)      input gate\n"
                "f = sigmoid(W_f x + U_f h' + b_f)      forget gate\n"
                "g = sigmoid(W_g x + U_g h' + b_g)      cell candidate\n"
                "o = sigmoid(W_o x + U_o h' + b_o)      output gate\n"
                "c = f c' + i g                         cell state\n"
                "h = o tanh(c)                          hidden state",
            .source = "a control for the choice of tanh, in the manner of Greff et al. 2017",
            .options = {forget_bias_option(), gate_activation_option()}};
  }
};
