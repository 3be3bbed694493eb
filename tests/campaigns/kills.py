"""Kills at random moments: `python tests/campaigns/kills.py --count 50`.

Each trial trains a tiny run in a process of its own and stops it at a random moment by SIGKILL, SIGTERM, SIGINT or two
SIGINTs, in every third trial again while it goes on, then lets it end. All of its weights, its losses and its files
must be those of a run that nothing happened to.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

ROOT = Path(__file__).parents[2]
# A process with two devices, for MirroredStrategy, that trains as `train.py` does.
CHILD = """
import sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from tfgmmgan.clustering import progress
from tfgmmgan.training import callbacks, within_epoch
progress.EVERY = 0.2  # seconds; a run of seconds is saved as often as one of hours
callbacks.Checkpoint.__init__.__defaults__ = (0.2,)
within_epoch.WithinEpoch.__init__.__defaults__ = (None, 0.2)
from tfgmmgan.cli import main
print("begun", flush=True)
sys.exit(main("train"))
"""
RUN = [
    *("--dataset=digits", "--model=modegan", "--epochs=4", "--data.class_fractions={}", "--model.width=0.1"),
    *("--clusterer.steps=120", "--clusterer.self_training_rounds=1", "--clusterer.width=0.1"),
    "--clusterer.descriptor=pixels",
    *("--prior.subclasses=2", "--evaluation.every_epochs=2", "--evaluation.samples=50"),
    "--evaluation.extent=quick",
    *("--evaluation.trade_off_samples=0", "--evaluation.inception=none"),
]
SIGNALS = {
    "SIGKILL": [signal.SIGKILL],
    "SIGTERM": [signal.SIGTERM],
    "SIGINT": [signal.SIGINT],
    "SIGINT twice": [signal.SIGINT] * 2,
}


class Trial:
    """One run and how it is started."""

    def __init__(self, output: Path, strategy: str) -> None:
        self.output = output
        self.arguments = [sys.executable, "-c", CHILD, *RUN, f"--strategy={strategy}", f"--output={output}"]

    def start(self, resume: bool) -> tuple[subprocess.Popen, float]:
        """Start a process and return it when its imports are done, with that moment."""
        more = ["--resume"] if resume else []
        process = subprocess.Popen(
            [*self.arguments, *more], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        process.stdout.readline()
        return process, time.monotonic()

    def stop(self, resume: bool, after: float, signals: list[int]) -> list[str]:
        """Start, stop by signals after so many seconds, and return what was wrong about the end."""
        process, _ = self.start(resume)
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            for number in signals:
                process.send_signal(number)
                time.sleep(0.05)
        _, said = process.communicate(timeout=120)
        interrupted = signals[0] == signal.SIGINT and process.returncode == 130
        right = process.returncode in (0, -signals[0]) or interrupted
        faults = [] if right else [f"ended with {process.returncode}: {said[-300:]}"]
        if "Traceback" in said:
            faults.append(f"a traceback: {said[-300:]}")
        return faults

    def end(self, resume: bool) -> tuple[list[str], float]:
        """Let the run end; return what was wrong, and the seconds it took after its imports."""
        if resume and not (self.output / "config.yaml").exists():
            resume = False  # nothing was written: it starts, and is not refused
        process, begun = self.start(resume)
        _, said = process.communicate(timeout=600)
        faults = [f"--resume ended with {process.returncode}: {said[-300:]}"] if process.returncode else []
        return faults, time.monotonic() - begun


def contents(run: Path) -> dict[str, np.ndarray | str]:
    """Return what must be the same: weights and optimizers' states, losses, and which files there are."""
    found: dict[str, np.ndarray | str] = {"files": " ".join(sorted(files(run)))}
    for path in sorted(run.glob("checkpoints/*.h5")):
        with h5py.File(path) as file:

            def take(name: str, item: h5py.Group | h5py.Dataset, path: Path = path) -> None:
                if isinstance(item, h5py.Dataset):
                    found[f"{path.name} {name}"] = item[()]

            file.visititems(take)
    for name in ("history.csv", "scores.csv"):
        rows = [line.rpartition(",")[0] if name == "history.csv" else line for line in (run / name).read_text().split()]
        found[name] = "\n".join(rows)  # of the history without its seconds
    return found


def files(run: Path) -> list[str]:
    """Return the files of a run; logs are of each process."""
    found = [str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()]
    return [name for name in found if not name.startswith("logs/")]


def differences(one: dict, other: dict) -> list[str]:
    """Return the names of what differs."""
    names = one.keys() | other.keys()
    return sorted(n for n in names if n not in one or n not in other or not np.array_equal(one[n], other[n]))


def campaign(count: int, seed: int, folder: Path, strategies: tuple[str, ...] = ("none", "mirrored")) -> list[str]:
    """Run the trials, print a line for each, and return those that were not well."""
    rng, wrong, wholes = np.random.default_rng(seed), [], {}
    for number in range(count):
        strategy = strategies[number % len(strategies)]
        if strategy not in wholes:
            whole = Trial(folder / f"whole-{strategy}", strategy)
            faults, seconds = whole.end(resume=False)
            assert not faults, faults
            wholes[strategy] = contents(whole.output), seconds
        expected, seconds = wholes[strategy]
        trial = Trial(folder / f"trial-{number}", strategy)
        name = list(SIGNALS)[rng.integers(len(SIGNALS))]
        after = rng.uniform(0, seconds)
        faults = trial.stop(False, after, SIGNALS[name])
        if number % 3 == 2 and (trial.output / "config.yaml").exists():
            faults += trial.stop(True, rng.uniform(0, seconds), SIGNALS["SIGKILL"])
        faults += trial.end(resume=True)[0]
        if not faults:
            faults = [f"differs: {name}" for name in differences(contents(trial.output), expected)[:3]]
        at = f"{name}{' and again' if number % 3 == 2 else ''} after {after:.1f} of {seconds:.1f} s, {strategy}"
        print(f"{number + 1:3}/{count} {at}: {'; '.join(faults) or 'well'}", flush=True)
        wrong += [f"{at}: {fault}" for fault in faults]
        shutil.rmtree(trial.output, ignore_errors=True)
    print(f"{count - len({fault.split(':')[0] for fault in wrong})} of {count} well")
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--strategies", nargs="*", default=["none", "mirrored"])
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as work:
        os.environ["TFGMMGAN_CACHE"] = f"{work}/cache"
        sys.exit(bool(campaign(options.count, options.seed, Path(work), tuple(options.strategies))))
