"""Trains every model in many kinds of builds and on several processors, and compares the bits.

Each row of the table is a build and a way to run it. rnnbench_bits trains the models of tests/bits/expected.txt on every
instruction set of the processor with one, two and three threads, and says how many lines are the same. Prints the table
and, when all rows are there, writes it to docs/reproducibility.md. The exit code is 1 if any bit differs or a build fails.

A row that is finished is kept as long as the sources are the same; its folder below --state holds the logs.
"""

import argparse
import datetime
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "reproducibility.md"
BEGIN, END = "<!-- written by scripts/test-long bits -->", "<!-- end of output -->"
ISAS = {"avx512": "AVX-512", "avx2": "AVX2", "neon": "NEON", "scalar": "portable"}
THREADS = (1, 2, 3)


@dataclass(frozen=True)
class Row:
    name: str
    options: tuple = ()  # of cmake
    of: str = ""  # the row whose build is run, instead of one of its own
    runner: tuple = ()  # the command before the program
    every: int = 1  # of how many lines one is compared, where all would take hours
    sanitizer: str = ""  # preset of a whole build in build/, which scripts/test-long memory completes
    suite: str = ""  # the Debian release in whose chroot the program is built


def compiled(compiler, flags, *more):
    return (f"-DCMAKE_CXX_COMPILER={compiler}", "-DCMAKE_BUILD_TYPE=None", f"-DCMAKE_CXX_FLAGS={flags}", *more)


LTO = "-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON"
ARM = ("-DCMAKE_SYSTEM_NAME=Linux", "-DCMAKE_SYSTEM_PROCESSOR=aarch64")
ROWS = (
    Row("release build", ("-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_COMPILER=g++")),
    *(Row(f"g++ {level}", compiled("g++", level)) for level in ("-O0", "-O1", "-O2", "-O3")),
    Row("g++ -O2, LTO", compiled("g++", "-O2", LTO)),
    *(Row(f"clang++ {level}", compiled("clang++", level)) for level in ("-O0", "-O1", "-O2", "-O3")),
    Row("clang++ -O2, LTO", compiled("clang++", "-O2", LTO, "-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld")),
    Row("g++ -O2 of Debian 13", compiled("g++", "-O2"), suite="trixie"),
    Row("g++ -O1, address and undefined", sanitizer="asan", every=2),
    Row("g++ -O1, thread", sanitizer="tsan", every=8),
    *(Row(f"release build, emulated {cpu}", of="release build", runner=("qemu-x86_64", "-cpu", cpu), every=8)
      for cpu in ("Nehalem", "SandyBridge", "Haswell", "EPYC-Rome")),
    Row("g++ -O2 for aarch64, emulated", compiled("aarch64-linux-gnu-g++", "-O2", *ARM),
        runner=("qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"), every=8),
)


def sources():
    names = subprocess.run(["git", "ls-files", "CMakeLists.txt", "core", "models", "tests/bits/model_bits.cpp",
                            "tests/bits/expected.txt", "tests/models/model_fixture.cpp", "experiments/records/record.h"],
                           cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    return hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in names)).hexdigest()


