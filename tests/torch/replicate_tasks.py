"""The tasks of the catalogue, from the definitions that `rnnbench show TASK` prints, with PyTorch's random numbers.

Arrays are time-major, [steps, sequences]. Settings that are not implemented are refused.
"""
import collections
import math

import torch
from torch import arange, randint
from torch.nn import functional


class Refused(Exception):
    """A sentence for the user: what is not implemented, or does not fit together."""


class Settings:
    """The settings of a section of a spec. Whoever uses one takes it out. What is left over in the end is refused, so
    nothing is ignored by mistake."""

    def __init__(self, section, values):
        self.section, self.left = section, dict(values)

    def take(self, key, *allowed):
        value = self.left.pop(key, None)
        if allowed and value not in allowed:
            raise Refused(f"the {self.section} setting {key} = {value} is not implemented here, only "
                          f"{', '.join(map(str, allowed))}")
        return value

    def finish(self):
        if self.left:
            raise Refused(f"the {self.section} settings {', '.join(self.left)} are not implemented here")


# x: symbols [steps, sequences] or numbers [steps, sequences, inputs]. y: targets. `scored`: the steps that count in the
# loss. `asked`: those of them that count in the accuracy. `begins`: 1 where a sequence does not continue the one that
# was at its place in the batch before.
Batch = collections.namedtuple("Batch", "x y scored asked begins", defaults=[None])


def trimmed(x, y, scored):
    """A batch without the steps after the last one that counts."""
    steps = int(scored.any(1).nonzero().max()) + 1
    return Batch(x[:steps], y[:steps], scored[:steps], scored[:steps])


def at_end(x, last, y):
    """A batch of sequences that are asked at their last step."""
    return trimmed(x, y.expand(x.shape), arange(len(x))[:, None] == last)


class Task:
    """sample(n) draws a batch of n sequences. The score `measure` decides whether the task is solved."""
    measure, higher_is_better, solved_at = "accuracy", True, 0.99
    exact = False  # whether scores are those of all inputs there are, and need no confirmation
    one_hot = True  # symbols, with classes as targets; else numbers

    def batches(self, count, split):
        """`count` sequences to evaluate. `split` matters only to tasks that read a file."""
        return (self.sample(min(100, count - first)) for first in range(0, count, 100))

    def inputs_of(self, x):
        return functional.one_hot(x, self.inputs).float() if self.one_hot else x

    def losses(self, outputs, y):
        return functional.cross_entropy(outputs, y, reduction="none")

    def judge(self, predict, batch):
        """The losses of the scored steps, whether asked steps are wrong, and whether sequences have a wrong one."""
        outputs, y, asked = predict(batch), batch.y[batch.scored], batch.asked[batch.scored]
        wrong = outputs.argmax(1) != y if self.one_hot else torch.zeros_like(asked)
        failed = torch.zeros(batch.scored.shape[1], dtype=torch.bool)
        failed[batch.scored.nonzero()[asked & wrong, 1]] = True
        return self.losses(outputs, y), wrong[asked], failed

    def scores(self, predict, batches):
        judged = zip(*(self.judge(predict, batch) for batch in batches))
        loss, wrong, failed = (float(torch.cat(each).double().mean()) for each in judged)
        scores = {"loss": loss, "accuracy": 1 - wrong, "sequences": 1 - failed}
        return scores | {self.measure: scores.get(self.measure, 1 - wrong if self.one_hot else loss)}

    def solved(self, scores):
        score = scores[self.measure]
        return score >= self.solved_at if self.higher_is_better else score < self.solved_at


class Strings(Task):
    """Tasks whose length is uniform in `shortest` .. `length` for each sequence, each with `steps_each` steps."""
    steps_each = 1

    def __init__(self, settings):
        self.shortest, self.length = settings.take("shortest"), settings.take("length")
        self.steps = self.steps_each * self.length

    def lengths(self, size):
        return randint(self.shortest, self.length + 1, (size,))


