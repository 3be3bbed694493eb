"""A run that is killed (kill -9) and resumed ends as one that was not."""

import signal
import subprocess
import sys
import time

import numpy as np

from tests.training.test_runner import QUICK, content, rows_of
from tfgmmgan.training.run_directory import RunDirectory


def command(output, *more):
    quick = [f"--{name}={value}" for name, value in QUICK.items()]
    return [
        *(sys.executable, "-m", "tfgmmgan", "train", "--output", str(output), "--batch_size", "8", "--epochs", "4"),
        *("--model.width", "0.1", "--num_components", "3", *quick, *more),
        *("--evaluation.extent", "none"),  # tests/campaigns has the same with what is measured
    ]


def epochs_done(run):
    return sum(row["epoch"] != "0" for row in rows_of(run)) if run.history.exists() else 0


def test_killed_and_resumed_ends_as_if_undisturbed(tmp_path):
    straight, broken = RunDirectory(tmp_path / "straight"), RunDirectory(tmp_path / "broken")
    process = subprocess.Popen(command(broken.path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while epochs_done(broken) < 2 and process.poll() is None:
        time.sleep(0.01)
    time.sleep(0.1)  # into the third epoch of some 180 steps
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert epochs_done(broken) == 2, "killed too late to show anything"
    assert broken.last_checkpoint()[0] in (1, 2)

    done = subprocess.run(command(straight.path), check=True, capture_output=True)
    assert done.stderr == b""  # nothing of TensorFlow's
    subprocess.run(command(broken.path, "--resume"), check=True, capture_output=True)
    ours, theirs = content(straight.checkpoint(4)), content(broken.checkpoint(4))
    assert ours.keys() == theirs.keys()
    for part in ("discriminator_optimizer", "gaussian_mixture", "batch_normalization"):
        assert any(part in name for name in ours)
    for name, values in ours.items():
        np.testing.assert_array_equal(values, theirs[name], err_msg=name)
    for ours, theirs in zip(rows_of(straight), rows_of(broken), strict=True):
        assert {**ours, "seconds": 0} == {**theirs, "seconds": 0}