class Matrix:
    def __init__(self, state, jobs):
        self.state, self.jobs = state, jobs
        self.sources = sources()

    def folder(self, row):
        folder = self.state / re.sub(r"[^\w.-]+", "-", row.of or row.name)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def result_file(self, row):
        return self.state / (re.sub(r"[^\w.-]+", "-", row.name) + ".json")

    def stored(self, row):
        try:
            result = json.loads(self.result_file(row).read_text())
        except FileNotFoundError:
            return None
        return result if result["sources"] == self.sources else None

    def call(self, command, log, **more):
        with log.open("a") as file:
            file.write(f"$ {' '.join(map(str, command))}\n")
            file.flush()
            if subprocess.run(command, stdout=file, stderr=file, check=False, **more).returncode != 0:
                raise RuntimeError(f"does not build; see {log}")

    def configure_and_build(self, source, folder, options, log, prefix=()):
        launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if not prefix and shutil.which("ccache") else []
        self.call([*prefix, "cmake", "-S", source, "-B", folder, *options, *launcher], log)
        self.call([*prefix, "cmake", "--build", folder, "--target", "rnnbench_bits", "--parallel", str(self.jobs)], log)

    def in_chroot(self, row, folder, log):
        """Builds in a chroot of another release, which has to be made as root."""
        if os.getuid() != 0 or not shutil.which("debootstrap"):
            raise RuntimeError("needs root and debootstrap")
        root = folder / "root"
        mount = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
        inside = ("unshare", "--mount", "--fork", "sh", "-c", mount, str(root))
        if not (folder / "made").exists():
            shutil.rmtree(root, ignore_errors=True)
            mirror = [os.environ["MIRROR"]] if "MIRROR" in os.environ else []
            self.call(["debootstrap", "--variant=minbase", row.suite, root, *mirror], log)
            shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
            host = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
            (root / "etc/apt/apt.conf.d/host").write_text(
                "".join(line + "\n" for line in host.splitlines() if line.startswith("Acquire::")))
            install = "apt-get update && apt-get install -y --no-install-recommends g++ cmake make libhwy-dev " \
                      "librandom123-dev catch2"
            self.call([*inside, "sh", "-c", install], log, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
            (folder / "made").touch()
        files = subprocess.run(["git", "ls-files", "-z", "--", ".", ":!results"], cwd=ROOT, check=True,
                               capture_output=True).stdout
        archive = subprocess.run(["tar", "-c", "--null", "-T", "-"], cwd=ROOT, input=files, check=True,
                                 capture_output=True).stdout
        (root / "source").mkdir(exist_ok=True)
        subprocess.run(["tar", "-x", "-C", root / "source"], input=archive, check=True)
        self.configure_and_build("/source", "/build", (*row.options, "-DRNNBENCH_MODELS_ONLY=ON"), log,
                                 prefix=inside)
        return [*inside, "/build/rnnbench_bits"]  # its C library may be newer than that of this system

    def build(self, row):
        """Returns the command that runs the program."""
        folder = self.folder(row)
        log = folder / "build.log"
        log.write_text("")
        if row.suite:
            return self.in_chroot(row, folder, log)
        if row.sanitizer:
            binary = ROOT / "build" / row.sanitizer
            self.configure_and_build(ROOT, binary, ("--preset", row.sanitizer), log)
        else:
            binary = folder / "build"
            options = next(other for other in ROWS if other.name == row.of).options if row.of else row.options
            self.configure_and_build(ROOT, binary, (*options, "-DRNNBENCH_MODELS_ONLY=ON"), log)
        return [*row.runner, str(binary / "rnnbench_bits")]

    def run(self, row):
        result = {"sources": self.sources, "date": datetime.date.today().isoformat(), "places": {}, "problem": ""}
        try:
            began = time.monotonic()
            command = self.build(row)
            built = time.monotonic()
            run = subprocess.run([*command, "--places", str(row.every)], capture_output=True, text=True, check=False)
            (self.folder(row) / "run.log").write_text(run.stdout + run.stderr)
            for line in run.stdout.splitlines():
                isa, threads, lines, same = line.split()
                result["places"][f"{isa} {threads}"] = [int(lines), int(same)]
            if not result["places"] or run.returncode not in (0, 1):
                result["problem"] = f"ended with {run.returncode}; see {self.folder(row) / 'run.log'}"
            result["seconds"] = [round(built - began), round(time.monotonic() - built)]
        except (RuntimeError, FileNotFoundError) as error:
            result["problem"] = str(error)
            return result
        self.result_file(row).write_text(json.dumps(result))
        return result


def is_same(result):
    return not result["problem"] and all(lines == same for lines, same in result["places"].values())


def table_line(row, result):
    if result["problem"]:
        return f"| {row.name} | {result['problem']} |" + " |" * len(ISAS)
    cells = []
    for isa in ISAS:
        counts = [result["places"].get(f"{isa} {threads}") for threads in THREADS]
        different = [f"{lines - same} differ with {threads} threads"
                     for threads, (lines, same) in zip(THREADS, filter(None, counts)) if lines != same]
        cells.append("-" if None in counts else ", ".join(different) or "same")
    return f"| {row.name} | {next(iter(result['places'].values()))[0]} | " + " | ".join(cells) + " |"


def table(rows):
    heads = ["build", "models", *ISAS.values()]
    return "\n".join(["| " + " | ".join(heads) + " |", "|---|---:|" + "---|" * len(ISAS),
                      *(table_line(row, result) for row, result in rows)]) + "\n"


def processor():
    text = Path("/proc/cpuinfo").read_text()
    values = [re.search(rf"^{key}\s*: (.*)$", text, re.MULTILINE) for key in ("model name", "cpu family", "model")]
    return "{}, family {}, model {}".format(*(value[1] if value else "?" for value in values))


def write(rows):
    dates = sorted(result["date"] for _, result in rows)
    when = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN + "\n")
    _, after = rest.split(END, 1)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{when}, on {processor()}, with 1, 2 and 3 threads each:\n\n{table(rows)}\n{END}{after}")


def chosen_rows(names):
    """A name that is that of a row chooses this row, others all rows that contain it. Without names: all rows."""
    exact = {row.name for row in ROWS}.intersection(names)
    parts = [name for name in names if name not in exact]
    return [row for row in ROWS if not names or row.name in exact or any(part in row.name for part in parts)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="ROW",
                        help="only the row of this name, or rows whose names contain it (all)")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="of a build")
    arguments = parser.parse_args()
    matrix = Matrix(arguments.state.resolve(), arguments.jobs)
    chosen = chosen_rows(arguments.names)
    if not chosen:
        sys.exit("no row has such a name; the names are:\n" + "\n".join(row.name for row in ROWS))
    rows = []
    for row in chosen:
        result = matrix.stored(row) or matrix.run(row)
        rows.append((row, result))
        print(table_line(row, result), *result.get("seconds", ()), flush=True)
    everything = [(row, matrix.stored(row)) for row in ROWS]
    if all(result for _, result in everything):
        write(everything)
        print(f"written to {DOCUMENT.relative_to(ROOT)}")
    sys.exit(0 if all(is_same(result) for _, result in rows) else 1)


if __name__ == "__main__":
    main()
