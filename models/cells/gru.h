// Gated recurrent unit (GRU) with the reset gate after the recurrent product, as in PyTorch and cuDNN and in a footnote
// of Cho et al. 2014b. z weighs the OLD state, so a positive update bias keeps it. With the reset before the product:
// gru_v1.h. Other variants: gru_variants.h, gru_output.h.

struct Gru {
  static constexpr std::array gates{Gate{"reset gate"},
                                    Gate{"update gate", from::hidden, Join::joined, Weighs::old_state},
                                    Gate{"candidate", from::hidden, Join::apart}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};

  static CellEntry entry() {
    return {.name = "gru",
            .summary = "Gated recurrent unit, reset after the product (PyTorch, cuDNN)",
            .formula =
                "r = sigmoid(W_r x + U_r h' + b_r)                  reset gate\n"
                "z = sigmoid(W_z x + U_z h' + b_z)                  update gate\n"
                "n = tanh   (W_n x + b_in + r (U_n h' + b_hn))      candidate\n"
                "h = (1 - z) n + z h'                               z weighs the old state, as in PyTorch\n"
                "In the other convention (Chung et al. 2014) z weighs the new state:\n"
                "h = z n + (1 - z) h'; its z is 1 minus ours, its update bias is minus ours.",
            .source = "Cho et al. 2014; Chung et al. 2014; as in PyTorch and cuDNN",
            .options = {update_bias_option(), gate_activation_option()}};
  }

  explicit Gru(const Settings&) {}

  template <class U>
  void forward(U& u) const {
    auto& [from_state, r, z, n] = u.gates;  // from_state = U_n h' + b_hn
    const auto& h_before = u.before[0];
    auto& h = u.after[0];
    r = u.gate(r), z = u.gate(z), n = tanh(n + r * from_state);
    h = one_minus(z) * n + z * h_before;
  }

  template <class U>
  void backward(U& u) const {
    auto& [from_state, r, z, n] = u.gates;
    const auto& h_before = u.before[0];
    auto& dh = u.grad[0];
    const auto dn = dh * one_minus(z) * tanh_slope(n), dz = dh * (h_before - n), dr = dn * from_state;
    dh = dh * z;
    from_state = dn * r, n = dn, z = dz * u.gate_slope(z), r = dr * u.gate_slope(r);
  }
};
