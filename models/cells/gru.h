// GRU with the reset gate after the recurrent product: PyTorch and cuDNN; Cho et al. 2014b, footnote. z is the weight
// of the OLD state, so a positive update bias keeps it. For the reset before the product see gru_v1.h. `gru-sca`
// squashes the candidate by the logistic sigmoid: a control for the choice of tanh, as `lstm-sca`.

template <bool SigmoidCandidate>
struct GruFamily {
  static constexpr std::array gates{Gate{"reset gate"},
                                    Gate{"update gate", from::hidden, Join::joined, Weighs::old_state},
                                    Gate{"candidate", from::hidden, Join::apart}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};

  static CellEntry entry() {
    return {.name = SigmoidCandidate ? "gru-sca" : "gru",
            .summary = SigmoidCandidate ? "GRU with sigmoid in place of tanh on the candidate"
                                        : "Gated recurrent unit, reset after the product (PyTorch, cuDNN)",
            .formula = std::string("r = sigmoid(W_r x + U_r h' + b_r)                  reset gate\n"
                                   "z = sigmoid(W_z x + U_z h' + b_z)                  update gate\n") +
                       (SigmoidCandidate ? "n = sigmoid" : "n = tanh   ") +
                       "(W_n x + b_in + r (U_n h' + b_hn))      candidate\n"
                       "h = (1 - z) n + z h'                               z weighs the old state, as in PyTorch\n"
                       "In the other convention (Chung et al. 2014) z weighs the new state:\n"
                       "h = z n + (1 - z) h'; its z is 1 minus ours, its update bias is minus ours.",
            .source = SigmoidCandidate ? "a control for the choice of tanh; see gru"
                                       : "Cho et al. 2014; Chung et al. 2014; as in PyTorch and cuDNN",
            .options = {update_bias_option(), gate_activation_option()}};
  }

  explicit GruFamily(const Settings&) {}

  template <class U>
  void forward(U& u) const {
    auto& [from_state, r, z, n] = u.gates;  // from_state = U_n h' + b_hn
    auto& h = u.after[0];
    const auto& h_before = u.before[0];
    r = u.gate(r), z = u.gate(z), n = squashed(n + r * from_state);
    h = one_minus(z) * n + z * h_before;
  }

  template <class U>
  void backward(U& u) const {
    auto& [from_state, r, z, n] = u.gates;
    auto& dh = u.grad[0];
    const auto& h_before = u.before[0];
    const auto dn = dh * one_minus(z) * squash_slope(n), dz = dh * (h_before - n), dr = dn * from_state;
    dh = dh * z;
    from_state = dn * r, n = dn, z = dz * u.gate_slope(z), r = dr * u.gate_slope(r);
  }

 private:
  template <class V>
  static V squashed(const V& x) {
    if constexpr (SigmoidCandidate)
      return sigmoid(x);
    else
      return tanh(x);
  }
  template <class V>
  static V squash_slope(const V& y) {  // from the value
    if constexpr (SigmoidCandidate)
      return sigmoid_slope(y);
    else
      return tanh_slope(y);
  }
};

using Gru = GruFamily<false>;
using GruSigmoidCandidate = GruFamily<true>;

// The reset gate is computed and never applied: what the public code of the counting experiment of Weiss, Goldberg &
// Yahav 2018 does under the name GRU.
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
    r = u.gate(r), z = u.gate(z), n = tanh(n);
    u.after[0] = one_minus(z) * n + z * u.before[0];
  }

  template <class U>
  void backward(U& u) const {
    auto& [r, z, n] = u.gates;
    auto& dh = u.grad[0];
    const auto dn = dh * one_minus(z) * tanh_slope(n), dz = dh * (u.before[0] - n);
    dh = dh * z;
    r = {}, n = dn, z = dz * u.gate_slope(z);
  }
};
