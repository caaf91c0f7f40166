// minGRU and minLSTM: gates and candidate see the input alone, so that nothing is squashed along the recurrence and it
// could be computed by a parallel scan. (In the paper's form for scans in log space the candidate is kept positive;
// here it is linear, as in the paper's definition.)

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
    z = u.gate(z);
    u.after[0] = z * n + one_minus(z) * u.before[0];
  }

  template <class U>
  void backward(U& u) const {
    auto& [z, n] = u.gates;
    auto& dh = u.grad[0];
    const auto dz = dh * (n - u.before[0]);
    n = dh * z;
    dh = dh * one_minus(z);
    z = dz * u.gate_slope(z);
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
    f = sigmoid(f), i = sigmoid(i);
    u.after[0] = (f * u.before[0] + i * n) / (f + i);
  }

  template <class U>
  void backward(U& u) const {
    auto& [f, i, n] = u.gates;
    auto& dh = u.grad[0];
    const auto share = dh / (f + i), h = u.after[0];
    const auto df = share * (u.before[0] - h), di = share * (n - h);
    n = share * i;
    dh = share * f;
    f = df * sigmoid_slope(f), i = di * sigmoid_slope(i);
  }
};
