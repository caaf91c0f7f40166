// A layer without recurrence, which computes each step on its own. Together with its attention it is the feed-forward
// attention of Raffel & Ellis 2015.

struct Feedforward {
  static constexpr std::array gates{Gate{"net input", from::nothing}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};

  static CellEntry entry() {
    return {.name = "feedforward-attention",
            .summary = "Feed-forward attention: no recurrence, a weighted mean over the steps",
            .formula =
                "h_t = LReLU(W x_t + b)                            LReLU(x) = max(x, x / 100)\n"
                "e_t = tanh(v h_t + b_e),  a = softmax(e)          over the steps so far\n"
                "c = sum of a_t h_t\n"
                "s = LReLU(W_s c + b_s)                            which the output layer sees",
            .source = "Raffel & Ellis 2015",
            .options = {},
            .attention = "feedforward"};
  }

  explicit Feedforward(const Settings&) {}

  template <class U>
  void forward(U& u) const {
    auto& [a] = u.gates;
    auto& h = u.after[0];
    h = a = leaky_relu(a);
  }

  template <class U>
  void backward(U& u) const {
    auto& [a] = u.gates;
    auto& dh = u.grad[0];
    a = leaky_relu_backward(a, dh);
    dh = {};
  }
};
