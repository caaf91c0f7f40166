// Embedded Reber grammar: predict the next symbol of a string whose second symbol, T or P, is also its last but one.
//
//   string   B T B T X S E T E            B T ... T E or B P ... P E (outer) around a string of the Reber grammar
//   (inner) input    B T B T X S E T              continual: the next string follows, so that E is an input with target
//   B target   T B T X S E T E              accuracy counts the outer T or P before the last E
#include <algorithm>
#include <array>

#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

enum Symbol { B, T, P, S, X, V, E, symbols };

// A node has one outgoing edge, or two that are equally probable. An edge emits a symbol.
struct Edge {
  int symbol, next;
};
struct Node {
  int edges;
  std::array<Edge, 2> edge;
  double probability() const { return 1.0 / edges; }  // of each edge
};

// Node 0 is the start and the end of a string. Nodes 2 .. 10 belong to strings with an outer T, 11 .. 19 to those with
// an outer P.
constexpr int nodes = 20;
constexpr int outer_node = 9;  // emits the second outer T; the node of P is outer_node + 9

constexpr std::array<Node, nodes> make_grammar() {
  std::array<Node, nodes> grammar{};
  grammar[0] = {1, {{{B, 1}}}};
  grammar[1] = {2, {{{T, 2}, {P, 11}}}};
  for (int outer = 0; outer < 2; ++outer) {
    const int at = 2 + 9 * outer;
    Node* node = &grammar[at];
    node[0] = {1, {{{B, at + 1}}}};
    node[1] = {2, {{{T, at + 2}, {P, at + 3}}}};
    node[2] = {2, {{{S, at + 2}, {X, at + 4}}}};
    node[3] = {2, {{{T, at + 3}, {V, at + 5}}}};
    node[4] = {2, {{{X, at + 3}, {S, at + 6}}}};
    node[5] = {2, {{{P, at + 4}, {V, at + 6}}}};
    node[6] = {1, {{{E, at + 7}}}};
    node[7] = {1, {{{outer == 0 ? T : P, at + 8}}}};
    node[8] = {1, {{{E, 0}}}};
  }
  return grammar;
}
constexpr std::array<Node, nodes> grammar = make_grammar();
constexpr bool emits_outer(int node) { return node == outer_node || node == outer_node + 9; }

const Edge& follow(int node, int symbol) {
  return grammar[node].edge[grammar[node].edges == 2 && grammar[node].edge[1].symbol == symbol];
}

constexpr int shortest_string = 9;
constexpr int longest_string = 100;  // one string in 10^13 is longer

// Statistics of the strings of at most `max` symbols, by position in the string.
struct Strings {
  using Pairs = std::array<std::array<double, symbols>, symbols>;
  std::vector<Pairs> pairs;     // [j][a][b]: P(symbol j is a and symbol j + 1 is b)
  std::vector<double> entropy;  // [j]: entropy of symbol j given those before it, in nats; 0 after the end
  std::vector<double> ends;     // [j]: P(symbol j is the last)

  explicit Strings(int max) : pairs(max), entropy(max), ends(max) {
    // within[k][node]: the probability that the string ends within k more symbols.
    std::vector<std::array<double, nodes>> within(max + 1);
    const auto after = [&](const Edge& edge, int k) { return edge.next == 0 ? 1 : within[k][edge.next]; };
    for (int k = 1; k <= max; ++k) {
      for (int node = 0; node < nodes; ++node) {
        for (int e = 0; e < grammar[node].edges; ++e)
          within[k][node] += grammar[node].probability() * after(grammar[node].edge[e], k - 1);
      }
    }
    std::array<double, nodes> at{};  // P(the string is at this node before symbol j)
    at[0] = 1;
    std::array<std::array<double, symbols>, nodes> into{};  // P(it is there and the last symbol was this one)
    for (int j = 0; j < max; ++j) {
      std::array<double, nodes> next{};
      std::array<std::array<double, symbols>, nodes> next_into{};
      for (int node = 0; node < nodes; ++node) {
        if (at[node] == 0) continue;
        for (int e = 0; e < grammar[node].edges; ++e) {
          const Edge& edge = grammar[node].edge[e];
          const double p = grammar[node].probability() * after(edge, max - j - 1) / within[max - j][node];
          if (p == 0) continue;
          entropy[j] -= at[node] * p * math::log(p);
          for (int a = 0; j > 0 && a < symbols; ++a) pairs[j - 1][a][edge.symbol] += into[node][a] * p;
          if (edge.next == 0) {
            ends[j] += at[node] * p;
            continue;
          }
          next[edge.next] += at[node] * p;
          next_into[edge.next][edge.symbol] += at[node] * p;
        }
      }
      at = next;
      into = next_into;
    }
  }
};

