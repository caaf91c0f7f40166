// JANET ("just another network"): the LSTM with nothing but its forget gate.

struct Janet {
  static constexpr std::array gates{Gate{"forget gate", from::hidden, Join::joined, Weighs::old_state},
                                    Gate{"candidate"}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};

  static CellEntry entry() {
    return {
        .name = "janet",
        .summary = "JANET: an LSTM with only the forget gate",
        .formula =
            "s =         W_f x + U_f h' + b_f\n"
            "f = sigmoid(s)                          forget gate\n"
            "n = tanh   (W_n x + U_n h' + b_n)       candidate\n"
            "h = f h' + (1 - sigmoid(s - beta)) n    hidden state",
        .source = "van der Westhuizen & Lasenby 2018",
        .options = {
            forget_bias_option(),
            real_option(
                "beta", "1", -50, 5,
                "shift of the input gate 1 - sigmoid(s - beta); with 0 it is 1 - f, and larger values take in more")}};
  }

  explicit Janet(const Settings& settings) : exp_beta(static_cast<float>(math::exp(settings.real("beta")))) {}
  const float exp_beta;

  template <class U>
  void forward(U& u) const {
    auto& [f, n] = u.gates;
    const auto& h_before = u.before[0];
    auto& h = u.after[0];
    f = sigmoid(f), n = tanh(n);
    h = f * h_before + one_minus(shifted(u, f)) * n;
  }

  template <class U>
  void backward(U& u) const {
    auto& [f, n] = u.gates;
    const auto& h_before = u.before[0];
    auto& dh = u.grad[0];
    const auto f_shifted = shifted(u, f);
    const auto ds = dh * (h_before * sigmoid_slope(f) - n * sigmoid_slope(f_shifted));
    const auto dn = dh * one_minus(f_shifted) * tanh_slope(n);
    dh = dh * f;
    f = ds, n = dn;
  }

 private:
  // sigmoid(s - beta), given f = sigmoid(s). The factor e^beta magnifies the rounding error of 1 - f: to 4e-6 at
  // beta = 5. At beta = 20 the result would be useless.
  template <class U, class V>
  V shifted(const U& u, const V& f) const {
    return f / (f + one_minus(f) * u.number(exp_beta));
  }
};
