#!/usr/bin/python3
"""A claim of the catalogue by an independent implementation: PyTorch's cells, optimizers and random numbers.

    tests/torch/replicate.py counting/anbn
    tests/torch/replicate.py adding-lags/sooner --search both --seeds 5
    tests/torch/replicate.py small-data/advantage --arms training-set=25
    tests/torch/replicate.py rates --dry-run
    tests/torch/replicate.py gru-speed/solution --measure updates_to_solve

Trains networks with exactly the settings of the claim's published records, and prints the measure of every network,
the means beside those of the records, and a sentence for the key `replication` of the claim. Nothing of rnnbench is
used but the settings of the records, their hidden sizes, baselines and optima. Only the distribution of results can be
the same.

The models of the decisive comparison are the arms; there are several of each if the claim has several parts. The first
half of a study's seeds was trained with the settings of search A, the second half with those of search B. Tasks are in
replicate_tasks.py and replicate_music.py, networks in replicate_models.py, training in replicate_training.py.
"""
import argparse
import collections
import configparser
import json
import math
import pathlib
import re
import statistics
import sys
import time

import torch

from replicate_tasks import Refused
from replicate_training import Training, measured, split_measure, worst

CATALOGUE = pathlib.Path(__file__).parents[2] / "experiments" / "catalogue"


# ---- What the claim compares (docs/add-a-finding.md, "The comparison") -----------------------------------------------

# kind: number, model, difference, ratio, min, max, mean or slope. A model has a cell and the settings `where`.
Node = collections.namedtuple("Node", "kind text operands cell where over number", defaults=[(), "", (), "", 0.0])


class Statement:
    """A comparison such as `min(lstm, gru{update-bias=1}) > rnn on accuracy beyond`."""

    def __init__(self, text, measure):
        self.text, self.at = text, 0
        self.left = [self.expression()]
        while self.take(","):
            self.left.append(self.expression())
        self.relation = self.need("(>=|<=|[<>~])")[1]
        self.right = self.expression()
        on = self.take("on (.+)")
        self.measure = on[1] if on else measure
        if text[self.at:].strip():
            raise Refused(f"'{text}' is not understood at '{text[self.at:]}'")

    def models(self):
        return [model for side in self.left + [self.right] for model in models(side)]

    def take(self, pattern):
        match = re.compile(r"\s*" + pattern).match(self.text, self.at)
        self.at = match.end() if match else self.at
        return match

    def need(self, pattern):
        match = self.take(pattern)
        if not match:
            raise Refused(f"'{self.text}' is not understood at '{self.text[self.at:]}'")
        return match

    def expression(self):
        begin, first = self.at, self.operand()
        sign = self.take(r"(-(?= )|/)")
        if not sign:
            return first
        operands = (first, self.operand())
        return Node("ratio" if sign[1] == "/" else "difference", self.text[begin:self.at].strip(), operands)

    def operand(self):
        begin, number = self.at, self.take(r"(-?[\d.]+(?:e-?\d+)?)(?![\w+-])")
        if number:
            return Node("number", number[1], number=float(number[1]))
        name, over, where = self.need(r"([\w+|-]+)")[1], "", ()
        if self.take(r"\("):
            operands = [self.expression()]
            while self.take(","):
                operands.append(self.expression())
            if name == "slope":
                over = self.need(r"over ([\w-]+)")[1]
            self.need(r"\)")
            return Node(name, self.text[begin:self.at].strip(), tuple(operands), over=over)
        settings = self.take(r"\{([^}]*)\}")
        if settings:
            where = tuple(tuple(map(str.strip, each.split("=", 1))) for each in settings[1].split(","))
        return Node("model", self.text[begin:self.at].strip(), cell=name, where=where)


def models(node, over=""):
    """The models of an expression, each with the setting that a slope around it is over."""
    if node.kind == "model":
        return [(node, over)]
    return [model for operand in node.operands for model in models(operand, node.over or over)]


