#!/usr/bin/python3
"""Watches the system calls of every command of the program and reports what it must not do.

    tests/isolation/isolation.py build/release/rnnbench

A command must not use a network, must start no program but gnuplot (sbatch for `submit`), and must write nowhere but
below the results folder, to the files that it was told, and in the folder for temporary files. Prints a table of the
commands; the exit code is 1 if there is a violation. Needs strace and gnuplot.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

WRITING = {"creat", "mkdir", "mkdirat", "mknod", "mknodat", "rename", "renameat", "renameat2", "unlink", "unlinkat",
           "rmdir", "link", "linkat", "symlink", "symlinkat", "truncate", "chmod", "fchmodat", "chown", "lchown",
           "fchownat", "utimensat", "setxattr", "mount"}
NETWORK = {"socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "recvfrom"}
TRACED = sorted(WRITING | NETWORK | {"open", "openat", "execve", "execveat", "chdir", "ptrace"})

STUDY = """\
task = adding
length = 4
cell = rnn, gru
hidden = 2
updates = 20
batch = 4
evaluate = 64
seed = 1..16

[claim]
number = 901
claim = A GRU is better.
source = nobody
measure = skill
compare = gru > rnn
margin = 0.1 (for this test)
figure = models
"""
RESULTS_OF_OTHERS = "task,model,seed,score\n" + "".join(f"adding,mine,{seed},0.5\n" for seed in range(1, 4))
RUN = "run --task adding --cell rnn,gru --hidden 2 --length 4 --updates 20 --batch 4 --seed 1..2"
SETTINGS = "--task adding --cell rnn,gru --hidden 2 --length 4 --updates 20 --batch 4 --seed 1..2"

# The commands in this order, the programs that they may start, and the files below the working folder that they may
# write. RECORD is the path of a record.
COMMANDS = [
    ("--version", [], []),
    ("help run", [], []),
    ("list", [], []),
    ("show lstm", [], []),
    ("show adding", [], []),
    ("check rnn --hidden 2", [], []),
    ("completion bash", [], []),
    ("man", [], []),
    (RUN + " --jobs 2 --threads 2 --oversubscribe", [], ["results"]),
    (RUN, [], ["results"]),
    (f"status {SETTINGS}", [], []),
    (f"table {SETTINGS}", [], []),
    (f"compare {SETTINGS}", [], []),
    (f"plot {SETTINGS}", ["gnuplot"], ["results"]),
    (f"report {SETTINGS}", ["gnuplot"], ["results"]),
    ("trace RECORD", ["gnuplot"], ["results"]),
    ("verify RECORD", [], []),
    ("verify --all results --sample 2", [], []),
    ("predict RECORD --to predictions.safetensors", [], ["predictions.safetensors"]),
    ("export --task adding --length 4 --to sequences.safetensors", [], ["sequences.safetensors"]),
    ("dump --to batch.safetensors --task adding --cell rnn --hidden 2 --length 4 --batch 2", [], ["batch.safetensors"]),
    ("import others.csv", [], ["results"]),
    ("merge results --into joined", [], ["joined"]),
    ("run study.ini --shard 1/2 --results shard", [], ["shard"]),
    ("reproduce study.ini --results studied", [], ["studied"]),
    ("findings study.ini --results studied", [], []),
    ("report study.ini --results studied", ["gnuplot"], ["studied"]),
    ("submit study.ini --results queued --dry-run", [], []),
    ("submit study.ini --results queued", ["sbatch"], ["queued"]),
    ("speed --task adding --length 4 --cell rnn --hidden 2", [], []),
]


def calls(log):
    """The completed system calls of a trace: name, arguments."""
    for line in log.read_text(errors="replace").splitlines():
        found = re.match(r"(?:\d+ +)?(\w+)\((.*)", line)
        if found:
            yield found[1], found[2]


def paths(arguments, folder):
    """The paths among the arguments, in the working folder, and those of descriptors (strace -y)."""
    bases = re.findall(r"(?:AT_FDCWD|\d+)<([^>]*)>", arguments)
    for text in re.findall(r'"((?:[^"\\]|\\.)*)"', arguments):
        yield os.path.normpath(os.path.join(bases[0] if bases else folder, text))


def violations(log, folder, programs, written, temporary):
    """What the trace shows that is not allowed, and the numbers of programs and of files written."""
    allowed = [str(folder / name) for name in written] + [temporary]
    found, started, files = [], [], set()

    def inside(path):  # or the temporary file that is renamed to it
        name = os.path.basename(path)
        return any(path.startswith(a + "/") or path == a or name.startswith(f".{os.path.basename(a)}.") for a in allowed)

    for name, arguments in calls(log):
        if name in NETWORK:
            found.append(f"uses a network: {name}({arguments}")
        elif name in ("execve", "execveat"):
            if not arguments.endswith("= 0"):
                continue
            program = os.path.basename(next(paths(arguments, folder)))
            started.append(program)
            if program not in ["rnnbench", *programs]:
                found.append(f"starts a program: {arguments}")
        elif name in WRITING or (name in ("open", "openat") and re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", arguments)):
            for path in paths(arguments, folder):
                if path in ("/dev/null", "/dev/tty") or " = -1 " in arguments:
                    continue
                files.add(path)
                if not inside(path):
                    found.append(f"writes elsewhere: {name}({arguments}")
    return found, len(started) - 1, len(files)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = pathlib.Path(sys.argv[1]).resolve()
    bad = False
    print("| command | programs started | files written | violations |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch).resolve()
        folder, temporary, tools = scratch / "work", scratch / "tmp", scratch / "bin"
        for path in (folder, temporary, tools, scratch / "home"):
            path.mkdir()
        (folder / "study.ini").write_text(STUDY)
        (folder / "others.csv").write_text(RESULTS_OF_OTHERS)
        (tools / "sbatch").write_text("#!/bin/sh\necho 1\n")
        (tools / "sbatch").chmod(0o755)
        environment = {"PATH": f"{tools}:/usr/bin:/bin", "HOME": str(scratch / "home"), "TMPDIR": str(temporary),
                       "LANG": "C.UTF-8"}
        for command, programs, written in COMMANDS:
            record = next((folder / "results").glob("adding/runs/*.json"), None)
            words = [str(record) if word == "RECORD" else word for word in command.split()]
            log = scratch / "trace"
            done = subprocess.run(["strace", "-f", "-y", "-qq", "--signal=none", "-o", log,
                                   "-e", "trace=" + ",".join("?" + call for call in TRACED), program, *words],
                                  cwd=folder, env=environment, text=True, capture_output=True, check=False)
            found, started, files = violations(log, folder, programs, written, str(temporary))
            if done.returncode != 0:
                found.append(f"exit code {done.returncode}: {done.stderr.strip()}")
            print(f"| {command} | {started} | {files} | {len(found)} |", flush=True)
            for sentence in found[:20]:
                print(f"  {sentence}")
            bad = bad or bool(found)
    sys.exit(bad)


main()