class Reber final : public Task {
 public:
  explicit Reber(const Settings& settings)
      : length_(static_cast<int>(settings.integer("length"))),
        max_symbols_(std::min(length_ + 1, longest_string)),
        continual_(settings.text("variant") == "continual") {
    const Strings strings(max_symbols_);
    const std::vector<double> begun = strings_begun(strings);
    Strings::Pairs pairs{};
    double entropy = 0, steps = 0, loss = 0;
    for (int j = 0; j < max_symbols_ && j < length_; ++j) {
      const double begins = continual_ ? begun[length_ - 1 - j] : 1;
      for (int a = 0; a < symbols; ++a) {
        for (int b = 0; b < symbols; ++b) pairs[a][b] += begins * strings.pairs[j][a][b];
      }
      if (j + 1 < max_symbols_) entropy += begins * strings.entropy[j + 1];
      if (continual_) pairs[E][B] += begins * strings.ends[j];
    }
    for (int a = 0; a < symbols; ++a) {
      double sum = 0;
      for (const double count : pairs[a]) sum += count;
      for (int b = 0; b < symbols; ++b) {
        const double log_p = pairs[a][b] > 0 ? math::log(pairs[a][b] / sum) : impossible;
        logits_[a][b] = static_cast<float>(log_p);
        loss -= pairs[a][b] * log_p;
      }
      steps += sum;
    }
    baseline_ = loss / steps;
    optimum_ = entropy / steps;
  }

