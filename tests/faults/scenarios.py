"""The commands that inject.py disturbs, with tiny settings."""

from dataclasses import dataclass, field

TINY = "--task adding --hidden 2 --length 4 --batch 4 --updates 3 --evaluate 8".split()
STUDY = """# A study that is trained in a blink.
title = Tiny
task = adding
cell = lstm, gru
length = 4
hidden = 2
updates = 4
evaluate = 8
batch = 4
seed = 1..20

[search]
rungs = 2 x 1 at 1/2, 1 x 2 at 1

[claim tiny]
number = 1
claim = An LSTM adds better than a GRU.
source = Nobody 1999
measure = mse
compare = lstm / gru < 1
margin = 0.1 (a tenth)
"""
OTHERS = "task,model,seed,score\nadding,torch-rnn,1,{}\nadding,torch-rnn,2,diverged\n"


def run(cells="rnn,lstm", seeds="1", results="results"):
    return ["run", *TINY, "--cell", cells, "--seed", seeds, "--results", results, "--jobs", "1"]


def importing(file="torch.csv", results="results"):
    return ["import", file, "--to", "adding.ini", "--results", results]


REPRODUCE = ["reproduce", "tiny.ini", "--profile", "smoke", "--jobs", "1", "--results", "results"]
INI = "task = adding\ncell = rnn, lstm\nlength = 4\nhidden = 2\nbatch = 4\nupdates = 3\nevaluate = 8\nseed = 1..2\n"


@dataclass
class Scenario:
    name: str
    command: list  # that is disturbed
    before: list = field(default_factory=list)  # commands before it; the last item of one may be a fault in a tuple
    clock: float = 1  # the factor by which its time passes faster, and that of commands with a fault before it
    append: dict = field(default_factory=dict)  # texts to files, after these commands


FILES = {
    "adding.ini": INI,
    "tiny.ini": STUDY,
    "torch.csv": OTHERS.format("0.25"),
    "other/torch.csv": OTHERS.format("0.5"),
}
RUN_INI, REPORT, PLOT = ["run", "adding.ini"], ["report", "adding.ini"], ["plot", "adding.ini", "--format", "svg,png"]
FAST = 1e8  # a checkpoint is due after each update

SCENARIOS = [
    Scenario("run", run()),
    Scenario("run, more", run(seeds="1..2"), [run()]),
    Scenario("run, two jobs and threads", [*run()[:-1], "2", "--threads", "2", "--oversubscribe"]),
    Scenario("run, checkpoints", run("rnn"), clock=FAST),
    # Killed when the second checkpoint replaces the first one.
    Scenario("resume", run(), [(run(), "rename:KILL:3")], clock=FAST),
    Scenario("verify", ["verify", "--sample", "2", "adding.ini", "--jobs", "1"], [RUN_INI]),
    Scenario("table", ["table", "adding.ini"], [RUN_INI, importing()]),
    Scenario("status", ["status", "adding.ini"], [run()]),
    Scenario("plot", PLOT, [run(), PLOT, RUN_INI]),
    Scenario("report", REPORT, [run(), REPORT, RUN_INI]),
    Scenario("merge", ["merge", "one", "two", "--into", "results"],
             [run(), run("gru", "1", "one"), run("rnn", "2", "two"), importing(results="one"),
              [*REPRODUCE[:-1], "two"]]),
    Scenario("import", importing()),
    Scenario("import, replace", [*importing("other/torch.csv"), "--replace"], [run(), importing()]),
    Scenario("reproduce", REPRODUCE),
    # Killed in the middle of the second line.
    Scenario("reproduce, resume", REPRODUCE, [(REPRODUCE, "sync:KILL:5")],
             append={"results/smoke/tiny/search-A.jsonl": '{"id":"'}),
    Scenario("reproduce, freeze", ["reproduce", "tiny.ini", "--freeze"]),
    Scenario("findings", ["findings", "tiny.ini", "--results", "results/smoke"], [REPRODUCE]),
    Scenario("report findings", ["report", "findings", "tiny.ini", "--profile", "smoke"], [REPRODUCE]),
    Scenario("submit", ["submit", "adding.ini"]),
    Scenario("export", ["export", "--task", "adding", "--count", "3", "--to", "sequences.safetensors"]),
]