def evaluate(node, value, points, at=None):
    """value(model, at) is that of a model for one seed; within a slope, `at` is a value of the setting it is over."""
    if node.kind == "number":
        return node.number
    if node.kind == "model":
        return value(node, at)
    if node.kind == "slope":
        ys = [evaluate(node.operands[0], value, points, x) for x in points[node.over]]
        return statistics.linear_regression([math.log2(x) for x in points[node.over]], ys).slope
    numbers = [evaluate(operand, value, points, at) for operand in node.operands]
    if node.kind == "difference":
        return numbers[0] - numbers[1]
    if node.kind == "ratio":
        return numbers[0] / numbers[1]
    return {"min": min, "max": max, "mean": statistics.mean}[node.kind](numbers)


# ---- The arms, and their records -------------------------------------------------------------------------------------

def setting_of(record, key):
    spec = record["spec"]
    return spec["task"]["name"] if key == "task" else (spec["task"] | spec["model"] | spec["training"]).get(key)


def same(setting, wanted):
    try:
        return float(setting) == float(wanted)
    except (TypeError, ValueError):
        return "unset" == wanted if setting is None else str(setting) == wanted


def matches(model, record):
    return record["spec"]["model"]["cell"] == model.cell and all(same(setting_of(record, k), v) for k, v in model.where)


class Arm:
    """A model of the comparison on one part of the claim: its records, and the results of PyTorch."""

    def __init__(self, label, records):
        self.label, self.records, self.trained = label, records, []
        self.spec, self.known = records[0]["spec"], records[0]["result"]
        self.updates = self.spec["training"]["updates"]

    def settings(self):
        lines = self.spec["canonical"].split("\n")
        return ", ".join(line for line in lines if line and not re.match("schema =|numerics_version|seed =", line))


class Part:
    """The claim on one task with one set of options, after one search."""

    def __init__(self, label, statement, all_records, seeds):
        self.label, self.statement, self.all_records = label, statement, all_records
        records = [record for record in all_records if record["spec"]["seed"] in seeds]
        named = statement.models()
        # Labels need not repeat the settings that all models have.
        shared = set.intersection(*(set(model.where) for model, _ in named)) if len(named) > 1 else set()
        self.points, self.arms = {}, {}
        for over in {over for _, over in named if over}:
            values = [{setting_of(r, over) for r in records if matches(m, r)} for m, o in named if o == over]
            self.points[over] = sorted(set.intersection(*values))
        for model, over in named:
            for at in self.points.get(over, [None]):
                names = [f"{k}={v}" for k, v in model.where if (k, v) not in shared] + [f"{over}={at}"] * bool(over)
                name = model.cell + ("{" + ",".join(names) + "}" if names else "")
                chosen = [r for r in records if matches(model, r) and (not over or same(setting_of(r, over), at))]
                specs = {json.dumps([r["spec"][section] for section in ("task", "model", "training")]) for r in chosen}
                if len(specs) != 1:
                    raise Refused(f"the records of {name} on {label} have {len(specs)} different settings, not one")
                known = [arm for arm in self.arms.values() if arm.records == chosen]
                self.arms[model, at] = known[0] if known else Arm(name, chosen)

    def distinct_arms(self):
        return list({id(arm): arm for arm in self.arms.values()}.values())

    def numbers(self, of_records):
        """The measure of each seed by arm, {id of the arm: {seed: number}}."""
        measure, numbers = self.statement.measure, {}
        for arm in self.distinct_arms():
            recorded = {record["spec"]["seed"]: record["result"] for record in arm.records}
            results = recorded if of_records else dict(enumerate(arm.trained))
            numbers[id(arm)] = {seed: measured(measure, result, arm.updates) for seed, result in results.items()}
        others = [measured(measure, record["result"], 0) for record in self.all_records if of_records]
        failed = worst(measure, arm.known, [n for of_arm in numbers.values() for n in of_arm.values()] + others)
        return {arm: {seed: failed if n is None else n for seed, n in each.items()} for arm, each in numbers.items()}

    def side(self, node, numbers):
        """The values of an expression, one for each seed that all of its models have."""
        of_arm = [numbers[id(arm)] for (model, _), arm in self.arms.items() if model in [m for m, _ in models(node)]]
        seeds = sorted(set.intersection(*map(set, of_arm))) if of_arm else [0]
        return [evaluate(node, lambda *arm: numbers[id(self.arms[arm])][seed], self.points) for seed in seeds]


