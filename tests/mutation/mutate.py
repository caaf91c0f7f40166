#!/usr/bin/python3
"""Changes one token of the source at a time and sees whether the tests notice.

    tests/mutation/mutate.py run FOLDER [--mutants N]   builds and tests the mutants, with a clone and its build in FOLDER
    tests/mutation/mutate.py table                      what became of them

tests/mutation/mutants.jsonl lists the mutants, three quarters of them in statistics, verdicts, training, optimizer and
tasks, the others anywhere else, and what became of each. `run` adds new ones, always the same, until there are N (200);
those whose line is gone or that do not build are replaced. A mutant is killed if the tests fail or take too long. It is
tried again when its file has changed, and a survivor also when the tests have. A survivor is a hole in the tests, or the
change makes no difference: then "reason" says why. These are not tried again, and count as not killed.
"""
import argparse
import collections
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
LIST = pathlib.Path(__file__).with_name("mutants.jsonl")

# Files of three quarters of the mutants.
CENTRAL = ["analysis/statistics/*.cpp", "findings/*.cpp", "experiments/training/*.cpp", "experiments/search/*.cpp",
           "core/optimizer.cpp", "core/schedule.cpp", "tasks/**/*.cpp"]
OTHERS = ["core/*.cpp", "models/*.cpp", "models/**/*.cpp", "experiments/declaration/*.cpp", "experiments/records/*.cpp",
          "experiments/running/*.cpp", "analysis/*.cpp", "analysis/figures/*.cpp", "cli/*.cpp"]
# A mutant of a layer is seen by the tests of this layer and of those behind it, which use it; a few tests of the layers
# before include what comes later.
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

# `line` is the text of the line, `nth` counts the lines before it with the same text, `column` is that of the token.
Mutant = collections.namedtuple("Mutant", "file line nth column old new")


def changed(token):
    """The token in place of this one, or None. Binary operators are those between spaces (clang-format sees to that)."""
    if token in SWAPPED:
        return SWAPPED[token]
    if re.fullmatch(r"\d+", token):
        return str(int(token) + 1)
    if re.fullmatch(r"\d+\.\d+(e-?\d+)?", token):
        return "(2 * " + token + ")" if float(token) else "1.0"
    return None


def mutants_of(file):
    text = (SOURCE / file).read_text()
    lines = text.split("\n")
    for match in TOKEN.finditer(text):
        token, at = match[0], match.start()
        number = text.count("\n", 0, at)
        line = lines[number]
        if changed(token) is None or '"' in line or line.lstrip().startswith(("template", "static_assert")):
            continue
        if not token[0].isalnum() and not (text[at - 1] == " " and text[match.end()] in " \n"):
            continue
        yield Mutant(str(file), line.strip(), [other.strip() for other in lines[:number]].count(line.strip()),
                     at - text.rfind("\n", 0, at) - 1, token, changed(token))


