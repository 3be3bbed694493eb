"""Odd surroundings: `python tests/campaigns/surroundings.py`.

Closed and full outputs, terminals without letters, homes that are missing, places that can't be written to, disks that
are full, two processes on one run, Ctrl-C before anything began. Each command must end by itself, without a traceback,
and what it says must be short.
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

ROOT = Path(__file__).parents[2]
TINY = [
    *("--dataset=toy3x3", "--model=gan", "--model.width=0.05", "--epochs=2", "--evaluation.every_epochs=0"),
    "--evaluation.samples=20",
]
MOST_LINES = 12  # of what is said on stderr


def run(command: list[str], prefix: str = "", suffix: str = "", **environment: str | None) -> tuple[int, str]:
    """Run a command of this project in a shell, and return its exit code and what it said on stderr."""
    env = {name: value for name, value in {**os.environ, **environment}.items() if value is not None}
    line = f"set -o pipefail; {prefix} {sys.executable} {' '.join(command)} {suffix}"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True, timeout=300)
    return done.returncode, done.stderr


def train(output: Path) -> list[str]:
    """Return the command of a tiny training."""
    return ["train.py", *TINY, f"--output={output}"]


def interrupted_while_importing(command: list[str], seconds: float) -> tuple[int, str]:
    """Press Ctrl-C some seconds after the start."""
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


def two_at_once(work: Path) -> tuple[int, str]:
    """Start two processes on one new place; return 2 and what the loser said, where the other one finished."""
    command = [sys.executable, *train(work / "two")]
    quiet = {"cwd": ROOT, "stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL, "text": True}
    both = [subprocess.Popen(command, **quiet) for _ in range(2)]
    said = [process.communicate(timeout=300)[1] for process in both]
    codes = [process.returncode for process in both]
    if sorted(codes) != [0, 2] or not (work / "two" / "report.html").is_file():
        return 1, f"exit codes {codes}: {said}"
    return 2, said[codes.index(2)]


def full_disk(work: Path) -> tuple[int, str]:
    """Train onto a disk of two megabytes; needs the right to mount one."""
    disk = work / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], check=True, capture_output=True)
    try:
        return run(["train.py", *TINY[:2], "--epochs=2", f"--output={disk}/run"])
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def cases(work: Path) -> dict:
    """Return by name a call that gives exit code and stderr, and the exit codes that are right."""
    (work / "file").touch()
    found = {
        "a reader that leaves": (lambda: run(["train.py", "--help-all"], suffix="| head -1 > /dev/null"), {0, 2, 141}),
        "a full output": (lambda: run(train(work / "a"), suffix="> /dev/full"), {2}),
        "a closed output": (lambda: run(train(work / "b"), suffix=">&-"), {0}),
        "closed errors": (lambda: run(train(work / "c"), suffix="> /dev/null 2>&-"), {0}),
        "an ASCII terminal": (lambda: run(train(work / "d"), suffix="> /dev/null", PYTHONIOENCODING="ascii"), {0}),
        "the C locale": (lambda: run(train(work / "e"), suffix="> /dev/null", LC_ALL="C", PYTHONUTF8="0"), {0}),
        "no HOME": (lambda: run(train(work / "f"), suffix="> /dev/null", HOME=None, TFGMMGAN_CACHE=None), {0}),
        "a HOME that is none": (
            lambda: run(train(work / "g"), suffix="> /dev/null", HOME="/nowhere", TFGMMGAN_CACHE=None),
            {0},
        ),
        "a place below a file": (lambda: run(train(work / "file" / "run")), {2}),
        "a place nobody can write to": (lambda: run(train(Path("/proc/run"))), {2}),
        **{
            f"Ctrl-C while importing, {name}, after {seconds} s": (
                lambda command=command, seconds=seconds: interrupted_while_importing(command, seconds),
                {130, -2},
            )
            for name, command in (("train.py", train(work / "i")), ("-m", ["-m", "tfgmmgan", "predict", "x", "y"]))
            for seconds in (0.4, 1.5)
        },
        "two processes on one place": (lambda: two_at_once(work), {2}),
    }
    if os.geteuid() == 0 and shutil.which("mount"):
        found["a full disk"] = lambda: full_disk(work), {2}
    return found


def campaign(folder: Path, names: tuple[str, ...] = ()) -> list[str]:
    """Run the cases, print a line for each, and return those that were not well."""
    wrong, chosen = [], cases(folder)
    for name in names or chosen:
        call, right = chosen[name]
        code, said = call()
        lines = said.strip().splitlines()
        fault = f"exit code {code}" if code not in right else ""
        fault = fault or ("a traceback" if "Traceback" in said else "")
        fault = fault or (f"{len(lines)} lines" if len(lines) > MOST_LINES else "")
        print(f"{name}: {fault or 'well'}{': ' + lines[-1][:160] if lines else ''}", flush=True)
        wrong += [f"{name}: {fault}: {said[-300:]}"] if fault else []
    print(f"{len(names or chosen) - len(wrong)} of {len(names or chosen)} well")
    return wrong


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as work:
        sys.exit(bool(campaign(Path(work))))