def parts_of(statement, records, seeds):
    """The comparison is made on each task, and on each value of a task's option that it does not name."""
    named = statement.models()
    keys = {"test-length"} | {key for model, over in named for key in [over, *dict(model.where)]}
    groups = {}
    for record in records:
        if any(matches(model, record) for model, _ in named):
            task = {key: value for key, value in record["spec"]["task"].items() if key not in keys}
            groups.setdefault(json.dumps(task), (task, []))[1].append(record)
    groups = [group for group in groups.values() if all(any(matches(m, r) for r in group[1]) for m, _ in named)]
    if not groups:
        raise Refused(f"there are no records of all models of '{statement.text}'")
    for task, chosen in sorted(groups, key=lambda group: json.dumps(group[0])):
        others = [other for other, _ in groups if other["name"] == task["name"]]
        varying = [f"{key} {value}" for key, value in task.items()
                   if key != "file-hash" and any(other.get(key) != value for other in others)]
        yield Part(" ".join([task["name"]] + varying), statement, chosen, seeds)


def read_claim(name):
    study, _, claim = name.partition("/")
    path = CATALOGUE / f"{study}.ini"
    if not path.exists():
        raise Refused(f"there is no study {study} in {CATALOGUE}")
    comments = {"comment_prefixes": "#", "inline_comment_prefixes": "#"}
    ini = configparser.ConfigParser(delimiters="=", interpolation=None, **comments)
    ini.read_string("[study]\n" + path.read_text())
    claims = {section[len("claim"):].strip(): ini[section] for section in ini if section.startswith("claim")}
    if claim not in claims:
        names = [f"{study}/{each}" if each else study for each in claims]
        raise Refused(f"{name} is not a claim, {study} has {', '.join(names)}")
    return study, claims[claim]


