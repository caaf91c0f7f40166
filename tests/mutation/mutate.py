#!/usr/bin/python3
"""Changes one token of the source at a time and sees whether the tests notice.

    tests/mutation/mutate.py list [--mutants N]     the mutants, without building anything
    tests/mutation/mutate.py run FOLDER [...]       builds and tests them, with the source and the build in FOLDER
    tests/mutation/mutate.py table FOLDER           what became of them

A mutant is chosen at random, always the same ones: three quarters in statistics, verdicts, training, optimizer and
tasks, the others anywhere else. It is killed if the tests fail or take too long. Those that do not compile are no
mutants, and others take their place. A survivor is a hole in the tests, or the change makes no difference; the latter are
listed in tests/mutation/equivalent.txt with the reason, and count as not killed.

FOLDER/mutants.jsonl has one line for each mutant that was tried; after an interruption, `run` goes on from there. The
mutants stay those of the commit that `run` started with; its tests become those of the commit of today, with which
survivors are tried again.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
EQUIVALENT = SOURCE / "tests" / "mutation" / "equivalent.txt"

# Files of three quarters of the mutants.
CENTRAL = ["analysis/statistics/*.cpp", "findings/*.cpp", "experiments/training/*.cpp", "experiments/search/*.cpp",
           "core/optimizer.cpp", "core/schedule.cpp", "tasks/**/*.cpp"]
OTHERS = ["core/*.cpp", "models/*.cpp", "models/**/*.cpp", "experiments/declaration/*.cpp", "experiments/records/*.cpp",
          "experiments/running/*.cpp", "analysis/*.cpp", "analysis/figures/*.cpp", "cli/*.cpp"]
# A mutant of a layer is seen by the tests of this layer and of those behind it, which use it.
LAYERS = ["core", "models", "tasks", "experiments", "speed", "analysis", "findings", "cli", "project"]
# Tests of documents compile programs; those of learning, of packages and of pages take long.
LEFT_OUT = "~[docs]~[learning]~[install]~[browser]~[generated]"

TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|^[ \t]*\#[^\n]*|R"\w*\(.*?\)\w*"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+'"""
                   r"""|(?<!\w)\d[\d']*(?:\.\d+)?(?:e-?\d+)?(?![\w.])|\w+|<=>|[-+*/]=|[<>=!]=|&&|\|\||\+\+|--|->|::|.""",
                   re.S | re.M)
SWAPPED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "*": "/", "/": "*",
           "&&": "||", "||": "&&", "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "min": "max", "max": "min",
           "floor": "ceil", "ceil": "floor", "true": "false", "false": "true", "min_element": "max_element",
           "max_element": "min_element", "any_of": "all_of", "all_of": "any_of"}

Mutant = collections.namedtuple("Mutant", "file line at old new")


def changed(token):
    """The token in place of this one, or None. Binary operators are those between spaces (clang-format sees to that)."""
    if token in SWAPPED:
        return SWAPPED[token]
    if re.fullmatch(r"\d+", token):
        return str(int(token) + 1)
    if re.fullmatch(r"\d+\.\d+(e-?\d+)?", token):
        return "(2 * " + token + ")" if float(token) else "1.0"
    return None


def mutants_of(source, file):
    text = (source / file).read_text()
    lines = text.split("\n")
    for match in TOKEN.finditer(text):
        token, at = match[0], match.start()
        line = text.count("\n", 0, at)
        if changed(token) is None or '"' in lines[line] or lines[line].lstrip().startswith(("template", "static_assert")):
            continue
        if not token[0].isalnum() and not (text[at - 1] == " " and text[match.end()] in " \n"):
            continue
        yield Mutant(str(file), line + 1, at, token, changed(token))


def filters_of(tests):
    return [f"[#{test.stem}]{LEFT_OUT}" for test in tests]


