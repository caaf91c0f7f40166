#!/usr/bin/python3
"""Makes the values that tests/torch_test.cpp compares with: PyTorch's modules, autograd and optimisers in double.

    /usr/bin/python3 tests/torch/make_torch_values.py        (Debian's python3-torch; writes beside itself)

A model's file holds its parameters under PyTorch's names, a batch, the outputs, the loss and every gradient under
"grad." plus the name; its metadata are the options of the model. Parameters and batches are floats, so that a float
network can take them without rounding.
"""
import json
import pathlib
import struct

import torch
from torch import nn

HERE = pathlib.Path(__file__).parent
TYPES = {torch.float64: "F64", torch.float32: "F32", torch.int64: "I64"}


def write_safetensors(path, tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        tensor = tensor.detach().contiguous()
        raw = tensor.numpy().tobytes()
        header[name] = {
            "dtype": TYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def random(*shape, low=-1.0, high=1.0):
    """Doubles that are floats."""
    return (torch.rand(*shape) * (high - low) + low).to(torch.float64)


class Attention(nn.Module):
    """Context of the states so far, by Bahdanau et al. 2015 (additive) or Luong et al. 2015 (dot)."""

    def __init__(self, kind, hidden):
        super().__init__()
        self.kind = kind
        if kind == "additive":
            self.query = nn.Linear(hidden, hidden, bias=False)
            self.key = nn.Linear(hidden, hidden, bias=False)
            self.bias = nn.Parameter(torch.zeros(hidden))
            self.energy = nn.Parameter(torch.zeros(hidden))

    def forward(self, h):  # [time, batch, hidden]
        h = h.transpose(0, 1)
        if self.kind == "dot":
            scores = h @ h.transpose(1, 2)
        else:
            joined = self.query(h)[:, :, None, :] + self.key(h)[:, None, :, :] + self.bias
            scores = torch.tanh(joined) @ self.energy
        later = torch.ones(scores.shape[1:], dtype=torch.bool).triu(1)
        weights = torch.softmax(scores.masked_fill(later, float("-inf")), dim=2)
        return (weights @ h).transpose(0, 1)


class Model(nn.Module):
    def __init__(self, options, inputs, outputs):
        super().__init__()
        hidden, layers = int(options["hidden"]), int(options["layers"])
        cell = options["cell"]
        if cell == "rnn":
            self.rnn = nn.RNN(inputs, hidden, layers, nonlinearity=options["activation"])
        else:
            self.rnn = {"lstm": nn.LSTM, "gru": nn.GRU}[cell](inputs, hidden, layers)
        self.states = ["hidden", "cell"] if cell == "lstm" else ["hidden"]
        if options["initial-state"] == "learned":
            self.initial_state = nn.ParameterDict(
                {f"{state}_l{l}": nn.Parameter(torch.zeros(hidden)) for l in range(layers) for state in self.states}
            )
        self.layers = layers
        attended = options["attention"] != "none"
        self.attention = Attention(options["attention"], hidden) if attended else None
        self.readout = nn.Linear(2 * hidden if attended else hidden, outputs)

    def start(self, size):
        if not hasattr(self, "initial_state"):
            return None
        states = [
            torch.stack([self.initial_state[f"{s}_l{l}"].expand(size, -1) for l in range(self.layers)]).contiguous()
            for s in self.states
        ]
        return tuple(states) if len(states) == 2 else states[0]

    def forward(self, x):
        h, _ = self.rnn(x, self.start(x.shape[1]))
        return self.readout(h if self.attention is None else torch.cat([h, self.attention(h)], dim=2))


def make_model(name, one_hot, loss, steps=6, size=3, inputs=3, outputs=4, **options):
    options = {"hidden": "5", "layers": "1", "attention": "none", "initial-state": "zero"} | options
    model = Model(options, inputs, outputs).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(random(*parameter.shape, low=-0.6, high=0.6))

    tensors = {}
    if one_hot:
        tensors["symbols"] = torch.randint(inputs, (steps, size))
        x = nn.functional.one_hot(tensors["symbols"], inputs).double()
    else:
        x = tensors["inputs"] = random(steps, size, inputs)
    weight = tensors["weight"] = random(steps, size, low=0.2, high=1.5)
    weight[torch.rand(steps, size) < 0.3] = 0
    out = tensors["outputs"] = model(x)
    if loss == "cross_entropy":
        target = tensors["classes"] = torch.randint(outputs, (steps, size))
        each = nn.functional.cross_entropy(out.flatten(0, 1), target.flatten(), reduction="none").view(steps, size)
    else:
        target = tensors["targets"] = random(steps, size, outputs)
        each = nn.functional.mse_loss(out, target, reduction="none").mean(dim=2)
    total = (weight * each).sum() / weight.sum()
    total.backward()
    tensors["loss"] = total.reshape(1)
    for key, parameter in model.named_parameters():
        tensors[key] = parameter
        tensors["grad." + key] = parameter.grad
    write_safetensors(HERE / f"{name}.safetensors", tensors, options)


def make_optimisers():
    """Three blocks under five given gradients, those of b so small that epsilon counts: the parameters after each update."""
    shapes = {"a": (4, 3), "b": (7,), "c": (1,)}
    scale = {"a": 1, "b": 1e-7, "c": 0.1}
    rate = 0.01
    optimisers = {
        "adam": lambda p: torch.optim.Adam(p, lr=rate),
        "rmsprop": lambda p: torch.optim.RMSprop(p, lr=rate),
        "sgd": lambda p: torch.optim.SGD(p, lr=rate, momentum=0.9),
    }
    start = {name: random(*shape) for name, shape in shapes.items()}
    gradients = [{name: random(*shape) * scale[name] / (u + 1) for name, shape in shapes.items()} for u in range(5)]  # floats again:
    gradients = [{name: g.float().double() for name, g in each.items()} for each in gradients]
    tensors = dict(start)
    for u, each in enumerate(gradients, 1):
        tensors |= {f"gradient.{u}.{name}": g for name, g in each.items()}
    for kind, make in optimisers.items():
        parameters = {name: nn.Parameter(value.clone()) for name, value in start.items()}
        optimiser = make(list(parameters.values()))
        for u, each in enumerate(gradients, 1):
            for name, parameter in parameters.items():
                parameter.grad = each[name].clone()
            optimiser.step()
            tensors |= {f"{kind}.{u}.{name}": p.detach().clone() for name, p in parameters.items()}
    for limit in ("0.5", "100"):
        parameters = [nn.Parameter(torch.zeros_like(value)) for value in start.values()]
        for name, parameter in zip(start, parameters):
            parameter.grad = gradients[0][name].clone()
        tensors[f"norm.{limit}"] = nn.utils.clip_grad_norm_(parameters, float(limit)).reshape(1)
        tensors |= {f"clipped.{limit}.{name}": p.grad for name, p in zip(start, parameters)}
    write_safetensors(HERE / "optimisers.safetensors", tensors, {"learning-rate": str(rate), "momentum": "0.9"})


def main():
    torch.manual_seed(1)
    for activation in ("tanh", "relu"):
        make_model(f"rnn-{activation}", one_hot=True, loss="cross_entropy", cell="rnn", activation=activation)
        make_model(f"rnn-{activation}-2-mse", one_hot=False, loss="mean_squared", cell="rnn", activation=activation,
                   layers="2")
    for cell in ("lstm", "gru"):
        make_model(f"{cell}", one_hot=True, loss="cross_entropy", cell=cell)
        make_model(f"{cell}-2-mse", one_hot=False, loss="mean_squared", cell=cell, layers="2",
                   **{"initial-state": "learned"})
        make_model(f"{cell}-wide", one_hot=False, loss="cross_entropy", cell=cell, hidden="17", steps=4, size=2)
    for attention in ("additive", "dot"):
        make_model(f"lstm-{attention}", one_hot=True, loss="cross_entropy", cell="lstm", attention=attention)
        make_model(f"gru-{attention}-2-mse", one_hot=False, loss="mean_squared", cell="gru", attention=attention,
                   layers="2")
    make_optimisers()


main()
