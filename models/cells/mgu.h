// The minimal gated unit: one gate, which forgets and resets. Its f is the weight of the NEW state.

struct Mgu {
  static constexpr std::array gates{Gate{"forget gate", from::hidden, Join::joined, Weighs::new_state},
                                    Gate{"candidate", from::middle}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};
  static constexpr bool hands_over = true;  // the gradient of f from the weighing, while its value is still needed

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
    f = u.gate(f);
    u.middle = f * u.before[0];
  }

  template <class U>
  void forward(U& u, Constant<1>) const {
    auto& [f, n] = u.gates;
    n = tanh(n);
    u.after[0] = f * n + one_minus(f) * u.before[0];
  }

  template <class U>
  void backward(U& u, Constant<1>) const {
    auto& [f, n] = u.gates;
    auto& dh = u.grad[0];
    u.handed_over = dh * (n - u.before[0]);
    n = dh * f * tanh_slope(n);
    dh = dh * one_minus(f);
  }

  template <class U>
  void backward(U& u, Constant<0>) const {
    auto& f = u.gates[0];
    auto& dh = u.grad[0];
    const auto df = u.handed_over + u.d_middle * u.before[0];
    dh = dh + u.d_middle * f;
    f = df * u.gate_slope(f);
  }
};
