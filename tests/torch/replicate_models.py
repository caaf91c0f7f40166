"""The networks of rnnbench's records in PyTorch.

PyTorch's own layer where it has the cell; otherwise a loop over the steps with the formulas of `rnnbench show CELL`.
"""
import math
from functools import partial

import torch
from torch import nn, sigmoid, tanh
from torch.nn import functional

from replicate_tasks import Refused, Settings

# A step of a cell from x = W x + b_ih. U(h) is U h + b_hh of all gates. For cells that multiply the state before the
# product of the candidate, the last gate, U_gates(h) is that of the others and U_n(h) that of the candidate. Cells
# without a cell state pass c on.

def lstm(cell, x, h, c, candidate=tanh, output=tanh):
    i, f, g, o = (x + cell.U(h)).chunk(4, 1)
    c = cell.gate(f) * c + cell.gate(i) * candidate(g)
    return cell.gate(o) * output(c), c


def lstm_nfg(cell, x, h, c):
    i, g, o = (x + cell.U(h)).chunk(3, 1)
    c = c + cell.gate(i) * tanh(g)
    return cell.gate(o) * tanh(c), c


def lstm_cifg(cell, x, h, c):
    f, g, o = (x + cell.U(h)).chunk(3, 1)
    f = cell.gate(f)
    c = f * c + (1 - f) * tanh(g)
    return cell.gate(o) * tanh(c), c


def lstm_peephole(cell, x, h, c):
    i, f, g, o = (x + cell.U(h)).chunk(4, 1)
    p_i, p_f, p_o = cell.peephole.chunk(3)
    c = cell.gate(f + p_f * c) * c + cell.gate(i + p_i * c) * tanh(g)
    return cell.gate(o + p_o * c) * tanh(c), c


def gru(cell, x, h, c, candidate=tanh):
    (x_r, x_z, x_n), (u_r, u_z, u_n) = x.chunk(3, 1), cell.U(h).chunk(3, 1)
    r, z = cell.gate(x_r + u_r), cell.gate(x_z + u_z)
    n = candidate(x_n + r * u_n)
    return (1 - z) * n + z * h, c


def gru_v1(cell, x, h, c):
    (x_r, x_z, x_n), (u_r, u_z) = x.chunk(3, 1), cell.U_gates(h).chunk(2, 1)
    r, z = cell.gate(x_r + u_r), cell.gate(x_z + u_z)
    n = tanh(x_n + cell.U_n(r * h))
    return (1 - z) * n + z * h, c


def gru_unreset(cell, x, h, c):
    _, z, n = (x + cell.U(h)).chunk(3, 1)
    z = cell.gate(z)
    return (1 - z) * tanh(n) + z * h, c


def mgu(cell, x, h, c):
    x_f, x_n = x.chunk(2, 1)
    f = cell.gate(x_f + cell.U_gates(h))
    n = tanh(x_n + cell.U_n(f * h))
    return f * n + (1 - f) * h, c


def janet(cell, x, h, c):
    s, n = (x + cell.U(h)).chunk(2, 1)
    return sigmoid(s) * h + (1 - sigmoid(s - cell.beta)) * tanh(n), c


def min_gru(cell, x, h, c):
    z, n = x.chunk(2, 1)
    z = cell.gate(z)
    return z * n + (1 - z) * h, c


# Each cell with its gates in the order of their rows, and its step. An upper-case gate weighs the new state.
CELLS = {"rnn": ("h", None), "irnn": ("h", None), "lstm": ("Ifgo", lstm), "lstm-nfg": ("Igo", lstm_nfg),
         "lstm-noaf": ("Ifgo", partial(lstm, output=lambda c: c)), "lstm-cifg": ("fgo", lstm_cifg),
         "lstm-peephole": ("Ifgo", lstm_peephole), "lstm-sca": ("Ifgo", partial(lstm, candidate=sigmoid)),
         "gru": ("rzn", gru), "gru-v1": ("rzn", gru_v1), "gru-unreset": ("rzn", gru_unreset),
         "gru-sca": ("rzn", partial(gru, candidate=sigmoid)), "mgu": ("Fn", mgu), "janet": ("fn", janet),
         "min-gru": ("Zn", min_gru)}
