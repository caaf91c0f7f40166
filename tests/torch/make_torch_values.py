#!/usr/bin/python3
"""Makes the values that tests/models/torch_test.cpp compares with: PyTorch's modules, autograd and optimizers in double.

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


def later_steps(steps):
    """True where a step would see a later one."""
    return torch.ones(steps, steps, dtype=torch.bool).triu(1)


class Attention(nn.Module):
    """Context of the memory so far, by Bahdanau et al. 2015 (additive), Luong et al. 2015 (dot, general) or Raffel & Ellis
    2015 (feedforward)."""

    def __init__(self, kind, hidden, memory):
        super().__init__()
        self.kind = kind
        if kind in ("additive", "general"):
            self.query = nn.Linear(hidden, hidden if kind == "additive" else memory, bias=False)
        if kind == "additive":
            self.key = nn.Linear(memory, hidden, bias=False)
            self.bias = nn.Parameter(torch.zeros(hidden))
            self.energy = nn.Parameter(torch.zeros(hidden))
        if kind == "feedforward":
            self.energy = nn.Parameter(torch.zeros(memory))
            self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, h, m):  # [time, batch, hidden], [time, batch, memory]
        h, m = h.transpose(0, 1), m.transpose(0, 1)
        if self.kind == "dot":
            scores = h @ m.transpose(1, 2)
        elif self.kind == "general":
            scores = self.query(h) @ m.transpose(1, 2)
        elif self.kind == "feedforward":
            scores = torch.tanh(m @ self.energy + self.bias)[:, None, :].expand(-1, m.shape[1], -1)
        else:
            joined = self.query(h)[:, :, None, :] + self.key(m)[:, None, :, :] + self.bias
            scores = torch.tanh(joined) @ self.energy
        weights = torch.softmax(scores.masked_fill(later_steps(scores.shape[1]), float("-inf")), dim=2)
        return (weights @ m).transpose(0, 1)


class MultiHead(nn.MultiheadAttention):
    def forward(self, h, m):
        return super().forward(h, m, m, attn_mask=later_steps(h.shape[0]))[0]


class Model(nn.Module):
    def __init__(self, options, inputs, outputs):
        super().__init__()
        hidden, layers = int(options["hidden"]), int(options["layers"])
        cell = options["cell"]
        both = options.get("direction") == "bidirectional"
        self.one_answer = options.get("one-answer") == "yes"
        self.truncate = int(options.get("truncate", "0"))
        if cell == "rnn":
            self.rnn = nn.RNN(inputs, hidden, layers, nonlinearity=options["activation"])
        else:
            self.rnn = {"lstm": nn.LSTM, "gru": nn.GRU}[cell](inputs, hidden, layers, bidirectional=both)
        self.states = ["hidden", "cell"] if cell == "lstm" else ["hidden"]
        if options["initial-state"] == "learned":
            self.initial_state = nn.ParameterDict(
                {f"{state}_l{l}": nn.Parameter(torch.zeros(hidden)) for l in range(layers) for state in self.states}
            )
        self.layers = layers
        kind = options["attention"]
        states = 2 * hidden if both else hidden
        self.over_inputs = options.get("attend") == "inputs"
        memory = inputs if self.over_inputs else states
        self.attention, context = None, 0
        if kind == "multi-head":
            # kdim decides whether PyTorch has one matrix or three.
            kdim = memory if self.over_inputs else None
            self.attention, context = MultiHead(states, int(options["heads"]), kdim=kdim, vdim=kdim), states
        elif kind != "none":
            self.attention, context = Attention(kind, states, memory), memory
        self.readout = nn.Linear(states + context, outputs)

    def start(self, size):
        if not hasattr(self, "initial_state"):
            return None
        states = [
            torch.stack([self.initial_state[f"{s}_l{l}"].expand(size, -1) for l in range(self.layers)]).contiguous()
            for s in self.states
        ]
        return tuple(states) if len(states) == 2 else states[0]

    def forward(self, x):
        if self.truncate > 0:
            return self.readout(self.truncated(x))
        h, last = self.rnn(x, self.start(x.shape[1]))
        if self.one_answer:  # the final states of both directions, where the last step is
            final = last[0] if isinstance(last, tuple) else last
            h = torch.cat([h[:-1], torch.cat([final[-2], final[-1]], dim=1)[None]])
        if self.attention is not None:
            h = torch.cat([h, self.attention(h, x if self.over_inputs else h)], dim=2)
        return self.readout(h)

    def truncated(self, x):
        state, segments = None, []
        for begin in range(0, x.shape[0], self.truncate):
            h, state = self.rnn(x[begin : begin + self.truncate], state)
            state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
            segments.append(h)
        return torch.cat(segments)


class FeedForwardAttention(nn.Module):
    def __init__(self, options, inputs, outputs):
        super().__init__()
        hidden = int(options["hidden"])
        self.rnn = nn.ParameterDict({"weight_ih_l0": nn.Parameter(torch.zeros(hidden, inputs)),
                                     "bias_ih_l0": nn.Parameter(torch.zeros(hidden))})
        self.attention = Attention("feedforward", hidden, hidden)
        self.readout = nn.Linear(hidden, outputs)
        self.readout.hidden = nn.Linear(hidden, hidden)

    def forward(self, x):
        squash = nn.functional.leaky_relu
        h = squash(x @ self.rnn["weight_ih_l0"].T + self.rnn["bias_ih_l0"])
        return self.readout(squash(self.readout.hidden(self.attention(h, h))))


class Transformer(nn.Module):
    def __init__(self, options, inputs, outputs):
        super().__init__()
        hidden = int(options["hidden"])
        self.embedding = nn.Linear(inputs, hidden)
        self.positions = options["positions"]
        if self.positions == "learned":
            self.position = nn.Embedding(int(options["max-positions"]), hidden)
        layer = nn.TransformerEncoderLayer(hidden, int(options["heads"]), 4 * hidden, dropout=0.0, norm_first=True)
        self.transformer = nn.TransformerEncoder(layer, int(options["layers"]), norm=nn.LayerNorm(hidden))
        self.readout = nn.Linear(hidden, outputs)

    def forward(self, x):
        steps, hidden = x.shape[0], self.embedding.out_features
        h = self.embedding(x)
        if self.positions == "learned":
            h = h + self.position(torch.arange(steps))[:, None, :]
        if self.positions == "sinusoidal":
            place = torch.arange(steps, dtype=torch.float64)[:, None]
            angle = place / 10000 ** (torch.arange(hidden, dtype=torch.float64) // 2 * 2 / hidden)
            wave = torch.where(torch.arange(hidden) % 2 == 0, torch.sin(angle), torch.cos(angle))
            h = h + wave.float().double()[:, None, :]
        return self.readout(self.transformer(h, mask=later_steps(steps)))


def make_model(name, one_hot, loss, steps=6, size=3, inputs=3, outputs=4, **options):
    options = {"hidden": "5", "layers": "1", "attention": "none", "initial-state": "zero"} | options
    kind = {"transformer": Transformer, "feedforward-attention": FeedForwardAttention}.get(options["cell"], Model)
    model = kind(options, inputs, outputs).double()
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
    if "direction" in options:
        weight[-1] = 0.75  # where a sequence ends is where it is asked for the last time
    if options.get("one-answer") == "yes":
        weight[:-1] = 0
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


def make_optimizers():
    """Three blocks under five given gradients, those of b so small that epsilon counts: the parameters after each update."""
    shapes = {"a": (4, 3), "b": (7,), "c": (1,)}
    scale = {"a": 1, "b": 1e-7, "c": 0.1}
    rate = 0.01
    optimizers = {
        "adam": lambda p: torch.optim.Adam(p, lr=rate),
        "rmsprop": lambda p: torch.optim.RMSprop(p, lr=rate),
        "sgd": lambda p: torch.optim.SGD(p, lr=rate, momentum=0.9),
        "adam-options": lambda p: torch.optim.Adam(p, lr=rate, betas=(0.8, 0.95), eps=1e-4),
        "adamw": lambda p: torch.optim.AdamW(  # without decay for vectors
            [{"params": p[:1], "weight_decay": 0.5}, {"params": p[1:], "weight_decay": 0}],
            lr=rate, betas=(0.9, 0.95), eps=1e-6,
        ),
    }
    start = {name: random(*shape) for name, shape in shapes.items()}
    gradients = [{name: random(*shape) * scale[name] / (u + 1) for name, shape in shapes.items()} for u in range(5)]  # floats again:
    gradients = [{name: g.float().double() for name, g in each.items()} for each in gradients]
    tensors = dict(start)
    for u, each in enumerate(gradients, 1):
        tensors |= {f"gradient.{u}.{name}": g for name, g in each.items()}
    for kind, make in optimizers.items():
        parameters = {name: nn.Parameter(value.clone()) for name, value in start.items()}
        optimizer = make(list(parameters.values()))
        for u, each in enumerate(gradients, 1):
            for name, parameter in parameters.items():
                parameter.grad = each[name].clone()
            optimizer.step()
            tensors |= {f"{kind}.{u}.{name}": p.detach().clone() for name, p in parameters.items()}
    for limit in ("0.5", "100"):
        parameters = [nn.Parameter(torch.zeros_like(value)) for value in start.values()]
        for name, parameter in zip(start, parameters):
            parameter.grad = gradients[0][name].clone()
        tensors[f"norm.{limit}"] = nn.utils.clip_grad_norm_(parameters, float(limit)).reshape(1)
        tensors |= {f"clipped.{limit}.{name}": p.grad for name, p in zip(start, parameters)}
    write_safetensors(HERE / "optimizers.safetensors", tensors, {"learning-rate": str(rate), "momentum": "0.9"})


def make_schedules():
    """The learning rates of 20 updates, from 0.02 to a tenth of it. On the plateau, score k is known after update k."""
    schedules = torch.optim.lr_scheduler
    scores = [5, 4, 4, 4.5, 4, 3, 3, 3, 3, 3, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5]
    makers = {
        "cosine": lambda o: schedules.CosineAnnealingLR(o, T_max=20, eta_min=0.002),
        "linear": lambda o: schedules.LinearLR(o, start_factor=1, end_factor=0.1, total_iters=20),
        "plateau": lambda o: schedules.ReduceLROnPlateau(o, factor=0.5, patience=2, threshold=0, min_lr=0.002, eps=0),
    }
    tensors = {"scores": torch.tensor(scores, dtype=torch.float64)}
    for name, make in makers.items():
        optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.02)
        schedule, rates = make(optimizer), []
        for score in scores:
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step(*[score] * (name == "plateau"))
        tensors[name] = torch.tensor(rates, dtype=torch.float64)
    write_safetensors(HERE / "schedules.safetensors", tensors, {})


def make_truncated_training(name, **options):
    """Training of 60 steps in segments of 4, by SGD. The parameters at the end, if
    segment   every 12 steps are sequences of their own, with an update after each segment;
    sequence  the same, with one update for the whole sequences;
    chunk     states pass on through all steps, but sequence 0 begins anew at step 24; an update after each segment.
    """
    steps, size, inputs, outputs, length = 60, 3, 3, 4, 4
    options = {"layers": "2", "hidden": "5", "attention": "none", "initial-state": "zero", "truncate": "4"} | options
    start = Model(options, inputs, outputs).double()
    with torch.no_grad():
        for parameter in start.parameters():
            parameter.copy_(random(*parameter.shape, low=-0.6, high=0.6))
    symbols, classes = torch.randint(inputs, (steps, size)), torch.randint(outputs, (steps, size))
    x = nn.functional.one_hot(symbols, inputs).double()
    weight = random(steps, size, low=0.2, high=1.5)
    weight[torch.rand(steps, size) < 0.3] = 0
    tensors = {"symbols": symbols, "classes": classes, "weight": weight, "outputs": start(x)} | dict(start.named_parameters())
    for kind in ("segment", "sequence", "chunk"):
        model = Model(options, inputs, outputs).double()
        model.load_state_dict(start.state_dict())
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        state = None
        for begin in range(0, steps, length):
            part = slice(begin, begin + length)
            if kind != "chunk" and begin % 12 == 0:
                state = None
                total = weight[begin : begin + 12].sum()
            if kind == "chunk" and begin == 24:
                for each in state if isinstance(state, tuple) else (state,):
                    each[:, 0] = 0
            h, state = model.rnn(x[part], state)
            state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
            out = model.readout(h).flatten(0, 1)
            each = nn.functional.cross_entropy(out, classes[part].flatten(), reduction="none")
            each = (each * weight[part].flatten()).sum()
            (each / (total if kind == "sequence" else weight[part].sum())).backward()
            if kind != "sequence" or begin % 12 == 8:
                optimizer.step()
                optimizer.zero_grad()
        tensors |= {f"{kind}.{key}": parameter for key, parameter in model.named_parameters()}
    write_safetensors(HERE / f"{name}.safetensors", tensors, options)


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
    make_optimizers()
    make_schedules()
    for cell in ("lstm", "gru"):
        make_model(f"{cell}-bidirectional-2", one_hot=True, loss="cross_entropy", cell=cell, layers="2",
                   direction="bidirectional")
        make_model(f"{cell}-bidirectional-answer", one_hot=False, loss="mean_squared", cell=cell,
                   direction="bidirectional", layers="2", hidden="17", **{"one-answer": "yes"})
        make_model(f"{cell}-multi-head", one_hot=True, loss="cross_entropy", cell=cell, hidden="6", attention="multi-head",
                   heads="2")
        make_model(f"{cell}-general", one_hot=False, loss="mean_squared", cell=cell, attention="general")
    for attention in ("additive", "general", "multi-head"):
        make_model(f"lstm-{attention}-inputs", one_hot=attention == "general", loss="cross_entropy", cell="lstm", hidden="6",
                   attention=attention, attend="inputs", heads="3")
    make_model("gru-multi-head-bidirectional", one_hot=False, loss="cross_entropy", cell="gru", hidden="5",
               attention="multi-head", heads="5", direction="bidirectional")
    make_model("feedforward-attention", one_hot=False, loss="mean_squared", cell="feedforward-attention")
    for positions in ("sinusoidal", "learned", "none"):
        make_model(f"transformer-{positions}", one_hot=positions != "none", loss="cross_entropy", cell="transformer",
                   layers="2", hidden="6", heads="2", positions=positions, **{"max-positions": "8"})
    for cell in ("rnn", "lstm", "gru"):
        make_model(f"{cell}-truncated", one_hot=cell != "gru", loss="cross_entropy" if cell != "gru" else "mean_squared",
                   steps=11, cell=cell, layers="2", activation="tanh", truncate="4")
    for cell in ("rnn", "lstm", "gru"):
        make_truncated_training(f"{cell}-truncated-training", cell=cell, activation="tanh")


main()
