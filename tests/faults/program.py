"""What inject.py and kill.py share: the program with disturbances, and what has to be the same bytes in a folder."""

import csv
import io
import json
import os
import re
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SECONDS = 120  # after which a command has hung


def hang_up():
    """Under nohup, SIGHUP is ignored, and in the background of a script SIGINT; so they would be by the programs that
    are started."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


class Program:
    """rnnbench, as it is in the folder of a build, and the library that disturbs it."""

    def __init__(self, build):
        self.path, self.preload = build / "rnnbench", build / "tests" / "faults" / "libfaults.so"
        for path in (self.path, self.preload):
            if not path.exists():
                raise SystemExit(f"{path} is missing; build it first: cmake --build --preset release")

    def start(self, words, folder, fault="", clock=1, stdout=subprocess.PIPE, stderr=subprocess.PIPE):
        """In this working folder, beside whose end a file 'reached' says whether the fault was reached."""
        temporary = folder.with_name(folder.name + ".tmp")
        temporary.mkdir(exist_ok=True)
        environment = {
            "PATH": f"{HERE / 'bin'}:{os.environ['PATH']}",
            "TMPDIR": str(temporary),
            "LD_PRELOAD": str(self.preload),
            "RNNBENCH_FAULT_REPORT": str(folder.with_name(folder.name + ".reached")),
            "RNNBENCH_CLOCK_FACTOR": str(clock),
        }
        if fault:
            environment["RNNBENCH_FAULT"] = fault
        return subprocess.Popen([self.path, *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                stdout=stdout, stderr=stderr, text=True, preexec_fn=hang_up)

    def run(self, words, folder, fault="", clock=1):
        """The exit code (negative: of the signal that ended it, or None if it hung), standard output and error."""
        process = self.start(words, folder, fault, clock)
        try:
            stdout, stderr = process.communicate(timeout=SECONDS)
            return process.returncode, stdout, stderr
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            return None, *process.communicate()


def is_temporary(name):
    return re.search(r"(^|/)\.[^/]*\.tmp$", name) is not None


def is_checkpoint(name):
    return name.endswith(".checkpoint")


def is_transient(name):
    return is_temporary(name) or is_checkpoint(name)


def record(text):
    """Of a record, what its spec determines."""
    sections = json.loads(text)
    return json.dumps([sections["spec"], sections["result"]])


def trials(text):
    """The complete lines of a file of trials without their times, sorted: they are in the order in which they finished.
    An incomplete last line is not read by rnnbench."""
    trials = [json.loads(line) for line in text.split("\n")[:-1]]
    measured = ("cpu_seconds", "line_hash")
    return "\n".join(sorted(json.dumps({key: trial[key] for key in trial if key not in measured}) for trial in trials))


def table(text):
    """runs.csv or curves.csv without measured columns."""
    rows = list(csv.reader(io.StringIO(text)))
    if not text.endswith("\n") or len({len(row) for row in rows}) > 1:
        raise ValueError
    measured = {i for i, name in enumerate(rows[0]) if name == "cpu_seconds"}
    if "train_cpu_seconds" in rows[0]:
        measured |= set(range(rows[0].index("train_cpu_seconds"), len(rows[0])))
    return "\n".join(",".join(cell for i, cell in enumerate(row) if i not in measured) for row in rows)


def content(path):
    """What has to be the same bytes whenever the file is written."""
    readers = {"runs.csv": table, "curves.csv": table}
    reader = readers.get(path.name)
    if path.parent.name == "runs" and path.suffix == ".json":
        reader = record
    if path.name.startswith("search-") and path.suffix == ".jsonl":
        reader = trials
    data = path.read_bytes()
    if reader is None:
        return data
    try:
        return reader(data.decode())
    except (ValueError, KeyError, IndexError):
        return b"torn: " + data


def contents(folder):
    """Of all files below the folder, by name. Slurm's scripts name the folder."""
    files = {str(path.relative_to(folder)): content(path) for path in sorted(folder.rglob("*")) if path.is_file()}
    for name in files:
        if name.endswith(".sbatch"):
            files[name] = files[name].replace(str(folder).encode(), b".")
    return files
