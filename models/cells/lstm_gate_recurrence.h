// LSTM with full gate recurrence (FGR of Greff et al. 2017, without peepholes): each gate also sees the values of all
// three gates at the previous step, which are therefore states.

struct LstmFullGateRecurrence {
  static constexpr unsigned source = from::hidden | from::state(2) | from::state(3) | from::state(4);
  static constexpr std::array gates{Gate{"input gate", source, Join::joined, Weighs::new_state},
                                    Gate{"forget gate", source, Join::joined, Weighs::old_state},
                                    Gate{"cell candidate"}, Gate{"output gate", source}};
  static constexpr std::array<std::string_view, 5> states{"hidden state", "cell state", "input gate", "forget gate",
                                                          "output gate"};

  static CellEntry entry() {
    return {.name = "lstm-fgr",
            .summary = "LSTM whose gates also recur on each other",
            .formula =
                "i = sigmoid(W_i x + U_i h' + R_i [i', f', o'] + b_i)          input gate\n"
                "f = sigmoid(W_f x + U_f h' + R_f [i', f', o'] + b_f)          forget gate\n"
                "g = tanh   (W_g x + U_g h' + b_g)                             cell candidate\n"
                "o = sigmoid(W_o x + U_o h' + R_o [i', f', o'] + b_o)          output gate\n"
                "c = f c' + i g                                                cell state\n"
                "h = o tanh(c)                                                 hidden state",
            .source = "Greff et al. 2017",
            .options = {forget_bias_option(), gate_activation_option()}};
  }

  explicit LstmFullGateRecurrence(const Settings&) {}

  template <class U>
  void forward(U& u) const {
    auto& [i, f, g, o] = u.gates;
    auto& [h, c, next_i, next_f, next_o] = u.after;
    const auto& c_before = u.before[1];
    i = u.gate(i), f = u.gate(f), g = tanh(g), o = u.gate(o);
    c = f * c_before + i * g;
    h = o * tanh(c);
    next_i = i, next_f = f, next_o = o;
  }

  template <class U>
  void backward(U& u) const {
    auto& [i, f, g, o] = u.gates;
    auto& [dh, dc, next_di, next_df, next_do] = u.grad;
    const auto& c_before = u.before[1];
    const auto tanh_c = tanh(u.after[1]);
    dc = dc + dh * o * tanh_slope(tanh_c);
    const auto di = dc * g + next_di, df = dc * c_before + next_df, dg = dc * i, d_o = dh * tanh_c + next_do;
    dc = dc * f;
    dh = {}, next_di = {}, next_df = {}, next_do = {};  // the states before reach this step through the gates only
    i = di * u.gate_slope(i), f = df * u.gate_slope(f), g = dg * tanh_slope(g), o = d_o * u.gate_slope(o);
  }
};
