#!/usr/bin/env python3
"""One point of a finding by an independent implementation: PyTorch's own cells, optimiser and random numbers.

    tests/torch/replicate.py counting --cell lstm --forget-bias 1 --learning-rate 0.01 --seeds 5
    tests/torch/replicate.py adding --cell gru --length 100 --hidden 32 --seeds 5
    tests/torch/replicate.py copy --cell lstm --length 10 --hidden 46 --seeds 5

Prints for every seed the score that rnnbench judges the task by. Tasks are written from their definitions, nothing of
rnnbench is used; only the distribution of its results can be the same, not the numbers.
"""
import argparse
import statistics

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, cell, inputs, hidden, outputs, forget_bias, update_bias):
        super().__init__()
        kind = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell]
        self.rnn = kind(inputs, hidden)
        self.out = nn.Linear(hidden, outputs)
        with torch.no_grad():
            for bias in (self.rnn.bias_ih_l0, self.rnn.bias_hh_l0):
                if bias.numel() > hidden:
                    bias.zero_()
            if cell == "lstm":
                self.rnn.bias_ih_l0[hidden:2 * hidden] = forget_bias
            if cell == "gru":
                self.rnn.bias_ih_l0[hidden:2 * hidden] = update_bias

    def forward(self, x):
        return self.out(self.rnn(x)[0])


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["counting", "adding", "copy"])
    parser.add_argument("--cell", choices=["rnn", "lstm", "gru"], default="lstm")
    parser.add_argument("--length", type=int)
    parser.add_argument("--letters", type=int, choices=[2, 3], default=2, help="of counting")
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
        task = {"counting": Counting, "adding": Adding, "copy": Copy}[args.task](args)
        net = Net(args.cell, task.inputs, args.hidden, task.outputs, args.forget_bias, args.update_bias)
        optimiser = torch.optim.Adam(net.parameters(), args.learning_rate)
        for _ in range(args.updates):
            optimiser.zero_grad()
            task.loss(net, args.batch).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1)
            optimiser.step()
        with torch.no_grad():
            scores.append(task.score(net))
        print(f"{args.task} {args.cell} seed {seed}: {scores[-1]:.4g}", flush=True)
    print(f"{args.task} {args.cell}: mean {statistics.mean(scores):.4g}, median {statistics.median(scores):.4g}")


if __name__ == "__main__":
    main()
