#!/usr/bin/env python3
"""One point of a finding by an independent implementation: PyTorch's own cells, optimizer and random numbers.

    tests/torch/replicate.py counting --cell lstm --forget-bias 1 --learning-rate 0.01 --seeds 5
    tests/torch/replicate.py adding --cell gru --length 100 --hidden 32 --seeds 5
    tests/torch/replicate.py copy --cell lstm --length 10 --hidden 46 --seeds 5
    tests/torch/replicate.py lag --cell lstm --forget-bias 3 --learning-rate 0.0075 --hidden 8 --updates 2500
    tests/torch/replicate.py temporal-order --cell lstm-noaf --learning-rate 0.003 --hidden 16 --solve 20
    tests/torch/replicate.py random-map --cell rnn --learning-rate 0.003 --hidden 21 --batch 128 --updates 6000

Prints for every seed the score that rnnbench judges the task by, or with --solve N the updates after which the task is
solved (evaluated every N updates; --updates where it is not). Tasks are written from their definitions, nothing of
rnnbench is used; only the distribution of its results can be the same, not the numbers.
"""
import argparse
import math
import statistics

import torch
from torch import nn


class MinGru(nn.Module):
    """z = sigmoid(W_z x + b_z), n = W_n x + b_n, h = z n + (1 - z) h'."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.gates = nn.Linear(inputs, 2 * hidden)
        bound = hidden ** -0.5
        nn.init.uniform_(self.gates.weight, -bound, bound)
        nn.init.zeros_(self.gates.bias)

    def forward(self, x):
        z, n = self.gates(x).chunk(2, 2)
        z, h, states = torch.sigmoid(z), 0, []
        for t in range(x.shape[0]):
            h = z[t] * n[t] + (1 - z[t]) * h
            states.append(h)
        return torch.stack(states), h


class AblatedLstm(nn.Module):
    """An LSTM without forget gate (nfg: f = 1) or without output activation (noaf: h = o c)."""

    def __init__(self, inputs, hidden, without):
        super().__init__()
        self.hidden, self.without = hidden, without
        self.of_input, self.of_state = nn.Linear(inputs, 4 * hidden), nn.Linear(hidden, 4 * hidden, bias=False)
        for weight in (self.of_input.weight, self.of_state.weight):
            nn.init.uniform_(weight, -hidden ** -0.5, hidden ** -0.5)
        nn.init.zeros_(self.of_input.bias)

    def forward(self, x):
        h = c = torch.zeros(x.shape[1], self.hidden)
        states = []
        for net in self.of_input(x):
            i, f, g, o = (net + self.of_state(h)).chunk(4, 1)
            kept = c if self.without == "nfg" else torch.sigmoid(f) * c
            c = kept + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * (c if self.without == "noaf" else torch.tanh(c))
            states.append(h)
        return torch.stack(states), h


def layer(args, cell, inputs):
    hidden = args.hidden
    if cell.startswith("lstm-"):
        return AblatedLstm(inputs, hidden, cell[5:])
    made = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU, "min-gru": MinGru}[cell](inputs, hidden)
    with torch.no_grad():
        if cell == "min-gru":
            made.gates.bias[:hidden] = -args.update_bias  # its z weighs the new state
        elif cell != "rnn":
            made.bias_ih_l0.zero_()
            made.bias_hh_l0.zero_()
            made.bias_ih_l0[hidden:2 * hidden] = args.forget_bias if cell == "lstm" else args.update_bias
    return made


class Net(nn.Module):
    def __init__(self, args, inputs, outputs):
        super().__init__()
        cells = args.cell.split("+") * args.layers
        self.layers = nn.ModuleList(layer(args, cell, args.hidden if i else inputs) for i, cell in enumerate(cells))
        self.out = nn.Linear(args.hidden, outputs)

    def forward(self, x):
        for each in self.layers:
            x = each(x)[0]
        return self.out(x)


def one_hot(symbols, n):
    return nn.functional.one_hot(symbols, n).float()


class Counting:
    """a^n b^n, or a^n b^n c^n with --letters 3; n uniform in 1 .. length; symbol 0 starts and ends a word."""

    def __init__(self, args):
        self.length, self.letters = args.length or 20, args.letters
        self.inputs = self.outputs = args.letters + 1

    def words(self, ns):
        steps = self.letters * max(ns) + 1
        x, y = torch.zeros(steps, len(ns), dtype=torch.long), torch.zeros(steps, len(ns), dtype=torch.long)
        w = torch.zeros(steps, len(ns))
        for b, n in enumerate(ns):
            word = [0] + [1 + i // n for i in range(self.letters * n)] + [0]
            x[:len(word) - 1, b] = torch.tensor(word[:-1])
            y[:len(word) - 1, b] = torch.tensor(word[1:])
            w[:len(word) - 1, b] = 1
        return x, y, w

    def loss(self, net, batch):
        x, y, w = self.words([1 + int(n) for n in torch.randint(self.length, (batch,))])
        n = self.outputs
        each = nn.functional.cross_entropy(net(one_hot(x, n)).reshape(-1, n), y.reshape(-1), reduction="none")
        return (each * w.reshape(-1)).sum() / w.sum()

    def score(self, net):
        """The largest N so that the most probable symbol is right wherever the word determines it, for all n <= N."""
        longest = 0
        for first in range(1, 1000, 32):
            ns = list(range(first, min(first + 32, 1001)))
            x, y, w = self.words(ns)
            right = (net(one_hot(x, self.outputs)).argmax(2) == y) | (x == 1) | (w == 0)
            for good in right.all(0).tolist():
                if not good:
                    return longest
                longest += 1
        return longest


class Adding:
    inputs, outputs = 2, 1

    def __init__(self, args):
        self.length = args.length or 100

    def batch(self, size):
        half = self.length // 2
        values, marks = torch.rand(self.length, size), torch.zeros(self.length, size)
        marks[torch.randint(half, (size,)), torch.arange(size)] = 1
        marks[half + torch.randint(self.length - half, (size,)), torch.arange(size)] = 1
        return torch.stack([values, marks], 2), (values * marks).sum(0)

    def loss(self, net, batch):
        x, y = self.batch(batch)
        return ((net(x)[-1, :, 0] - y) ** 2).mean()

    def score(self, net):
        return float(self.loss(net, 1000))


class Copy:
    inputs, outputs = 10, 9

    def __init__(self, args):
        self.length = args.length or 10

    def batch(self, size):
        items = 1 + torch.randint(8, (10, size))
        x, y = torch.zeros(self.length + 20, size, dtype=torch.long), torch.zeros(self.length + 20, size, dtype=torch.long)
        x[:10], y[-10:] = items, items
        x[self.length + 9] = 9
        return x, y

    def loss(self, net, batch):
        x, y = self.batch(batch)
        return nn.functional.cross_entropy(net(one_hot(x, 10)).reshape(-1, 9), y.reshape(-1))

    def score(self, net):
        x, y = self.batch(500)
        return float((net(one_hot(x, 10)).argmax(2)[-10:] == y[-10:]).float().mean())


class Ends:
    """Sequences of unequal length, asked at their last step; score: the share of right answers."""

    def loss(self, net, batch):
        x, last, y = self.batch(batch)
        return nn.functional.cross_entropy(net(one_hot(x, self.inputs))[last, torch.arange(batch)], y)

    def score(self, net):
        x, last, y = self.batch(1000)
        return float((net(one_hot(x, self.inputs))[last, torch.arange(1000)].argmax(1) == y).float().mean())


class Lag(Ends):
    """Noise-free lag with a trigger: b, x or y, distractors (one more with chance 9/10, at most 50 more), e."""
    inputs = outputs = 103

    def __init__(self, args):
        self.length = args.length or 40

    def batch(self, size):
        x = torch.randint(99, (self.length + 53, size))
        more = (torch.rand(50, size) < 0.9).long().cumprod(0).sum(0)
        last, first = self.length + more + 2, 99 + torch.randint(2, (size,))
        x[0], x[1], x[last, torch.arange(size)] = 102, first, 101
        return x, last, first


class TemporalOrder(Ends):
    """E, distractors a b c d with X or Y in each of `relevant` windows, B."""
    inputs = 8

    def __init__(self, args):
        self.length, self.relevant = args.length or 40, args.relevant
        self.outputs = 2 ** self.relevant

    def batch(self, size):
        shortest, columns = self.length - self.length // 11, torch.arange(size)
        x = 4 + torch.randint(4, (self.length, size))
        last = torch.randint(shortest - 1, self.length, (size,))
        y = torch.zeros(size, dtype=torch.long)
        x[0] = 0
        for i in range(self.relevant):
            begin = shortest // 10 if i == 0 else i * shortest // self.relevant
            which = torch.randint(2, (size,))
            x[begin + torch.randint(shortest // 10 + 1, (size,)), columns] = 2 + which
            y = 2 * y + which
        x[last, columns] = 1
        return x, last, y


class RandomMap:
    """The labels of fixed random strings; score: the bits stored, pairs (1 - H(share of wrong labels))."""
    inputs = outputs = 2

    def __init__(self, args):
        self.pairs, length = args.pairs, args.length or 16
        codes = torch.randperm(2 ** length)[:self.pairs]
        self.x = one_hot(torch.stack([codes >> bit & 1 for bit in range(length)]), 2)
        self.y = torch.randint(2, (self.pairs,))

    def loss(self, net, batch):
        drawn = torch.randint(self.pairs, (batch,))
        return nn.functional.cross_entropy(net(self.x[:, drawn])[-1], self.y[drawn])

    def score(self, net):
        wrong = min(0.5, float((net(self.x)[-1].argmax(1) != self.y).float().mean()))
        return self.pairs * (1 + sum(p * math.log2(p) for p in (wrong, 1 - wrong) if p > 0))


TASKS = {"counting": Counting, "adding": Adding, "copy": Copy, "lag": Lag, "temporal-order": TemporalOrder,
         "random-map": RandomMap}
# Whether a score solves its task, where the time to solve may be asked for.
SOLVED = {"adding": lambda score: score < 0.01, "lag": lambda score: score >= 0.99,
          "temporal-order": lambda score: score >= 0.99}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=list(TASKS))
    parser.add_argument("--cell", default="lstm", help="rnn, lstm, lstm-nfg, lstm-noaf, gru, min-gru, or a stack of them: lstm+gru")
    parser.add_argument("--solve", type=int, default=0, help="evaluate every so many updates and stop when solved")
    parser.add_argument("--pairs", type=int, default=1500, help="of random-map")
    parser.add_argument("--length", type=int)
    parser.add_argument("--letters", type=int, choices=[2, 3], default=2, help="of counting")
    parser.add_argument("--relevant", type=int, default=2, help="of temporal-order")
    parser.add_argument("--layers", type=int, default=1, help="how often the stack is repeated")
    parser.add_argument("--hidden", type=int, default=10)
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument("--forget-bias", type=float, default=0)
    parser.add_argument("--update-bias", type=float, default=0)
    parser.add_argument("--updates", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    scores = []
    for seed in range(1, args.seeds + 1):
        torch.manual_seed(seed)
        task = TASKS[args.task](args)
        net = Net(args, task.inputs, task.outputs)
        optimizer = torch.optim.Adam(net.parameters(), args.learning_rate)
        done = 0
        while done < args.updates:
            done += 1
            optimizer.zero_grad()
            task.loss(net, args.batch).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1)
            optimizer.step()
            if args.solve and done % args.solve == 0:
                with torch.no_grad():
                    if SOLVED[args.task](task.score(net)):
                        break
        with torch.no_grad():
            scores.append(done if args.solve else task.score(net))
        print(f"{args.task} {args.cell} seed {seed}: {scores[-1]:.4g}", flush=True)
    print(f"{args.task} {args.cell}: mean {statistics.mean(scores):.4g}, median {statistics.median(scores):.4g}")


if __name__ == "__main__":
    main()
