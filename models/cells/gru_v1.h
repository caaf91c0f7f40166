// GRU with the reset gate before the recurrent product: Cho et al. 2014 (first version) and most textbooks. z weighs
// the OLD state. A step has two phases, because U_n multiplies r h'.

struct GruV1 {
  static constexpr std::array gates{Gate{"reset gate"},
                                    Gate{"update gate", from::hidden, Join::joined, Weighs::old_state},
                                    Gate{"candidate", from::middle}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};

  static CellEntry entry() {
    return {.name = "gru-v1",
            .summary = "Gated recurrent unit, reset before the product (Cho 2014, most textbooks)",
            .formula =
                "r = sigmoid(W_r x + U_r h' + b_r)            reset gate\n"
                "z = sigmoid(W_z x + U_z h' + b_z)            update gate\n"
                "n = tanh   (W_n x + U_n (r h') + b_n)        candidate\n"
                "h = (1 - z) n + z h'                         z weighs the old state (Cho et al. 2014)\n"
                "In the other convention (Chung et al. 2014) z weighs the new state:\n"
                "h = z n + (1 - z) h'; its z is 1 minus ours, its update bias is minus ours.",
            .source = "Cho et al. 2014",
            .options = {update_bias_option(), gate_activation_option()}};
  }

  explicit GruV1(const Settings&) {}

  template <class U>
  void forward(U& u, Constant<0>) const {
    auto& [r, z, n] = u.gates;
    const auto& h_before = u.before[0];
    r = u.gate(r), z = u.gate(z);
    u.middle = r * h_before;
  }

  template <class U>
  void forward(U& u, Constant<1>) const {
    auto& [r, z, n] = u.gates;
    const auto& h_before = u.before[0];
    auto& h = u.after[0];
    n = tanh(n);
    h = one_minus(z) * n + z * h_before;
  }

  template <class U>
  void backward(U& u, Constant<1>) const {
    auto& [r, z, n] = u.gates;
    const auto& h_before = u.before[0];
    auto& dh = u.grad[0];
    const auto dn = dh * one_minus(z), dz = dh * (h_before - n);
    dh = dh * z;
    n = dn * tanh_slope(n), z = dz * u.gate_slope(z);
  }

  template <class U>
  void backward(U& u, Constant<0>) const {
    auto& r = u.gates[0];
    const auto& h_before = u.before[0];
    auto& dh = u.grad[0];
    const auto dr = u.d_middle * h_before;
    dh = dh + u.d_middle * r;
    r = dr * u.gate_slope(r);
  }
};

// The same, with a candidate that also sees the state itself.
struct GruConcat : GruV1 {
  using GruV1::GruV1;
  static constexpr std::array gates{GruV1::gates[0], GruV1::gates[1], Gate{"candidate", from::middle | from::hidden}};

  static CellEntry entry() {
    return {.name = "gru-concat",
            .summary = "GRU whose candidate sees [r h', h', x], as some articles write it",
            .formula =
                "r = sigmoid(W_r x + U_r h' + b_r)            reset gate\n"
                "z = sigmoid(W_z x + U_z h' + b_z)            update gate\n"
                "n = tanh   (W_n x + U_n (r h') + V_n h' + b_n)   candidate\n"
                "h = (1 - z) n + z h'                         z weighs the old state",
            .source = "after Cho et al. 2014; found in introductory articles",
            .options = {update_bias_option(), gate_activation_option()}};
  }
};