GATE_FUNCTIONS = {"sigmoid": sigmoid, "hard-sigmoid": functional.hardsigmoid, "relu": torch.relu}


def later(steps):
    """The mask of the steps that a query must not see, [queries, steps]."""
    return torch.ones(steps, steps, dtype=torch.bool).triu(1)


class Loop(nn.Module):
    """A layer of a cell that PyTorch does not have, with the names and the initial values of nn.LSTM."""

    def __init__(self, name, inputs, hidden, gate, beta):
        super().__init__()
        gates, self.step = CELLS[name]
        self.gate, self.beta, self.hidden, rows = GATE_FUNCTIONS[gate], beta, hidden, len(gates) * hidden
        shapes = {"weight_ih_l0": (rows, inputs), "bias_ih_l0": (rows,)}
        if name != "min-gru":
            shapes |= {"weight_hh_l0": (rows, hidden), "bias_hh_l0": (rows,)}
        if name == "lstm-peephole":
            shapes["peephole"] = (3 * hidden,)
        for key, shape in shapes.items():
            self.register_parameter(key, nn.Parameter(torch.empty(shape).uniform_(-hidden ** -0.5, hidden ** -0.5)))

    def forward(self, x, state=None):
        if hasattr(self, "weight_hh_l0"):
            w, b, n = self.weight_hh_l0, self.bias_hh_l0, self.hidden
            self.U = partial(functional.linear, weight=w, bias=b)
            self.U_gates = partial(functional.linear, weight=w[:-n], bias=b[:-n])
            self.U_n = partial(functional.linear, weight=w[-n:], bias=b[-n:])
        h, c = state or torch.zeros(2, x.shape[1], self.hidden)
        states = []
        for at_step in functional.linear(x, self.weight_ih_l0, self.bias_ih_l0):
            h, c = self.step(self, at_step, h, c)
            states.append(h)
        return torch.stack(states), (h, c)


class AdditiveAttention(nn.Module):
    """The mean of the states h_s so far, weighted by softmax(v . tanh(W h_t + U h_s + b)) (Bahdanau et al. 2015)."""

    def __init__(self, size):
        super().__init__()
        self.W, self.U = nn.Linear(size, size), nn.Linear(size, size, bias=False)  # uniform in +-1/sqrt(size)
        self.v = nn.Parameter(torch.empty(size).uniform_(-size ** -0.5, size ** -0.5))

    def forward(self, h):
        scores = tanh(self.W(h)[:, None] + self.U(h)) @ self.v  # [queries, steps, sequences]
        weights = scores.masked_fill(later(len(h))[..., None], -math.inf).softmax(1)
        return torch.einsum("tsb,sbk->tbk", weights, h)


class MultiHeadAttention(nn.MultiheadAttention):
    """Over the states so far, with all initial parameters uniform in +-1/sqrt(size)."""

    def __init__(self, size, heads):
        super().__init__(size, heads)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -size ** -0.5, size ** -0.5)

    def forward(self, h):
        return super().forward(h, h, h, attn_mask=later(len(h)), need_weights=False)[0]


class Recurrent(nn.Module):
    """Recurrent layers, and attention over their states."""

    def __init__(self, settings, hidden, inputs):
        super().__init__()
        take, pattern = settings.take, settings.take("cell").split("+")
        for key, neutral in (("dropout", 0), ("residual", "no"), ("layer-norm", "no"), ("initial-state", "zero")):
            take(key, neutral)
        init = take("init", "uniform", "identity", "chrono")
        both = take("direction", "forward", "bidirectional") == "bidirectional"
        gate = take("gate-activation", None, *GATE_FUNCTIONS) or "sigmoid"
        activation, beta = take("activation", None, "tanh", "relu"), take("beta")
        biases, longest = {"f": take("forget-bias"), "z": take("update-bias")}, take("chrono-steps")
        self.layers = nn.ModuleList()
        for cell in pattern * take("layers"):
            if cell not in CELLS:
                raise Refused(f"the cell {cell} is not implemented here, only {', '.join(CELLS)} and transformer")
            if cell in ("rnn", "irnn"):
                layer = nn.RNN(inputs, hidden, nonlinearity=activation, bidirectional=both)
            elif cell in ("lstm", "gru") and gate == "sigmoid":
                layer = (nn.LSTM if cell == "lstm" else nn.GRU)(inputs, hidden, bidirectional=both)
            elif both:
                raise Refused(f"direction = bidirectional is not implemented here for {cell} with gates of {gate}")
            else:
                layer = Loop(cell, inputs, hidden, gate, beta)
            for suffix in ("_l0", "_l0_reverse")[:1 + both]:
                start(layer, suffix, CELLS[cell][0], init, biases, longest)
            self.layers.append(layer)
            inputs = hidden * (1 + both)
        kind = take("attention", "none", "additive", "multi-head")
        self.attention = None
        if kind != "none":
            take("attend", "states")
            multi_head = kind == "multi-head"
            self.attention = MultiHeadAttention(inputs, take("heads")) if multi_head else AdditiveAttention(inputs)
        self.outputs = inputs if kind == "none" else 2 * inputs

    def forward(self, x, carried):
        states = []
        for layer, state in zip(self.layers, carried or [None] * len(self.layers)):
            x, state = layer(x, state)
            states.append(state)
        return torch.cat([x, self.attention(x)], 2) if self.attention else x, states


