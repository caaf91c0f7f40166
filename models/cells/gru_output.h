// A hybrid of GRU and LSTM: a GRU (reset after the product) whose state is a cell state, with an output gate in front
// of the hidden state. The cell state is a weighted mean of tanh values, so the output needs no tanh.

struct GruOutput {
  static constexpr std::array gates{Gate{"reset gate"},
                                    Gate{"update gate", from::hidden, Join::joined, Weighs::old_state},
                                    Gate{"candidate", from::hidden, Join::apart}, Gate{"output gate"}};
  static constexpr std::array<std::string_view, 2> states{"hidden state", "cell state"};

  static CellEntry entry() {
    return {.name = "gru-output",
            .summary = "GRU with an output gate: the hybrid cell between GRU and LSTM",
            .formula =
                "r = sigmoid(W_r x + U_r h' + b_r)                  reset gate\n"
                "z = sigmoid(W_z x + U_z h' + b_z)                  update gate\n"
                "n = tanh   (W_n x + b_in + r (U_n h' + b_hn))      candidate\n"
                "o = sigmoid(W_o x + U_o h' + b_o)                  output gate\n"
                "c = (1 - z) n + z c'                               cell state; z weighs the old one\n"
                "h = o c                                            hidden state",
            .source = "after Cho et al. 2014 and Hochreiter & Schmidhuber 1997; articles that give a GRU three gates",
            .options = {update_bias_option(), gate_activation_option()}};
  }

  explicit GruOutput(const Settings&) {}

  template <class U>
  void forward(U& u) const {
    auto& [from_state, r, z, o, n] = u.gates;  // from_state = U_n h' + b_hn
    const auto& c_before = u.before[1];
    auto& [h, c] = u.after;
    r = u.gate(r), z = u.gate(z), o = u.gate(o), n = tanh(n + r * from_state);
    c = one_minus(z) * n + z * c_before;
    h = o * c;
  }

  template <class U>
  void backward(U& u) const {
    auto& [from_state, r, z, o, n] = u.gates;
    const auto &c = u.after[1], &c_before = u.before[1];
    auto& [dh, dc] = u.grad;
    const auto d_o = dh * c;
    dc = dc + dh * o;
    const auto dn = dc * one_minus(z) * tanh_slope(n), dz = dc * (c_before - n), dr = dn * from_state;
    dc = dc * z, dh = {};  // h' reaches this step through the gates only
    from_state = dn * r, n = dn;
    z = dz * u.gate_slope(z), r = dr * u.gate_slope(r), o = d_o * u.gate_slope(o);
  }
};
