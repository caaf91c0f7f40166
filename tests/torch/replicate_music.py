"""Polyphonic music: the task `sequences` with chords that are read in chunks."""
import json
import pathlib

import torch
from torch import arange, randint
from torch.nn import functional

from replicate_tasks import Batch, Refused, Task


class Chords(Task):
    """Polyphonic music: which of 88 keys sound next. Each place of a batch reads one training sequence after another, a
    chunk at a time, the first from a random chunk on."""
    measure, higher_is_better, solved_at, exact = "nll", False, 0.001, True
    inputs, outputs, one_hot = 88, 88, False

    def __init__(self, settings):
        path, longest, self.steps = settings.take("file"), settings.take("length"), settings.take("chunk")
        try:
            data = pathlib.Path(path).read_bytes()
        except OSError as error:
            raise Refused(f"{path} cannot be read: its path is relative to the current folder") from error
        fnv1a = 0xcbf29ce484222325
        for byte in data:
            fnv1a = (fnv1a ^ byte) * 0x100000001b3 % 2 ** 64
        if f"{fnv1a:016x}" != settings.take("file-hash"):
            raise Refused(f"{path} is not the file of the records")
        if self.steps == 0:
            raise Refused("the task setting chunk = 0 is not implemented here")
        self.splits = {name: [self.keys(sequence[:longest + 1]) for sequence in split]
                       for name, split in json.loads(data).items()}
        self.places = []  # the sequence of each place, and the step at which it goes on

    @staticmethod
    def keys(sequence):
        sounding = torch.zeros(len(sequence), 88)
        for step, notes in enumerate(sequence):
            sounding[step, [note - 21 for note in notes]] = 1
        return sounding

    @staticmethod
    def batch_of(pieces, begins=None):
        t, n = arange(max(map(len, pieces)) - 1)[:, None], torch.tensor([len(piece) - 1 for piece in pieces])
        padded = torch.nn.utils.rnn.pad_sequence(pieces)
        return Batch(padded[:-1], padded[1:], t < n, t < n, begins)

    def sample(self, size):
        def drawn():
            return self.splits["train"][randint(len(self.splits["train"]), ())]
        first = not self.places
        if first:
            sequences = [drawn() for _ in range(size)]
            self.places = [(s, self.steps * int(randint((len(s) - 2) // self.steps + 1, ()))) for s in sequences]
        self.places = [(s, t) if t + 1 < len(s) else (drawn(), 0) for s, t in self.places]
        pieces, begins = [s[t:t + self.steps + 1] for s, t in self.places], [first or t == 0 for _, t in self.places]
        self.places = [(s, t + self.steps) for s, t in self.places]
        return self.batch_of(pieces, torch.tensor(begins).float())

    def batches(self, count, split):
        sequences = self.splits[{"validation": "valid"}.get(split, split)]
        return (self.batch_of(sequences[first:first + 20]) for first in range(0, len(sequences), 20))

    def losses(self, outputs, y):
        return functional.binary_cross_entropy_with_logits(outputs, y, reduction="none").sum(1)
