// The three best cells that the search of Jozefowicz, Zaremba & Sutskever 2015 found. z weighs the NEW state. In the
// paper, x has the size of h and enters MUT1's candidate and MUT2's reset gate without a weight matrix. Here the input
// may have any size, so W x takes its place; this makes MUT2 the same as gru-v1 with 1 - z for z.

struct Mut2 {
  static constexpr std::array gates{Gate{"reset gate"},
                                    Gate{"update gate", from::hidden, Join::joined, Weighs::new_state},
                                    Gate{"candidate", from::middle}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};

  static CellEntry entry() {
    return {.name = "mut2",
            .summary = "MUT2 of the search of Jozefowicz et al. 2015",
            .formula =
                "r = sigmoid(W_r x + U_r h' + b_r)                  reset gate\n"
                "z = sigmoid(W_z x + U_z h' + b_z)                  update gate\n"
                "n = tanh   (W_n x + U_n (r h') + b_n)              candidate\n"
                "h = z n + (1 - z) h'                               z weighs the new state",
            .source = "Jozefowicz, Zaremba & Sutskever 2015",
            .options = {update_bias_option("takes the new state"), gate_activation_option()}};
  }

  explicit Mut2(const Settings&) {}

  template <class U>
  void forward(U& u, Constant<0>) const {
    auto &r = u.gates[0], &z = u.gates[1];
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
    h = z * n + one_minus(z) * h_before;
  }

  template <class U>
  void backward(U& u, Constant<1>) const {
    auto& [r, z, n] = u.gates;
    const auto& h_before = u.before[0];
    auto& dh = u.grad[0];
    const auto dz = dh * (n - h_before), dn = dh * z * tanh_slope(n);
    dh = dh * one_minus(z);
    z = dz * u.gate_slope(z), n = dn;
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

// The update gate sees the input only, and the input of the candidate passes through a tanh of its own.
struct Mut1 : Mut2 {
  using Mut2::backward, Mut2::forward, Mut2::Mut2;
  static constexpr std::array gates{Gate{"reset gate"},
                                    Gate{"update gate", from::nothing, Join::joined, Weighs::new_state},
                                    Gate{"candidate", from::middle, Join::apart}};

  static CellEntry entry() {
    return {.name = "mut1",
            .summary = "MUT1 of the search of Jozefowicz et al. 2015",
            .formula =
                "r = sigmoid(W_r x + U_r h' + b_r)                  reset gate\n"
                "z = sigmoid(W_z x + b_z)                           update gate\n"
                "n = tanh   (tanh(W_n x + b_in) + U_n (r h') + b_hn)   candidate\n"
                "h = z n + (1 - z) h'                               z weighs the new state",
            .source = "Jozefowicz, Zaremba & Sutskever 2015",
            .options = {update_bias_option("takes the new state"), gate_activation_option()}};
  }

  template <class U>
  void forward(U& u, Constant<1>) const {
    auto& [r, z, from_state, n] = u.gates;  // from_state = U_n (r h') + b_hn
    const auto& h_before = u.before[0];
    auto& h = u.after[0];
    const auto from_input = tanh(n);
    n = tanh(from_input + from_state);
    from_state = from_input;  // for backward
    h = z * n + one_minus(z) * h_before;
  }

  template <class U>
  void backward(U& u, Constant<1>) const {
    auto& [r, z, from_state, n] = u.gates;
    const auto& h_before = u.before[0];
    const auto from_input = from_state;
    auto& dh = u.grad[0];
    const auto dz = dh * (n - h_before), dn = dh * z * tanh_slope(n);
    dh = dh * one_minus(z);
    z = dz * u.gate_slope(z), from_state = dn, n = dn * tanh_slope(from_input);
  }
};

// The update gate sees tanh(h'), which is therefore a state.
struct Mut3 : Mut2 {
  using Mut2::backward, Mut2::forward, Mut2::Mut2;
  static constexpr std::array gates{
      Gate{"reset gate"}, Gate{"update gate", from::state(1), Join::joined, Weighs::new_state}, Mut2::gates[2]};
  static constexpr std::array<std::string_view, 2> states{"hidden state", "squashed hidden state"};

  static CellEntry entry() {
    return {.name = "mut3",
            .summary = "MUT3 of the search of Jozefowicz et al. 2015",
            .formula =
                "r = sigmoid(W_r x + U_r h' + b_r)                  reset gate\n"
                "z = sigmoid(W_z x + U_z tanh(h') + b_z)            update gate\n"
                "n = tanh   (W_n x + U_n (r h') + b_n)              candidate\n"
                "h = z n + (1 - z) h'                               z weighs the new state",
            .source = "Jozefowicz, Zaremba & Sutskever 2015",
            .options = {update_bias_option("takes the new state"), gate_activation_option()}};
  }

  template <class U>
  void forward(U& u, Constant<1> phase) const {
    auto& [h, tanh_h] = u.after;
    Mut2::forward(u, phase);
    tanh_h = tanh(h);
  }

  template <class U>
  void backward(U& u, Constant<1> phase) const {
    auto& [dh, d_tanh_h] = u.grad;
    const auto& tanh_h = u.after[1];
    dh = dh + d_tanh_h * tanh_slope(tanh_h);
    d_tanh_h = {};
    Mut2::backward(u, phase);
  }
};
