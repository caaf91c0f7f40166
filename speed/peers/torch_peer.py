#!/usr/bin/python3
"""The wall time of the update that `rnnbench speed` measures, in PyTorch: forward, loss, backward, clip, Adam.

    torch_peer.py --cell lstm --task copy --batch 64 --time-steps 200 --hidden 128 --threads 1
    torch_peer.py --check FILE.safetensors        compares its loss and gradients with those of `rnnbench dump`

nn.RNN (tanh), nn.LSTM or nn.GRU with nn.Linear as output layer: softmax cross-entropy on every step (copy) or squared
error on the last (adding), clip_grad_norm_ at 1, torch.optim.Adam. Time-major. One-hot inputs are dense tensors,
because nn.RNN accepts no others; they are made before the clock starts. As in rnnbench, the input needs no gradient and
denormals are flushed. The learning rate is so small that the parameters hardly change. Prints JSON.
"""
import argparse
import glob
import json
import math
import os
import re
import statistics
import struct
import sys
import time

MAX_ERROR = 1e-4  # relative to the largest derivative of a block
CELLS = ("rnn", "lstm", "gru")
TASKS = ("copy", "adding")
COPY_ITEMS, COPY_SYMBOLS = 10, 8
BLOCKS = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def fail(sentence):
    print(f"torch_peer: {sentence}", file=sys.stderr)
    sys.exit(2)


def use_openblas():
    """Debian's PyTorch uses the libblas.so.3 that the loader finds first. Puts the OpenBLAS that shares PyTorch's
    OpenMP threads first on the path and starts this program again, because the loader reads the path only once."""
    folders = glob.glob("/usr/lib/*/openblas-openmp")
    path = os.environ.get("LD_LIBRARY_PATH", "")
    if folders and folders[0] not in path.split(":"):
        os.environ["LD_LIBRARY_PATH"] = folders[0] + (":" + path if path else "")
        os.execv(sys.executable, [sys.executable, *sys.argv])


class Parser(argparse.ArgumentParser):
    def error(self, message):
        fail(message)


def number(kind, low, high):
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from {low} to {high}")
        return value

    return parse


def arguments():
    parser = Parser(description="The wall time of the update that `rnnbench speed` measures, in PyTorch")
    parser.add_argument("--check", metavar="FILE", help="compare loss and gradients with a file of `rnnbench dump`")
    parser.add_argument("--cell", choices=CELLS, default="lstm")
    parser.add_argument("--task", choices=TASKS, default="copy")
    for name, default in (("batch", 32), ("time-steps", 100), ("hidden", 64)):
        parser.add_argument("--" + name, type=number(int, 1, 65536), default=default)
    parser.add_argument("--threads", type=number(int, 1, 4096), default=1)
    parser.add_argument("--seconds", type=number(float, 0, 3600), default=1.0, help="time to measure for (default 1)")
    chosen = parser.parse_args()
    if chosen.task == "copy" and chosen.time_steps <= 2 * COPY_ITEMS:
        fail(f"--time-steps {chosen.time_steps} is too short: copy needs more than {2 * COPY_ITEMS}")
    return chosen


def module(cell, inputs, hidden, outputs):
    kind = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell]
    return nn.ModuleDict({"rnn": kind(inputs, hidden), "readout": nn.Linear(hidden, outputs)})


def loss_of(model, inputs, targets):
    states, _ = model["rnn"](inputs)
    if targets.dtype == torch.int64:  # classes, of every step
        return functional.cross_entropy(model["readout"](states).flatten(0, 1), targets.flatten())
    return functional.mse_loss(model["readout"](states[-1]), targets)


def batch_of(task, steps, size):
    """Inputs, targets and the number of outputs. The time depends only on their shapes."""
    generator = torch.Generator().manual_seed(1)
    if task == "adding":
        inputs = torch.rand(steps, size, 2, generator=generator)
        return inputs, torch.rand(size, 1, generator=generator), 1
    blank, cue = COPY_SYMBOLS, COPY_SYMBOLS + 1
    items = torch.randint(COPY_SYMBOLS, (COPY_ITEMS, size), generator=generator)
    shown = torch.full((steps, size), blank)
    targets = shown.clone()
    shown[:COPY_ITEMS], shown[steps - COPY_ITEMS - 1], targets[steps - COPY_ITEMS :] = items, cue, items
    return functional.one_hot(shown, COPY_SYMBOLS + 2).float(), targets, COPY_SYMBOLS + 1


def status(key):
    """An entry of /proc/self/status. (getrusage would not do: its ru_maxrss includes the memory of the program that
    started this one.)"""
    with open("/proc/self/status") as file:
        return next(line.split()[1] for line in file if line.startswith(key))


