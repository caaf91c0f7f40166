#!/usr/bin/env python3
"""scripts/convert-music on small generated MATLAB files. Arguments: the script, the rnnbench program."""
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from scipy.io import savemat
except ImportError:
    print("scipy is not installed")
    sys.exit(77)

script, program = sys.argv[1:]
folder = pathlib.Path(tempfile.mkdtemp())


def roll(*steps):
    matrix = np.zeros((len(steps), 88))
    for t, notes in enumerate(steps):
        for note in notes:
            matrix[t, note - 21] = 1
    return matrix


def cells(*rolls):
    array = np.empty((1, len(rolls)), dtype=object)
    for i, matrix in enumerate(rolls):
        array[0, i] = matrix
    return array


def written(name, **variables):
    path = folder / name
    savemat(path, variables, do_compression=True)
    return path


def convert(path):
    return subprocess.run([sys.executable, script, str(path), "--to", str(folder)], capture_output=True, text=True)


train = cells(roll([21, 108], [], [60]), roll([60], [62, 64]))
good = dict(traindata=train, validdata=cells(roll([30], [31])), testdata=cells(roll([40, 41], [42], [43])))

done = convert(written("JSB_Chorales.mat", **good))
assert done.returncode == 0, done.stderr
expected = {"train": [[[21, 108], [], [60]], [[60], [62, 64]]], "valid": [[[30], [31]]], "test": [[[40, 41], [42], [43]]]}
text = (folder / "jsb-chorales.json").read_text()
assert json.loads(text) == expected, text
assert text == json.dumps(expected, separators=(",", ":")), "the hash of the published files is that of this form"
assert "2 train, 1 valid, 1 test" in done.stdout, done.stdout

run = subprocess.run([program, "run", "--task", "sequences", "--file", str(folder / "jsb-chorales.json"), "--cell", "gru",
                      "--hidden", "4", "--updates", "2", "--results", str(folder / "results")], capture_output=True, text=True)
assert run.returncode == 0, run.stderr

for name, change, words in [
    ("missing.mat", dict(testdata=None), "no variable testdata"),
    ("wide.mat", dict(validdata=cells(np.zeros((3, 87)))), "sequence 1 of validdata is no matrix with 88 columns"),
    ("value.mat", dict(traindata=cells(roll([60], [61]), 2 * roll([60], [61]))), "sequence 2 of traindata has a value other"),
    ("short.mat", dict(testdata=cells(roll([60]))), "fewer than two time steps"),
]:
    variables = {key: value for key, value in {**good, **change}.items() if value is not None}
    refused = convert(written(name, **variables))
    assert refused.returncode == 1 and words in refused.stderr, (name, refused.returncode, refused.stderr)
    assert not (folder / name.replace(".mat", ".json")).exists()

(folder / "text.mat").write_text("no MATLAB file")
refused = convert(folder / "text.mat")
assert refused.returncode == 1 and "cannot be read as a MATLAB file" in refused.stderr, refused.stderr
