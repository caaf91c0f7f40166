"""The table and the figure that scripts/compare-speed makes of its measurements."""
import argparse
import csv
import io
import math
import re
import shutil
import statistics
import subprocess
import sys

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
WIDTHS = {"copy": (10, 9), "adding": (2, 1)}  # inputs, outputs
NAMES = {"rnnbench": "rnnbench", "pytorch": "PyTorch", "onednn": "oneDNN"}
COLUMNS = (
    "round program variant task cell batch time_steps hidden threads wall_ms_per_update wall_ms_fastest peak_gflops "
    "peak_memory_mib others fraction_of_bound"
).split()  # others: cores that other processes used during the measurement
OLD_COLUMNS = COLUMNS[:-1], [name.removeprefix("wall_") for name in COLUMNS[:-1]]  # of older files
KEY = COLUMNS[:9]


def fail(sentence):
    print(f"scripts/compare-speed: {sentence}", file=sys.stderr)
    sys.exit(2)


def count(text):
    if not re.fullmatch(r"[1-9][0-9]{0,4}", text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to 99999")
    return int(text)


def read_measurements(path):
    """The rows of the file, with today's columns. An incomplete last line, where the measuring was interrupted, is left
    out."""
    text = path.read_text() if path.exists() else ""
    head, _, lines = text[: text.rfind("\n") + 1].partition("\n")
    try:
        if head.split(",") in OLD_COLUMNS:
            lines = lines.replace("\n", ",\n")
        elif head and head != ",".join(COLUMNS):
            raise ValueError
        rows = list(csv.DictReader(io.StringIO(lines), COLUMNS))
        for row in rows:
            if None in row or None in row.values():  # too many columns, or too few
                raise ValueError
            GATES[row["cell"]], WIDTHS[row["task"]], NAMES[row["program"]]
            if not float(row["wall_ms_per_update"]) > 0 or not float(row["peak_memory_mib"]) > 0:
                raise ValueError
            if row["program"] == "rnnbench" and not float(row["peak_gflops"]) > 0:
                raise ValueError
            if not 0 <= float(row["others"]) < math.inf or not 0 <= float(row["fraction_of_bound"] or 0) < 2:
                raise ValueError
            for name in ("batch", "time_steps", "hidden", "threads", "round"):
                count(row[name])
    except (ValueError, TypeError, KeyError, argparse.ArgumentTypeError):
        fail(f"{path} is not a file of measurements: a line does not have the columns {','.join(COLUMNS)}")
    return rows


def nominal_flops(case):
    """Of a whole update and of its input products, which rnnbench replaces by a gather when the input is one-hot."""
    task, b, t, h, cell = case
    (i, o), g = WIDTHS[task], GATES[cell]
    products = 4 * g * h * i * b * t
    return 6 * g * h * h * b * t + products + 6 * h * o * b * (t if task == "copy" else 1), products


class Summary:
    """Medians over the rounds, by case, program and number of threads."""

    def __init__(self, rows):
        self.times, self.memory, self.bounds, peaks = {}, {}, {}, {}
        for row in rows:
            case = (row["task"], int(row["batch"]), int(row["time_steps"]), int(row["hidden"]), row["cell"])
            key = (case, row["program"], int(row["threads"]))
            variants = self.times.setdefault(key, {})
            variants.setdefault(row["variant"], []).append(float(row["wall_ms_per_update"]))
            self.memory.setdefault((key, row["variant"]), []).append(float(row["peak_memory_mib"]))
            if row["fraction_of_bound"]:
                self.bounds.setdefault(key, []).append(float(row["fraction_of_bound"]))
            if row["peak_gflops"]:
                peaks.setdefault(int(row["threads"]), []).append(float(row["peak_gflops"]))
        self.peaks = {threads: statistics.median(values) for threads, values in peaks.items()}
        self.cases = list(dict.fromkeys(key[0] for key in self.times))
        self.threads = sorted({key[2] for key in self.times})
        self.others = max(float(row["others"]) for row in rows)
        self.rounds = max(len(values) for variants in self.times.values() for values in variants.values())

    def best(self, case, program, threads):
        """The faster variant: its name and times, or None."""
        variants = self.times.get((case, program, threads))
        return min(variants.items(), key=lambda item: statistics.median(item[1])) if variants else None

    def ms(self, case, program, threads):
        best = self.best(case, program, threads)
        return statistics.median(best[1]) if best else None

    def share(self, case, program, threads):
        ms, peak = self.ms(case, program, threads), self.peaks.get(threads)
        return nominal_flops(case)[0] / ms * 1e-6 / peak if ms and peak else None

    def of_bound(self, case, threads):
        fractions = self.bounds.get((case, "rnnbench", threads))
        return f"{100 * statistics.median(fractions):.0f} %" if fractions else ""

    def ratio(self, case, peer, threads):
        """Peer's time by ours; as a number and as a cell of the table."""
        theirs, ours = self.best(case, peer, threads), self.best(case, "rnnbench", threads)
        if not theirs or not ours:
            return None, ""
        value = statistics.median(theirs[1]) / statistics.median(ours[1])
        text = f"{value:.2f}"
        if min(theirs[1]) <= max(ours[1]) and min(ours[1]) <= max(theirs[1]):
            text += " ≈"
        if value < 1:
            text = f"**{text} {NAMES[peer]} wins**"
        return value, text + (" ᵛ" if theirs[0] != case[4] else "")

    def mib(self, case, program, threads):
        best = self.best(case, program, threads)
        return f"{statistics.median(self.memory[(case, program, threads), best[0]]):.0f}" if best else ""


def write_table(path, machine, summary):
    low, high = summary.threads[0], summary.threads[-1]
    pairs = [(peer, threads) for threads in summary.threads for peer in ("pytorch", "onednn")]
    lines = ["# An update beside PyTorch and oneDNN", "", "Written by `scripts/compare-speed` from `measurements.csv`."]
    lines += ["", *(f"- {line}" for line in machine)]
    lines += [f"- peak: {peak:.1f} GFLOP/s with {n} thread{'s' * (n > 1)}" for n, peak in sorted(summary.peaks.items())]
    lines += [
        "",
        f"Medians over {summary.rounds} rounds, a fresh process each.",
        "An update is forward, loss, backward, clip and Adam.",
        f"Beside a measurement, other processes used {summary.others:.2f} of a core at most.",
        "Ratios are the peer's time by rnnbench's: above 1, rnnbench is faster.",
        "",
    ]
    for peer, threads in pairs:
        values = [summary.ratio(case, peer, threads)[0] for case in summary.cases]
        values = [value for value in values if value]
        if values:
            mean = math.exp(statistics.fmean(map(math.log, values)))
            lines.append(
                f"- {NAMES[peer]}, {threads} thread{'s' * (threads > 1)}: rnnbench is faster in "
                f"{sum(v > 1 for v in values)} of {len(values)} cases; ratio {min(values):.2f} to {max(values):.2f}, "
                f"geometric mean {mean:.2f}"
            )
    head = ["task", "batch", "steps", "hidden", "cell", f"ms, {low} T", "of peak", "of bound", "executed"]
    head += [f"{NAMES[peer]}, {threads} T" for peer, threads in pairs]
    head += [f"rnnbench {high} T by {low} T"] * (high > low) + [f"MiB {name}" for name in NAMES.values()]
    lines += ["", "| " + " | ".join(head) + " |"]
    lines += ["| --- " + "| ---: " * 3 + "| --- " + "| ---: " * (len(head) - 5) + "|"]
    for case in summary.cases:
        ms, share = summary.ms(case, "rnnbench", low), summary.share(case, "rnnbench", low)
        flops, products = nominal_flops(case)
        row = [str(part) for part in case]
        row += [f"{ms:.3g}" if ms else "", f"{100 * share:.0f} %" if share else "", summary.of_bound(case, low)]
        row += [f"{100 - 100 * products / flops * (case[0] == 'copy'):.0f} %"]
        row += [summary.ratio(case, peer, threads)[1] for peer, threads in pairs]
        many = summary.ms(case, "rnnbench", high)
        row += [f"{ms / many:.2f}" if ms and many else ""] * (high > low)
        row += [summary.mib(case, program, low) for program in NAMES]
        lines.append("| " + " | ".join(row) + " |")
    lines += [
        "",
        "- `of peak`: nominal FLOPs of the update, with a dense input, by the peak of fused multiply-adds that",
        "  rnnbench measures beside (median of all its measurements with as many threads).",
        "- `of bound`: docs/speed.md, \"The bound\"; empty where the measured version did not compute it.",
        "- `executed`: the part of the nominal FLOPs that rnnbench computes. It gathers the columns of one-hot inputs;",
        "  the peers know dense inputs only and multiply.",
        "- ≈: the ranges of the rounds overlap.",
        "- ᵛ: oneDNN's gru with the reset before the product, here faster than its reset-after gru, which is the one",
        "  that rnnbench and PyTorch compute.",
        "- oneDNN calls its recurrent primitives `ref`. They are what it has for training in single precision:",
        "  products and element-wise parts by code that it generates for the CPU at run time.",
        f"- MiB: highest memory of the process, {low} thread{'s' * (low > 1)}. Python and its libraries are PyTorch's.",
    ]
    path.write_text("\n".join(lines) + "\n")


def draw_figure(path, summary):
    """Share of peak with the fewest threads, a panel for each cell."""
    if not shutil.which("gnuplot"):
        print("gnuplot is missing, so the figure is not drawn")
        return
    threads = summary.threads[0]
    styles = {"rnnbench": (7, "#0072b2"), "onednn": (5, "#d55e00"), "pytorch": (9, "#009e73")}  # point type, color
    drawn = list(dict.fromkeys(case[4] for case in summary.cases))
    shapes_drawn = list(dict.fromkeys(case[:4] for case in summary.cases))
    top = max([summary.share(case, p, threads) or 0 for case in summary.cases for p in NAMES] + [0.01])
    labels = [f"{batch}·{steps}·{hidden}\\n{task}" for task, batch, steps, hidden in shapes_drawn]
    names = ", ".join(f'"{label}" {x}' for x, label in enumerate(labels))
    height = 60 + 210 * len(drawn)
    script = [
        f"set terminal svg size 1012,{height} fixed noenhanced font 'sans-serif,12' background '#ffffff'",
        "set encoding utf8; set border 3 lc rgb '#888888'",
        "set tics out nomirror scale 0.5 font ',9.5' textcolor rgb '#555555'",
        "set grid ytics lt 1 lc rgb '#e8e8e8' lw 0.6; set ytics 20; set format y '%g %%'",
        "set key at screen 0.985,0.955 right top horizontal",
        "set tmargin 2.5; set bmargin 3.5; set lmargin 7; set rmargin 2",
        f"set xrange [-0.5:{len(shapes_drawn) - 0.5}]; set yrange [0:{100 * top * 1.08:.4g}]",
        f"set multiplot layout {len(drawn)},1 title 'Share of peak of an update, {threads} thread{'s' * (threads > 1)} "
        "(batch·steps·hidden; nominal FLOPs, median of rounds)' font ',13'",
    ]
    for cell in drawn:
        script.append(f"set title '{cell}' offset 0,-0.5; set xtics ({names})")
        blocks, plots = [], []
        for offset, (program, (point, color)) in zip((-0.12, 0, 0.12), styles.items()):
            points = [(x, summary.share((*s, cell), program, threads)) for x, s in enumerate(shapes_drawn)]
            points = [f"{x + offset} {100 * share:.6g}" for x, share in points if share]
            if points:
                blocks.append(f"${program} << EOD\n" + "\n".join(points) + "\nEOD")
                plots.append(f"${program} with points pt {point} lc rgb '{color}' title '{NAMES[program]}'")
        if plots:
            script += blocks + ["plot " + ", ".join(plots)]
        script.append("unset key")
    drawing = subprocess.run(["gnuplot"], input="\n".join(script) + "\n", capture_output=True, text=True)
    if drawing.returncode:
        fail(f"gnuplot cannot draw the figure: {drawing.stderr.strip().splitlines()[-1]}")
    path.write_text(drawing.stdout)