def libraries_in_use():
    """The file names of the loaded BLAS libraries, and the kernels that OpenBLAS chose for this CPU."""
    with open("/proc/self/maps") as file:
        mapped = {line.split()[-1] for line in file if re.search(r"/lib(open)?blas[^/]*\.so", line)}
    blas = ["/".join(path.split("/")[-2:]) for path in sorted(mapped)]
    kernels = ""
    for path in mapped:
        if "libopenblas" in path:
            get_corename = ctypes.CDLL(path).openblas_get_corename
            get_corename.restype = ctypes.c_char_p
            kernels = get_corename().decode()
    return blas, kernels


def measure(chosen):
    torch.manual_seed(1)
    inputs, targets, outputs = batch_of(chosen.task, chosen.time_steps, chosen.batch)
    model = module(chosen.cell, inputs.shape[2], chosen.hidden, outputs)
    parameters = list(model.parameters())
    optimizer = torch.optim.Adam(parameters, lr=1e-12)

    def update():
        optimizer.zero_grad(set_to_none=True)
        loss_of(model, inputs, targets).backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()

    warm = time.perf_counter()
    update()
    if time.perf_counter() - warm < 1:
        update()
    times, start = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < chosen.seconds:
        before = time.perf_counter()
        update()
        times.append((time.perf_counter() - before) * 1e3)

    blas, kernels = libraries_in_use()
    build = torch.__config__.show()
    capability = re.search(r"CPU capability usage: (.*)", build)
    kernels = f"{capability[1] if capability else 'unknown'}; " + (f"OpenBLAS {kernels}" if kernels else "no OpenBLAS")
    print(
        json.dumps(
            {
                "program": "pytorch",
                "version": torch.__version__,
                "kernels": kernels,
                "blas": blas,
                "task": chosen.task,
                "cell": chosen.cell,
                "batch": chosen.batch,
                "time_steps": chosen.time_steps,
                "hidden": chosen.hidden,
                "threads": torch.get_num_threads(),
                "updates": len(times),
                "wall_ms_per_update": statistics.median(times),
                "wall_ms_per_update_fastest": min(times),
                "peak_memory_mib": int(status("VmHWM")) / 1024,
            },
            indent=2,
        )
    )


def read_safetensors(path):
    types = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64}
    try:
        with open(path, "rb") as file:
            data = file.read()
        size = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8 : 8 + size])
        spec = header.pop("__metadata__", {}).get("spec", "")
        tensors = {}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            raw = bytearray(data[8 + size + begin : 8 + size + end])
            tensors[name] = torch.frombuffer(raw, dtype=types[entry["dtype"]]).reshape(entry["shape"])
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}")
    except (struct.error, ValueError, KeyError, TypeError, AttributeError, RuntimeError):
        fail(f"{path} is not a safetensors file of `rnnbench dump`")
    return tensors, dict(line.split(" = ", 1) for line in spec.splitlines() if " = " in line)


def load(path):
    """Model, inputs, targets and tensors of a file of `rnnbench dump`."""
    tensors, spec = read_safetensors(path)
    cell, task = spec.get("cell", ""), spec.get("task", "")
    names = ["rnn." + block for block in BLOCKS] + ["readout.weight", "readout.bias"]
    wanted = {"inputs", "targets", "mask", "outputs", "loss", *names, *("grad." + name for name in names)}
    if cell not in CELLS or task not in TASKS or set(tensors) != wanted or spec.get("activation", "tanh") != "tanh":
        fail(f"{path} is not a dump of copy or adding with one layer of rnn (tanh), lstm or gru without attention")
    hidden, outputs = tensors["rnn.weight_hh_l0"].shape[1], tensors["readout.weight"].shape[0]
    model = module(cell, tensors["inputs"].shape[2], hidden, outputs)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[name])
    targets = tensors["targets"] if task == "copy" else tensors["targets"][-1]
    return model, tensors["inputs"], targets, tensors


def check(path):
    try:
        model, inputs, targets, tensors = load(path)
        loss = loss_of(model, inputs, targets)
    except (RuntimeError, IndexError) as error:
        fail(f"{path}: an array does not have the shape that the model needs ({str(error).splitlines()[0]})")
    loss.backward()
    pairs = {"loss": (loss.detach().reshape(1), tensors["loss"])}
    pairs.update({name: (p.grad, tensors["grad." + name]) for name, p in model.named_parameters()})
    good = True
    for name, (ours, theirs) in pairs.items():
        ours, theirs = ours.double(), theirs.double()
        error = ((ours - theirs).abs().max() / theirs.abs().max()).item()
        good &= error <= MAX_ERROR  # false if it is not a number
        print(f"{name:20} {error:8.1e}{'' if error <= MAX_ERROR else '  WRONG'}")
    return 0 if good else 1


if __name__ == "__main__":
    use_openblas()
    CHOSEN = arguments()
    try:
        import ctypes

        import torch
        from torch import nn
        from torch.nn import functional
    except ImportError:
        fail(f"{sys.executable} has no PyTorch; Debian's is in python3-torch")
    torch.set_num_threads(CHOSEN.threads)
    torch.set_flush_denormal(True)  # before the first parallel loop: its threads inherit the mode
    sys.exit(check(CHOSEN.check) if CHOSEN.check else measure(CHOSEN))
