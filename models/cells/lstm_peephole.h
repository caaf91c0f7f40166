// LSTM with peepholes: each gate also sees its own unit's cell state, the output gate the new one. This is the vanilla
// LSTM of Greff et al. 2017.

struct LstmPeephole {
  static constexpr std::array gates{Gate{"input gate", from::hidden, Join::joined, Weighs::new_state},
                                    Gate{"forget gate", from::hidden, Join::joined, Weighs::old_state},
                                    Gate{"cell candidate"}, Gate{"output gate"}};
  static constexpr std::array<std::string_view, 2> states{"hidden state", "cell state"};
  static constexpr std::array<std::string_view, 3> vectors{"input peephole", "forget peephole", "output peephole"};

  static CellEntry entry() {
    return {.name = "lstm-peephole",
            .summary = "LSTM whose gates see the cell state (Greff's vanilla LSTM)",
            .formula =
                "i = sigmoid(W_i x + U_i h' + p_i c' + b_i)        input gate\n"
                "f = sigmoid(W_f x + U_f h' + p_f c' + b_f)        forget gate\n"
                "g = tanh   (W_g x + U_g h' + b_g)                 cell candidate\n"
                "o = sigmoid(W_o x + U_o h' + p_o c + b_o)         output gate\n"
                "c = f c' + i g                                    cell state\n"
                "h = o tanh(c)                                     hidden state",
            .source = "Gers & Schmidhuber 2000; Greff et al. 2017",
            .options = {forget_bias_option(), gate_activation_option()}};
  }

  explicit LstmPeephole(const Settings&) {}

  template <class U>
  void forward(U& u) const {
    auto& [i, f, g, o] = u.gates;
    auto& [h, c] = u.after;
    const auto& [p_i, p_f, p_o] = u.vectors;
    const auto& c_before = u.before[1];
    i = u.gate(i + p_i * c_before), f = u.gate(f + p_f * c_before), g = tanh(g);
    c = f * c_before + i * g;
    o = u.gate(o + p_o * c);
    h = o * tanh(c);
  }

  // The gradient of a pre-activation is needed twice here: for the products, and for the peephole and what it sees.
  template <class U>
  void backward(U& u) const {
    auto& [i, f, g, o] = u.gates;
    auto& [dh, dc] = u.grad;
    auto& [dp_i, dp_f, dp_o] = u.d_vectors;
    const auto& [p_i, p_f, p_o] = u.vectors;
    const auto &c = u.after[1], &c_before = u.before[1];
    const auto tanh_c = tanh(c);
    dc = dc + dh * o * tanh_slope(tanh_c);
    o = dh * tanh_c * u.gate_slope(o);
    dc = dc + o * p_o;
    const auto di = dc * g, df = dc * c_before, dg = dc * i;
    dc = dc * f, dh = {};
    i = di * u.gate_slope(i), f = df * u.gate_slope(f), g = dg * tanh_slope(g);
    dc = dc + i * p_i + f * p_f;
    dp_i = i * c_before, dp_f = f * c_before, dp_o = o * c;
  }
};