def read_records(folder):
    """All records, the seeds of searches A and B (of a study without a search: its halves), and whether it has one."""
    records = [json.loads(path.read_text()) for path in sorted(folder.glob("runs/*.json"))]
    if not records:
        raise Refused(f"there are no records in {folder}/runs")
    protocol = folder / "protocol.json"
    if protocol.exists():
        seeds = json.loads(protocol.read_text())["seeds"]
    else:
        all_seeds = sorted({record["spec"]["seed"] for record in records})
        seeds = {"A": all_seeds[:len(all_seeds) // 2], "B": all_seeds[len(all_seeds) // 2:]}
    return records, seeds, any(folder.glob("search-*.jsonl"))


# ---- The report ------------------------------------------------------------------------------------------------------

def text(number):
    return f"{number:,.0f}" if abs(number) >= 100 or number == int(number) else f"{number:.3g}"


def train(part, arm, seeds):
    measure = part.statement.measure
    for seed in range(1, seeds + 1):
        began = time.time()
        result = Training(arm.spec, arm.known, seed).run(measure in ("solved", "updates_to_solve"))
        arm.trained.append(result)
        number = measured(measure, result, arm.updates)
        loss = f"{result['final']['test']['loss']:.4g}" if "final" in result else "not finite"
        print(f"  {arm.label} seed {seed}: {measure} {'none, diverged' if number is None else text(number)} (loss "
              f"{result['untrained']:.4g} before training, {loss} after {result['updates']:,} updates; "
              f"{time.time() - began:.0f} s)", flush=True)


def summary(part):
    """Prints the means and the decisive comparison, and returns them as a part of a sentence."""
    statement, ours, theirs = part.statement, part.numbers(True), part.numbers(False)
    arms, pieces, means = [arm for arm in part.distinct_arms() if arm.trained], [], []
    for arm in arms:
        mean, values = statistics.mean(ours[id(arm)].values()), list(theirs[id(arm)].values())
        mean_of_several = f" (mean {text(statistics.mean(values))})" if len(values) > 1 else ""
        pieces.append(f"{arm.label} {', '.join(map(text, values))}{mean_of_several}")
        means.append(text(mean))
        print(f"  our records: {arm.label} {text(mean)} ({len(arm.records)} of them); PyTorch: {pieces[-1]}")
    if len(arms) < len(part.distinct_arms()):
        return pieces, means
    sides = []
    for left in statement.left:
        compared = []
        for numbers in (ours, theirs):
            one, other = part.side(left, numbers), part.side(statement.right, numbers)
            geometric = left.kind == "ratio" and statement.right.kind == "number" and min(one) > 0
            one, other = statistics.geometric_mean(one) if geometric else statistics.mean(one), statistics.mean(other)
            compared.append(f"{text(one)} against {text(other)}, difference {text(one - other)}")
        print(f"  {short(left)} {statement.relation} {short(statement.right)}: our records {compared[0]}; "
              f"PyTorch {compared[1]}")
        sides.append(f"{short(left)} {compared[1]}")
        if len(arms) > 6:  # too many for a sentence
            means.append(compared[0])
    return (sides, means[len(arms):]) if len(arms) > 6 else (pieces, means)


def short(node):
    """`mean of gru` for a function of many settings of one cell."""
    cells = {model.cell for model, _ in models(node)}
    return f"{node.kind} of {cells.pop()}" if len(node.operands) > 2 and len(cells) == 1 else node.text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("claim", help="STUDY or STUDY/CLAIM")
    parser.add_argument("--results", type=pathlib.Path, default=pathlib.Path("results/reference"))
    parser.add_argument("--seeds", type=int, default=3, help="networks of each arm")
    parser.add_argument("--search", choices=["A", "B", "both"], default="A")
    parser.add_argument("--arms", default="", help="only arms whose text contains this")
    parser.add_argument("--measure", help="instead of the claim's")
    parser.add_argument("--dry-run", action="store_true", help="list the arms, and what would be trained")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    study, claim = read_claim(args.claim)
    statement = Statement(claim["compare"], claim["measure"])
    statement.measure = args.measure or statement.measure
    split_measure(statement.measure)
    records, seeds_of, searched = read_records(args.results / study)
    searches = "AB" if args.search == "both" else args.search
    of_search = {s: f"settings of search {s}" if searched else f"{half} half of the seeds"
                 for s, half in (("A", "first"), ("B", "second"))}
    parts = [(search, part) for search in searches for part in parts_of(statement, records, seeds_of[search])]
    print(f"{args.claim}: {claim['claim']}\n{statement.text} on {statement.measure}")
    if not any(args.arms in arm.label for _, part in parts for arm in part.distinct_arms()):
        raise Refused(f"no arm has '{args.arms}' in its text")
    for search, part in parts:
        print(f"{part.label}, {of_search[search]}")
        for arm in part.distinct_arms():
            if args.arms not in arm.label:
                continue
            # Both refuse what is not possible before anything is trained.
            training, _ = Training(arm.spec, arm.known, 1), measured(statement.measure, arm.known, arm.updates)
            print(f"  {arm.label}: {arm.settings()}; {arm.known['parameters']} parameters, {args.seeds} x "
                  f"{training.updates:,} updates of {training.size} sequences of {training.task.steps} steps; "
                  f"{len(arm.records)} records")
    if args.dry_run:
        return
    sentences, several = [], len({part.label for _, part in parts}) > 1
    for search, part in parts:
        print(f"{part.label}, {of_search[search]}")
        for arm in part.distinct_arms():
            if args.arms in arm.label:
                train(part, arm, args.seeds)
        pieces, means = summary(part)
        where = [of_search[search].capitalize()] * (len(searches) > 1) + [f"Task {part.label}"] * several
        sentence = f"{', '.join(pieces)}; our records: {', '.join(means[:-1])}{' and ' * (len(means) > 1)}{means[-1]}"
        sentences.append(f"{', '.join(where)}: {sentence}" if where else sentence)
    seeds = {1: "one seed", 2: "two seeds", 3: "three seeds", 4: "four seeds", 5: "five seeds"}
    settings = ["settings of the file", "settings of both searches" if len(searches) > 1 else of_search[searches]][searched]
    version = ".".join(torch.__version__.split(".")[:2])
    count = seeds.get(args.seeds, f"{args.seeds} seeds")
    print(f"PyTorch {version}, {settings}, {count} each: {'. '.join(sentences)}.")


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(f"replicate.py: {refused}")
