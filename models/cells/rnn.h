// The vanilla (Elman 1990) recurrent network with tanh or ReLU, and two rows of the table that are it with another
// start.

enum class RnnStart { uniform, identity, orthogonal };

template <RnnStart Start>
struct RnnOf {
  static constexpr std::array gates{Gate{"net input"}};
  static constexpr std::array<std::string_view, 1> states{"hidden state"};

  static CellEntry entry() {
    CellEntry entry{
        .name = "rnn",
        .summary = "Vanilla recurrent network, tanh or ReLU",
        .formula = "h = tanh(W x + U h' + b)      or max(0, W x + U h' + b) with activation = relu",
        .source = "Elman 1990; with ReLU and identity initialization: Le, Jaitly & Hinton 2015",
        .options = {choice_option("activation", "tanh", {"tanh", "relu"}, "squashing function of the hidden state")}};
    if (Start == RnnStart::identity) {
      entry.name = "irnn";
      entry.summary = "Vanilla recurrent network with ReLU that starts from the identity";
      entry.formula = "h = max(0, W x + U h' + b),  U = 1 and b = 0 at the start";
      entry.source = "Le, Jaitly & Hinton 2015";
      entry.defaults = {{"activation", "relu"}, {"init", "identity"}};
    }
    if (Start == RnnStart::orthogonal) {
      entry.name = "rnn-orthogonal";
      entry.summary = "Vanilla recurrent network that starts from an orthogonal matrix";
      entry.formula = "h = tanh(W x + U h' + b),  U orthogonal at the start";
      entry.source = "Saxe, McClelland & Ganguli 2014; Henaff, Szlam & LeCun 2016";
      entry.defaults = {{"init", "orthogonal"}};
    }
    return entry;
  }

  explicit RnnOf(const Settings& settings) : relu(settings.text("activation") == "relu") {}
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

using Rnn = RnnOf<RnnStart::uniform>;
using Irnn = RnnOf<RnnStart::identity>;
using RnnOrthogonal = RnnOf<RnnStart::orthogonal>;
