// Long short-term memory: Hochreiter & Schmidhuber 1997, with the forget gate of Gers, Schmidhuber & Cummins 2000.
// Variants stand in lstm_ablations.h, lstm_peephole.h and lstm_gate_recurrence.h.

struct Lstm {
  static constexpr std::array gates{Gate{"input gate", from::hidden, Join::joined, Weighs::new_state},
                                    Gate{"forget gate", from::hidden, Join::joined, Weighs::old_state},
                                    Gate{"cell candidate"}, Gate{"output gate"}};
  static constexpr std::array<std::string_view, 2> states{"hidden state", "cell state"};

  static CellEntry entry() {
    return {.name = "lstm",
            .summary = "Long short-term memory with forget gate",
            .formula =
                "i = sigmoid(W_i x + U_i h' + b_i)      input gate\n"
                "f = sigmoid(W_f x + U_f h' + b_f)      forget gate\n"
                "g = tanh   (W_g x + U_g h' + b_g)      cell candidate\n"
                "o = sigmoid(W_o x + U_o h' + b_o)      output gate\n"
                "c = f c' + i g                         cell state\n"
                "h = o tanh(c)                          hidden state",
            .source = "Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000",
            .options = {forget_bias_option(), gate_activation_option()}};
  }

  explicit Lstm(const Settings&) {}

  template <class U>
  void forward(U& u) const {
    auto& [i, f, g, o] = u.gates;
    auto& [h, c] = u.after;
    const auto& c_before = u.before[1];
    i = u.gate(i), f = u.gate(f), g = tanh(g), o = u.gate(o);
    c = f * c_before + i * g;
    h = o * tanh(c);
  }

  template <class U>
  void backward(U& u) const {
    auto& [i, f, g, o] = u.gates;
    auto& [dh, dc] = u.grad;
    const auto& c_before = u.before[1];
    const auto tanh_c = tanh(u.after[1]);
    dc = dc + dh * o * tanh_slope(tanh_c);
    const auto di = dc * g, df = dc * c_before, dg = dc * i, d_o = dh * tanh_c;
    dc = dc * f, dh = {};  // h' reaches this step through the gates only
    i = di * u.gate_slope(i), f = df * u.gate_slope(f), g = dg * tanh_slope(g), o = d_o * u.gate_slope(o);
  }
};
