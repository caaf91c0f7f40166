// The vanilla recurrent network (Elman 1990) with tanh or ReLU, and the same with two other initializations.

struct Rnn {
  static constexpr std::array gates{Gate{"net input"}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};

  static std::vector<Option> options() {
    return {choice_option("activation", "tanh", {"tanh", "relu"}, "activation function of the hidden state")};
  }

  static CellEntry entry() {
    return {.name = "rnn",
            .summary = "Vanilla recurrent network, tanh or ReLU",
            .formula = "h = tanh(W x + U h' + b)      or max(0, W x + U h' + b) with activation = relu",
            .source = "Elman 1990; with ReLU and identity initialization: Le, Jaitly & Hinton 2015",
            .options = options()};
  }

  explicit Rnn(const Settings& settings) : relu(settings.text("activation") == "relu") {}
  const bool relu;

  template <class U>
  void forward(U& u) const {
    auto& [a] = u.gates;
    auto& h = u.after[0];
    h = relu ? where_positive(a, a) : tanh(a);
  }

  template <class U>
  void backward(U& u) const {
    auto& [a] = u.gates;
    const auto& h = u.after[0];
    auto& dh = u.grad[0];
    a = relu ? where_positive(h, dh) : dh * tanh_slope(h);
    dh = {};  // h' reaches this step through the product only
  }
};

struct RnnOrthogonal : Rnn {
  using Rnn::Rnn;
  static CellEntry entry() {
    return {.name = "rnn-orthogonal",
            .summary = "Vanilla recurrent network that starts from an orthogonal matrix",
            .formula = "h = tanh(W x + U h' + b),  U orthogonal at the start",
            .source = "Saxe, McClelland & Ganguli 2014; Henaff, Szlam & LeCun 2016",
            .options = options(),
            .defaults = {{"init", "orthogonal"}}};
  }
};

struct Irnn : Rnn {
  using Rnn::Rnn;
  static CellEntry entry() {
    return {.name = "irnn",
            .summary = "Vanilla recurrent network with ReLU that starts from the identity",
            .formula = "h = max(0, W x + U h' + b),  U = 1 and b = 0 at the start",
            .source = "Le, Jaitly & Hinton 2015",
            .options = options(),
            .defaults = {{"activation", "relu"}, {"init", "identity"}}};
  }
};