def tests_of(file):
    """Lists of Catch2's filters that select what may notice a change of this file, those that find most first."""
    layers = [sorted((SOURCE / "tests" / layer).rglob("*_test.cpp")) for layer in LAYERS[LAYERS.index(file.split("/")[0]):]]
    name = re.compile(rf"\b{pathlib.Path(file).stem}\b")
    lists = [filters_of(test for test in layers[0] if name.search(test.read_text()))]
    return [filters for filters in lists + [filters_of(tests) for tests in layers] if filters]


def chosen(source, count, skipped=()):
    """Random mutants, always the same; after those, others in place of the skipped ones."""
    picked = []
    for patterns, share in ((CENTRAL, count * 3 // 4), (OTHERS, count - count * 3 // 4)):
        files = sorted({file.relative_to(source) for pattern in patterns for file in source.glob(pattern)})
        every = [mutant for file in files for mutant in mutants_of(source, file)]
        random.Random(1).shuffle(every)
        picked += [mutant for mutant in every if mutant not in skipped][:share]
    return picked


class Workshop:
    """A copy of the source and its build."""

    def __init__(self, folder):
        self.folder, self.source, self.build = folder, folder / "source", folder / "build"
        self.log = folder / "mutants.jsonl"
        folder.mkdir(parents=True, exist_ok=True)

    def tried(self):
        """Mutant -> the last line about it."""
        if not self.log.exists():
            return {}
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return {Mutant(*line["mutant"]): line for line in lines}

    def git(self, *words):
        done = subprocess.run(["git", "-C", self.source, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def prepare(self):
        if not self.source.exists():
            subprocess.run(["git", "clone", "--quiet", SOURCE, self.source], check=True)
        self.git("fetch", "--quiet", SOURCE, "HEAD")
        self.git("checkout", "--quiet", "HEAD", "--", ".")  # the mutant during which an earlier call was interrupted
        self.git("checkout", "--quiet", "FETCH_HEAD", "--", "tests")
        self.tests = self.git("rev-parse", "FETCH_HEAD:tests")
        subprocess.run(["cmake", "-S", self.source, "-B", self.build, "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_CXX_FLAGS=-O1",
                        "-DRNNBENCH_UNITY=OFF"], check=True, stdout=subprocess.DEVNULL)
        if self.compile() != 0:
            sys.exit(f"it does not build; see {self.folder}/log")
        passed = self.folder / "passed.json"  # the seconds that these tests take without any change
        self.seconds = json.loads(passed.read_text()) if passed.exists() else {}
        if self.seconds.get("tests") != self.tests:
            self.seconds = {"tests": self.tests}
            for filters in tests_of("core/")[1:]:
                started = time.monotonic()
                if self.fails(filters):
                    sys.exit(f"the tests fail without any change; see {self.folder}/log*")
                self.seconds[",".join(filters)] = time.monotonic() - started
            passed.write_text(json.dumps(self.seconds))

    def compile(self):
        with open(self.folder / "log", "w", encoding="utf-8") as log:
            return subprocess.run(["cmake", "--build", self.build, "--target", "rnnbench", "rnnbench_tests", "--parallel",
                                   str(os.cpu_count())],
                                  cwd=self.source, stdout=log, stderr=log, check=False).returncode

    def fails(self, filters):
        """Whether one of these tests fails or hangs; on all cores, each with a share of the filters."""
        processes = []
        for i in range(min(os.cpu_count(), len(filters))):
            with open(self.folder / f"log{i}", "w", encoding="utf-8") as log:
                command = [self.build / "rnnbench_tests", "--filenames-as-tags", ",".join(filters[i::os.cpu_count()]), "--abort"]
                processes.append(subprocess.Popen(command, cwd=self.source, stdout=log, stderr=log, start_new_session=True))
        # The filters are those of a list that ran without any change, or some of them.
        usual = max((seconds for names, seconds in self.seconds.items() if names != "tests" and filters[0] in names), default=0)
        end = time.monotonic() + 120 + 5 * usual
        running = list(processes)
        failed = False
        while running and not failed and time.monotonic() < end:
            time.sleep(0.1)
            failed = any(process.poll() for process in running)
            running = [process for process in running if process.poll() is None]
        for process in running:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return failed or bool(running)

    def outcome(self, mutant):
        path = self.source / mutant.file
        text, times = path.read_text(), path.stat()
        compiled = next(self.build.glob(f"CMakeFiles/*.dir/{mutant.file}.o"))
        unchanged = compiled.read_bytes()
        path.write_text(text[:mutant.at] + mutant.new + text[mutant.at + len(mutant.old):])
        try:
            if self.compile() != 0:
                return "does not compile"
            return "killed" if any(self.fails(filters) for filters in tests_of(mutant.file)) else "survived"
        finally:  # so that it need not be compiled again
            path.write_text(text)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
            compiled.write_bytes(unchanged)


def run(folder, count):
    workshop = Workshop(folder)
    workshop.prepare()
    while True:
        tried = workshop.tried()
        skipped = [mutant for mutant, line in tried.items() if line["outcome"] == "does not compile"]
        mutants = chosen(workshop.source, count, skipped)
        left = [mutant for mutant in mutants if mutant not in tried] + \
               [mutant for mutant in mutants if mutant in tried and tried[mutant]["outcome"] == "survived"
                and tried[mutant]["tests"] != workshop.tests]
        if not left:
            return
        name = name_of(workshop.source, left[0])
        # No test can notice those that make no difference, which takes longest to find out.
        outcome = "survived" if is_equivalent(name) else workshop.outcome(left[0])
        with open(workshop.log, "a", encoding="utf-8") as log:
            log.write(json.dumps({"mutant": left[0], "outcome": outcome, "tests": workshop.tests}) + "\n")
        print(f"{name}: {outcome}", flush=True)


def is_equivalent(name):
    """Whether a mutant is listed: "file: the line before the change: old -> new: why it makes no difference"."""
    return any(line.startswith(name + ": ") for line in EQUIVALENT.read_text().splitlines())


def name_of(source, mutant):
    line = (source / mutant.file).read_text().split("\n")[mutant.line - 1].strip()
    return f"{mutant.file}: {line}: {mutant.old} -> {mutant.new}"


def table(folder):
    workshop = Workshop(folder)
    outcomes = {mutant: line["outcome"] for mutant, line in workshop.tried().items() if line["outcome"] != "does not compile"}
    rows = collections.defaultdict(collections.Counter)
    holes = []
    for mutant, outcome in outcomes.items():
        name = name_of(workshop.source, mutant)
        if outcome == "survived":
            outcome = "makes no difference" if is_equivalent(name) else "not noticed"
        if outcome == "not noticed":
            holes.append(name)
        rows[mutant.file.split("/")[0]][outcome] += 1
    rows["all"] = sum(rows.values(), collections.Counter())
    columns = ("killed", "makes no difference", "not noticed")
    print("| layer | mutants | " + " | ".join(columns) + " |\n|---|---:" + "|---:" * len(columns) + "|")
    for layer, row in rows.items():
        print(f"| {layer} | {row.total()} | " + " | ".join(str(row[column]) for column in columns) + " |")
    for name in holes:
        print(f"not noticed: {name}")
    return 1 if holes or rows["all"]["killed"] < 0.95 * len(outcomes) else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["list", "run", "table"])
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    parser.add_argument("--mutants", type=int, default=200)
    arguments = parser.parse_args()
    if arguments.command == "list":
        for mutant in chosen(SOURCE, arguments.mutants):
            print(name_of(SOURCE, mutant))
        return 0
    if arguments.folder is None:
        parser.error(f"{arguments.command} needs a folder")
    if arguments.command == "run":
        run(arguments.folder.resolve(), arguments.mutants)
    return table(arguments.folder.resolve())


sys.exit(main())
