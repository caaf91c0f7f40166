"""Kills processes of rnnbench at random moments, and checks that nothing is lost and that all bytes are the same.

The processes of a round share a results folder. Each gets a signal (KILL, TERM, HUP or INT) at a moment of its own,
unless it has ended before. Their clock is accelerated, so that checkpoints are saved every few milliseconds. After
every round, each file has its final content or is not there yet, and none of the round before is missing; when all
processes have ended by themselves and no result is missing, one undisturbed command tidies up, and all files are the
same bytes as without disturbances.

Rounds are counted in --state. Prints a table; the exit code is 1 if there are differences.
"""

import argparse
import json
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from program import SECONDS, Program, contents, is_checkpoint, is_transient
from scenarios import STUDY

SIGNALS = ("KILL", "TERM", "HUP", "INT")
CLOCK = 2000  # a checkpoint every 10 ms
GRID = "run --task adding --length 10 --cell lstm,gru --hidden 8 --batch 8 --evaluate 50 --seed 1..2".split()
# What runs carry along besides weights: truncation, a schedule that depends on scores, the best weights so far.
CARRYING = """run --task adding --length 12 --truncate 5 --cell lstm,gru --hidden 8 --batch 8 --evaluate 50
  --updates 1500 --optimizer adamw --learning-rate 0.02 --schedule plateau --plateau-patience 1 --evaluate-every 50
  --keep best --seed 1..2""".split()
# Positions in streams of data, and states.
STREAMS = """run --task sequences --file symbols.jsonl --chunk 16 --cell lstm,gru --layers 2 --dropout 0.2 --hidden 8
  --batch 8 --updates 600 --keep best --seed 1..2""".split()
SEARCH = "reproduce long.ini".split()
TWO_JOBS = "--jobs 2 --oversubscribe".split()
ONE_JOB = "--jobs 1 --oversubscribe".split()

# The command that is undisturbed, and what the processes that are killed add to it.
SCENARIOS = {
    "one process": ([*GRID, "--updates", "1500"], [TWO_JOBS]),
    "two processes": ([*GRID, "--updates", "1500"], [ONE_JOB, ONE_JOB]),
    "two shards": ([*GRID, "--updates", "1500"], [[*ONE_JOB, "--shard", "1/2"], [*ONE_JOB, "--shard", "2/2"]]),
    "runs that carry states": (CARRYING, [TWO_JOBS]),
    "streams of data": (STREAMS, [TWO_JOBS]),
    "search, two jobs": (SEARCH, [TWO_JOBS]),
    "search, one job": (SEARCH, [ONE_JOB]),
    "search, two processes": (SEARCH, [ONE_JOB, ONE_JOB]),
    "search, two shards": (SEARCH, [[*ONE_JOB, "--shard", "1/2"], [*ONE_JOB, "--shard", "2/2"]]),
}


def write_inputs(folder):
    folder.mkdir()
    stream = random.Random(1)
    lines = []
    for _ in range(30):
        symbols = [stream.randrange(7)]
        while len(symbols) < stream.randint(20, 200):
            symbols.append((symbols[-1] + stream.randint(1, 2)) % 7)
        lines.append(json.dumps(symbols) + "\n")
    (folder / "symbols.jsonl").write_text("".join(lines))
    study = STUDY
    for setting, value in (("length", 10), ("hidden", 8), ("batch", 8), ("updates", 100)):
        study = re.sub(f"^{setting} = .*$", f"{setting} = {value}", study, flags=re.MULTILINE)
    (folder / "long.ini").write_text(study)


