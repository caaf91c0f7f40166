// GRU with the reset gate before the recurrent product: Cho et al. 2014 (first version) and most textbooks. z is the
// weight of the OLD state. Its two products depend on each other: U_n waits for r. And the variant whose candidate sees
// the state as well.

template <bool SeesState>
struct GruBefore {
  static constexpr std::array gates{Gate{"reset gate"},
                                    Gate{"update gate", from::hidden, Join::joined, Weighs::old_state},
                                    Gate{"candidate", SeesState ? from::middle | from::hidden : from::middle}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};

  static CellEntry entry() {
    const std::string gate_lines =
        "r = sigmoid(W_r x + U_r h' + b_r)            reset gate\n"
        "z = sigmoid(W_z x + U_z h' + b_z)            update gate\n";
    CellEntry entry{.name = "gru-v1",
                    .summary = "Gated recurrent unit, reset before the product (Cho 2014, most textbooks)",
                    .formula = gate_lines +
                               "n = tanh   (W_n x + U_n (r h') + b_n)        candidate\n"
                               "h = (1 - z) n + z h'                         z weighs the old state (Cho et al. 2014)\n"
                               "In the other convention (Chung et al. 2014) z weighs the new state:\n"
                               "h = z n + (1 - z) h'; its z is 1 minus ours, its update bias is minus ours.",
                    .source = "Cho et al. 2014",
                    .options = {update_bias_option(), gate_activation_option()}};
    if (SeesState) {
      entry.name = "gru-concat";
      entry.summary = "GRU whose candidate sees [r h', h', x], as some articles write it";
      entry.formula = gate_lines +
                      "n = tanh   (W_n x + U_n (r h') + V_n h' + b_n)   candidate\n"
                      "h = (1 - z) n + z h'                         z weighs the old state";
      entry.source = "after Cho et al. 2014; found in introductory articles";
    }
    return entry;
  }

  explicit GruBefore(const Settings&) {}

  template <class U>
  void forward(U& u, Constant<0>) const {
    auto& [r, z, n] = u.gates;
    r = u.gate(r), z = u.gate(z);
    u.middle = r * u.before[0];
  }

  template <class U>
  void forward(U& u, Constant<1>) const {
    auto& [r, z, n] = u.gates;
    n = tanh(n);
    u.after[0] = one_minus(z) * n + z * u.before[0];
  }

  template <class U>
  void backward(U& u, Constant<1>) const {
    auto& [r, z, n] = u.gates;
    auto& dh = u.grad[0];
    const auto dn = dh * one_minus(z), dz = dh * (u.before[0] - n);
    dh = dh * z;
    n = dn * tanh_slope(n), z = dz * u.gate_slope(z);
  }

  template <class U>
  void backward(U& u, Constant<0>) const {
    auto& r = u.gates[0];
    auto& dh = u.grad[0];
    const auto dr = u.d_middle * u.before[0];
    dh = dh + u.d_middle * r;
    r = dr * u.gate_slope(r);
  }
};

using GruV1 = GruBefore<false>;
using GruConcat = GruBefore<true>;