  Signature signature() const override {
    return {.inputs = symbols, .one_hot = true, .outputs = symbols, .predicts_inputs = true};
  }
  int steps() const override { return length_; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), length_, size);
    std::vector<int> text, nodes_before;  // symbols, and the node that emitted each
    for (int b = 0; b < size; ++b) {
      Stream stream = source.stream(b);
      text.clear(), nodes_before.clear();
      do write_string(stream, text, nodes_before);
      while (continual_ && static_cast<int>(text.size()) <= length_);
      const int shown = std::min(length_, static_cast<int>(text.size()) - 1);
      for (int t = 0; t < shown; ++t) {
        const std::size_t i = batch.at(t, b);
        batch.symbols[i] = text[t];
        batch.classes[i] = text[t + 1];
        batch.weight[i] = 1;
        batch.answer[i] = emits_outer(nodes_before[t + 1]);
      }
    }
  }

  // Knows the current symbol, and so how often each symbol follows it.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.resize(batch.symbols.size() * symbols);
    for (std::size_t i = 0; i < batch.symbols.size(); ++i)
      std::copy_n(logits_[batch.symbols[i]].begin(), static_cast<int>(symbols), &outputs[i * symbols]);
  }
  double baseline() const override { return baseline_; }
  std::optional<double> optimum() const override { return optimum_; }
  Measure measure() const override {
    return {.name = "accuracy",
            .solved_at = 0.99,
            .definition = "share of the outer T and P, before the last E, that are foreseen"};
  }

  // Adds "legal", the share of steps at which each symbol that the grammar allows next is more probable than each that
  // it does not, and "sequences", the share of sequences in which this holds at every step.
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override {
    double steps = 0, legal = 0, all_legal = 0;
    const Predict predict_and_count = [&](const Batch& batch, std::vector<float>& outputs) {
      predict(batch, outputs);
      for (int b = 0; b < batch.size; ++b) {
        int node = 0;
        bool all = true;
        for (int t = 0; t < batch.steps && batch.weight[batch.at(t, b)] > 0; ++t) {
          node = follow(node, batch.symbols[batch.at(t, b)]).next;
          const bool is_legal = separates(node, &outputs[batch.at(t, b) * symbols]);
          ++steps;
          legal += is_legal;
          all &= is_legal;
        }
        all_legal += all;
      }
    };
    Scores scores = Task::evaluate(predict_and_count, source, count);
    scores.emplace_back("legal", steps > 0 ? legal / steps : 0);
    scores.emplace_back("sequences", count > 0 ? all_legal / count : 0);
    return scores;
  }

 private:
  // [t]: the expected number of strings that begin in steps 0 .. t of a stream.
  std::vector<double> strings_begun(const Strings& strings) const {
    std::vector<double> begins, sums;
    for (int t = 0; continual_ && t < length_; ++t) {
      double begins_here = t == 0;
      for (int n = shortest_string; n <= std::min(t, max_symbols_); ++n)
        begins_here += strings.ends[n - 1] * begins[t - n];
      begins.push_back(begins_here);
      sums.push_back(begins_here + (t > 0 ? sums.back() : 0));
    }
    return sums;
  }

  // Appends a string of at most max_symbols_ symbols; longer ones are rejected.
  void write_string(Stream& stream, std::vector<int>& text, std::vector<int>& nodes_before) const {
    const std::size_t begin = text.size();
    int node = 0;
    do {
      if (text.size() == begin + max_symbols_) text.resize(begin), nodes_before.resize(begin), node = 0;
      const Edge& edge = grammar[node].edge[grammar[node].edges == 2 ? stream.below(2) : 0];
      text.push_back(edge.symbol);
      nodes_before.push_back(node);
      node = edge.next;
    } while (node != 0);
  }

  // Whether each symbol that may follow at `node` is more probable than each that may not.
  static bool separates(int node, const float* logits) {
    std::array<bool, symbols> allowed{};
    for (int e = 0; e < grammar[node].edges; ++e) allowed[grammar[node].edge[e].symbol] = true;
    for (int a = 0; a < symbols; ++a) {
      for (int b = 0; b < symbols; ++b) {
        if (allowed[a] && !allowed[b] && !(logits[a] > logits[b])) return false;
      }
    }
    return true;
  }

  int length_;
  int max_symbols_;  // of a string
  bool continual_;
  std::array<std::array<float, symbols>, symbols> logits_{};
  double baseline_ = 0, optimum_ = 0;
};

std::int64_t length_of_steps(const Settings&, std::int64_t time_steps) {
  return solve_length("reber", time_steps, 1, 0, shortest_string - 1);
}

}  // namespace

TaskEntry reber_task() {
  std::vector<Option> options =
      length_options("50", shortest_string - 1, "time steps of the longest string, or of the stream");
  options.push_back(
      choice_option("variant", "single", {"single", "continual"},
                    "one string (Hochreiter & Schmidhuber 1997) or a stream of strings (Gers et al. 2000)"));
  return {.name = "reber",
          .summary = "predict the next symbol of the embedded Reber grammar",
          .definition =
              R"(
              Input: a string of the embedded Reber grammar, symbol by symbol. Both branches of a node are equally
              probable. Strings of more than length + 1 symbols (or 100) are rejected.

              Target: at each step, the next symbol.

              variant = single (Hochreiter & Schmidhuber 1997, experiment 1): one string.

              variant = continual (Gers, Schmidhuber & Cummins 2000): `length` steps of a stream of strings, without
              marks between them.

              Measure: accuracy counts only the outer T or P before the last E, which must be remembered from the
              second symbol on. `legal` is the share of steps at which each symbol that the grammar allows is more
              probable than each that it does not, the criterion of 1997; `sequences` is the share of sequences in
              which this holds at every step.

              Baseline: the predictor knows the current symbol and how often each symbol follows it. These frequencies
              and the optimum, the entropy of the strings, are computed from the Markov chain of the grammar.)",
          .options = std::move(options),
          .make = make_task<Reber>,
          .length_of_steps = length_of_steps};
}

}  // namespace rnnbench::tasks
