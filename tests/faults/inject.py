"""Lets calls to the operating system fail, one at a time, and checks that commands of rnnbench lose nothing.

Every scenario runs once for each call and each error: the n-th open, read, write, ... fails. Afterwards
- the exit code is 0, and then files and standard output are those of an undisturbed command; or it is 1 or 2, and then
  standard error has one sentence, which names what failed;
- every file has its content from before the command or from after it;
- the same command, undisturbed, completes: all files are then the same bytes, and no temporary file is left.

Finished series are kept in --state; those with defects run again. Prints a table; the exit code is 1 if there are
defects, which DIR/defects.txt names.
"""

import argparse
import concurrent.futures
import itertools
import json
import os
import random
import re
import shutil
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

from program import Program, contents, is_transient
from scenarios import SCENARIOS, FILES

# What Linux may answer, and KILL: the process dies at this moment. ":on" stays.
ERRORS = {
    "open": ("EACCES", "EMFILE", "EINTR", "EIO", "ENOSPC", "KILL"),
    "read": ("EIO", "EINTR", "KILL"),
    "write": ("ENOSPC", "EIO", "EFBIG", "EINTR", "SHORT", "SHORT:on", "ENOSPC:on", "KILL"),
    "sync": ("EIO", "ENOSPC", "EINTR", "KILL"),
    "rename": ("EACCES", "EIO", "ENOSPC", "EINVAL", "KILL"),
    "unlink": ("EACCES", "EIO", "KILL"),
    "lock": ("ENOLCK", "ENOLCK:on", "EINTR", "EIO"),
    "mkdir": ("EACCES", "EIO", "ENOSPC", "KILL"),
    "truncate": ("EIO", "EINTR", "EFBIG", "KILL"),
    "close": ("EIO", "EINTR"),
    "stat": ("EACCES", "EIO"),
    "list": ("EIO",),
    "start": ("EAGAIN", "ENOMEM"),
    "memory": ("ENOMEM", "ENOMEM:on"),
}
MEMORY_CASES = 100  # of each series, evenly spaced: a command allocates ten thousand times
# What commands say besides errors.
REMARK = re.compile(r"note: |\S+: \d+ (of \d+ runs (of \S+ )?recorded|trials of searches)|Every study ran in its smoke")
RAW = re.compile(r"terminate called|filesystem.error|std::|what\(\)|basic_|bad_|exception|regex|iostream|\[json|dumped")
NAMES_SOMETHING = re.compile(r"/|results|\.\w|memory|standard output|gnuplot|sbatch|folder|thread")


def between(name, old, now, new):
    """Whether it is the old or the new content. A file of trials may have some of the new lines, and a table of the
    records, which is derived from them, may be that of some."""
    if name.endswith(("runs.csv", "curves.csv")):
        return isinstance(now, str)
    if name.endswith(".jsonl") and isinstance(now, str) and isinstance(new, str):
        lines = set(now.splitlines())
        return set((old or "").splitlines()) <= lines <= set(new.splitlines())
    return now in (old, new)


