// The three best cells of the search of Jozefowicz, Zaremba & Sutskever 2015 (MUT1 to MUT3). Their z is the weight of
// the NEW state. Their x has the size of h and enters MUT1's candidate and MUT2's reset gate as it is; here W x is in
// its place (an input of another size has to be projected). So projected, MUT2 is gru-v1 with 1 - z for z.

template <int Number>
struct Mut {
  static constexpr std::array gates{Gate{"reset gate"},
                                    Gate{"update gate",
                                         Number == 1   ? from::nothing
                                         : Number == 2 ? from::hidden
                                                       : from::state(1),
                                         Join::joined, Weighs::new_state},
                                    Gate{"candidate", from::middle, Number == 1 ? Join::apart : Join::joined}};
  static constexpr auto states = [] {
    if constexpr (Number == 3)
      return std::array<std::string_view, 2>{"hidden state", "squashed hidden state"};
    else
      return std::array<std::string_view, 1>{"hidden state"};
  }();

  static CellEntry entry() {
    const std::string z = Number == 1   ? "z = sigmoid(W_z x + b_z)                           update gate\n"
                          : Number == 2 ? "z = sigmoid(W_z x + U_z h' + b_z)                  update gate\n"
                                        : "z = sigmoid(W_z x + U_z tanh(h') + b_z)            update gate\n";
    const std::string n = Number == 1 ? "n = tanh   (tanh(W_n x + b_in) + U_n (r h') + b_hn)   candidate\n"
                                      : "n = tanh   (W_n x + U_n (r h') + b_n)              candidate\n";
    return {.name = "mut" + std::to_string(Number),
            .summary = "MUT" + std::to_string(Number) + " of the search of Jozefowicz et al. 2015",
            .formula = "r = sigmoid(W_r x + U_r h' + b_r)                  reset gate\n" + z + n +
                       "h = z n + (1 - z) h'                               z weighs the new state",
            .source = "Jozefowicz, Zaremba & Sutskever 2015",
            .options = {update_bias_option("takes the new state"), gate_activation_option()}};
  }

  explicit Mut(const Settings&) {}

  // Slots: the gate that recurs on nothing comes after those that do, the input part of the candidate last.
  static constexpr int R = 0, Z = 1, N = Number == 1 ? 3 : 2, from_middle_part = 2;

  template <class U>
  void forward(U& u, Constant<0>) const {
    auto& a = u.gates;
    a[R] = u.gate(a[R]), a[Z] = u.gate(a[Z]);
    u.middle = a[R] * u.before[0];
  }

  template <class U>
  void forward(U& u, Constant<1>) const {
    auto& a = u.gates;
    auto& h = u.after[0];
    if constexpr (Number == 1) {
      const auto input = tanh(a[N]);
      a[N] = tanh(input + a[from_middle_part]);
      a[from_middle_part] = input;
    } else {
      a[N] = tanh(a[N]);
    }
    h = a[Z] * a[N] + one_minus(a[Z]) * u.before[0];
    if constexpr (Number == 3) u.after[1] = tanh(h);
  }

  template <class U>
  void backward(U& u, Constant<1>) const {
    auto& a = u.gates;
    auto& dh = u.grad[0];
    if constexpr (Number == 3) {
      dh = dh + u.grad[1] * tanh_slope(u.after[1]);
      u.grad[1] = {};
    }
    const auto dz = dh * (a[N] - u.before[0]), dn = dh * a[Z] * tanh_slope(a[N]);
    dh = dh * one_minus(a[Z]);
    a[Z] = dz * u.gate_slope(a[Z]);
    a[N] = dn;
    if constexpr (Number == 1) {
      a[N] = dn * tanh_slope(a[from_middle_part]);
      a[from_middle_part] = dn;
    }
  }

  template <class U>
  void backward(U& u, Constant<0>) const {
    auto& r = u.gates[R];
    auto& dh = u.grad[0];
    const auto dr = u.d_middle * u.before[0];
    dh = dh + u.d_middle * r;
    r = dr * u.gate_slope(r);
  }
};

using Mut1 = Mut<1>;
using Mut2 = Mut<2>;
using Mut3 = Mut<3>;
