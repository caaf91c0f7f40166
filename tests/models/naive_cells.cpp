#include "tests/models/naive_cells.h"

#include <cmath>
#include <functional>
#include <stdexcept>

#include "models/catalogue.h"
#include "tests/namespaces.h"

namespace rnnbench::test {

template <class S>
Matrix<S> block(const Parameters<S>& parameters, const std::string& name) {
  const int number = parameters.layout().find(name);
  if (number < 0) return {};
  const Block& b = parameters.layout().block(number);
  using RowMajor = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const RowMajor>(parameters.block(number), b.rows, b.cols);
}

template <class S>
Vector<S> tanh(const Vector<S>& x) {
  return x.unaryExpr([](const S& v) { return std::tanh(v); });
}

namespace {

template <class S>
Vector<S> logistic(const Vector<S>& x) {
  return x.unaryExpr([](const S& v) { return S(1) / (S(1) + std::exp(-v)); });
}
template <class S>
Vector<S> relu(const Vector<S>& x) {
  return x.unaryExpr([](const S& v) { return std::real(v) > 0 ? v : S(0); });
}
template <class S>
Vector<S> times(const Vector<S>& a, const Vector<S>& b) {
  return a.cwiseProduct(b);
}

// Constants that the engine keeps as floats, whatever it computes in.
constexpr double sixth = 1.0 / 6, hundredth = 0.01, epsilon = 1e-5;

template <class S>
void rnn(NaiveLayer<S>& l) {
  Vector<S>& h = l.state["hidden"];
  h = l.model.text("activation") == "relu" ? relu<S>(l.net(0, h)) : tanh<S>(l.net(0, h));
}

// Gers et al. 2000; the variants of Greff et al. 2017, section 3.
template <class S>
void lstm(NaiveLayer<S>& l) {
  const std::string cell = l.model.text("cell");
  Vector<S>&h = l.state["hidden"], &c = l.state["cell"];
  const bool peepholes = cell == "lstm-peephole", full = cell == "lstm-fgr";
  int k = 0, gate = 0;  // gates so far; of them those that have peepholes and see the gates before
  const auto net = [&](const Vector<S>& seen) -> Vector<S> {
    Vector<S> sum = l.zero();
    if (full)
      for (const char* source : {"input", "forget", "output"})
        sum += l.further(std::string("weight_") + source, gate, l.state[source]);
    Vector<S> a = l.net(k, k, k, h, sum);
    if (peepholes) a += times<S>(l.peephole(gate), seen);
    ++k, ++gate;
    return l.sigmoid(a);
  };
  Vector<S> i = l.one(), f = l.one(), o = l.one();
  if (cell != "lstm-nig" && cell != "lstm-cifg") i = net(c);
  if (cell != "lstm-nfg") f = net(c);
  if (cell == "lstm-cifg") i = l.one() - f;
  Vector<S> g = l.net(k, h);
  ++k;
  if (cell != "lstm-niaf") g = cell == "lstm-sca" ? logistic<S>(g) : tanh<S>(g);
  c = times<S>(f, c) + times<S>(i, g);
  if (cell != "lstm-nog") o = net(c);
  h = times<S>(o, cell == "lstm-noaf" ? c : tanh<S>(c));
  if (full) l.state["input"] = i, l.state["forget"] = f, l.state["output"] = o;
}

// van der Westhuizen & Lasenby 2018, equation 6.
template <class S>
void janet(NaiveLayer<S>& l) {
  Vector<S>& h = l.state["hidden"];
  const double beta = std::log(static_cast<double>(static_cast<float>(std::exp(l.model.real("beta")))));
  const Vector<S> s = l.net(0, h), later = s.array() - S(beta), n = tanh<S>(l.net(1, h));
  h = times<S>(logistic<S>(s), h) + times<S>(l.one() - logistic<S>(later), n);
}

// PyTorch's documentation of nn.GRU. (Of the candidate's two parts the recurrent one has the first gain, the
// other the last.)
template <class S>
void gru(NaiveLayer<S>& l) {
  Vector<S>& h = l.state["hidden"];
  const Vector<S> r = l.sigmoid(l.net(1, 0, 0, h)), z = l.sigmoid(l.net(2, 1, 1, h));
  const Vector<S> net = l.input(3, 2) + times<S>(r, l.recurrent(0, 2, h));
  const Vector<S> n = l.model.text("cell") == "gru-sca" ? logistic<S>(net) : tanh<S>(net);
  h = times<S>(l.one() - z, n) + times<S>(z, h);
}

template <class S>
void gru_output(NaiveLayer<S>& l) {
  Vector<S>&h = l.state["hidden"], &c = l.state["cell"];
  const Vector<S> r = l.sigmoid(l.net(1, 0, 0, h)), z = l.sigmoid(l.net(2, 1, 1, h)), o = l.sigmoid(l.net(3, 3, 3, h));
  const Vector<S> n = tanh<S>(l.input(4, 2) + times<S>(r, l.recurrent(0, 2, h)));
  c = times<S>(l.one() - z, n) + times<S>(z, c);
  h = times<S>(o, c);
}

// Cho et al. 2014, equations 5 to 8; with another candidate for the variants.
template <class S>
void gru_v1(NaiveLayer<S>& l) {
  const std::string cell = l.model.text("cell");
  Vector<S>& h = l.state["hidden"];
  const Vector<S> r = l.sigmoid(l.net(0, h)), z = l.sigmoid(l.net(1, h)), reset = times<S>(r, h);
  const Vector<S> n = tanh<S>(cell == "gru-unreset"  ? l.net(2, h)
                              : cell == "gru-concat" ? l.net(2, 2, 2, reset, l.further("weight_hidden", 0, h))
                                                     : l.net(2, reset));
  h = times<S>(z, h) + times<S>(l.one() - z, n);
}

// Zhou et al. 2016, equation 5.
template <class S>
void mgu(NaiveLayer<S>& l) {
  Vector<S>& h = l.state["hidden"];
  const Vector<S> f = l.sigmoid(l.net(0, h)), n = tanh<S>(l.net(1, times<S>(f, h)));
  h = times<S>(l.one() - f, h) + times<S>(f, n);
}

// Jozefowicz et al. 2015, section 3, with W x where they add x itself.
template <class S>
void mut1(NaiveLayer<S>& l) {
  Vector<S>& h = l.state["hidden"];
  const Vector<S> z = l.sigmoid(l.input(1, 1)), r = l.sigmoid(l.net(0, h));
  const Vector<S> n = tanh<S>(l.recurrent(2, 1, times<S>(r, h)) + tanh<S>(l.input(3, 2)));
  h = times<S>(n, z) + times<S>(h, l.one() - z);
}
template <class S>
void mut2(NaiveLayer<S>& l) {
  Vector<S>& h = l.state["hidden"];
  const Vector<S> z = l.sigmoid(l.net(1, h)), r = l.sigmoid(l.net(0, h)), n = tanh<S>(l.net(2, times<S>(r, h)));
  h = times<S>(n, z) + times<S>(h, l.one() - z);
}
template <class S>
void mut3(NaiveLayer<S>& l) {
  Vector<S>&h = l.state["hidden"], &squashed = l.state["squashed"];
  const Vector<S> z = l.sigmoid(l.net(1, squashed)), r = l.sigmoid(l.net(0, h)), n = tanh<S>(l.net(2, times<S>(r, h)));
  h = times<S>(n, z) + times<S>(h, l.one() - z);
  squashed = tanh<S>(h);
}

// Feng et al. 2024, sections 3.1 and 3.2.
template <class S>
void min_gru(NaiveLayer<S>& l) {
  Vector<S>& h = l.state["hidden"];
  const Vector<S> z = l.sigmoid(l.input(0, 0));
  h = times<S>(l.one() - z, h) + times<S>(z, l.input(1, 1));
}
template <class S>
void min_lstm(NaiveLayer<S>& l) {
  Vector<S>& h = l.state["hidden"];
  const Vector<S> f = logistic<S>(l.input(0, 0)), i = logistic<S>(l.input(1, 1)), both = f + i;
  h = times<S>(f.cwiseQuotient(both), h) + times<S>(i.cwiseQuotient(both), l.input(2, 2));
}

template <class S>
void feedforward(NaiveLayer<S>& l) {  // leaky ReLU: Raffel & Ellis 2015, section 2
  l.state["hidden"] = l.input(0, 0).unaryExpr([](const S& v) { return std::real(v) > 0 ? v : S(hundredth) * v; });
}

template <class S>
const std::map<std::string, std::function<void(NaiveLayer<S>&)>>& formulas() {
  static const std::map<std::string, std::function<void(NaiveLayer<S>&)>> by_cell{
      {"rnn", rnn<S>},
      {"rnn-orthogonal", rnn<S>},
      {"irnn", rnn<S>},
      {"lstm", lstm<S>},
      {"lstm-nig", lstm<S>},
      {"lstm-nfg", lstm<S>},
      {"lstm-nog", lstm<S>},
      {"lstm-niaf", lstm<S>},
      {"lstm-noaf", lstm<S>},
      {"lstm-cifg", lstm<S>},
      {"lstm-peephole", lstm<S>},
      {"lstm-fgr", lstm<S>},
      {"lstm-sca", lstm<S>},
      {"janet", janet<S>},
      {"gru", gru<S>},
      {"gru-v1", gru_v1<S>},
      {"gru-concat", gru_v1<S>},
      {"gru-unreset", gru_v1<S>},
      {"gru-sca", gru<S>},
      {"gru-output", gru_output<S>},
      {"mgu", mgu<S>},
      {"mut1", mut1<S>},
      {"mut2", mut2<S>},
      {"mut3", mut3<S>},
      {"min-gru", min_gru<S>},
      {"min-lstm", min_lstm<S>},
      {"feedforward-attention", feedforward<S>}};
  return by_cell;
}

}  // namespace

bool has_formula(const std::string& cell) { return formulas<double>().contains(cell); }

template <class S>
NaiveLayer<S>::NaiveLayer(const Settings& settings, const Parameters<S>& parameters, int number)
    : model(settings), parameters_(parameters), suffix_("_l" + std::to_string(number)) {
  const auto of_layer = [&](const char* name) { return block(parameters, std::string("rnn.") + name + suffix_); };
  w = of_layer("weight_ih"), u = of_layer("weight_hh"), b_ih = of_layer("bias_ih"), b_hh = of_layer("bias_hh");
  peepholes = of_layer("peephole"), gains = of_layer("gain");
  h = static_cast<int>(b_ih.rows()) / find_cell(settings.text("cell")).gates;
  const bool learned = settings.text_or("initial-state", "zero") == "learned";
  for (const char* name : {"hidden", "cell", "squashed", "input", "forget", "output"}) state[name] = zero();
  if (learned)
    for (auto& [name, value] : state)
      if (const Matrix<S> start = block(parameters, "initial_state." + name + suffix_); start.size() > 0) value = start;
}

template <class S>
void NaiveLayer<S>::step(const Vector<S>& x) {
  const std::string& cell = model.text("cell");
  if (!has_formula(cell)) throw std::logic_error("no formula in tests/models/naive_cells.cpp for the cell " + cell);
  x_ = x;
  formulas<S>().at(cell)(*this);
}

template <class S>
Vector<S> NaiveLayer<S>::input(int slot, int gate) const {
  return normalized(slot, w.middleRows(gate * h, h) * x_) + b_ih.middleRows(gate * h, h);
}
template <class S>
Vector<S> NaiveLayer<S>::recurrent(int slot, int row, const Vector<S>& source) const {
  return normalized(slot, u.middleRows(row * h, h) * source) + b_hh.middleRows(row * h, h);
}
template <class S>
Vector<S> NaiveLayer<S>::net(int slot, int gate, int row, const Vector<S>& source) const {
  return net(slot, gate, row, source, zero());
}
template <class S>
Vector<S> NaiveLayer<S>::net(int slot, int gate, int row, const Vector<S>& source, const Vector<S>& further) const {
  const Vector<S> sum = w.middleRows(gate * h, h) * x_ + u.middleRows(row * h, h) * source + further;
  return normalized(slot, sum) + b_ih.middleRows(gate * h, h) + b_hh.middleRows(row * h, h);
}
template <class S>
Vector<S> NaiveLayer<S>::further(const std::string& matrix, int row, const Vector<S>& source) const {
  return block(parameters_, "rnn." + matrix + suffix_).middleRows(row * h, h) * source;
}

// max(0, min(1, x / 6 + 1 / 2)): PyTorch's documentation of nn.Hardsigmoid.
template <class S>
Vector<S> NaiveLayer<S>::sigmoid(const Vector<S>& x) const {
  const std::string& function = model.text("gate-activation");
  if (function == "relu") return relu<S>(x);
  if (function == "sigmoid") return logistic<S>(x);
  return x.unaryExpr([](const S& v) {
    const S y = S(sixth) * v + S(0.5);
    return std::real(y) <= 0 ? S(0) : std::real(y) >= 1 ? S(1) : y;
  });
}

// Ba et al. 2016, equation 4.
template <class S>
Vector<S> NaiveLayer<S>::normalized(int slot, const Vector<S>& sum) const {
  if (model.text_or("layer-norm", "no") == "no") return sum;
  const Vector<S> off = sum.array() - sum.mean();
  const S variance = off.cwiseProduct(off).mean();
  return times<S>(gains.middleRows(slot * h, h), off / std::sqrt(variance + S(epsilon)));
}

template Matrix<double> block(const Parameters<double>&, const std::string&);
template Matrix<std::complex<double>> block(const Parameters<std::complex<double>>&, const std::string&);
template Vector<double> tanh(const Vector<double>&);
template Vector<std::complex<double>> tanh(const Vector<std::complex<double>>&);
template class NaiveLayer<double>;
template class NaiveLayer<std::complex<double>>;

}  // namespace rnnbench::test