@torch.no_grad()
def start(layer, suffix, gates, init, biases, longest):
    """Sets those initial values of a layer that are not uniform in +-1/sqrt(hidden), as those of PyTorch are."""
    hidden, of_layer = len(getattr(layer, "bias_ih" + suffix)) // len(gates), dict(layer.named_parameters())
    keep = (1 + ((longest or 2) - 2) * torch.rand(hidden)).log()  # chrono: ln U(1, T - 1)
    for place, gate in enumerate(gates):
        value = biases.get(gate.lower())
        if init == "chrono" and gate in "IFfZz":
            value = -keep if gate.isupper() else keep
        rows = slice(place * hidden, (place + 1) * hidden)
        if init == "identity":
            value = 0
            of_layer["weight_hh" + suffix][rows] = torch.eye(hidden)
        if value is not None:
            of_layer["bias_ih" + suffix][rows] = value
            if "bias_hh" + suffix in of_layer:
                of_layer["bias_hh" + suffix][rows] = 0


class Transformer(nn.Module):
    """A causal decoder that normalizes before each sublayer, with sines and cosines as positions."""

    def __init__(self, settings, hidden, inputs):
        super().__init__()
        settings.take("cell", "transformer"), settings.take("positions", "sinusoidal")
        heads, layers = settings.take("heads"), settings.take("layers")
        self.embedding, self.norm, self.outputs = nn.Linear(inputs, hidden), nn.LayerNorm(hidden), hidden
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(hidden, heads, 4 * hidden, dropout=0, norm_first=True) for _ in range(layers))
        for block in self.blocks:
            nn.init.uniform_(block.self_attn.in_proj_weight, -hidden ** -0.5, hidden ** -0.5)  # PyTorch's are wider

    def forward(self, x, carried):
        x = self.embedding(x)
        steps, _, hidden = x.shape
        angles = torch.arange(steps)[:, None] * 10000 ** (-torch.arange(0, hidden, 2) / hidden)
        x = x + torch.stack([angles.sin(), angles.cos()], 2).flatten(1)[:, None, :hidden]
        for block in self.blocks:
            x = block(x, later(steps))
        return self.norm(x), None


class Net(nn.Module):
    def __init__(self, model, hidden, task):
        super().__init__()
        settings = Settings("model", model)
        for key in ("hidden", "budget", "state-budget"):  # the record says what they amount to
            settings.take(key)
        self.body = (Transformer if model["cell"] == "transformer" else Recurrent)(settings, hidden, task.inputs)
        settings.finish()
        self.out, self.task, self.carried = nn.Linear(self.body.outputs, task.outputs), task, None

    def forward(self, batch, carry=False):
        """The outputs at the scored steps. With `carry`, sequences go on from the states after the batch before."""
        def each(function, states):
            return [tuple(map(function, s)) if isinstance(s, tuple) else function(s) for s in states]
        carried = each(lambda s: s * (1 - batch.begins[:, None]), self.carried) if carry and self.carried else None
        features, states = self.body(self.task.inputs_of(batch.x), carried)
        if carry:
            self.carried = each(torch.detach, states)
        return self.out(features[batch.scored])