class Injection:
    """A scenario in a folder of its own."""

    def __init__(self, program, scenario, folder):
        self.program, self.scenario = program, scenario
        self.start = folder / "start"
        self.start.mkdir(parents=True)
        for name, text in FILES.items():
            (self.start / name).parent.mkdir(exist_ok=True)
            (self.start / name).write_text(text)
        for command in scenario.before:
            words, fault = command if isinstance(command, tuple) else (command, "")
            code, _, stderr = program.run(words, self.start, fault, scenario.clock)
            if code != (-9 if fault else 0):
                raise SystemExit(f"{scenario.name}: {' '.join(words)} ended with {code}: {stderr}")
        for name, text in scenario.append.items():
            with (self.start / name).open("a") as file:
                file.write(text)
        self.old = contents(self.start)
        end = folder / "end"
        shutil.copytree(self.start, end)
        code, stdout, stderr = program.run(scenario.command, end, clock=scenario.clock)
        if code != 0:
            raise SystemExit(f"{scenario.name}: {' '.join(scenario.command)} ended with {code}: {stderr}")
        self.stdout, self.new = stdout.replace(str(end), "."), contents(end)
        self.counts = Counter()
        for line in (folder / "end.reached").read_text().splitlines()[-len(ERRORS):]:
            self.counts[line.split()[1]] = int(line.split()[2])

    def positions(self, call, error):
        count = self.counts[call]
        if error == "ENOLCK:on":
            return [1] if count > 0 else []  # a file system without locks
        tried = min(count, MEMORY_CASES) if call == "memory" else count
        return [1 + i * count // tried for i in range(tried)]

    def inject(self, call, error, n, folder):
        """(what happened, defects)"""
        error, _, stays = error.partition(":")
        shutil.copytree(self.start, folder)
        reached = folder.with_name(folder.name + ".reached")
        fault = f"{call}:{error}:{n}" + (":on" if stays else "")
        code, stdout, stderr = self.program.run(self.scenario.command, folder, fault, self.scenario.clock)
        if not reached.exists() or not reached.read_text().startswith(f"{call} {n}\n"):
            # With several threads the number of calls varies a little.
            return "passed", [] if code == 0 else [f"not reached, but the exit code is {code}: {stderr}"]
        defects = []
        after = contents(folder)
        for name, data in after.items():
            if not is_transient(name) and not between(name, self.old.get(name), data, self.new.get(name)):
                defects.append(f"{name} has neither its old nor its new content")
        for name in self.old.keys() & self.new.keys() - after.keys():
            defects.append(f"{name} is lost")
        if code == 0:
            outcome = "recovered"
            defects += self.differences(after, "exit code 0, but")
            if stdout.replace(str(folder), ".") != self.stdout:
                defects.append(f"exit code 0, but it prints {stdout!r} and not {self.stdout!r}")
        elif error == "KILL" and code == -9:
            outcome = "killed"
        else:
            outcome = "refused"
            defects += self.message_defects(code, stderr, stays)
        if outcome != "killed" and call not in ("unlink", "list", "open", "stat", "close", "memory"):
            if any(folder.with_name(folder.name + ".tmp").iterdir()):
                defects.append("a temporary folder is left")
        code, _, stderr = self.program.run(self.scenario.command, folder, clock=self.scenario.clock)
        if code != 0:
            defects.append(f"the next command ends with {code}: {stderr}")
        else:
            defects += self.differences(contents(folder), "after the next command,", with_temporary=True)
        return outcome, defects

    def differences(self, after, when, with_temporary=False):
        names = [name for name in after.keys() | self.new.keys() if after.get(name) != self.new.get(name)]
        if not with_temporary:
            names = [name for name in names if not is_transient(name)]
        return [f"{when} {name} is {'different' if name in after else 'missing'}" for name in sorted(names)]

    def message_defects(self, code, stderr, stays):
        errors = [line for line in stderr.splitlines() if not REMARK.match(line)]
        if code is None:
            return ["it hangs"]
        if code not in (1, 2):
            return [f"exit code {code}: {stderr}"]
        if not errors or (len(errors) > 1 and not stays):
            return [f"{len(errors)} sentences: {stderr}"]
        return [f"unclear: {line}" for line in errors if RAW.search(line) or not NAMES_SOMETHING.search(line)]


def series_of(scenarios):
    return [(scenario, call, error) for scenario in scenarios for call, errors in ERRORS.items() for error in errors]


class Campaign:
    def __init__(self, program, folder, state, jobs):
        self.program, self.folder, self.state, self.jobs = program, folder, state, jobs
        self.lock, self.number = threading.Lock(), 0
        self.injections = {}
        self.results = {}  # of (scenario, call, error): {"recovered": 3, ..., "defects": [...]}
        if state and state.exists():
            for line in state.read_text().splitlines():
                *key, result = json.loads(line)
                self.results[tuple(key)] = result

    def injection(self, scenario):
        if scenario.name not in self.injections:
            folder = self.folder / scenario.name.replace(" ", "-")
            self.injections[scenario.name] = Injection(self.program, scenario, folder)
        return self.injections[scenario.name]

    def run(self, scenario, call, error, n):
        with self.lock:
            self.number += 1
            folder = self.folder / f"case-{self.number}"
        folder.mkdir()
        outcome, defects = self.injection(scenario).inject(call, error, n, folder / "work")
        shutil.rmtree(folder)
        return outcome, [f"{scenario.name}: {call}:{error}:{n}: {defect}" for defect in defects]

    def run_all(self, cases):
        """The outcomes are added to self.results."""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            for case, (outcome, defects) in zip(cases, pool.map(lambda case: self.run(*case), cases)):
                scenario, call, error, _ = case
                result = self.results.setdefault((scenario.name, call, error), {"defects": []})
                result[outcome] = result.get(outcome, 0) + 1
                result["defects"] += defects

    def run_sample(self, scenarios, size, seed):
        """Takes each pair of a scenario and a call before it takes one again."""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            injections = list(pool.map(self.injection, scenarios))
        stream = random.Random(seed)
        pairs = [(injection, call) for injection in injections for call in ERRORS if injection.counts[call] > 0]
        stream.shuffle(pairs)
        cases = []
        for injection, call in itertools.islice(itertools.cycle(pairs), size):
            n = stream.randint(1, injection.counts[call])
            cases.append((injection.scenario, call, stream.choice(ERRORS[call]), n))
        self.run_all(cases)

    def run_series(self, scenarios):
        """Those that are not finished, or had defects."""
        for scenario, call, error in series_of(scenarios):
            key = (scenario.name, call, error)
            if key in self.results and not self.results[key]["defects"]:
                continue
            self.results.pop(key, None)
            self.run_all([(scenario, call, error, n) for n in self.injection(scenario).positions(call, error)])
            result = self.results.setdefault(key, {"defects": []})
            if self.state:
                with self.state.open("a") as file:
                    file.write(json.dumps([*key, result]) + "\n")
            if result["defects"]:
                print(*result["defects"][:3], sep="\n", flush=True)

    def defects(self):
        return [defect for result in self.results.values() for defect in result["defects"]]

    def unreached(self):
        """Calls of which no scenario of this campaign lets one fail."""
        reached = {call for (_, call, _), result in self.results.items() if len(result) > 1}
        return [f"no scenario reaches {call}" for call in ERRORS if call not in reached]

    def print_table(self, column, title):
        outcomes = ("recovered", "refused", "killed")
        rows = {}
        for key, result in self.results.items():
            row = rows.setdefault(key[column], Counter())
            row.update({outcome: result.get(outcome, 0) for outcome in outcomes})
            row["defects"] += len(result["defects"])
        print(f"| {title} | calls failed | " + " | ".join(outcomes) + " | defects |\n| --- " + "| ---: " * 5 + "|")
        rows["all"] = sum(rows.values(), Counter())
        for name, row in rows.items():
            print(f"| {name} | {sum(row[o] for o in outcomes)} | " + " | ".join(str(row[o]) for o in outcomes)
                  + f" | {row['defects']} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True, help="folder of the build")
    parser.add_argument("--sample", type=int, metavar="N", help="only N cases, chosen at random")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--state", type=Path, help="folder that keeps finished series")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="commands at a time")
    parser.add_argument("--scenario", action="append", help="only these", choices=[s.name for s in SCENARIOS])
    arguments = parser.parse_args()
    unreached = []
    scenarios = [s for s in SCENARIOS if not arguments.scenario or s.name in arguments.scenario]
    with tempfile.TemporaryDirectory(prefix="rnnbench-faults-") as folder:
        state = arguments.state / "series.jsonl" if arguments.state and not arguments.sample else None
        campaign = Campaign(Program(arguments.build.resolve()), Path(folder), state, arguments.jobs)
        if arguments.sample:
            campaign.run_sample(scenarios, arguments.sample, arguments.seed)
        else:
            campaign.run_series(scenarios)
            if not arguments.scenario:
                unreached = campaign.unreached()
    campaign.print_table(0, "scenario")
    print()
    campaign.print_table(1, "call")
    defects = campaign.defects() + unreached
    if arguments.state:
        (arguments.state / "defects.txt").write_text("".join(defect + "\n" for defect in defects))
    print("", *defects[:20], sep="\n")
    sys.exit(1 if defects else 0)


if __name__ == "__main__":
    main()
