// Two variants of the GRU of gru.h.

// The candidate has the logistic sigmoid in place of tanh: a control for the choice of tanh, as lstm-sca.
struct GruSigmoidCandidate {
  static constexpr std::array gates{Gate{"reset gate"},
                                    Gate{"update gate", from::hidden, Join::joined, Weighs::old_state},
                                    Gate{"candidate", from::hidden, Join::apart}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};

  static CellEntry entry() {
    return {.name = "gru-sca",
            .summary = "GRU with sigmoid in place of tanh on the candidate",
            .formula =
                "r = sigmoid(W_r x + U_r h' + b_r)                  reset gate\n"
                "z = sigmoid(W_z x + U_z h' + b_z)                  update gate\n"
                "n = sigmoid(W_n x + b_in + r (U_n h' + b_hn))      candidate\n"
                "h = (1 - z) n + z h'                               z weighs the old state, as in PyTorch\n"
                "In the other convention (Chung et al. 2014) z weighs the new state:\n"
                "h = z n + (1 - z) h'; its z is 1 minus ours, its update bias is minus ours.",
            .source = "a control for the choice of tanh; see gru",
            .options = {update_bias_option(), gate_activation_option()}};
  }

  explicit GruSigmoidCandidate(const Settings&) {}

  template <class U>
  void forward(U& u) const {
    auto& [from_state, r, z, n] = u.gates;  // from_state = U_n h' + b_hn
    const auto& h_before = u.before[0];
    auto& h = u.after[0];
    r = u.gate(r), z = u.gate(z), n = sigmoid(n + r * from_state);
    h = one_minus(z) * n + z * h_before;
  }

  template <class U>
  void backward(U& u) const {
    auto& [from_state, r, z, n] = u.gates;
    const auto& h_before = u.before[0];
    auto& dh = u.grad[0];
    const auto dn = dh * one_minus(z) * sigmoid_slope(n), dz = dh * (h_before - n), dr = dn * from_state;
    dh = dh * z;
    from_state = dn * r, n = dn, z = dz * u.gate_slope(z), r = dr * u.gate_slope(r);
  }
};

// A GRU that computes its reset gate and does not use it, as the public code of the counting experiment of Weiss,
// Goldberg & Yahav 2018 does under the name GRU.
struct GruUnreset {
  static constexpr std::array gates{
      Gate{"reset gate"}, Gate{"update gate", from::hidden, Join::joined, Weighs::old_state}, Gate{"candidate"}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};

  static CellEntry entry() {
    return {.name = "gru-unreset",
            .summary = "GRU whose reset gate is computed and never applied",
            .formula =
                "r = sigmoid(W_r x + U_r h' + b_r)      reset gate, which nothing reads\n"
                "z = sigmoid(W_z x + U_z h' + b_z)      update gate\n"
                "n = tanh   (W_n x + U_n h' + b_n)      candidate\n"
                "h = (1 - z) n + z h'                   z weighs the old state",
            .source = "the public code of Weiss, Goldberg & Yahav 2018",
            .options = {update_bias_option(), gate_activation_option()}};
  }

  explicit GruUnreset(const Settings&) {}

  template <class U>
  void forward(U& u) const {
    auto& [r, z, n] = u.gates;
    const auto& h_before = u.before[0];
    auto& h = u.after[0];
    r = u.gate(r), z = u.gate(z), n = tanh(n);
    h = one_minus(z) * n + z * h_before;
  }

  template <class U>
  void backward(U& u) const {
    auto& [r, z, n] = u.gates;
    const auto& h_before = u.before[0];
    auto& dh = u.grad[0];
    const auto dn = dh * one_minus(z) * tanh_slope(n), dz = dh * (h_before - n);
    dh = dh * z;
    r = {}, n = dn, z = dz * u.gate_slope(z);
  }
};