def hash_of(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def random_order(mutant):
    return hash_of(json.dumps(mutant))


def files_of(patterns):
    return sorted({str(file.relative_to(SOURCE)) for pattern in patterns for file in SOURCE.glob(pattern)})


def read_list():
    """Mutant -> what is known about it."""
    lines = [json.loads(line) for line in LIST.read_text().splitlines()] if LIST.exists() else []
    return {Mutant(*line.pop("mutant")): line for line in lines}


def write_list(mutants):
    temporary = LIST.with_suffix(".tmp")
    temporary.write_text("".join(json.dumps({"mutant": mutant} | known) + "\n" for mutant, known in mutants.items()))
    temporary.replace(LIST)


def chosen(count):
    """The mutants of the list that the source still has, and new ones in place of the others."""
    known, picked = read_list(), {}
    central = files_of(CENTRAL)
    for files, share in ((central, count * 3 // 4), (set(files_of(OTHERS)) - set(central), count - count * 3 // 4)):
        every = {mutant for file in files for mutant in mutants_of(file)}
        compiles = [mutant for mutant in every if known.get(mutant, {}).get("outcome") != "does not compile"]
        kept = [mutant for mutant in known if mutant in every]
        picked |= {mutant: known[mutant] for mutant in kept}
        missing = share - sum(mutant in known for mutant in compiles)
        new = sorted((mutant for mutant in compiles if mutant not in known), key=random_order)
        picked |= {mutant: {} for mutant in new[:max(0, missing)]}
    return picked


def included_text(file):
    """The text of a test, and of the headers of tests that it includes."""
    text = file.read_text()
    return text + "".join(included_text(SOURCE / header) for header in re.findall(r'#include "(tests/.*)"', text))


def tests_of(file):
    """The files of tests that may notice a change of this file: those of its layer that name it, all by layer, and those
    of earlier layers that include something of these."""
    at = LAYERS.index(file.split("/")[0])
    layers = [sorted((SOURCE / "tests" / layer).rglob("*_test.cpp")) for layer in LAYERS]
    name = re.compile(rf"\b{pathlib.Path(file).stem}\b")
    later = re.compile(rf'#include "({"|".join(LAYERS[at:])})/')
    lists = [[test for test in layers[at] if name.search(test.read_text())], *layers[at:],
             [test for tests in layers[:at] for test in tests if later.search(included_text(test))]]
    return [[test.stem for test in tests] for tests in lists]


class Workshop:
    """A clone of the commit and its build."""

    def __init__(self, folder):
        self.folder, self.source, self.build = folder, folder / "source", folder / "build"
        self.options = ["--filenames-as-tags", "--abort"]
        folder.mkdir(parents=True, exist_ok=True)

    def git(self, *words):
        done = subprocess.run(["git", "-C", self.source, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def prepare(self):
        if not self.source.exists():
            subprocess.run(["git", "clone", "--quiet", SOURCE, self.source], check=True)
        self.git("fetch", "--quiet", SOURCE, "HEAD")
        self.git("checkout", "--quiet", "--force", "FETCH_HEAD")  # also undoes a mutant of an earlier call
        code = [line for line in self.git("ls-tree", "-r", "HEAD").splitlines()
                if not re.search(r"\t(docs|results|tests/mutation)/", line)]
        self.tests = hash_of("\n".join(line for line in code if "\ttests/" in line))
        subprocess.run(["cmake", "-S", self.source, "-B", self.build, "-DCMAKE_BUILD_TYPE=None",
                        "-DCMAKE_CXX_FLAGS=-O1 -D_GLIBCXX_ASSERTIONS", "-DRNNBENCH_UNITY=OFF"],
                       check=True, stdout=subprocess.DEVNULL)
        if self.compile() != 0:
            sys.exit(f"it does not build; see {self.folder}/log")
        usage = subprocess.run([self.build / "rnnbench_tests", "--help"], capture_output=True, text=True, check=True).stdout
        if "--allow-running-no-tests" in usage:  # Catch2 3: not an error if all tests of a file are left out
            self.options.append("--allow-running-no-tests")
        self.take_times(code)

    def take_times(self, code):
        """Sets `seconds` to what the tests of each file take without any change. Tests that passed are repeated after a
        change of their file, or of anything but files of tests. `code`: the files, as git ls-tree lists them."""
        stored = self.folder / "passed.json"
        others = hash_of("\n".join(line for line in code if not line.endswith("_test.cpp")))
        known = json.loads(stored.read_text()) if stored.exists() else {}
        passed = known["passed"] if known.get("code") == others else {}
        for layer in tests_of("core/"):
            hashes = {test: hash_of("\n".join(line for line in code if line.endswith(f"/{test}.cpp"))) for test in layer}
            missing = [test for test in layer if passed.get(test, {}).get("file") != hashes[test]]
            failed, taken = self.run_tests(missing, lambda test: 3600)
            if failed:
                sys.exit(f"the tests of {failed} fail, or take an hour, without any change; see {self.folder}/{failed}.log")
            passed |= {test: {"file": hashes[test], "seconds": seconds} for test, seconds in taken.items()}
            stored.write_text(json.dumps({"code": others, "passed": passed}))
        self.seconds = {test: entry["seconds"] for test, entry in passed.items()}

    def compile(self):
        with open(self.folder / "log", "w", encoding="utf-8") as log:
            return subprocess.run(["cmake", "--build", self.build, "--target", "rnnbench", "rnnbench_tests", "--parallel",
                                   str(os.cpu_count())],
                                  cwd=self.source, stdout=log, stderr=log, check=False).returncode

    def start(self, test):
        with open(self.folder / f"{test}.log", "w", encoding="utf-8") as log:
            return subprocess.Popen([self.build / "rnnbench_tests", f"[#{test}]{LEFT_OUT}", *self.options], cwd=self.source,
                                    stdout=log, stderr=log, start_new_session=True)

    def run_tests(self, tests, limit):
        """Runs the tests of these files, as many processes at a time as there are cores, until one fails or takes longer
        than limit(file) seconds. Returns its name, or None, and the seconds of those that passed."""
        waiting, running, taken, failed = collections.deque(tests), {}, {}, None
        while (waiting or running) and failed is None:
            while waiting and len(running) < os.cpu_count():
                test = waiting.popleft()
                running[test] = self.start(test), time.monotonic()
            time.sleep(0.02)
            for test, (process, started) in list(running.items()):
                seconds = time.monotonic() - started
                if process.poll() == 0:
                    taken[test] = seconds
                    del running[test]
                elif process.returncode is not None or seconds > limit(test):
                    failed = test
        for process, _ in running.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return failed, taken

    def notice(self, file):
        """Whether a test fails, or hangs, after a change of this file; quick tests first."""
        tried = set()
        for tests in tests_of(file):
            tests = sorted(set(tests) - tried, key=self.seconds.get)
            tried |= set(tests)
            if self.run_tests(tests, lambda test: 120 + 5 * self.seconds[test])[0]:
                return True
        return False

    def outcome(self, mutant):
        path = self.source / mutant.file
        text, times = path.read_text(), path.stat()
        compiled = next(self.build.glob(f"CMakeFiles/*.dir/{mutant.file}.o"))
        unchanged = compiled.read_bytes()
        lines = text.split("\n")
        number = [n for n, line in enumerate(lines) if line.strip() == mutant.line][mutant.nth]
        before, after = lines[number][:mutant.column], lines[number][mutant.column + len(mutant.old):]
        path.write_text("\n".join(lines[:number] + [before + mutant.new + after] + lines[number + 1:]))
        try:
            if self.compile() != 0:
                return "does not compile"
            return "killed" if self.notice(mutant.file) else "survived"
        finally:  # so that it need not be compiled again
            path.write_text(text)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
            compiled.write_bytes(unchanged)

    def is_open(self, mutant, known):
        """Whether this mutant has to be tried, or tried again."""
        if known.get("file") != hash_of((SOURCE / mutant.file).read_text()):
            return "reason" not in known
        return known["outcome"] == "survived" and known["tests"] != self.tests and "reason" not in known


def name_of(mutant):
    return f"{mutant.file}: {mutant.line}: {mutant.old} -> {mutant.new}"


def run(folder, count):
    workshop = Workshop(folder)
    workshop.prepare()
    while True:
        mutants = chosen(count)
        tried = next((mutant for mutant, known in mutants.items() if workshop.is_open(mutant, known)), None)
        if tried is None:
            return
        outcome = workshop.outcome(tried)
        mutants[tried] = {"outcome": outcome, "file": hash_of((SOURCE / tried.file).read_text()), "tests": workshop.tests}
        write_list({mutant: known for mutant, known in mutants.items() if known})
        print(f"{name_of(tried)}: {outcome}", flush=True)


def table():
    mutants = {mutant: known for mutant, known in read_list().items() if known["outcome"] != "does not compile"}
    rows = collections.defaultdict(collections.Counter)
    holes = []
    for mutant, known in mutants.items():
        outcome = known["outcome"]
        if outcome == "survived":
            outcome = "makes no difference" if "reason" in known else "not noticed"
        if outcome == "not noticed":
            holes.append(name_of(mutant))
        rows[mutant.file.split("/")[0]][outcome] += 1
    rows["all"] = sum(rows.values(), collections.Counter())
    columns = ("killed", "makes no difference", "not noticed")
    print("| layer | mutants | " + " | ".join(columns) + " |\n|---|---:" + "|---:" * len(columns) + "|")
    for layer, row in rows.items():
        print(f"| {layer} | {row.total()} | " + " | ".join(str(row[column]) for column in columns) + " |")
    for name in holes:
        print(f"not noticed: {name}")
    return 1 if holes or rows["all"]["killed"] < 0.95 * len(mutants) else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "table"])
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    parser.add_argument("--mutants", type=int, default=200)
    arguments = parser.parse_args()
    if arguments.command == "run":
        if arguments.folder is None:
            parser.error("run needs a folder")
        run(arguments.folder.resolve(), arguments.mutants)
    return table()


sys.exit(main())
