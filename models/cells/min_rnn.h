// minGRU and minLSTM: gates and candidate see the input only, so the recurrence is linear in the state and could be
// computed by a parallel scan. The candidate is linear, as in the paper's definition. (For scans in log space the paper
// makes it positive.)

struct MinGru {
  static constexpr std::array gates{Gate{"update gate", from::nothing, Join::joined, Weighs::new_state},
                                    Gate{"candidate", from::nothing}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};

  static CellEntry entry() {
    return {.name = "min-gru",
            .summary = "minGRU: update gate and linear candidate of the input alone",
            .formula =
                "z = sigmoid(W_z x + b_z)      update gate\n"
                "n =         W_n x + b_n       candidate\n"
                "h = z n + (1 - z) h'          z weighs the new state",
            .source = "Feng, Tung, Ahmed, Bengio & Hajimirsadeghi 2024",
            .options = {update_bias_option("takes the new state"), gate_activation_option()}};
  }

  explicit MinGru(const Settings&) {}

  template <class U>
  void forward(U& u) const {
    auto& [z, n] = u.gates;
    const auto& h_before = u.before[0];
    auto& h = u.after[0];
    z = u.gate(z);
    h = z * n + one_minus(z) * h_before;
  }

  template <class U>
  void backward(U& u) const {
    auto& [z, n] = u.gates;
    const auto& h_before = u.before[0];
    auto& dh = u.grad[0];
    const auto dz = dh * (n - h_before), dn = dh * z;
    dh = dh * one_minus(z);
    z = dz * u.gate_slope(z), n = dn;
  }
};

struct MinLstm {
  static constexpr std::array gates{Gate{"forget gate", from::nothing, Join::joined, Weighs::old_state},
                                    Gate{"input gate", from::nothing, Join::joined, Weighs::new_state},
                                    Gate{"candidate", from::nothing}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};

  static CellEntry entry() {
    return {.name = "min-lstm",
            .summary = "minLSTM: two gates that share 1, and a linear candidate, of the input alone",
            .formula =
                "f = sigmoid(W_f x + b_f)               forget gate\n"
                "i = sigmoid(W_i x + b_i)               input gate\n"
                "n =         W_n x + b_n                candidate\n"
                "h = (f h' + i n) / (f + i)             hidden state",
            .source = "Feng, Tung, Ahmed, Bengio & Hajimirsadeghi 2024",
            .options = {forget_bias_option()}};
  }

  explicit MinLstm(const Settings&) {}

  template <class U>
  void forward(U& u) const {
    auto& [f, i, n] = u.gates;
    const auto& h_before = u.before[0];
    auto& h = u.after[0];
    f = sigmoid(f), i = sigmoid(i);
    h = (f * h_before + i * n) / (f + i);
  }

  template <class U>
  void backward(U& u) const {
    auto& [f, i, n] = u.gates;
    const auto &h = u.after[0], &h_before = u.before[0];
    auto& dh = u.grad[0];
    const auto d_numerator = dh / (f + i);
    const auto df = d_numerator * (h_before - h), di = d_numerator * (n - h), dn = d_numerator * i;
    dh = d_numerator * f;
    f = df * sigmoid_slope(f), i = di * sigmoid_slope(i), n = dn;
  }
};