class Counting(Task):
    """S a^n b^n (c^n): the next symbol. S and the end are symbol 0. After an a, the next is not determined."""
    measure, exact = "longest_accepted", True

    def __init__(self, settings):
        self.letters = {"anbn": 2, "anbncn": 3}[settings.take("variant", "anbn", "anbncn")]
        self.length = settings.take("length")
        self.longest = max(settings.take("longest"), 2 * self.length)
        self.solved_at, self.steps = 2 * self.length, self.letters * self.length + 1
        self.inputs = self.outputs = self.letters + 1

    def words(self, n):
        t, end = arange(self.letters * int(n.max()) + 1)[:, None], self.letters * n
        x = torch.where((0 < t) & (t <= end), 1 + (t - 1) // n, 0)
        y = torch.where(t < end, 1 + t // n, 0)
        return Batch(x, y, t <= end, (t <= end) & (x != 1))

    def sample(self, size):
        return self.words(randint(1, self.length + 1, (size,)))

    def scores(self, predict, batches):
        losses = self.judge(predict, self.words(arange(1, self.length + 1)))[0]  # of each word once
        accepted, size, failed = 0, 16, torch.zeros(0)
        while accepted < self.longest and not failed.any():
            _, _, failed = self.judge(predict, self.words(arange(accepted + 1, min(accepted + size, self.longest) + 1)))
            accepted, size = accepted + int((~failed).long().cumprod(0).sum()), min(2 * size, 64)
        optimum = math.log(self.length) / (self.letters * (self.length + 1) / 2 + 1)
        return {"loss": float(losses.mean()), "excess": float(losses.mean()) - optimum, "longest_accepted": accepted}


class Dyck(Strings):
    """Dyck-1: after each bracket, whether one is open. Symbol 0 opens, 1 closes."""
    measure = "sequences"
    inputs = outputs = 2

    def __init__(self, settings):
        settings.take("variant", "dyck-1"), settings.take("depth", None)
        super().__init__(settings)

    def sample(self, size):
        x, y = torch.zeros(2, self.steps, size, dtype=torch.long)
        open_now = torch.zeros(size, dtype=torch.long)
        for t in range(self.steps):
            x[t] = randint(2, (size,)) * (open_now > 0)
            open_now = open_now + 1 - 2 * x[t]
            y[t] = open_now > 0
        return trimmed(x, y, arange(self.steps)[:, None] < self.lengths(size))


class Adding(Task):
    """Numbers in [0, 1), one marked in each half: at the last step, their sum."""
    measure, higher_is_better, solved_at = "mse", False, 0.01
    inputs, outputs, one_hot = 2, 1, False

    def __init__(self, settings):
        settings.take("variant", "arjovsky")
        self.steps = settings.take("length")

    def sample(self, size):
        half, columns = self.steps // 2, arange(size)
        numbers, marks = torch.rand(self.steps, size), torch.zeros(self.steps, size)
        marks[randint(half, (size,)), columns] = 1
        marks[randint(half, self.steps, (size,)), columns] = 1
        sums = (numbers * marks).sum(0).expand(self.steps, size)
        scored = (arange(self.steps)[:, None] == self.steps - 1).expand(self.steps, size)
        return Batch(torch.stack([numbers, marks], 2), sums, scored, scored)

    def losses(self, outputs, y):
        return (outputs[:, 0] - y) ** 2


class Copy(Task):
    """Items, blanks, a cue, blanks: the items are the targets of the last steps, blanks those of all others."""
    measure = "recall"

    def __init__(self, settings):
        settings.take("variant", "arjovsky")
        length, self.symbols, self.items = (settings.take(key) for key in ("length", "symbols", "items"))
        self.inputs, self.outputs, self.steps = self.symbols + 2, self.symbols + 1, length + 2 * self.items

    def sample(self, size):
        x, y = torch.zeros(2, self.steps, size, dtype=torch.long)
        x[:self.items] = y[-self.items:] = randint(1, self.symbols + 1, (self.items, size))
        x[-self.items - 1] = self.symbols + 1
        return Batch(x, y, torch.ones_like(x, dtype=torch.bool), y > 0)


class AssociativeRecall(Task):
    """Keys and their values, all distinct, then each key once more: its value. These queries are 2 g steps after the
    pairs; of the gaps g that are not taken yet, each has the weight (g + 1)^-0.99."""

    def __init__(self, settings):
        settings.take("filler", "blank")
        self.steps, self.pairs = settings.take("length"), settings.take("pairs")
        self.keys, self.outputs = settings.take("keys"), settings.take("values")
        self.inputs = 1 + self.keys + self.outputs
        power = {"power": -0.99, "uniform": 0}[settings.take("gaps", "power", "uniform")]
        self.weights = arange(1.0, (self.steps - 2 * self.pairs) // 2 + 1)[:, None] ** power

    def sample(self, size):
        keys, values = (torch.rand(n, size).argsort(0)[:self.pairs] for n in (self.keys, self.outputs))
        # In the order of exponential times with these rates, gaps are draws without replacement.
        gaps = (torch.empty(len(self.weights), size).exponential_() / self.weights).argsort(0)[:self.pairs]
        x, y = torch.zeros(2, self.steps, size, dtype=torch.long)
        x[0:2 * self.pairs:2], x[1:2 * self.pairs:2] = 1 + keys, 1 + self.keys + values
        at, scored = 2 * self.pairs + 2 * gaps, torch.zeros(self.steps, size, dtype=torch.bool)
        x.scatter_(0, at, 1 + keys), y.scatter_(0, at, values), scored.scatter_(0, at, True)
        return trimmed(x, y, scored)


class Parity(Strings):
    """Bits: after each, whether the number of ones so far is odd."""
    inputs = outputs = 2

    def __init__(self, settings):
        settings.take("asked", "every")
        super().__init__(settings)

    def sample(self, size):
        x = randint(2, (self.steps, size))
        return trimmed(x, x.cumsum(0) % 2, arange(self.steps)[:, None] < self.lengths(size))


class TemporalOrder(Task):
    """E, distractors a b c d with an X or Y in each of some windows, B: at B, the order of X and Y."""
    inputs, solved_at = 8, 1

    def __init__(self, settings):
        self.steps, self.relevant = settings.take("length"), settings.take("relevant")
        self.outputs = 2 ** self.relevant

    def sample(self, size):
        shortest, columns = self.steps - self.steps // 11, arange(size)
        x, y = randint(4, 8, (self.steps, size)), torch.zeros(size, dtype=torch.long)
        last = randint(shortest - 1, self.steps, (size,))
        x[0], x[last, columns] = 0, 1
        for i in range(self.relevant):
            window, is_y = i * shortest // self.relevant if i > 0 else shortest // 10, randint(2, (size,))
            x[window + randint(shortest // 10 + 1, (size,)), columns] = 2 + is_y
            y = 2 * y + is_y
        return at_end(x, last, y)


class NoiseFreeLag(Task):
    """b, x or y, `length` distractors and one more with probability 9/10 each time, e: at e, the x or y."""
    solved_at = 1

    def __init__(self, settings):
        settings.take("variant", "trigger")
        self.length, self.distractors = settings.take("length"), settings.take("symbols")
        self.inputs = self.outputs = self.distractors + 4
        self.steps = self.length + 53

    def sample(self, size):
        x, more = randint(self.distractors, (self.steps, size)), (torch.rand(50, size) < 0.9).long().cumprod(0).sum(0)
        last, y = self.length + more + 2, self.distractors + randint(2, (size,))
        x[0], x[1], x[last, arange(size)] = self.distractors + 3, y, self.distractors + 2
        return at_end(x, last, y)


class ModularArithmetic(Strings):
    """Numbers 0 .. 4 with + - * (symbols 5, 6, 7) between them, and a compute token (8): the value modulo 5."""
    inputs, outputs, steps_each = 9, 5, 2

    def sample(self, size):
        x, n = torch.empty(self.steps, size, dtype=torch.long), self.lengths(size)
        x[0::2], x[1::2] = randint(5, (self.length, size)), randint(5, 8, (self.length, size))
        finished, term, y = torch.zeros_like(n), x[0], x[0]  # the sum of the finished terms, and the current one
        for i in range(1, self.length):
            sign, number = x[2 * i - 1], x[2 * i]
            finished = torch.where(sign == 7, finished, finished + term)
            term = torch.where(sign == 7, term * number, torch.where(sign == 5, number, -number)) % 5
            y = torch.where(i < n, (finished + term) % 5, y)
        x[2 * n - 1, arange(size)] = 8
        return at_end(x, 2 * n - 1, y)


class RandomMap(Task):
    """Random labels of random strings of bits, the same throughout a run."""
    measure, exact = "bits", True
    inputs = outputs = 2

    def __init__(self, settings):
        settings.take("map", 0)
        self.steps = settings.take("length", *range(1, 25))
        self.pairs = self.solved_at = settings.take("pairs")
        codes = torch.randperm(2 ** self.steps)[:self.pairs]
        self.strings = torch.stack([codes >> bit & 1 for bit in range(self.steps)])
        self.labels = randint(2, (self.pairs,))

    def sample(self, size):
        return self.chosen(randint(self.pairs, (size,)))

    def chosen(self, pairs):
        return at_end(self.strings[:, pairs], torch.full((len(pairs),), self.steps - 1), self.labels[pairs])

    def scores(self, predict, batches):
        scores = super().scores(predict, [self.chosen(arange(self.pairs))])
        error = min(1 - scores["accuracy"], 0.5)
        entropy = -sum(p * math.log2(p) for p in (error, 1 - error) if p > 0)
        return scores | {"bits": self.pairs * (1 - entropy)}


class SelectiveCopying(Task):
    """Items at random steps among blanks, then a cue for each: the items in their order."""

    def __init__(self, settings):
        self.length, self.outputs, self.items = (settings.take(key) for key in ("length", "symbols", "items"))
        self.inputs, self.steps = self.outputs + 2, self.length + self.items

    def sample(self, size):
        at = torch.rand(self.length, size).argsort(0)[:self.items].sort(0)[0]
        items = randint(self.outputs, (self.items, size))
        x, y = torch.zeros(2, self.steps, size, dtype=torch.long)
        x.scatter_(0, at, 1 + items)
        x[self.length:], y[self.length:] = self.outputs + 1, items
        return trimmed(x, y, (arange(self.steps)[:, None] >= self.length).expand(x.shape))


class BucketSort(Strings):
    """Symbols 0 .. 4, then as many compute tokens (5): the symbols in ascending order."""
    inputs, outputs, steps_each = 6, 5, 2

    def sample(self, size):
        t, n = arange(self.steps)[:, None], self.lengths(size)
        x = torch.where(t < n, randint(5, (self.steps, size)), 5)
        ascending = x.sort(0)[0][:self.length]  # compute tokens come last
        y = torch.zeros_like(x).scatter_(0, t[:self.length] + n, ascending)
        return trimmed(x, y, (n <= t) & (t < 2 * n))


class LookAhead(Task):
    """Symbols: at each step the one `delay` steps later (future) or earlier (past). Class 0, where there is none,
    counts in the loss only."""

    def __init__(self, settings):
        self.future = settings.take("variant", "future", "past") == "future"
        self.length, self.delay, self.inputs = (settings.take(key) for key in ("length", "delay", "symbols"))
        self.outputs, self.steps = self.inputs + 1, self.length + self.delay

    def sample(self, size):
        x = randint(self.inputs, (self.steps, size))
        y, none = 1 + x, torch.zeros(self.delay, size, dtype=torch.long)
        y = torch.cat([y[self.delay:], none] if self.future else [none, y[:self.length]])
        return Batch(x, y, torch.ones_like(x, dtype=torch.bool), y > 0)


TASKS = {"adding": Adding, "associative-recall": AssociativeRecall, "bucket-sort": BucketSort, "copy": Copy,
         "counting": Counting, "dyck": Dyck, "look-ahead": LookAhead, "modular-arithmetic": ModularArithmetic,
         "noise-free-lag": NoiseFreeLag, "parity": Parity, "random-map": RandomMap,
         "selective-copying": SelectiveCopying, "temporal-order": TemporalOrder}
