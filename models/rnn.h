// The vanilla (Elman 1990) recurrent network with tanh or ReLU.

struct Rnn {
  static constexpr std::array gates{Gate{"net input"}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};

  static CellEntry entry() {
    return {.name = "rnn",
            .summary = "Vanilla recurrent network, tanh or ReLU",
            .formula = "h = tanh(W x + U h' + b)      or max(0, W x + U h' + b) with activation = relu",
            .source = "Elman 1990; with ReLU and identity initialisation: Le, Jaitly & Hinton 2015",
            .options = {choice_option("activation", "tanh", {"tanh", "relu"}, "squashing function of the hidden state")}};
  }

  explicit Rnn(const Settings& settings) : relu(settings.text("activation") == "relu") {}
  const bool relu;

  template <class U>
  void forward(U& u) const {
    auto& [a] = u.gates;
    u.after[0] = relu ? where_positive(a, a) : tanh(a);
  }

  template <class U>
  void backward(U& u) const {
    auto& [a] = u.gates;
    auto& dh = u.grad[0];
    const auto& h = u.after[0];
    a = relu ? where_positive(h, dh) : dh * tanh_slope(h);
    dh = {};  // no direct path from h to h'
  }
};