class Killing:
    """A scenario in a folder of its own."""

    undisturbed = {}  # by command: contents, and the seconds that it took

    def __init__(self, program, name, folder):
        self.program, self.name = program, name
        self.command, self.processes = SCENARIOS[name]
        self.in_order = self.processes == [ONE_JOB]
        self.folder = folder / "work"
        files, self.seconds = self.run_undisturbed(folder / "undisturbed")
        self.expected = self.lines(files)
        self.restart()

    def run_undisturbed(self, folder):
        key = tuple(self.command)
        if key not in self.undisturbed:
            write_inputs(folder)
            began = time.monotonic()
            code, _, stderr = self.program.run([*self.command, "--jobs", "1"], folder)
            if code != 0:
                raise SystemExit(f"{self.name}: {' '.join(self.command)} ended with {code}: {stderr}")
            self.undisturbed[key] = contents(folder), time.monotonic() - began
        return self.undisturbed[key]

    def restart(self):
        if self.folder.exists():
            shutil.rmtree(self.folder)
        write_inputs(self.folder)
        self.known = {}

    def lines(self, files):
        """Tables and trials as lists of their lines. With several jobs, trials are in the order in which they ended,
        and two processes may store the same one."""
        files = {name: data for name, data in files.items() if not is_transient(name)}
        for name, data in files.items():
            if name.endswith((".csv", ".jsonl")) and isinstance(data, str):
                lines = data.splitlines()
                files[name] = lines if self.in_order else sorted(set(lines))
        return files

    def round(self, stream):
        """Starts and kills the processes once. Returns what happened, for the table."""
        result = {"scenario": self.name, "signals": [], "completed": 0, "differences": []}  # completed: folders
        result["checkpoints"] = sum(map(is_checkpoint, contents(self.folder)))
        logs = [(self.folder.with_name(f"log-{i}")).open("w+") for i in range(len(self.processes))]
        processes = [
            self.program.start([*self.command, *more], self.folder, clock=CLOCK, stdout=log, stderr=log)
            for more, log in zip(self.processes, logs)
        ]
        latest = 0.5 * self.seconds
        moments = sorted((stream.uniform(0, latest), i, stream.choice(SIGNALS)) for i in range(len(processes)))
        began = time.monotonic()
        sent = {}
        for moment, i, name in moments:
            time.sleep(max(0, began + moment - time.monotonic()))
            if processes[i].poll() is None:
                processes[i].send_signal(getattr(signal, "SIG" + name))
                sent[i] = name
        ended = 0  # by themselves
        for i, process in enumerate(processes):
            try:
                code = process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait() and None  # it hangs
            logs[i].seek(0)
            said = logs[i].read()
            if code == 0:
                ended += 1
            elif i in sent and code in (130, -getattr(signal, "SIG" + sent[i])):
                result["signals"].append(sent[i])
                if code == 130 and not ("interrupted" in said and "to continue" in said):
                    result["differences"].append(f"interrupted, it says {said!r}")
            else:
                result["differences"].append(f"process {i} ended with {code} after {sent.get(i)}: {said!r}")
        result["differences"] += self.check()
        if ended == len(processes) and self.is_complete():
            result["differences"] += self.finish()
            result["completed"] = 1
        elif "KILL" in result["signals"]:
            self.leave_incomplete_line()
        for log in logs:
            log.close()
        return result

    def check(self):
        """Every file is there in whole, and nothing of the round before is missing."""
        now, differences = self.lines(contents(self.folder)), []
        for name, content in now.items():
            expected = self.expected.get(name)
            if name.endswith(".csv") and isinstance(content, list):
                continue  # a table of the runs so far
            if isinstance(content, list) and isinstance(expected, list):
                if not set(content) <= set(expected):
                    differences.append(f"{name} has lines of another content")
            elif content != expected:
                differences.append(f"{name} has another content")
        for name, content in self.known.items():
            if name not in now or (name.endswith(".jsonl") and not set(content) <= set(now[name])):
                differences.append(f"{name} was there and is lost")
        self.known = now
        return differences

    def leave_incomplete_line(self):
        """As a process does that is killed in the middle of a write, which happens too rarely to wait for it."""
        for path in self.folder.rglob("search-A.jsonl"):
            with path.open("a") as file:
                file.write('{"id":"0123456789abcdef","canon')

    def is_complete(self):
        tables = {name for name in self.expected if name.endswith(".csv")}
        return all(self.known.get(name) == content for name, content in self.expected.items() if name not in tables)

    def finish(self):
        code, _, stderr = self.program.run([*self.command, *ONE_JOB], self.folder)
        differences = [] if code == 0 else [f"the undisturbed command ended with {code}: {stderr}"]
        files = contents(self.folder)
        differences += [f"{name} is left" for name in files if is_transient(name)]
        now = self.lines(files)
        differences += [f"{name} differs in the end" for name in now.keys() | self.expected.keys()
                        if now.get(name) != self.expected.get(name)]
        self.restart()
        return differences


def print_table(rounds):
    rows = {name: Counter() for name in SCENARIOS}
    for r in rounds:
        row, differences = rows[r["scenario"]], len(r["differences"])
        row.update(r["signals"], rounds=1, completed=r["completed"], checkpoints=r["checkpoints"])
        row.update(differences=differences)
    rows["all"] = sum(rows.values(), Counter())
    columns = ("rounds", *SIGNALS, "completed", "checkpoints", "differences")
    titles = ("scenario", "rounds", *SIGNALS, "folders completed", "checkpoints at a start", "differences")
    print("| " + " | ".join(titles) + " |")
    print("| --- " + "| ---: " * len(columns) + "|")
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(str(row[column]) for column in columns) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True, help="folder of the build")
    parser.add_argument("--kills", type=int, default=1000, help="processes to kill")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    parser.add_argument("--state", type=Path, help="folder that keeps the rounds done so far")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    state = arguments.state / "rounds.jsonl" if arguments.state else None
    rounds = [json.loads(line) for line in state.read_text().splitlines()] if state and state.exists() else []
    killed = sum(len(r["signals"]) for r in rounds)
    with tempfile.TemporaryDirectory(prefix="rnnbench-kills-") as temporary:
        program = Program(arguments.build.resolve())
        killings = []
        for i, name in enumerate(SCENARIOS):
            folder = Path(temporary) / str(i)
            folder.mkdir()
            killings.append(Killing(program, name, folder))
        while killed < arguments.kills:
            stream = random.Random(f"{arguments.seed} {len(rounds)}")
            result = killings[len(rounds) % len(killings)].round(stream)
            rounds.append(result)
            killed += len(result["signals"])
            for difference in result["differences"]:
                print(f"round {len(rounds)}, {result['scenario']}: {difference}", flush=True)
            if state:
                with state.open("a") as file:
                    file.write(json.dumps(result) + "\n")
        # What was interrupted last completes too.
        for killing in killings:
            for difference in killing.finish():
                print(f"{killing.name}, at the end: {difference}", flush=True)
                rounds[-1]["differences"].append(difference)
    print_table(rounds)
    sys.exit(1 if any(r["differences"] for r in rounds) else 0)


if __name__ == "__main__":
    main()
