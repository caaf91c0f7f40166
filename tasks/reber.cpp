// Embedded Reber grammar: predict the next symbol of a string whose second symbol, T or P, returns before its end.
//
//   string   B T B T X S E T E            outer B T ... T E or B P ... P E, around a string of the Reber grammar
//   input    B T B T X S E T              continual: strings follow each other, the stream goes on at E with B
//   target   T B T X S E T E              `accuracy` asks for the outer T of the targets
#include <algorithm>
#include <array>

#include "core/math.h"
#include "tasks/helpers.h"

namespace rnnbench::tasks {
namespace {

enum Symbol { B, T, P, S, X, V, E, symbols };

// What may follow: one symbol, or two with equal chance.
struct Edge {
  int symbol, next;
};
struct Node {
  int edges;
  std::array<Edge, 2> edge;
  double chance() const { return 1.0 / edges; }
};

// Node 0 starts a string and follows its end. Nodes 2 .. 10 remember an outer T, 11 .. 19 an outer P.
constexpr int nodes = 20, outer_node = 9;  // of outer T; nine more for P

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
constexpr bool asks_outer(int node) { return node == outer_node || node == outer_node + 9; }

const Edge& follow(int node, int symbol) {
  return grammar[node].edge[grammar[node].edges == 2 && grammar[node].edge[1].symbol == symbol];
}

constexpr int shortest_string = 9;
constexpr int longest_string = 100;  // symbols; one string in 10^13 is longer

// What is expected of the strings of at most `most` symbols, by position in the string.
struct Strings {
  using Pairs = std::array<std::array<double, symbols>, symbols>;
  std::vector<Pairs> pairs;     // [j][a][b]: the chance that symbol j is a and symbol j + 1 of the string is b
  std::vector<double> entropy;  // [j]: nats of symbol j given those before it; 0 after the end
  std::vector<double> ends;     // [j]: the chance that symbol j is the last

