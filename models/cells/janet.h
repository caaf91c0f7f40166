// JANET ("just another network"): the LSTM with nothing but its forget gate.

struct Janet {
  static constexpr std::array gates{Gate{"forget gate", from::hidden, Join::joined, Weighs::old_state},
                                    Gate{"candidate"}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};

  static CellEntry entry() {
    return {.name = "janet",
            .summary = "JANET: an LSTM with only the forget gate",
            .formula =
                "s =         W_f x + U_f h' + b_f\n"
                "f = sigmoid(s)                          forget gate\n"
                "n = tanh   (W_n x + U_n h' + b_n)       candidate\n"
                "h = f h' + (1 - sigmoid(s - beta)) n    hidden state",
            .source = "van der Westhuizen & Lasenby 2018",
            .options = {
                forget_bias_option(),
                real_option("beta", "1", -50, 5, "how much more is taken in than forgotten; 0: f and 1 - f share 1")}};
  }

  explicit Janet(const Settings& settings) : grown(static_cast<float>(math::exp(settings.real("beta")))) {}
  const float grown;  // e^beta

  template <class U>
  void forward(U& u) const {
    auto& [f, n] = u.gates;
    f = sigmoid(f), n = tanh(n);
    u.after[0] = f * u.before[0] + one_minus(shut(u, f)) * n;
  }

  template <class U>
  void backward(U& u) const {
    auto& [f, n] = u.gates;
    auto& dh = u.grad[0];
    const auto closed = shut(u, f);
    const auto ds = dh * (u.before[0] * sigmoid_slope(f) - n * sigmoid_slope(closed));
    n = dh * one_minus(closed) * tanh_slope(n);
    dh = dh * f;
    f = ds;
  }

 private:
  template <class U, class V>
  // sigmoid(s - beta) for f = sigmoid(s). e^beta magnifies the rounding of 1 - f: to 4e-6 at 5, beyond use at 20.
  V shut(const U& u, const V& f) const {
    return f / (f + one_minus(f) * u.number(grown));
  }
};
