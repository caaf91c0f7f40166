// The minimal gated unit: a GRU whose one gate is both reset and update gate. f weighs the NEW state.

struct Mgu {
  static constexpr std::array gates{Gate{"forget gate", from::hidden, Join::joined, Weighs::new_state},
                                    Gate{"candidate", from::middle}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};
  // f is used in both phases, so its gradient has two parts. The backward function of phase 1 passes its part on,
  // because phase 0 still needs f itself.
  static constexpr bool has_partial_gradient = true;

  static CellEntry entry() {
    return {.name = "mgu",
            .summary = "Minimal gated unit: a GRU with a single gate",
            .formula =
                "f = sigmoid(W_f x + U_f h' + b_f)            forget gate\n"
                "n = tanh   (W_n x + U_n (f h') + b_n)        candidate\n"
                "h = f n + (1 - f) h'                         f weighs the new state",
            .source = "Zhou, Wu, Zhang & Zhou 2016",
            .options = {forget_bias_option("takes the new state"), gate_activation_option()}};
  }

  explicit Mgu(const Settings&) {}

  template <class U>
  void forward(U& u, Constant<0>) const {
    auto& f = u.gates[0];
    const auto& h_before = u.before[0];
    f = u.gate(f);
    u.middle = f * h_before;
  }

  template <class U>
  void forward(U& u, Constant<1>) const {
    auto& [f, n] = u.gates;
    const auto& h_before = u.before[0];
    auto& h = u.after[0];
    n = tanh(n);
    h = f * n + one_minus(f) * h_before;
  }

  template <class U>
  void backward(U& u, Constant<1>) const {
    auto& [f, n] = u.gates;
    const auto& h_before = u.before[0];
    auto& dh = u.grad[0];
    u.partial_gradient = dh * (n - h_before);
    n = dh * f * tanh_slope(n);
    dh = dh * one_minus(f);
  }

  template <class U>
  void backward(U& u, Constant<0>) const {
    auto& f = u.gates[0];
    const auto& h_before = u.before[0];
    auto& dh = u.grad[0];
    const auto df = u.partial_gradient + u.d_middle * h_before;
    dh = dh + u.d_middle * f;
    f = df * u.gate_slope(f);
  }
};