  explicit Strings(int max) : pairs(max), entropy(max), ends(max) {
    // within[k][node]: the chance to end within k more symbols.
    std::vector<std::array<double, nodes>> within(max + 1);
    const auto after = [&](const Edge& edge, int k) { return edge.next == 0 ? 1 : within[k][edge.next]; };
    for (int k = 1; k <= max; ++k) {
      for (int node = 0; node < nodes; ++node) {
        for (int e = 0; e < grammar[node].edges; ++e)
          within[k][node] += grammar[node].chance() * after(grammar[node].edge[e], k - 1);
      }
    }
    std::array<double, nodes> at{};  // the chance of each node before symbol j, 0 after the end
    at[0] = 1;
    std::array<std::array<double, symbols>, nodes> into{};  // of having come to it by a symbol
    for (int j = 0; j < max; ++j) {
      std::array<double, nodes> next{};
      std::array<std::array<double, symbols>, nodes> next_into{};
      for (int node = 0; node < nodes; ++node) {
        if (at[node] == 0) continue;
        for (int e = 0; e < grammar[node].edges; ++e) {
          const Edge& edge = grammar[node].edge[e];
          const double chance = grammar[node].chance() * after(edge, max - j - 1) / within[max - j][node];
          if (chance == 0) continue;
          entropy[j] -= at[node] * chance * math::log(chance);
          for (int a = 0; j > 0 && a < symbols; ++a) pairs[j - 1][a][edge.symbol] += into[node][a] * chance;
          if (edge.next == 0) {
            ends[j] += at[node] * chance;
            continue;
          }
          next[edge.next] += at[node] * chance;
          next_into[edge.next][edge.symbol] += at[node] * chance;
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
        most_(std::min(length_ + 1, longest_string)),
        continual_(settings.text("variant") == "continual") {
    const Strings strings(most_);
    const std::vector<double> begun = strings_begun(strings);
    Strings::Pairs pairs{};
    double entropy = 0, steps = 0, loss = 0;
    for (int j = 0; j < most_ && j < length_; ++j) {
      const double begins = continual_ ? begun[length_ - 1 - j] : 1;
      for (int a = 0; a < symbols; ++a) {
        for (int b = 0; b < symbols; ++b) pairs[a][b] += begins * strings.pairs[j][a][b];
      }
      if (j + 1 < most_) entropy += begins * strings.entropy[j + 1];
      if (continual_) pairs[E][B] += begins * strings.ends[j];
    }
    for (int a = 0; a < symbols; ++a) {
      double sum = 0;
      for (const double count : pairs[a]) sum += count;
      for (int b = 0; b < symbols; ++b) {
        const double log_chance = pairs[a][b] > 0 ? math::log(pairs[a][b] / sum) : impossible;
        logits_[a][b] = static_cast<float>(log_chance);
        loss -= pairs[a][b] * log_chance;
      }
      steps += sum;
    }
    baseline_ = loss / steps;
    optimum_ = entropy / steps;
  }

  Signature signature() const override { return {symbols, true, symbols, Loss::cross_entropy, false, true}; }
  int steps() const override { return length_; }

  void sample(const StreamSource& source, int size, Batch& batch) const override {
    batch.reset(signature(), length_, size);
    std::vector<int> text, nodes_before;  // of each symbol: the node that it follows
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
        batch.answer[i] = asks_outer(nodes_before[t + 1]);
      }
    }
  }

  // Knows the current symbol: how often each other follows it.
  void memoryless(const Batch& batch, std::vector<float>& outputs) const override {
    outputs.resize(batch.symbols.size() * symbols);
    for (std::size_t i = 0; i < batch.symbols.size(); ++i)
      std::copy_n(logits_[batch.symbols[i]].begin(), static_cast<int>(symbols), &outputs[i * symbols]);
  }
  double baseline() const override { return baseline_; }
  std::optional<double> optimum() const override { return optimum_; }
  Measure measure() const override {
    return {"accuracy", true, 0.99, "share of the outer T and P, before the last E, that are foreseen"};
  }

  // Beside accuracy: "legal", the share of steps at which every symbol that the grammar allows next is more
  // probable than any that it forbids; "sequences", the share of sequences all of whose steps are so.
  Scores evaluate(const Predict& predict, const StreamSource& source, int count) const override {
    double steps = 0, legal = 0, all_legal = 0;
    const Predict listen = [&](const Batch& batch, std::vector<float>& outputs) {
      predict(batch, outputs);
      for (int b = 0; b < batch.size; ++b) {
        int node = 0;
        bool all = true;
        for (int t = 0; t < batch.steps && batch.weight[batch.at(t, b)] > 0; ++t) {
          node = follow(node, batch.symbols[batch.at(t, b)]).next;
          const bool right = separates(node, &outputs[batch.at(t, b) * symbols]);
          ++steps;
          legal += right;
          all &= right;
        }
        all_legal += all;
      }
    };
    Scores scores = Task::evaluate(listen, source, count);
    scores.emplace_back("legal", steps > 0 ? legal / steps : 0);
    scores.emplace_back("sequences", count > 0 ? all_legal / count : 0);
    return scores;
  }

 private:
  // [t]: the expected number of strings that begin at steps 0 .. t of a stream.
  std::vector<double> strings_begun(const Strings& strings) const {
    std::vector<double> begins, sums;
    for (int t = 0; continual_ && t < length_; ++t) {
      double chance = t == 0;
      for (int n = shortest_string; n <= std::min(t, most_); ++n) chance += strings.ends[n - 1] * begins[t - n];
      begins.push_back(chance);
      sums.push_back(chance + (t > 0 ? sums.back() : 0));
    }
    return sums;
  }

  // Appends a string of at most most_ symbols; longer ones are drawn anew.
  void write_string(Stream& stream, std::vector<int>& text, std::vector<int>& nodes_before) const {
    const std::size_t begin = text.size();
    int node = 0;
    do {
      if (text.size() == begin + most_) text.resize(begin), nodes_before.resize(begin), node = 0;
      const Edge& edge = grammar[node].edge[grammar[node].edges == 2 ? stream.below(2) : 0];
      text.push_back(edge.symbol);
      nodes_before.push_back(node);
      node = edge.next;
    } while (node != 0);
  }

  // Whether what may follow `node` is more probable than anything else.
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

  int length_, most_;  // most_: symbols of a string
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
      length_options("50", shortest_string - 1, "time steps: of the longest string, or of the stream");
  options.push_back(choice_option("variant", "single", {"single", "continual"},
                                  "one string (Hochreiter & Schmidhuber 1997) or a stream of them (Gers et al. 2000)"));
  return {"reber",
          "predict the embedded Reber grammar, whose second symbol returns before the end",
          "Shown: a string of the embedded Reber grammar (Hochreiter & Schmidhuber 1997, experiment 1), "
          "both branches with equal chance, symbol by symbol; strings of more than `length` + 1 symbols "
          "(or 100) are drawn anew. Asked at each step: the next symbol. variant = continual (Gers, "
          "Schmidhuber, Cummins 2000): `length` steps of a stream of such strings without any mark "
          "between them. accuracy is that of the outer T or P before the last E, which must be "
          "remembered from the second symbol on. legal is the share of steps at which all symbols that "
          "the grammar allows are more probable than all others, the rule of 1997, and sequences the "
          "share of sequences of which this holds throughout. The memoryless predictor knows the current "
          "symbol and how often each other follows it; these counts, and the optimum, the entropy of the "
          "strings, are computed from the Markov chain of the grammar.",
          std::move(options),
          make_task<Reber>,
          length_of_steps};
}

}  // namespace rnnbench::tasks
